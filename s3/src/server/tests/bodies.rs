//! Bodies over the wire: chunked, signed, with trailers, awaited.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::harness::{Draft, Harness, NOW, SECRET_KEY, read_answer};
use crate::S3Config;
use crate::auth::{AmzDate, SigningKey};
use crate::limits::{CLOSE_TIMEOUT, UNREAD_BODY_BYTES_MAX};
use trefoil_core::access::Secret;
use trefoil_core::clock::Timestamp;

const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

fn trailer_put(key: &str, length: usize, wire: &str) -> Draft {
    Draft::new("PUT", &format!("/bucket/{key}"))
        .header("content-encoding", "gzip, aws-chunked")
        .header("x-amz-decoded-content-length", &length.to_string())
        .header("x-amz-trailer", "x-amz-checksum-crc32")
        .sign_with(UNSIGNED_TRAILER)
        .0
        .body(wire)
}

#[tokio::test]
async fn an_unsigned_chunked_body_arrives_with_its_checksum() {
    let harness = Harness::start(S3Config::default());
    let wire = "3\r\nhel\r\n2\r\nlo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    let answer = harness.send(&trailer_put("k", 5, wire).bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let stored = harness.fake.get("bucket/k").expect("stored");
    assert_eq!((stored.body.as_slice(), stored.content_encoding.as_deref()), (&b"hello"[..], Some("gzip")));
    assert_eq!(hex::encode(stored.trailer.expect("a checksum")), "3610a686");
    for (length, wire, code) in [
        (6, wire, "IncompleteBody"),
        (4, wire, "IncompleteBody"),
        (5, "5\r\nhello\r\n0\r\n\r\n", "MalformedTrailerError"),
        (5, "5\r\nhello\r\n0\r\nno colon\r\n\r\n", "MalformedTrailerError"),
        (5, "5\r\nhello\r\n", "IncompleteBody"),
        (5, "zz\r\n", "IncompleteBody"),
    ] {
        let answer = harness.send(&trailer_put("bad", length, wire).bytes()).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{answer:?}");
        // What follows might be the rest of a body that its sender counted otherwise.
        assert_eq!(answer.header("connection"), Some("close"));
    }
    assert!(harness.fake.get("bucket/bad").is_none());
}

#[tokio::test]
async fn what_is_missing_or_wrong_in_the_headers_is_told_first() {
    let harness = Harness::start(S3Config::default());
    let put = |name: &str, value: &str| Draft::new("PUT", "/bucket/k").header(name, value);
    let answer =
        harness.send(&put("x-amz-trailer", "x-amz-checksum-crc32").sign_with(UNSIGNED_TRAILER).0.bytes()).await;
    assert_eq!((answer.status, answer.code()), (411, "MissingContentLength"));
    for value in ["-1", "1 0", "", "99999999999999999999999"] {
        let draft = put("x-amz-decoded-content-length", value).sign_with(UNSIGNED_TRAILER).0;
        assert_eq!(harness.send(&draft.bytes()).await.code(), "InvalidRequest", "{value}");
    }
    let draft =
        put("x-amz-decoded-content-length", "0").header("x-amz-trailer", "x-amz-meta-a").sign_with(UNSIGNED_TRAILER).0;
    assert_eq!(harness.send(&draft.bytes()).await.code(), "InvalidRequest");
    let draft = Draft::new("PUT", "/bucket/k").sign_with("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD").0;
    assert_eq!(harness.send(&draft.bytes()).await.code(), "NotImplemented");
}

#[tokio::test]
async fn signed_chunks_are_verified_before_anything_is_stored() {
    let harness = Harness::start(S3Config::default());
    let put = |body: &[u8], break_it: bool| {
        let draft = Draft::new("PUT", "/bucket/signed").header("x-amz-decoded-content-length", &body.len().to_string());
        let (draft, mut previous) = draft.sign_with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
        let date = AmzDate::at(Timestamp::from_secs(NOW)).expect("a date");
        let key = SigningKey::new(&Secret::new(SECRET_KEY), date.day(), "us-east-1");
        let mut wire = Vec::new();
        for chunk in [body, b""] {
            use sha2::Digest;
            let text = format!(
                "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}/us-east-1/s3/aws4_request\n{previous}\n{}\n{}",
                date.as_str(),
                date.day(),
                hex::encode(sha2::Sha256::digest(b"")),
                hex::encode(sha2::Sha256::digest(chunk))
            );
            previous = String::from_utf8(key.sign(text.as_bytes()).to_vec()).expect("digits");
            wire.extend_from_slice(format!("{:x};chunk-signature={previous}\r\n", chunk.len()).as_bytes());
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(b"\r\n");
        }
        if break_it {
            let at = wire.len() - 20;
            wire[at] = if wire[at] == b'0' { b'1' } else { b'0' };
        }
        draft.body(wire).bytes()
    };
    let body = vec![b'z'; 300_000];
    let answer = harness.send(&put(&body, true)).await;
    assert_eq!((answer.status, answer.code()), (403, "SignatureDoesNotMatch"), "{answer:?}");
    assert!(harness.fake.get("bucket/signed").is_none());
    let answer = harness.send(&put(&body, false)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(harness.fake.get("bucket/signed").expect("stored").body, body);
}

#[tokio::test]
async fn continue_is_sent_only_to_whom_it_is_due() {
    let harness = Harness::start(S3Config::default());
    let put = |path: &str| Draft::new("PUT", path).header("expect", "100-continue").header("content-length", "5");
    // Refused by the signature, and by the operation before it reads: the body is never asked for.
    for draft in [
        put("/bucket/k").header("authorization", "AWS4-HMAC-SHA256 x"),
        put("/denied-bucket/k").sign_with("UNSIGNED-PAYLOAD").0,
    ] {
        let mut stream = harness.connect().await;
        stream.write_all(&draft.bytes()).await.expect("sent");
        let answer = read_answer(&mut stream).await.expect("an answer");
        assert!(answer.status >= 400);
        // Nobody could tell the body that may still come from the next request.
        assert_eq!(answer.header("connection"), Some("close"));
    }
    // Nothing to ask for, and answered at once.
    let empty = Draft::new("PUT", "/bucket/empty").header("expect", "100-continue").sign_with("UNSIGNED-PAYLOAD").0;
    let answer = harness.send(&empty.bytes()).await;
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    let mut stream = harness.connect().await;
    stream.write_all(&put("/bucket/k").sign_with("UNSIGNED-PAYLOAD").0.bytes()).await.expect("sent");
    assert_eq!(read_answer(&mut stream).await.expect("an answer").status, 100);
    stream.write_all(b"hello").await.expect("sent");
    assert_eq!(read_answer(&mut stream).await.expect("an answer").status, 200);
    assert_eq!(harness.fake.get("bucket/k").expect("stored").body, b"hello");
}

/// A client may send its body after a while without having been asked, as curl and boto3 do after a second.
#[tokio::test]
async fn a_body_that_was_not_asked_for_does_not_cost_the_answer() {
    let harness = Harness::start(S3Config::default());
    let put = |length: u64| {
        let draft = Draft::new("PUT", "/denied-bucket/k").header("content-length", &length.to_string());
        draft.sign_with("UNSIGNED-PAYLOAD").0
    };
    let expecting = put(1 << 20).header("expect", "100-continue");
    // Longer than what is read only to be thrown away.
    for (draft, sent) in [(expecting, 1 << 20), (put(1 << 30), 1 << 20), (put(1 << 30), 64 << 20)] {
        let mut stream = harness.connect().await;
        stream.write_all(&draft.bytes()).await.expect("sent");
        tokio::time::sleep(Duration::from_millis(50)).await;
        // As long as it is taken; more than what is read only to be thrown away is not.
        let sending = async {
            for _ in 0..sent >> 16 {
                stream.write_all(&[b'x'; 64 << 10]).await.expect("no reset");
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(500), sending).await;
        let answer = read_answer(&mut stream).await.expect("an answer");
        assert_eq!((answer.code(), answer.header("connection")), ("AccessDenied", Some("close")));
        // The end, and no reset: that may come once the client was given time to see the answer.
        assert_eq!(stream.read(&mut [0; 16]).await.expect("no reset"), 0);
        let closed = std::time::Instant::now();
        drop(stream);
        while harness.metrics.connections.load(Ordering::Relaxed) > 0 {
            let bound = if sent > UNREAD_BODY_BYTES_MAX { CLOSE_TIMEOUT * 2 } else { CLOSE_TIMEOUT / 2 };
            assert!(closed.elapsed() < bound, "a connection that its client has closed lingers");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn a_refused_body_is_drained_and_the_connection_goes_on() {
    let harness = Harness::start(S3Config::default());
    let mut stream = harness.connect().await;
    let refused = Draft::new("PUT", "/denied-bucket/k").sign_with("UNSIGNED-PAYLOAD").0.body(vec![b'x'; 1 << 20]);
    stream.write_all(&refused.bytes()).await.expect("sent");
    assert_eq!(read_answer(&mut stream).await.expect("an answer").code(), "AccessDenied");
    stream.write_all(&Draft::new("GET", "/bucket/absent").sign().bytes()).await.expect("sent");
    assert_eq!(read_answer(&mut stream).await.expect("an answer").code(), "NoSuchKey");
}

#[tokio::test]
async fn head_and_first_bytes_arrive_together() {
    let harness = Harness::start(S3Config::default());
    assert_eq!(harness.send(&Draft::new("PUT", "/bucket/k").body(vec![b'x'; 4096]).sign().bytes()).await.status, 200);
    let mut stream = harness.connect().await;
    for _ in 0..20 {
        let started = std::time::Instant::now();
        stream.write_all(&Draft::new("GET", "/bucket/k").sign().bytes()).await.expect("sent");
        let mut buffer = vec![0; 64 << 10];
        let count = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer))
            .await
            .expect("in time")
            .expect("read");
        // One read of a socket gets what one write sent.
        assert!(count > 4096, "{count} bytes came first after {:?}", started.elapsed());
    }
}
