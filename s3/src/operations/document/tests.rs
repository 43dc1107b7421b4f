//! Documents against their digests. The checksums of "123456789" are the check values of the catalogues of CRCs, and of FIPS 180.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use http_body_util::StreamBody;
use trefoil_core::types::Principal;

use super::Checksum::{OfDocument, OfObject};
use super::Rooms;
use crate::context::{AuthContext, ErrorDetails};
use crate::error::Failure;
use crate::limits::{DOCUMENT_GRACE, DOCUMENT_RATE_BYTES_PER_SEC_MIN, XML_BYTES_MAX};

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

async fn read(
    body: s3s::Body,
    headers: &HeaderMap,
    auth: &AuthContext,
    checksum: super::Checksum,
) -> Result<Bytes, Failure> {
    let rooms = Rooms::default();
    let mut room = rooms.enter(&auth.principal);
    super::read(body, headers, auth, checksum, XML_BYTES_MAX, &mut room).await
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

/// A body of pieces, each after a pause.
fn paced(pieces: usize, bytes: usize, pause: Duration) -> s3s::Body {
    let stream = futures::stream::iter(0..pieces).then(move |_| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, trefoil_core::error::Error>(Frame::data(Bytes::from(vec![b' '; bytes])))
    });
    s3s::Body::http_body_unsync(StreamBody::new(stream.boxed()))
}

#[tokio::test]
async fn a_document_is_bounded() {
    let large = Bytes::from(vec![b' '; XML_BYTES_MAX + 1]);
    let streamed = paced(3, XML_BYTES_MAX / 2, Duration::ZERO);
    for body in [large.into(), streamed] {
        let failure = read(body, &HeaderMap::new(), &auth(), OfDocument).await.expect_err("too large");
        assert_eq!(failure.code, "MaxMessageLengthExceeded");
    }
}

/// A body that says how long it is, and gives nothing.
struct Announced;

impl Body for Announced {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        panic!("nobody asks for it");
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(XML_BYTES_MAX as u64 + 1)
    }
}

#[tokio::test]
async fn what_is_announced_as_too_long_is_not_read() {
    let failure =
        read(s3s::Body::http_body(Announced), &HeaderMap::new(), &auth(), OfDocument).await.expect_err("too large");
    assert_eq!(failure.code, "MaxMessageLengthExceeded");
}

#[tokio::test(start_paused = true)]
async fn a_document_has_its_time() {
    // A byte a second holds its room for no longer than the grace.
    let started = tokio::time::Instant::now();
    let drip = paced(1000, 1, Duration::from_secs(1));
    let failure = read(drip, &HeaderMap::new(), &auth(), OfDocument).await.expect_err("too slow");
    assert_eq!(failure.code, "RequestTimeout");
    assert!(started.elapsed() < DOCUMENT_GRACE + Duration::from_secs(2), "{:?}", started.elapsed());
    // At the pace that is asked for, it may take as long as it is long.
    let bytes = DOCUMENT_RATE_BYTES_PER_SEC_MIN as usize;
    let steady = paced(100, bytes, Duration::from_secs(1));
    let document = read(steady, &HeaderMap::new(), &auth(), OfDocument).await.expect("in time");
    assert_eq!(document.len(), 100 * bytes);
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
