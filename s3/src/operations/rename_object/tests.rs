//! Renames as requests say them.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{parse_source, request};

#[test]
fn the_source_is_a_key_or_a_path_in_the_same_bucket() {
    let key = |header: &str| parse_source("photos", header).expect(header).as_str().to_owned();
    assert_eq!(key("a/b%20c.jpg"), "a/b c.jpg");
    assert_eq!(key("/photos/a/b.jpg"), "a/b.jpg");
    assert_eq!(key("photos/a"), "photos/a");
    for header in ["/other/a", "/photos", "/photos/", "%FF"] {
        assert_eq!(parse_source("photos", header).expect_err(header).code, "InvalidArgument");
    }
}

#[test]
fn a_rename_needs_its_source() {
    let mut headers = HeaderMap::new();
    assert_eq!(request("photos", "b", &headers).expect_err("no source").code, "InvalidRequest");
    headers.insert(HeaderName::from_static("x-amz-rename-source"), HeaderValue::from_static("a"));
    headers.insert(HeaderName::from_static("x-amz-rename-source-if-match"), HeaderValue::from_static("\"e\""));
    headers.insert(HeaderName::from_static("x-amz-client-token"), HeaderValue::from_static("t"));
    let rename = request("photos", "b", &headers).expect("valid");
    assert_eq!((rename.source.as_str(), rename.target.as_str()), ("a", "b"));
    assert_eq!(rename.source_conditions.if_match, Some(vec!["e".to_owned()]));
    assert_eq!(rename.client_token.as_deref(), Some("t"));
}
