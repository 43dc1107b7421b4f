//! Buckets: made, looked at, listed, deleted, tagged.

use super::harness::Store;

#[tokio::test]
async fn a_bucket_lives_and_dies() {
    let store = Store::new().await;
    let made = store.ask("PUT", "/photos").send().await.expect(200);
    assert_eq!((made.header("location"), made.operation), (Some("/photos"), Some("CreateBucket")));
    let head = store.ask("HEAD", "/photos").send().await.expect(200);
    assert_eq!(head.header("x-amz-bucket-region"), Some("us-east-1"));
    let location = store.ask("GET", "/photos?location").send().await.expect(200);
    assert_eq!(location.text().matches("LocationConstraint").count() % 2, 0, "{}", location.text());
    assert!(!location.text().contains("us-east-1"));
    store.ask("PUT", "/photos").by_bob().send().await.expect_error(409, "BucketAlreadyExists");
    store.put("a", "1").await;
    store.ask("DELETE", "/photos").send().await.expect_error(409, "BucketNotEmpty");
    store.ask("DELETE", "/photos/a").send().await.expect(204);
    store.ask("DELETE", "/photos").send().await.expect(204);
    store.ask("HEAD", "/photos").send().await.expect(404);
    store.ask("DELETE", "/photos").send().await.expect_error(404, "NoSuchBucket");
}

#[tokio::test]
async fn names_and_locations_that_can_not_be() {
    let store = Store::new().await;
    store.ask("PUT", "/No_Bucket").send().await.expect_error(400, "InvalidBucketName");
    store.ask("PUT", "/xn--photos").send().await.expect_error(400, "InvalidBucketName");
    let at = |place: &str| {
        format!(
            "<CreateBucketConfiguration><LocationConstraint>{place}</LocationConstraint></CreateBucketConfiguration>"
        )
    };
    let elsewhere = store.ask("PUT", "/photos").body(at("mars")).send().await;
    elsewhere.expect_error(400, "InvalidLocationConstraint");
    store.ask("PUT", "/photos").body("<Create").send().await.expect_error(400, "MalformedXML");
    store.ask("PUT", "/photos").body(at("memory")).send().await.expect(200);
    let location = store.ask("GET", "/photos?location").send().await.expect(200);
    assert!(location.text().ends_with(">memory</LocationConstraint>"), "{}", location.text());
}

#[tokio::test]
async fn headers_that_would_be_ignored_are_refused() {
    let store = Store::new().await;
    for (name, value, status, code) in [
        ("x-amz-bucket-object-lock-enabled", "true", 501, "NotImplemented"),
        ("x-amz-object-ownership", "BucketOwnerEnforced", 501, "NotImplemented"),
        ("x-amz-object-ownership", "Nobody", 400, "InvalidArgument"),
        ("x-amz-acl", "nonsense", 400, "InvalidArgument"),
    ] {
        store.ask("PUT", "/photos").header(name, value).send().await.expect_error(status, code);
    }
    store.ask("PUT", "/photos").header("x-amz-object-ownership", "ObjectWriter").send().await.expect(200);
}

#[tokio::test]
async fn buckets_are_listed_in_pages() {
    let store = Store::new().await;
    for name in ["alpha", "beta", "beta-two", "gamma"] {
        store.ask("PUT", &format!("/{name}")).send().await.expect(200);
    }
    store.ask("PUT", "/bobs").by_bob().send().await.expect(200);
    let all = store.ask("GET", "/").send().await.expect(200);
    assert_eq!(all.elements("Name"), ["alpha", "beta", "beta-two", "gamma"]);
    assert_eq!(all.element("ID"), Some(store.alice.id.to_string().as_str()));
    assert_eq!(all.element("DisplayName"), Some("alice of Trefoil"));
    assert_eq!(all.element("BucketRegion"), None);
    let first = store.ask("GET", "/?max-buckets=2&prefix=b").send().await.expect(200);
    assert_eq!(first.elements("Name"), ["beta", "beta-two"]);
    assert_eq!((first.element("Prefix"), first.element("BucketRegion")), (Some("b"), Some("us-east-1")));
    let first = store.ask("GET", "/?max-buckets=3").send().await.expect(200);
    let token = first.element("ContinuationToken").expect("more");
    let rest = store.ask("GET", &format!("/?max-buckets=3&continuation-token={token}")).send().await.expect(200);
    assert_eq!((rest.elements("Name"), rest.element("ContinuationToken")), (vec!["gamma"], None));
    let elsewhere = store.ask("GET", "/?bucket-region=eu-west-1").send().await.expect(200);
    assert_eq!(elsewhere.elements("Name").len(), 0);
    for query in ["max-buckets=0", "max-buckets=10001", "max-buckets=x", "continuation-token=!"] {
        store.ask("GET", &format!("/?{query}")).send().await.expect_error(400, "InvalidArgument");
    }
    store.ask("GET", "/").by_nobody().send().await.expect_error(403, "AccessDenied");
}

#[tokio::test]
async fn tags_of_a_bucket() {
    let store = Store::with_bucket().await;
    store.ask("GET", "/photos?tagging").send().await.expect_error(404, "NoSuchTagSet");
    let tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>";
    store.ask("PUT", "/photos?tagging").body(tagging).send().await.expect(204);
    let tags = store.ask("GET", "/photos?tagging").send().await.expect(200);
    assert_eq!((tags.element("Key"), tags.element("Value")), (Some("a"), Some("1")));
    let twice = tagging.replace("</TagSet>", "<Tag><Key>a</Key><Value>2</Value></Tag></TagSet>");
    store.ask("PUT", "/photos?tagging").body(twice).send().await.expect_error(400, "InvalidTag");
    store.ask("DELETE", "/photos?tagging").send().await.expect(204);
    store.ask("GET", "/photos?tagging").send().await.expect_error(404, "NoSuchTagSet");
}

#[tokio::test]
async fn cors_of_a_bucket() {
    let store = Store::with_bucket().await;
    store.ask("GET", "/photos?cors").send().await.expect_error(404, "NoSuchCORSConfiguration");
    let rule = "<CORSConfiguration><CORSRule><ID>one</ID><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
                <AllowedMethod>PUT</AllowedMethod><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>5</MaxAgeSeconds></CORSRule>\
                </CORSConfiguration>";
    store.ask("PUT", "/photos?cors").body(rule).send().await.expect(200);
    let shown = store.ask("GET", "/photos?cors").send().await.expect(200);
    assert_eq!((shown.elements("AllowedMethod"), shown.element("MaxAgeSeconds")), (vec!["GET", "PUT"], Some("5")));
    let wrong = rule.replace("PUT", "PATCH");
    store.ask("PUT", "/photos?cors").body(wrong).send().await.expect_error(400, "InvalidRequest");
    store.ask("DELETE", "/photos?cors").send().await.expect(204);
    store.ask("GET", "/photos?cors").send().await.expect_error(404, "NoSuchCORSConfiguration");
}

#[tokio::test]
async fn the_expected_owner_must_be_the_owner() {
    let store = Store::with_bucket().await;
    let ask = |owner: String| store.ask("HEAD", "/photos").header("x-amz-expected-bucket-owner", &owner);
    ask(store.alice.id.to_string()).send().await.expect(200);
    ask(store.bob.id.to_string()).send().await.expect(403);
    ask("111122223333".into()).send().await.expect(403);
}

#[tokio::test]
async fn acls_of_buckets_and_objects() {
    let store = Store::with_bucket().await;
    store.ask("PUT", "/photos/a").header("x-amz-acl", "public-read").body("1").send().await.expect(200);
    store.ask("GET", "/photos/a").by_nobody().send().await.expect(200);
    let shown = store.ask("GET", "/photos/a?acl").send().await.expect(200);
    assert_eq!(shown.elements("Permission"), ["READ", "FULL_CONTROL"]);
    assert_eq!(shown.element("URI"), Some("http://acs.amazonaws.com/groups/global/AllUsers"));
    assert!(shown.text().contains("xsi:type=\"Group\""), "{}", shown.text());
    store.ask("GET", "/photos/a?acl").by_nobody().send().await.expect_error(403, "AccessDenied");
    store.ask("PUT", "/photos/a?acl").send().await.expect_error(400, "MissingSecurityHeader");
    let grant = format!("id=\"{}\"", store.bob.id);
    store.ask("PUT", "/photos/a?acl").header("x-amz-grant-read", &grant).send().await.expect(200);
    store.ask("GET", "/photos/a").by_nobody().send().await.expect_error(403, "AccessDenied");
    store.ask("GET", "/photos/a").by_bob().send().await.expect(200);
    let nobody = "emailAddress=\"nobody@example.com\"";
    let unknown = store.ask("PUT", "/photos?acl").header("x-amz-grant-read", nobody).send().await;
    unknown.expect_error(400, "UnresolvableGrantByEmailAddress");
    // What was shown can be put back as it is.
    let shown = store.ask("GET", "/photos?acl").send().await.expect(200);
    store.ask("PUT", "/photos?acl").body(shown.body.clone()).send().await.expect(200);
    let owner = |id| format!("<Owner><ID>{id}</ID>");
    let other = shown.text().replace(&owner(store.alice.id), &owner(store.bob.id));
    store.ask("PUT", "/photos?acl").body(other).send().await.expect_error(403, "AccessDenied");
    store.ask("PUT", "/photos?acl").body("<Access").send().await.expect_error(400, "MalformedACLError");
}

#[tokio::test]
async fn making_an_own_bucket_again_resets_its_acl_in_us_east_1() {
    let store = Store::new().await;
    store.ask("PUT", "/photos").header("x-amz-acl", "public-read").send().await.expect(200);
    store.put("a", "1").await;
    store.ask("GET", "/photos").by_nobody().send().await.expect(200);
    store.ask("PUT", "/photos").send().await.expect(200);
    store.ask("GET", "/photos").by_nobody().send().await.expect_error(403, "AccessDenied");
    assert_eq!(store.ask("GET", "/photos/a").send().await.expect(200).text(), "1");
    let document =
        "<CreateBucketConfiguration><LocationConstraint>memory</LocationConstraint></CreateBucketConfiguration>";
    let elsewhere = store.ask("PUT", "/photos").body(document).send().await;
    elsewhere.expect_error(409, "BucketAlreadyOwnedByYou");
}
