//! Headers of objects there and back.

use http::{HeaderMap, HeaderName, HeaderValue};
use trefoil_core::clock::Timestamp;
use trefoil_core::objects::ObjectInfo;
use trefoil_core::types::{AccountId, ByteRange, ETag, VersionId};

use super::{content_range, describe, from_headers};

fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).expect("a value"));
    }
    map
}

fn info(given: &HeaderMap) -> ObjectInfo {
    ObjectInfo {
        key: "k".into(),
        version: Some(VersionId::Null),
        size: 0,
        etag: ETag::Md5([0; 16]),
        modified: Timestamp::from_secs(784_111_777),
        headers: from_headers(given).expect("valid"),
        user_metadata: vec![("a".into(), "1".into())],
        tag_count: 2,
        checksum: None,
        parts: None,
        owner: AccountId([0; 32]),
    }
}

#[test]
fn what_was_sent_comes_back() {
    let given = headers(&[
        ("content-type", b"text/html; charset=utf-8"),
        ("content-disposition", "attachment; filename=\"é\"".as_bytes()),
        ("expires", b"never"),
        ("x-amz-website-redirect-location", b"/x"),
    ]);
    let answer = describe(&info(&given), true);
    for (name, value) in &given {
        assert_eq!(answer[name], value, "{name}");
    }
    assert_eq!(answer["etag"], "\"00000000000000000000000000000000\"");
    assert_eq!(answer["last-modified"], "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!((&answer["x-amz-version-id"], &answer["x-amz-tagging-count"]), (&"null".parse().unwrap(), &2.into()));
    assert_eq!((&answer["x-amz-meta-a"], &answer["accept-ranges"]), (&1.into(), &"bytes".parse().unwrap()));
}

#[test]
fn an_unknown_content_type_is_that_of_aws() {
    assert_eq!(describe(&info(&HeaderMap::new()), false)["content-type"], "binary/octet-stream");
}

#[test]
fn the_framing_is_no_coding_of_the_object() {
    for (sent, kept) in [
        ("aws-chunked", None),
        ("aws-chunked,gzip", Some("gzip")),
        ("gzip, AWS-chunked, br", Some("gzip,br")),
        ("gzip, br", Some("gzip, br")),
    ] {
        let given = headers(&[("content-encoding", sent.as_bytes())]);
        assert_eq!(from_headers(&given).expect("valid").content_encoding.as_deref(), kept, "{sent}");
    }
}

#[test]
fn several_headers_are_one_list_or_one_too_many() {
    let list = headers(&[("cache-control", b"private"), ("cache-control", b""), ("cache-control", b"max-age=1")]);
    assert_eq!(from_headers(&list).expect("a list").cache_control.as_deref(), Some("private, max-age=1"));
    for name in ["content-type", "content-disposition", "expires", "x-amz-website-redirect-location"] {
        let failure = from_headers(&headers(&[(name, b"/a"), (name, b"/b")])).expect_err(name);
        assert_eq!(failure.code, "InvalidRequest", "{name}");
    }
}

#[test]
fn a_redirect_is_an_address() {
    let failure = from_headers(&headers(&[("x-amz-website-redirect-location", b"x")])).expect_err("no address");
    assert_eq!(failure.code, "InvalidRedirectLocation");
}

#[test]
fn ranges_are_inclusive() {
    assert_eq!(content_range(ByteRange { offset: 5, length: 3 }, 10), "bytes 5-7/10");
}
