//! Documents against their digests. The checksums of "123456789" are the check values of the catalogues of CRCs, and of FIPS 180.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use trefoil_core::types::Principal;

use super::Checksum::{OfDocument, OfObject};
use super::{DOCUMENT_BYTES_MAX, read};
use crate::context::{AuthContext, ErrorDetails};

const TEXT: &[u8] = b"123456789";

fn auth() -> AuthContext {
    AuthContext {
        principal: Principal::Anonymous,
        expected_sha256: None,
        trailer: None,
        request_id: String::new(),
        host_id: HeaderValue::from_static("host"),
        virtual_host: false,
        details: ErrorDetails::default(),
    }
}

fn headers(name: &'static str, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))])
}

#[tokio::test]
async fn each_digest_is_compared() {
    let base64 = |hexadecimal: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(hex::decode(hexadecimal).expect("hexadecimal"))
    };
    for (name, digest) in [
        ("x-amz-checksum-crc32", "cbf43926"),
        ("x-amz-checksum-crc32c", "e3069283"),
        ("x-amz-checksum-crc64nvme", "ae8b14860a799888"),
        ("x-amz-checksum-sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ("x-amz-checksum-sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ("content-md5", "25f9e794323b453885f5181f1b624d0b"),
    ] {
        let given = headers(name, &base64(digest));
        let document = read(Bytes::from_static(TEXT).into(), &given, &auth(), OfDocument).await.expect(name);
        assert_eq!(&document[..], TEXT);
        let failure = read(Bytes::from_static(b"12345678").into(), &given, &auth(), OfDocument).await.expect_err(name);
        assert_eq!(failure.code, "BadDigest", "{name}");
    }
}

#[tokio::test]
async fn a_signed_document_has_its_hash() {
    let context = AuthContext { expected_sha256: Some([0; 32]), ..auth() };
    let failure =
        read(Bytes::from_static(TEXT).into(), &HeaderMap::new(), &context, OfDocument).await.expect_err("differs");
    assert_eq!(failure.code, "XAmzContentSHA256Mismatch");
}

#[tokio::test]
async fn a_document_is_bounded() {
    let large = Bytes::from(vec![b' '; DOCUMENT_BYTES_MAX + 1]);
    let failure = read(large.into(), &HeaderMap::new(), &auth(), OfDocument).await.expect_err("too large");
    assert_eq!(failure.code, "MaxMessageLengthExceeded");
}

#[tokio::test]
async fn the_checksum_of_an_object_is_not_that_of_the_document() {
    for value in ["AAAAAA==", "AAAAAA==-2"] {
        let given = headers("x-amz-checksum-crc32", value);
        read(Bytes::from_static(TEXT).into(), &given, &auth(), OfObject).await.expect(value);
    }
    let given = headers("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==");
    let failure = read(Bytes::from_static(TEXT).into(), &given, &auth(), OfObject).await.expect_err("differs");
    assert_eq!(failure.code, "BadDigest");
}
