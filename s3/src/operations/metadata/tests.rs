//! User metadata there and back.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{from_headers, to_headers};

fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).expect("a header value"));
    }
    map
}

fn one(value: &[u8]) -> String {
    from_headers(&headers(&[("x-amz-meta-a", value)])).expect("valid").remove(0).1
}

#[test]
fn names_lose_their_prefix_and_repeated_headers_are_joined() {
    let map =
        headers(&[("x-amz-meta-b", b"2"), ("content-type", b"x"), ("x-amz-meta-a", b"1"), ("x-amz-meta-a", b"3")]);
    let expected = [("a", "1,3"), ("b", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(from_headers(&map).expect("valid"), expected);
}

#[test]
fn words_of_rfc_2047_are_decoded() {
    assert_eq!(one(b"=?UTF-8?B?w6k=?="), "é");
    assert_eq!(one(b"=?utf-8?Q?caf=C3=A9_au?= =?utf-8?Q?_lait?="), "café au lait");
    assert_eq!(one(b"=?ISO-8859-1?Q?=E9?= x"), "é x");
    assert_eq!(one(b"a =?b?= c"), "a =?b?= c");
    assert_eq!(one(b"=?UTF-8?B?w6k=?= =?x"), "é =?x");
    assert_eq!(one(b"=?UTF-8?B?/w==?="), "=?UTF-8?B?/w==?=");
}

#[test]
fn bytes_outside_ascii_are_read_one_by_one() {
    assert_eq!(one(b"\xc4"), "\u{c4}");
    assert_eq!(one(b"\xc3\x84"), "\u{c3}\u{84}");
    let mut answer = HeaderMap::new();
    to_headers(&[("latin".into(), one(b"\xc4")), ("utf".into(), one(b"\xc3\x84"))], &mut answer);
    assert_eq!(answer["x-amz-meta-latin"], "=?UTF-8?B?w4Q=?=");
    assert_eq!(answer["x-amz-meta-utf"], "=?UTF-8?B?w4PChA==?=");
}

#[test]
fn what_can_not_be_a_header_is_counted_as_missing() {
    let mut answer = HeaderMap::new();
    to_headers(&[("a b".into(), "1".into()), ("c".into(), "2".into()), ("d\n".into(), "3".into())], &mut answer);
    assert_eq!(answer["x-amz-missing-meta"], "2");
    assert_eq!(answer["x-amz-meta-c"], "2");
}

#[test]
fn two_kilobytes_in_all_and_not_a_byte_more() {
    let value = vec![b'v'; 2047];
    assert!(from_headers(&headers(&[("x-amz-meta-a", &value)])).is_ok());
    let failure = from_headers(&headers(&[("x-amz-meta-aa", &value)])).expect_err("too large");
    assert_eq!(failure.code, "MetadataTooLarge");
}
