//! Digests in headers, and what AWS says of those that can't be.

use http::{HeaderMap, HeaderName, HeaderValue};
use trefoil_core::content::ExpectedChecksum;
use trefoil_core::types::{ChecksumAlgorithm, Principal};

use super::expected;
use crate::context::{AuthContext, ErrorDetails};
use crate::error::Failure;

fn auth(trailer: Option<ChecksumAlgorithm>) -> AuthContext {
    AuthContext {
        principal: Principal::Anonymous,
        expected_sha256: None,
        trailer: trailer.map(|algorithm| (algorithm, Default::default())),
        request_id: String::new(),
        host_id: HeaderValue::from_static("host"),
        virtual_host: false,
        details: ErrorDetails::default(),
    }
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

fn failure(pairs: &[(&'static str, &'static str)], trailer: Option<ChecksumAlgorithm>) -> Failure {
    expected(&headers(pairs), &auth(trailer)).expect_err("must be refused")
}

#[test]
fn one_checksum_of_the_right_length() {
    let given = headers(&[("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-sdk-checksum-algorithm", "CRC32")]);
    let checksum = expected(&given, &auth(None)).expect("valid").checksum;
    assert!(matches!(checksum, ExpectedChecksum::Value(ChecksumAlgorithm::Crc32, value) if value == [0; 4]));
}

#[test]
fn a_trailer_counts_as_the_checksum() {
    let given = headers(&[("x-amz-sdk-checksum-algorithm", "SHA256")]);
    let checksum = expected(&given, &auth(Some(ChecksumAlgorithm::Sha256))).expect("valid").checksum;
    assert!(matches!(checksum, ExpectedChecksum::Trailing(ChecksumAlgorithm::Sha256, _)));
}

#[test]
fn what_can_not_be_is_an_invalid_request() {
    let two = [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-crc32c", "AAAAAA==")];
    assert!(failure(&two, None).message.starts_with("Expecting a single x-amz-checksum- header."));
    assert!(failure(&two[..1], Some(ChecksumAlgorithm::Crc32)).message.starts_with("Expecting a single"));
    for value in ["AAAA", "not base64", ""] {
        let failure = failure(&[("x-amz-checksum-crc32", value)], None);
        assert_eq!(failure.message, "Value for x-amz-checksum-crc32 header is invalid.");
        assert_eq!(failure.code, "InvalidRequest");
    }
    let mismatch = [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-sdk-checksum-algorithm", "SHA1")];
    assert_eq!(failure(&mismatch, None).code, "BadDigest");
    let malformed = [("x-amz-checksum-sha1", "bad"), ("x-amz-sdk-checksum-algorithm", "SHA1")];
    assert_eq!(failure(&malformed, None).code, "BadDigest");
    let unknown = [("x-amz-sdk-checksum-algorithm", "ROT13")];
    assert_eq!(failure(&unknown, None).message, "Value for x-amz-sdk-checksum-algorithm header is invalid.");
    assert!(failure(&mismatch[1..], None).message.contains("no corresponding x-amz-checksum-*"));
    assert_eq!(failure(&[("x-amz-checksum-md5", "x")], None).status.as_u16(), 501);
}

#[test]
fn content_md5_is_base64_of_sixteen_bytes() {
    let given = headers(&[("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")]);
    let md5 = expected(&given, &auth(None)).expect("valid").md5.expect("given");
    assert_eq!(hex::encode(md5), "d41d8cd98f00b204e9800998ecf8427e");
    for value in ["", "1B2M2Y8AsgTpgAmY7PhCfg", "AAAA", "YWJyYWNhZGFicmE="] {
        assert_eq!(failure(&[("content-md5", value)], None).code, "InvalidDigest", "{value}");
    }
}
