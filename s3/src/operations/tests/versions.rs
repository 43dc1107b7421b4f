//! Buckets with versions.

use super::harness::Store;

async fn versioned() -> Store {
    let store = Store::with_bucket().await;
    let enable = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    store.ask("PUT", "/photos?versioning").body(enable).send().await.expect(200);
    store
}

#[tokio::test]
async fn versioning_is_switched() {
    let store = versioned().await;
    let shown = store.ask("GET", "/photos?versioning").send().await.expect(200);
    assert_eq!(shown.element("Status"), Some("Enabled"));
    let put = |inner: &str| {
        let document = format!("<VersioningConfiguration>{inner}</VersioningConfiguration>");
        store.ask("PUT", "/photos?versioning").body(document)
    };
    put("<Status>Suspended</Status><MfaDelete>Disabled</MfaDelete>").send().await.expect(200);
    put("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>").send().await.expect_error(501, "NotImplemented");
    put("<Status>Disabled</Status>").send().await.expect_error(400, "MalformedXML");
    put("").send().await.expect_error(400, "IllegalVersioningConfigurationException");
    let shown = store.ask("GET", "/photos?versioning").send().await.expect(200);
    assert_eq!(shown.element("Status"), Some("Suspended"));
}

#[tokio::test]
async fn versions_and_delete_markers() {
    let store = versioned().await;
    let first = store.put("a", "1").await.header("x-amz-version-id").expect("a version").to_owned();
    let second = store.put("a", "2").await.header("x-amz-version-id").expect("a version").to_owned();
    let old = store.ask("GET", &format!("/photos/a?versionId={first}")).send().await.expect(200);
    assert_eq!((old.text(), old.header("x-amz-version-id")), ("1", Some(first.as_str())));
    let deleted = store.ask("DELETE", "/photos/a").send().await.expect(204);
    assert_eq!(deleted.header("x-amz-delete-marker"), Some("true"));
    let marker = deleted.header("x-amz-version-id").expect("a version").to_owned();
    for method in ["GET", "HEAD"] {
        let gone = store.ask(method, "/photos/a").send().await.expect(404);
        assert_eq!(gone.header("x-amz-delete-marker"), Some("true"), "{method}");
        assert_eq!(gone.header("x-amz-version-id"), Some(marker.as_str()), "{method}");
        let named = store.ask(method, &format!("/photos/a?versionId={marker}")).send().await.expect(405);
        assert_eq!(named.header("allow"), Some("DELETE"), "{method}");
        assert!(named.header("last-modified").is_some(), "{method}");
    }
    let list = store.ask("GET", "/photos?versions").send().await.expect(200);
    assert_eq!(list.elements("VersionId"), [&marker, &second, &first]);
    assert_eq!(list.elements("IsLatest"), ["true", "false", "false"]);
    assert!(list.text().find("<DeleteMarker>") < list.text().find("<Version>"), "one order: {}", list.text());
    let page = store.ask("GET", "/photos?versions&max-keys=1").send().await.expect(200);
    assert_eq!(
        (page.element("NextKeyMarker"), page.element("NextVersionIdMarker")),
        (Some("a"), Some(marker.as_str()))
    );
    let uri = format!("/photos?versions&key-marker=a&version-id-marker={marker}");
    assert_eq!(store.ask("GET", &uri).send().await.expect(200).elements("VersionId"), [&second, &first]);
    let undone = store.ask("DELETE", &format!("/photos/a?versionId={marker}")).send().await.expect(204);
    assert_eq!(undone.header("x-amz-delete-marker"), Some("true"));
    assert_eq!(store.ask("GET", "/photos/a").send().await.expect(200).text(), "2");
    // What is gone can be deleted again, as a client does that missed the answer.
    store.ask("DELETE", &format!("/photos/a?versionId={marker}")).send().await.expect(204);
}

#[tokio::test]
async fn versions_are_deleted_at_once() {
    let store = versioned().await;
    let version = store.put("a", "1").await.header("x-amz-version-id").expect("a version").to_owned();
    let ask = |objects: &str| {
        use base64::Engine as _;
        use md5::Digest as _;
        let document = format!("<Delete>{objects}</Delete>");
        let digest = base64::engine::general_purpose::STANDARD.encode(md5::Md5::digest(&document));
        store.ask("POST", "/photos?delete").header("content-md5", &digest).body(document)
    };
    let marked = ask("<Object><Key>a</Key></Object>").send().await.expect(200);
    assert_eq!((marked.element("DeleteMarker"), marked.element("VersionId")), (Some("true"), None));
    let marker = marked.element("DeleteMarkerVersionId").expect("a version").to_owned();
    let objects = [&version, &marker, "nonsense"]
        .map(|version| format!("<Object><Key>a</Key><VersionId>{version}</VersionId></Object>"))
        .concat();
    let done = ask(&objects).send().await.expect(200);
    assert_eq!(done.text().matches("<Deleted>").count(), 2, "{}", done.text());
    assert_eq!(
        (done.element("DeleteMarkerVersionId"), done.elements("Code")),
        (Some(marker.as_str()), vec!["NoSuchVersion"])
    );
    assert_eq!(store.ask("GET", "/photos?versions").send().await.expect(200).elements("VersionId").len(), 0);
}

#[tokio::test]
async fn a_copy_names_both_versions() {
    let store = versioned().await;
    let version = store.put("a", "1").await.header("x-amz-version-id").expect("a version").to_owned();
    store.put("a", "2").await;
    let source = format!("photos/a?versionId={version}");
    let made = store.ask("PUT", "/photos/b").header("x-amz-copy-source", &source).send().await.expect(200);
    assert_eq!(made.header("x-amz-copy-source-version-id"), Some(version.as_str()));
    assert!(made.header("x-amz-version-id").is_some_and(|made| made != version));
    assert_eq!(store.ask("GET", "/photos/b").send().await.expect(200).text(), "1");
}
