//! Clients that mean no good.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::harness::{Draft, Harness, read_answer};
use crate::{S3Config, limits};

/// Sends and reads to the end; gives the first line of the answer, empty where there was none.
async fn first_line(harness: &Harness, request: &[u8]) -> String {
    let mut stream = harness.connect().await;
    // The server may close before all is sent.
    let _ = stream.write_all(request).await;
    let mut out = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(Ok(count)) = tokio::time::timeout(Duration::from_secs(2), stream.read(&mut buffer)).await {
        if count == 0 {
            break;
        }
        out.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&out).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn too_many_or_too_long_headers_are_refused() {
    let harness = Harness::start(S3Config::default());
    let many = format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "a: b\r\n".repeat(100_000));
    let line = first_line(&harness, many.as_bytes()).await;
    assert!(line.is_empty() || line.contains(" 431 ") || line.contains(" 400 "), "{line}");
    let few_but_too_many = format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "a: b\r\n".repeat(limits::HEADERS_MAX + 1));
    assert!(first_line(&harness, few_but_too_many.as_bytes()).await.contains(" 431 "));
    let long = format!("GET / HTTP/1.1\r\nhost: a\r\na: {}\r\n\r\n", "x".repeat(limits::HEAD_BYTES_MAX));
    assert!(first_line(&harness, long.as_bytes()).await.contains(" 431 "));
    let long_target = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(limits::HEAD_BYTES_MAX));
    let line = first_line(&harness, long_target.as_bytes()).await;
    assert!(line.contains(" 431 ") || line.contains(" 414 "), "{line}");
    // The next client is served.
    assert_eq!(harness.send(&Draft::new("GET", "/bucket/absent").sign().bytes()).await.status, 404);
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let harness = Harness::start(S3Config::default());
    for request in [
        "GARBAGE\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    ] {
        let line = first_line(&harness, request.as_bytes()).await;
        assert!(line.contains(" 400 "), "{request:?}: {line}");
    }
}

#[tokio::test]
async fn connections_beyond_the_bound_wait() {
    let harness = Harness::start(S3Config { connections_max: 1, ..S3Config::default() });
    let mut first = harness.connect().await;
    first.write_all(&Draft::new("GET", "/bucket/absent").sign().bytes()).await.expect("sent");
    assert_eq!(read_answer(&mut first).await.expect("an answer").status, 404);
    let mut second = harness.connect().await;
    second.write_all(&Draft::new("GET", "/bucket/absent").sign().bytes()).await.expect("sent");
    let early = tokio::time::timeout(Duration::from_millis(300), read_answer(&mut second)).await;
    assert!(early.is_err());
    drop(first);
    assert_eq!(read_answer(&mut second).await.expect("an answer").status, 404);
}

#[tokio::test]
async fn a_request_that_is_pipelined_is_answered_in_order() {
    let harness = Harness::start(S3Config::default());
    let mut both = Draft::new("PUT", "/bucket/k").body("hello").sign().bytes();
    both.extend_from_slice(&Draft::new("GET", "/bucket/k").sign().bytes());
    let mut stream = harness.connect().await;
    stream.write_all(&both).await.expect("sent");
    let mut out = String::new();
    let mut buffer = [0; 4096];
    while !out.ends_with("hello") {
        let count = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer))
            .await
            .expect("in time")
            .expect("read");
        assert!(count > 0, "{out}");
        out.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    assert_eq!(out.matches("HTTP/1.1 200").count(), 2, "{out}");
}
