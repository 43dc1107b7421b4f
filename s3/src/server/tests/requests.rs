//! Whole requests: signed, refused, wrapped.

use super::harness::{Answer, Draft, Harness, read_answer};
use crate::S3Config;
use tokio::io::AsyncWriteExt;

fn assert_envelope(answer: &Answer) {
    assert_eq!(answer.header("x-amz-request-id").expect("an id").len(), 16, "{answer:?}");
    assert!(
        answer.header("x-amz-id-2").is_some() && answer.header("date").is_some() && answer.header("server").is_some()
    );
}

fn assert_error(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code()), (status, code), "{answer:?}");
    assert_envelope(answer);
    assert!(!answer.element("Message").expect("a message").is_empty());
    assert!(answer.element("Resource").is_some());
    assert_eq!(answer.element("RequestId"), answer.header("x-amz-request-id"));
    assert_eq!(answer.element("HostId"), answer.header("x-amz-id-2"));
    assert_eq!(answer.header("content-type"), Some("application/xml"));
}

#[tokio::test]
async fn a_signed_put_is_stored_and_read_back() {
    let harness = Harness::start(S3Config::default());
    let answer = harness.send(&Draft::new("PUT", "/bucket/dir/a%20b").body("hello").sign().bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_envelope(&answer);
    let stored = harness.fake.get("bucket/dir/a b").expect("stored");
    assert_eq!((stored.body.as_slice(), stored.principal.as_deref()), (&b"hello"[..], Some("alice")));
    assert!(stored.expected_sha256.is_some());
    let answer = harness.send(&Draft::new("GET", "/bucket/dir/a%20b").sign().bytes()).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    let answer = harness.send(&Draft::new("HEAD", "/bucket/dir/a%20b").sign().bytes()).await;
    assert_eq!((answer.status, answer.body.as_str(), answer.header("content-length")), (200, "", Some("5")));
}

#[tokio::test]
async fn errors_are_whole_documents() {
    let harness = Harness::start(S3Config::default());
    let answer = harness.send(&Draft::new("GET", "/bucket/absent").sign().bytes()).await;
    assert_error(&answer, 404, "NoSuchKey");
    assert_eq!(answer.element("Resource"), Some("/bucket/absent"));
    assert_eq!(answer.element("Key"), Some("absent"));
    let answer = harness.send(&Draft::new("HEAD", "/bucket/absent").sign().bytes()).await;
    assert_eq!((answer.status, answer.body.as_str()), (404, ""));
    assert_envelope(&answer);
    let answer = harness.send(&Draft::new("GET", "/Not_A_Bucket/x").sign().bytes()).await;
    assert_error(&answer, 400, "InvalidBucketName");
    let answer = harness.send(&Draft::new("GET", "/_/health").bytes()).await;
    assert_error(&answer, 404, "NoSuchBucket");
    let answer = harness.send(&Draft::new("GET", "/bucket/%zz").bytes()).await;
    assert_error(&answer, 400, "InvalidURI");
    let answer = harness.send(&Draft::new("GET", "/bucket/%ff").bytes()).await;
    assert_error(&answer, 400, "InvalidURI");
}

#[tokio::test]
async fn a_panic_and_a_broken_body_are_internal_errors_and_the_connection_lives() {
    let harness = Harness::start(S3Config::default());
    let mut stream = harness.connect().await;
    for key in ["panic", "broken"] {
        stream.write_all(&Draft::new("GET", &format!("/bucket/{key}")).sign().bytes()).await.expect("sent");
        assert_error(&read_answer(&mut stream).await.expect("an answer"), 500, "InternalError");
    }
    stream.write_all(&Draft::new("GET", "/bucket/absent").sign().bytes()).await.expect("sent");
    assert_error(&read_answer(&mut stream).await.expect("an answer"), 404, "NoSuchKey");
    assert_eq!(harness.metrics.panics.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[tokio::test]
async fn shutdown_ends_the_server() {
    let mut harness = Harness::start(S3Config::default());
    let answer = harness.send(&Draft::new("GET", "/bucket/absent").sign().bytes()).await;
    assert_eq!(answer.status, 404);
    harness.stop().await;
    assert!(tokio::net::TcpStream::connect(harness.address).await.is_err());
}
