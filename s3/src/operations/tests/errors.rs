//! Requests that no operation answers.

use super::harness::Store;

#[tokio::test]
async fn a_subresource_on_the_wrong_method_does_no_harm() {
    let store = Store::with_bucket().await;
    for query in ["acl", "versioning", "location", "notification", "logging", "uploads", "versions"] {
        store.ask("DELETE", &format!("/photos?{query}")).send().await.expect_error(405, "MethodNotAllowed");
    }
    store.put("a", "1").await;
    for query in ["acl", "attributes", "torrent", "retention"] {
        store.ask("DELETE", &format!("/photos/a?{query}")).send().await.expect_error(405, "MethodNotAllowed");
    }
    store.ask("HEAD", "/photos/a").send().await.expect(200);
    store.ask("POST", "/photos/a").send().await.expect_error(405, "MethodNotAllowed");
}

#[tokio::test]
async fn keys_arrive_exact() {
    let store = Store::with_bucket().await;
    for (path, key) in [
        ("a%2Fb", "a%2Fb"),
        ("/lead", "%2Flead"),
        ("x//y", "x%2F%2Fy"),
        ("plus+plus", "plus%2Bplus"),
        ("%E2%82%AC", "%E2%82%AC"),
        ("..", "."),
        ("dir/", "dir/"),
        ("a%00b", "a%00b"),
    ] {
        store.ask("PUT", &format!("/photos/{path}")).body(path.to_owned()).send().await.expect(200);
        if key != "." {
            assert_eq!(store.ask("GET", &format!("/photos/{key}")).send().await.expect(200).text(), path);
        }
    }
    let list = store.ask("GET", "/photos?encoding-type=url").send().await.expect(200);
    let keys = ["..", "/lead", "a%00b", "a/b", "dir/", "plus%2Bplus", "x//y", "%E2%82%AC"];
    assert_eq!(list.elements("Key"), keys);
    store.ask("PUT", &format!("/photos/{}", "k".repeat(1025))).send().await.expect_error(400, "KeyTooLongError");
    store.ask("PUT", &format!("/photos/{}", "k".repeat(1024))).send().await.expect(200);
}

#[tokio::test]
async fn parameters_that_can_not_be() {
    let store = Store::with_bucket().await;
    store.put("a", "1").await;
    for uri in [
        "/photos?max-keys=x",
        "/photos?max-keys=-1",
        "/photos?max-keys=99999999999",
        "/photos?encoding-type=base64",
        "/photos?list-type=2&continuation-token=!",
        "/photos?versions&version-id-marker=null",
        "/photos?uploads&max-uploads=x",
        "/photos/a?versionId=",
        "/photos/a?versionId=nonsense",
        "/photos/a?partNumber=x",
        "/photos/a?partNumber=+1",
    ] {
        store.ask("GET", uri).send().await.expect_error(400, "InvalidArgument");
    }
}

#[tokio::test]
async fn what_is_absent() {
    let store = Store::with_bucket().await;
    let none = store.ask("GET", "/photos/none").send().await.expect_error(404, "NoSuchKey");
    assert_eq!(none.details, [("Key", "none".to_owned())]);
    store.ask("HEAD", "/photos/none").send().await.expect(404);
    store.ask("GET", "/none-such/none").send().await.expect_error(404, "NoSuchBucket");
    store.ask("PUT", "/none-such/a").body("1").send().await.expect_error(404, "NoSuchBucket");
    let version = "0".repeat(32);
    store.ask("GET", &format!("/photos/a?versionId={version}")).send().await.expect_error(404, "NoSuchVersion");
    store.ask("DELETE", "/photos/none").send().await.expect(204);
    store.ask("GET", "/photos/none").by_bob().send().await.expect_error(403, "AccessDenied");
}
