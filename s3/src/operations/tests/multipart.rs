//! Multipart uploads from beginning to end.

use std::time::Duration;

use trefoil_core::metadata::{LockMode, MetadataStore as _, keys};

use super::harness::{Reply, Store};

const MIB: usize = 1 << 20;

async fn begin(store: &Store, key: &str) -> String {
    let made =
        store.ask("POST", &format!("/photos/{key}?uploads")).header("x-amz-meta-a", "1").send().await.expect(200);
    assert_eq!((made.element("Bucket"), made.element("Key")), (Some("photos"), Some(key)));
    made.element("UploadId").expect("an id").to_owned()
}

async fn part(store: &Store, key: &str, upload: &str, number: u32, body: Vec<u8>) -> String {
    let uri = format!("/photos/{key}?partNumber={number}&uploadId={upload}");
    let made = store.ask("PUT", &uri).body(body).send().await.expect(200);
    made.header("etag").expect("a tag").to_owned()
}

fn document(parts: &[(u32, &str)]) -> String {
    let part =
        |(number, tag): &(u32, &str)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>");
    format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.iter().map(part).collect::<String>())
}

async fn complete(store: &Store, key: &str, upload: &str, parts: &[(u32, &str)]) -> Reply {
    store.ask("POST", &format!("/photos/{key}?uploadId={upload}")).body(document(parts)).send().await
}

#[tokio::test]
async fn an_upload_in_parts() {
    let store = Store::with_bucket().await;
    let upload = begin(&store, "a").await;
    let uploads = store.ask("GET", "/photos?uploads").send().await.expect(200);
    assert_eq!((uploads.element("Key"), uploads.element("UploadId")), (Some("a"), Some(upload.as_str())));
    assert_eq!((uploads.element("IsTruncated"), uploads.element("MaxUploads")), (Some("false"), Some("1000")));
    let first = part(&store, "a", &upload, 1, vec![1; 5 * MIB]).await;
    let second = part(&store, "a", &upload, 2, vec![2; 10]).await;

    let listed = store.ask("GET", &format!("/photos/a?uploadId={upload}&max-parts=1")).send().await.expect(200);
    assert_eq!((listed.element("PartNumber"), listed.element("NextPartNumberMarker")), (Some("1"), Some("1")));
    assert_eq!((listed.element("IsTruncated"), listed.element("StorageClass")), (Some("true"), Some("STANDARD")));
    assert_eq!(listed.element("Size"), Some("5242880"));

    let parts = [(1, first.as_str()), (2, second.as_str())];
    complete(&store, "a", &upload, &[parts[1], parts[0]]).await.expect_error(400, "InvalidPartOrder");
    complete(&store, "a", &upload, &[(1, "\"nonsense\"")]).await.expect_error(400, "InvalidPart");
    complete(&store, "a", &upload, &[]).await.expect_error(400, "MalformedXML");
    let done = complete(&store, "a", &upload, &parts).await.expect(200);
    assert_eq!(done.element("Location"), Some("http://trefoil.example/photos/a"));
    let tag = done.element("ETag").expect("a tag").replace("&quot;", "\"");
    assert!(tag.ends_with("-2\""), "{tag}");
    // Again, as a client does that missed the answer.
    assert_eq!(complete(&store, "a", &upload, &parts).await.expect(200).element("ETag"), done.element("ETag"));

    let head = store.ask("HEAD", "/photos/a?partNumber=2").send().await.expect(206);
    assert_eq!((head.header("x-amz-mp-parts-count"), head.header("content-length")), (Some("2"), Some("10")));
    assert_eq!((head.header("x-amz-meta-a"), head.header("etag")), (Some("1"), Some(tag.as_str())));
    assert_eq!(head.header("content-range"), Some("bytes 5242880-5242889/5242890"));
    assert_eq!(store.ask("GET", "/photos/a?partNumber=2").send().await.expect(206).body, vec![2; 10]);
    let attributes = store.ask("GET", "/photos/a?attributes").header("x-amz-object-attributes", "ObjectParts");
    assert_eq!(attributes.send().await.expect(200).element("PartsCount"), Some("2"));
}

/// The same, held up by another change of the upload for as long as a client waits for a status, and longer.
async fn complete_late(store: &Store, key: &str, upload: &str, parts: &[(u32, &str)]) -> Reply {
    let content = u64::from_str_radix(&upload[16..], 16).expect("an upload's id");
    let name = keys::locks::upload(content);
    let held = store.metadata.lock(&name, LockMode::Exclusive).await.expect("the lock");
    let release = async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(held);
    };
    let (reply, ()) = tokio::join!(complete(store, key, upload, parts), release);
    reply
}

#[tokio::test]
async fn a_late_answer_is_whole() {
    let store = Store::with_patience(Duration::from_millis(1)).await;
    store.ask("PUT", "/photos").send().await.expect(200);
    let upload = begin(&store, "a").await;
    let tag = part(&store, "a", &upload, 1, vec![1; 10]).await;
    let refused = complete_late(&store, "a", &upload, &[(2, &tag)]).await.expect(200);
    assert_eq!(refused.header("content-type"), Some("application/xml"));
    assert_eq!(refused.text().matches("<?xml").count(), 1);
    assert!(refused.text().starts_with("<?xml"), "{refused:?}");
    let unquoted = tag.trim_matches('"');
    for (name, text) in [
        ("Code", "InvalidPart"),
        ("UploadId", &upload),
        ("PartNumber", "2"),
        ("ETag", unquoted),
        ("Resource", "/photos/a"),
        ("RequestId", "1"),
        ("HostId", "host"),
    ] {
        assert_eq!(refused.element(name), Some(text), "{name}");
    }
    assert!(refused.element("Message").is_some_and(|message| !message.is_empty()));
    store.ask("HEAD", "/photos/a").send().await.expect(404);

    let done = complete_late(&store, "a", &upload, &[(1, &tag)]).await.expect(200);
    assert_eq!((done.element("Bucket"), done.element("Key")), (Some("photos"), Some("a")));
    assert_eq!(done.element("ChecksumType"), Some("FULL_OBJECT"));
    store.ask("HEAD", "/photos/a").send().await.expect(200);
}

#[tokio::test]
async fn the_location_is_by_the_name_that_the_client_used() {
    let store = Store::with_bucket().await;
    let upload = begin(&store, "a").await;
    let tag = part(&store, "a", &upload, 1, vec![1; 10]).await;
    let ask = store.ask("POST", &format!("/photos/a?uploadId={upload}")).body(document(&[(1, &tag)]));
    let done = ask.virtual_host().send().await.expect(200);
    assert_eq!(done.element("Location"), Some("http://trefoil.example/a"));
}

#[tokio::test]
async fn parts_can_be_copied() {
    let store = Store::with_bucket().await;
    store.put("source", "0123456789").await;
    let upload = begin(&store, "a").await;
    let uri = format!("/photos/a?partNumber=1&uploadId={upload}");
    let copy = |range: &str| {
        let ask = store.ask("PUT", &uri).header("x-amz-copy-source", "/photos/source");
        ask.header("x-amz-copy-source-range", range)
    };
    let made = copy("bytes=2-5").send().await.expect(200);
    assert_eq!(made.operation, Some("UploadPartCopy"));
    let tag = made.element("ETag").expect("a tag").replace("&quot;", "\"");
    for (range, code) in [
        ("bytes=2-", "InvalidArgument"),
        ("2-5", "InvalidArgument"),
        ("bytes=5-10", "InvalidArgument"),
        ("bytes=10-11", "InvalidRequest"),
    ] {
        assert_eq!(copy(range).send().await.element("Code"), Some(code), "{range}");
    }
    complete(&store, "a", &upload, &[(1, &tag)]).await.expect(200);
    assert_eq!(store.ask("GET", "/photos/a").send().await.expect(200).text(), "2345");
}

#[tokio::test]
async fn the_whole_has_the_checksum_that_was_sent() {
    let store = Store::with_bucket().await;
    let ask = store.ask("POST", "/photos/a?uploads").header("x-amz-checksum-algorithm", "CRC32");
    let made = ask.header("x-amz-checksum-type", "FULL_OBJECT").send().await.expect(200);
    let upload = made.element("UploadId").expect("an id").to_owned();
    let tag = part(&store, "a", &upload, 1, b"hello".to_vec()).await;
    let complete = |checksum: &str| {
        let ask = store.ask("POST", &format!("/photos/a?uploadId={upload}")).body(document(&[(1, tag.as_str())]));
        ask.header("x-amz-checksum-crc32", checksum).header("x-amz-checksum-type", "FULL_OBJECT")
    };
    complete("AAAAAA==").send().await.expect_error(400, "BadDigest");
    let done = complete("NhCmhg==").header("x-amz-mp-object-size", "5").send().await.expect(200);
    assert_eq!((done.element("ChecksumCRC32"), done.element("ChecksumType")), (Some("NhCmhg=="), Some("FULL_OBJECT")));
}

#[tokio::test]
async fn an_upload_that_is_given_up() {
    let store = Store::with_bucket().await;
    let upload = begin(&store, "a").await;
    part(&store, "a", &upload, 1, vec![1; 10]).await;
    let uri = format!("/photos/a?uploadId={upload}");
    store.ask("DELETE", &uri).by_bob().send().await.expect_error(403, "AccessDenied");
    store.ask("DELETE", &uri).send().await.expect(204);
    for (method, uri) in [("DELETE", uri.clone()), ("GET", uri.clone()), ("PUT", format!("{uri}&partNumber=1"))] {
        store.ask(method, &uri).send().await.expect_error(404, "NoSuchUpload");
    }
    complete(&store, "a", &upload, &[(1, "\"x\"")]).await.expect_error(404, "NoSuchUpload");
}

#[tokio::test]
async fn what_can_not_be_of_parts_and_checksums() {
    let store = Store::with_bucket().await;
    let upload = begin(&store, "a").await;
    for number in ["0", "10001", "x"] {
        let uri = format!("/photos/a?partNumber={number}&uploadId={upload}");
        store.ask("PUT", &uri).body("1").send().await.expect_error(400, "InvalidArgument");
    }
    let small = part(&store, "a", &upload, 1, vec![1; 10]).await;
    let last = part(&store, "a", &upload, 2, vec![1; 10]).await;
    let refused = complete(&store, "a", &upload, &[(1, &small), (2, &last)]).await.expect_error(400, "EntityTooSmall");
    assert!(refused.details.contains(&("PartNumber", "1".to_owned())));
    for (algorithm, kind) in
        [("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE"), ("MD4", "COMPOSITE"), ("", "COMPOSITE")]
    {
        let ask = store.ask("POST", "/photos/b?uploads").header("x-amz-checksum-type", kind);
        let ask = ask.header("x-amz-checksum-algorithm", algorithm);
        ask.send().await.expect_error(400, "InvalidRequest");
    }
    let ask = store.ask("POST", "/photos/b?uploads").header("x-amz-checksum-algorithm", "SHA256");
    let made = ask.send().await.expect(200);
    assert_eq!(made.header("x-amz-checksum-algorithm"), Some("SHA256"));
    assert_eq!(made.header("x-amz-checksum-type"), Some("COMPOSITE"));
}
