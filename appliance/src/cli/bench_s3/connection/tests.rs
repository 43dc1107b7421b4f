//! A connection against a peer that plays a script: each response once, to whatever is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Connection, Response, Take};

/// A peer that answers request after request with these bytes, each written in two pieces, and closes a connection after a response
/// that ends with `!`. Gives its address and how many connections it took.
async fn peer(responses: Vec<String>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        let mut responses = responses.into_iter();
        'connections: loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            loop {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") && !request.ends_with(b"BODY") {
                    let mut buffer = [0; 4096];
                    let size = stream.read(&mut buffer).await.unwrap();
                    if size == 0 {
                        continue 'connections;
                    }
                    request.extend_from_slice(&buffer[..size]);
                }
                let Some(response) = responses.next() else { return };
                let (bytes, close) = match response.strip_suffix('!') {
                    Some(bytes) => (bytes.as_bytes(), true),
                    None => (response.as_bytes(), false),
                };
                let (first, second) = bytes.split_at(bytes.len() / 2);
                stream.write_all(first).await.unwrap();
                stream.flush().await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                stream.write_all(second).await.unwrap();
                if close {
                    continue 'connections;
                }
            }
        }
    });
    (address, connections)
}

async fn ask(connection: &mut Connection, take: Take<'_>) -> Result<Response, String> {
    connection.exchange(b"GET / HTTP/1.1\r\n\r\n", b"", false, take).await
}

#[tokio::test]
async fn bodies_of_every_framing_are_taken_and_compared() {
    let length = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".to_owned();
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n".to_owned();
    let interim = format!("HTTP/1.1 100 Continue\r\n\r\n{length}");
    let closed = "HTTP/1.1 200 OK\r\n\r\nhello!".to_owned();
    let (address, connections) = peer(vec![length.clone(), chunked, interim, closed, length]).await;
    let mut connection = Connection::new(format!("http://{address}").parse().unwrap());
    for _ in 0..5 {
        let response = ask(&mut connection, Take::Compare(b"hello")).await.unwrap();
        assert_eq!((response.status, response.body_bytes, response.matched), (200, 5, true));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn other_bytes_do_not_match() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhallo".to_owned();
    let (address, _) = peer(vec![answer; 3]).await;
    let mut connection = Connection::new(format!("http://{address}").parse().unwrap());
    for expected in [&b"hello"[..], b"hallo!", b"hall"] {
        assert!(!ask(&mut connection, Take::Compare(expected)).await.unwrap().matched);
    }
}

#[tokio::test]
async fn a_broken_connection_is_named_and_not_used_again() {
    let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_owned();
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello!".to_owned();
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokay".to_owned();
    let (address, connections) = peer(vec![short, ok.clone(), long, ok]).await;
    let mut connection = Connection::new(format!("http://{address}").parse().unwrap());
    assert_eq!(ask(&mut connection, Take::Count).await.unwrap_err(), "BodyEndedEarly");
    assert_eq!(ask(&mut connection, Take::Count).await.unwrap().body_bytes, 2);
    assert_eq!(ask(&mut connection, Take::Count).await.unwrap_err(), "BytesBehindBody");
    assert_eq!(ask(&mut connection, Take::Count).await.unwrap().body_bytes, 2);
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_early_error_counts_though_the_body_was_not_taken() {
    let error =
        "HTTP/1.1 503 Slow\r\nconnection: close\r\ncontent-length: 40\r\n\r\n<Error><Code>SlowDown</Code></Error>    !"
            .to_owned();
    let (address, _) = peer(vec![error]).await;
    let mut connection = Connection::new(format!("http://{address}").parse().unwrap());
    let head = b"PUT / HTTP/1.1\r\n\r\n";
    let response = connection.exchange(head, b"BODY", false, Take::Count).await.unwrap();
    assert_eq!(response.status, 503);
    assert_eq!(crate::cli::bench_s3::response::error_code(503, connection.start_of_body()), "SlowDown");
}

#[tokio::test]
async fn nobody_there_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut connection = Connection::new(format!("http://{address}").parse().unwrap());
    assert_eq!(ask(&mut connection, Take::Count).await.unwrap_err(), "ConnectRefused");
}
