//! Which parameters become headers.

use super::*;

fn merge(headers: &[(&'static str, &'static str)], query: &str) -> Result<Option<HeaderMap>, String> {
    let headers =
        headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
    merged(&headers, &Query::parse(query).unwrap()).map_err(|failure| failure.code.into_owned())
}

#[test]
fn parameters_become_headers_that_did_not_come() {
    let merged =
        merge(&[("x-amz-acl", "private")], "x-amz-acl=public-read&x-amz-meta-a=b%20c&x-amz-meta-a=d&list-type=2");
    let merged = merged.unwrap().unwrap();
    assert_eq!(merged.len(), 3);
    assert_eq!(merged["x-amz-acl"], "private");
    assert_eq!(merged.get_all("x-amz-meta-a").iter().collect::<Vec<_>>(), ["b c", "d"]);
}

#[test]
fn what_is_of_the_signature_or_the_body_does_not() {
    let query = "X-Amz-Date=x&X-Amz-Acl=public-read&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-id=PutObject";
    assert_eq!(merge(&[], query), Ok(None));
}

#[test]
fn what_no_header_can_be_is_refused() {
    for query in ["x-amz-meta-a=%0D%0AHost:%20x", "x-amz-meta-%0A=1", "x-amz-meta-A=1", "x-amz-meta-a%20b=1"] {
        assert_eq!(merge(&[], query), Err("InvalidArgument".to_owned()), "{query}");
    }
}
