//! Objects: put, read in whole and in part, copied, tagged, renamed, deleted.

use super::harness::Store;

const HELLO_MD5: &str = "\"5d41402abc4b2a76b9719d911017c592\"";

#[tokio::test]
async fn what_is_put_comes_back() {
    let store = Store::with_bucket().await;
    let made = store
        .ask("PUT", "/photos/a%2Bb%20c/d")
        .header("content-type", "text/plain")
        .header("cache-control", "no-cache")
        .header("expires", "never")
        .header("content-encoding", "aws-chunked,gzip")
        .header("x-amz-meta-Color", "blue")
        .header("x-amz-tagging", "a=1&b=2")
        .body("hello")
        .send()
        .await
        .expect(200);
    assert_eq!(made.header("etag"), Some(HELLO_MD5));
    assert!(made.header("x-amz-checksum-crc64nvme").is_some());
    for method in ["GET", "HEAD"] {
        let got = store.ask(method, "/photos/a%2Bb%20c/d").send().await.expect(200);
        assert_eq!(&got.body[..], if method == "GET" { &b"hello"[..] } else { b"" });
        for (name, value) in [
            ("content-length", "5"),
            ("content-type", "text/plain"),
            ("cache-control", "no-cache"),
            ("expires", "never"),
            ("content-encoding", "gzip"),
            ("x-amz-meta-color", "blue"),
            ("x-amz-tagging-count", "2"),
            ("accept-ranges", "bytes"),
            ("etag", HELLO_MD5),
        ] {
            assert_eq!(got.header(name), Some(value), "{method} {name}");
        }
        for absent in ["x-amz-checksum-crc64nvme", "x-amz-version-id", "x-amz-mp-parts-count", "content-range"] {
            assert_eq!(got.header(absent), None, "{method} {absent}");
        }
    }
}

#[tokio::test]
async fn parts_of_an_object() {
    let store = Store::with_bucket().await;
    store.put("a", "0123456789").await;
    for (range, status, body, content_range) in [
        ("bytes=2-4", 206, "234", Some("bytes 2-4/10")),
        ("bytes=8-", 206, "89", Some("bytes 8-9/10")),
        ("bytes=-3", 206, "789", Some("bytes 7-9/10")),
        ("bytes=5-100", 206, "56789", Some("bytes 5-9/10")),
        ("bytes=4-2", 200, "0123456789", None),
        ("bytes=0-1,3-4", 200, "0123456789", None),
        ("lines=1-2", 200, "0123456789", None),
    ] {
        let got = store.ask("GET", "/photos/a").header("range", range).send().await.expect(status);
        assert_eq!((got.text(), got.header("content-range")), (body, content_range), "{range}");
        let head = store.ask("HEAD", "/photos/a").header("range", range).send().await.expect(status);
        assert_eq!(head.header("content-length"), Some(body.len().to_string().as_str()), "{range}");
    }
    let beyond = store.ask("GET", "/photos/a").header("range", "bytes=10-").send().await;
    let beyond = beyond.expect_error(416, "InvalidRange");
    assert_eq!(beyond.header("content-range"), Some("bytes */10"));
    assert!(beyond.details.contains(&("RangeRequested", "bytes=10-".to_owned())));
    assert!(beyond.details.contains(&("ActualObjectSize", "10".to_owned())));
    let whole = store.ask("GET", "/photos/a?partNumber=1").send().await.expect(206);
    assert_eq!((whole.text(), whole.header("x-amz-mp-parts-count")), ("0123456789", None));
    store.ask("GET", "/photos/a?partNumber=2").send().await.expect_error(416, "InvalidPartNumber");
    store.ask("GET", "/photos/a?partNumber=0").send().await.expect_error(400, "InvalidArgument");
    let both = store.ask("GET", "/photos/a?partNumber=1").header("range", "bytes=0-1").send().await;
    both.expect_error(400, "InvalidRequest");
}

#[tokio::test]
async fn a_large_object_is_streamed() {
    let store = Store::with_bucket().await;
    let body: Vec<u8> = (0..300_000_u32).map(|at| at.to_le_bytes()[0]).collect();
    store.ask("PUT", "/photos/a").body(body.clone()).send().await.expect(200);
    assert_eq!(store.ask("GET", "/photos/a").send().await.expect(200).body, body);
    let part = store.ask("GET", "/photos/a").header("range", "bytes=1000-250000").send().await.expect(206);
    assert_eq!(part.body, body[1000..=250_000]);
}

#[tokio::test]
async fn answers_can_have_other_headers() {
    let store = Store::with_bucket().await;
    store.put("a", "1").await;
    let uri =
        "/photos/a?response-content-type=text%2Fcsv&response-expires=in%20a%20week&response-cache-control=no-store";
    for method in ["GET", "HEAD"] {
        let got = store.ask(method, uri).send().await.expect(200);
        assert_eq!(got.header("content-type"), Some("text/csv"), "{method}");
        assert_eq!(got.header("expires"), Some("in a week"), "{method}");
        assert_eq!(got.header("cache-control"), Some("no-store"), "{method}");
    }
    store.ask("GET", uri).by_nobody().send().await.expect_error(400, "InvalidRequest");
}

#[tokio::test]
async fn digests_are_compared_before_anything_is_kept() {
    let store = Store::with_bucket().await;
    for (name, value, status, code) in [
        ("content-md5", "XUFAKrxLKna5cZ2REBfFkg==", 200, None),
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", 400, Some("BadDigest")),
        ("content-md5", "nonsense", 400, Some("InvalidDigest")),
        ("content-md5", "", 400, Some("InvalidDigest")),
        ("x-amz-checksum-crc32", "NhCmhg==", 200, None),
        ("x-amz-checksum-crc32", "AAAAAA==", 400, Some("BadDigest")),
        ("x-amz-checksum-crc32", "AAAA", 400, Some("InvalidRequest")),
    ] {
        store.ask("DELETE", "/photos/a").send().await.expect(204);
        let made = store.ask("PUT", "/photos/a").header(name, value).body("hello").send().await.expect(status);
        assert_eq!(made.element("Code"), code, "{name}: {value}");
        let kept = store.ask("HEAD", "/photos/a").send().await;
        assert_eq!(kept.status == 200, status == 200, "{name}: {value}");
    }
    store.ask("PUT", "/photos/a").header("x-amz-checksum-crc32", "NhCmhg==").body("hello").send().await.expect(200);
    let asked = store.ask("HEAD", "/photos/a").header("x-amz-checksum-mode", "ENABLED").send().await.expect(200);
    assert_eq!(asked.header("x-amz-checksum-crc32"), Some("NhCmhg=="));
    assert_eq!(asked.header("x-amz-checksum-type"), Some("FULL_OBJECT"));
    let ask = store.ask("GET", "/photos/a").header("x-amz-checksum-mode", "ENABLED").header("range", "bytes=0-1");
    assert_eq!(ask.send().await.expect(206).header("x-amz-checksum-crc32"), None);
}

#[tokio::test]
async fn what_is_not_built_is_refused() {
    let store = Store::with_bucket().await;
    for (name, value, status, code) in [
        ("x-amz-server-side-encryption", "AES256", 501, "NotImplemented"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256", 501, "NotImplemented"),
        ("x-amz-object-lock-mode", "GOVERNANCE", 400, "InvalidRequest"),
        ("x-amz-storage-class", "GLACIER", 400, "InvalidStorageClass"),
        ("x-amz-write-offset-bytes", "0", 501, "NotImplemented"),
        ("if-none-match", "\"x\"", 501, "NotImplemented"),
    ] {
        store.ask("PUT", "/photos/a").header(name, value).body("1").send().await.expect_error(status, code);
    }
    store.ask("PUT", "/photos/a").header("x-amz-storage-class", "STANDARD").body("1").send().await.expect(200);
    store.ask("PUT", "/photos/a").header("x-amz-request-payer", "requester").body("1").send().await.expect(200);
    let key = "x-amz-server-side-encryption-customer-key";
    store.ask("GET", "/photos/a").header(key, "x").send().await.expect_error(400, "InvalidRequest");
}

#[tokio::test]
async fn a_copy_has_what_its_directives_say() {
    let store = Store::with_bucket().await;
    let source = store.ask("PUT", "/photos/a%20b").header("content-type", "text/plain").header("x-amz-meta-x", "1");
    source.header("x-amz-tagging", "t=1").body("hello").send().await.expect(200);
    let copy = |to: &str| store.ask("PUT", &format!("/photos/{to}")).header("x-amz-copy-source", "photos/a%20b");
    let made = copy("b").send().await.expect(200);
    assert_eq!(made.element("ETag").map(|tag| tag.replace("&quot;", "\"")).as_deref(), Some(HELLO_MD5));
    assert!(made.element("LastModified").is_some());
    let got = store.ask("GET", "/photos/b").send().await.expect(200);
    assert_eq!((got.text(), got.header("x-amz-meta-x")), ("hello", Some("1")));
    assert_eq!((got.header("content-type"), got.header("x-amz-tagging-count")), (Some("text/plain"), Some("1")));
    let replace = copy("c").header("x-amz-metadata-directive", "REPLACE").header("x-amz-meta-y", "2");
    replace.header("x-amz-tagging-directive", "REPLACE").send().await.expect(200);
    let got = store.ask("HEAD", "/photos/c").send().await.expect(200);
    assert_eq!((got.header("x-amz-meta-x"), got.header("x-amz-meta-y")), (None, Some("2")));
    assert_eq!((got.header("content-type"), got.header("x-amz-tagging-count")), (Some("binary/octet-stream"), None));

    let redirect = "x-amz-website-redirect-location";
    store.ask("PUT", "/photos/r").header(redirect, "/x").body("1").send().await.expect(200);
    for (to, given) in [("r1", None), ("r2", Some("/y"))] {
        let ask = store.ask("PUT", &format!("/photos/{to}")).header("x-amz-copy-source", "photos/r");
        let ask = if let Some(given) = given { ask.header(redirect, given) } else { ask };
        ask.send().await.expect(200);
        let got = store.ask("HEAD", &format!("/photos/{to}")).send().await.expect(200);
        assert_eq!(got.header(redirect), given);
    }

    copy("a%20b").send().await.expect_error(400, "InvalidRequest");
    copy("d").header("x-amz-metadata-directive", "MERGE").send().await.expect_error(400, "InvalidArgument");
    let failed = copy("d").header("x-amz-copy-source-if-none-match", HELLO_MD5).send().await;
    failed.expect_error(412, "PreconditionFailed");
    let wrong_owner = copy("d").header("x-amz-source-expected-bucket-owner", &store.bob.id.to_string()).send().await;
    wrong_owner.expect_error(403, "AccessDenied");
    let copy = |source: &str| store.ask("PUT", "/photos/d").header("x-amz-copy-source", source);
    copy("photos/none").send().await.expect_error(404, "NoSuchKey");
    copy("none/a").send().await.expect_error(404, "NoSuchBucket");
    copy("photos").send().await.expect_error(400, "InvalidArgument");
}

#[tokio::test]
async fn tags_of_an_object() {
    let store = Store::with_bucket().await;
    store.put("a", "1").await;
    assert_eq!(store.ask("GET", "/photos/a?tagging").send().await.expect(200).elements("Key").len(), 0);
    let tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value></Value></Tag></TagSet></Tagging>";
    store.ask("PUT", "/photos/a?tagging").body(tagging).send().await.expect(200);
    assert_eq!(store.ask("GET", "/photos/a?tagging").send().await.expect(200).element("Key"), Some("a"));
    store.ask("DELETE", "/photos/a?tagging").send().await.expect(204);
    assert_eq!(store.ask("GET", "/photos/a?tagging").send().await.expect(200).element("Key"), None);
    store.ask("GET", "/photos/none?tagging").send().await.expect_error(404, "NoSuchKey");
}

#[tokio::test]
async fn attributes_of_an_object() {
    let store = Store::with_bucket().await;
    store.ask("PUT", "/photos/a").header("x-amz-checksum-crc32", "NhCmhg==").body("hello").send().await.expect(200);
    let ask = |names: &str| store.ask("GET", "/photos/a?attributes").header("x-amz-object-attributes", names);
    let all = ask("ETag,Checksum, ObjectParts,StorageClass,ObjectSize").send().await.expect(200);
    assert_eq!(all.element("ETag"), Some(HELLO_MD5.trim_matches('"')));
    assert_eq!((all.element("ChecksumCRC32"), all.element("ChecksumType")), (Some("NhCmhg=="), Some("FULL_OBJECT")));
    assert_eq!((all.element("ObjectSize"), all.element("StorageClass")), (Some("5"), Some("STANDARD")));
    assert!(all.header("last-modified").is_some() && !all.text().contains("ObjectParts"));
    assert_eq!(ask("ObjectSize").send().await.expect(200).element("ETag"), None);
    ask("Color").send().await.expect_error(400, "InvalidArgument");
    ask(" ").send().await.expect_error(400, "InvalidRequest");
    store.ask("GET", "/photos/a?attributes").send().await.expect_error(400, "InvalidRequest");
}

#[tokio::test]
async fn many_keys_are_deleted_at_once() {
    let store = Store::with_bucket().await;
    for key in ["a", "b", "c"] {
        store.put(key, "1").await;
    }
    let ask = |document: String| {
        use base64::Engine as _;
        use md5::Digest as _;
        let digest = base64::engine::general_purpose::STANDARD.encode(md5::Md5::digest(&document));
        store.ask("POST", "/photos?delete").header("content-md5", &digest).body(document)
    };
    let delete = |keys: &str, quiet: bool| format!("<Delete><Quiet>{quiet}</Quiet>{keys}</Delete>");
    let object = |key: &str| format!("<Object><Key>{key}</Key></Object>");
    let long = object(&"k".repeat(1025));
    let keys = [object("a"), object("none"), long, object("b")].concat();
    let done = ask(delete(&keys, false)).send().await.expect(200);
    assert_eq!(done.text().matches("<Deleted>").count(), 3);
    assert_eq!(done.elements("Code"), ["KeyTooLongError"]);
    let done = ask(delete(&object("c"), true)).send().await.expect(200);
    assert_eq!(done.text().matches("<Deleted>").count(), 0);
    let left = store.ask("GET", "/photos").send().await.expect(200);
    assert_eq!(left.elements("Key").len(), 0);

    ask(delete("", false)).send().await.expect_error(400, "MalformedXML");
    ask(delete(&object("k").repeat(1001), false)).send().await.expect_error(400, "MalformedXML");
    ask("<Delete>".to_owned()).send().await.expect_error(400, "MalformedXML");
    let document = delete(&object("a"), false);
    store.ask("POST", "/photos?delete").body(document.clone()).send().await.expect_error(400, "InvalidRequest");
    let wrong = store.ask("POST", "/photos?delete").header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==").body(document);
    wrong.send().await.expect_error(400, "BadDigest");
}

#[tokio::test]
async fn a_key_that_a_rename_made_too_long_is_read_and_deleted() {
    let store = Store::with_bucket().await;
    let (inner, outer) = ("i".repeat(500), "o".repeat(1000));
    store.put(&format!("d/{inner}"), "bytes").await;
    store
        .ask("PUT", &format!("/photos/{outer}/?renameObject"))
        .header("x-amz-rename-source", "d/")
        .send()
        .await
        .expect(200);
    let uri = format!("/photos/{outer}/{inner}");
    assert_eq!(store.ask("GET", &uri).send().await.expect(200).text(), "bytes");
    assert_eq!(store.ask("HEAD", &uri).send().await.expect(200).headers["content-length"], "5");
    store.ask("DELETE", &uri).send().await.expect(204);
    for method in ["GET", "HEAD", "PUT", "DELETE"] {
        store.ask(method, &uri).send().await.expect_error(400, "KeyTooLongError");
    }
    store.ask("DELETE", &format!("{uri}?versionId=null")).send().await.expect_error(400, "KeyTooLongError");
    // Names that nothing can have, and more of them than are walked.
    for key in ["n".repeat(1025), "/".repeat(5000)] {
        store.ask("GET", &format!("/photos/{key}")).send().await.expect_error(400, "KeyTooLongError");
    }
}

#[tokio::test]
async fn a_parameter_that_is_read_is_there_once() {
    let store = Store::with_bucket().await;
    store.put("a", "1").await;
    for query in ["versionId=null&versionId=null", "partNumber=1&partNumber=1", "response-expires=1&response-expires=2"]
    {
        store.ask("GET", &format!("/photos/a?{query}")).send().await.expect_error(400, "InvalidRequest");
    }
    store.ask("GET", "/photos/a?x-id=GetObject&x-id=GetObject").send().await.expect(200);
}

#[tokio::test]
async fn an_object_and_a_directory_are_renamed() {
    let store = Store::with_bucket().await;
    store.put("a", "1").await;
    store.put("dir/x", "2").await;
    let rename = |from: &str, to: &str| {
        store.ask("PUT", &format!("/photos/{to}?renameObject")).header("x-amz-rename-source", from)
    };
    let done = rename("a", "b").send().await.expect(200);
    assert_eq!(done.operation, Some("RenameObject"));
    assert_eq!(store.ask("GET", "/photos/b").send().await.expect(200).text(), "1");
    rename("a", "c").send().await.expect_error(404, "NoSuchKey");
    rename("/photos/dir/", "moved/").send().await.expect(200);
    assert_eq!(store.ask("GET", "/photos/moved/x").send().await.expect(200).text(), "2");
    store.ask("PUT", "/photos/z?renameObject").send().await.expect_error(400, "InvalidRequest");
}
