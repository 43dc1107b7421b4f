//! AWS's own published examples, byte for byte.
//!
//! Always holds: the expected signatures are those printed on the pages that the module names.

use time::macros::datetime;

use super::*;

fn key() -> Key {
    Key::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
}

fn scope() -> Scope {
    Scope { at: datetime!(2013-05-24 00:00 UTC), region: "us-east-1".into(), service: "s3".into() }
}

fn headers(list: &[(&str, &str)]) -> (Vec<(String, Vec<u8>)>, Vec<String>) {
    let mut names: Vec<String> = list.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    (list.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect(), names)
}

#[test]
fn a_get_with_headers() {
    let (headers, signed) = headers(&[
        ("Host", "examplebucket.s3.amazonaws.com"),
        ("Range", "bytes=0-9"),
        ("x-amz-content-sha256", EMPTY_SHA256),
        ("x-amz-date", "20130524T000000Z"),
    ]);
    let canonical = canonical_request("GET", "/test.txt", &headers, &signed, EMPTY_SHA256);
    assert_eq!(
        scope().sign_request(&key(), &canonical),
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
}

#[test]
fn a_put_with_a_dollar_in_its_key() {
    let payload = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    let (headers, signed) = headers(&[
        ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
        ("Host", "examplebucket.s3.amazonaws.com"),
        ("x-amz-content-sha256", payload),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ]);
    let canonical = canonical_request("PUT", "/test$file.text", &headers, &signed, payload);
    assert_eq!(
        scope().sign_request(&key(), &canonical),
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    );
}

#[test]
fn a_presigned_get() {
    let (headers, signed) = headers(&[("Host", "examplebucket.s3.amazonaws.com")]);
    let target = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1\
                  %2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host";
    let canonical = canonical_request("GET", target, &headers, &signed, "UNSIGNED-PAYLOAD");
    assert_eq!(
        scope().sign_request(&key(), &canonical),
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
}

#[test]
fn the_chunks_of_a_stream() {
    let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    let first = scope().sign_chunk(&key(), seed, &[b'a'; 65536]);
    assert_eq!(first, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
    let second = scope().sign_chunk(&key(), &first, &[b'a'; 1024]);
    assert_eq!(second, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
    let last = scope().sign_chunk(&key(), &second, b"");
    assert_eq!(last, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
}

#[test]
fn queries_are_sorted_after_encoding() {
    assert_eq!(canonical_query("prefix=a%2Fb&max-keys=2&acl", None), "acl=&max-keys=2&prefix=a%2Fb");
    assert_eq!(canonical_query("b=2&a=2&a=1", None), "a=1&a=2&b=2");
    assert_eq!(canonical_query("a=x+y", None), "a=x%2By");
}
