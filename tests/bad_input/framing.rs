//! HTTP that is malformed or oversized: request lines, headers, lengths, smuggling.
//!
//! Always holds: bytes are written by hand, so that nothing in between repairs them.

use std::net::SocketAddr;

use trefoil_tests::Test;
use trefoil_tests::answer::Answer;
use trefoil_tests::wire::Connection;

/// Sends bytes as they are. The answer, or none where the server hung up without one.
fn send(address: SocketAddr, bytes: &[u8]) -> Option<Answer> {
    let mut connection = Connection::open(address).expect("a connection");
    // A server may hang up before all is written; its answer counts.
    drop(connection.send(bytes));
    connection.receive("RAW").ok()
}

/// The request is refused with 4xx, or the connection is closed without an answer; never taken.
fn refused(t: &Test, bytes: &[u8]) {
    if let Some(answer) = send(t.target.address, bytes)
        && answer.status / 100 != 4
    {
        answer.fail("should have been refused");
    }
}

/// A signed PUT's head with the header lines of `more` behind it, and a body.
fn put(t: &Test, more: &str, length: Option<&str>, body: &[u8]) -> Vec<u8> {
    let mut wire = t.put("/{b}/k").payload(trefoil_tests::Payload::Unsigned).request.wire(t.target.address);
    wire.remove("content-length");
    if let Some(length) = length {
        wire.set("Content-Length", length);
    }
    let mut bytes = wire.head();
    bytes.truncate(bytes.len() - 2);
    bytes.extend(more.as_bytes());
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

refused! {
    a_length_and_chunks_at_once: |t| refused(t, &put(t, "Transfer-Encoding: chunked\r\n", Some("4"), b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n"));
    two_lengths: |t| refused(t, &put(t, "Content-Length: 3\r\n", Some("4"), b"body"));
    a_length_that_is_negative: |t| refused(t, &put(t, "", Some("-1"), b""));
    a_length_that_is_no_number: |t| refused(t, &put(t, "", Some("four"), b"body"));
    a_length_that_is_empty: |t| refused(t, &put(t, "", Some(""), b"body"));
    a_length_beyond_every_number: |t| refused(t, &put(t, "", Some("99999999999999999999999"), b"body"));
    a_length_with_a_sign: |t| refused(t, &put(t, "", Some("+4"), b"body"));
    an_unknown_transfer_coding: |t| refused(t, &put(t, "Transfer-Encoding: gzip\r\n", None, b"body"));
    a_transfer_coding_that_hides: |t| refused(t, &put(t, "Transfer-Encoding: xchunked\r\n", Some("4"), b"body"));
    a_header_that_is_folded: |t| refused(t, &put(t, "x-odd: a\r\n b\r\n", Some("0"), b""));
    a_header_without_a_colon: |t| refused(t, &put(t, "nonsense\r\n", Some("0"), b""));
    a_header_with_a_space_before_its_colon: |t| refused(t, &put(t, "x-odd : a\r\n", Some("0"), b""));
    a_header_with_a_zero_byte: |t| refused(t, &put(t, "x-odd: a\0b\r\n", Some("0"), b""));
    a_header_with_a_bare_carriage_return: |t| refused(t, &put(t, "x-odd: a\rb\r\n", Some("0"), b""));
    no_host: |t| {
        let answer = send(t.target.address, b"GET / HTTP/1.1\r\n\r\n");
        assert!(answer.is_none_or(|answer| answer.status / 100 == 4));
    };
    two_hosts: |t| refused(t, &put(t, "Host: elsewhere.test\r\n", Some("0"), b""));
    a_request_that_is_no_http: |t| refused(t, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n");
    a_version_that_is_none: |t| refused(t, b"GET / HTTP/9.9\r\nHost: a\r\n\r\n");
    a_method_without_an_end: |t| refused(t, format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "G".repeat(100_000)).as_bytes());
    an_absolute_target_of_another_scheme: |t| refused(t, b"GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n");
    a_tunnel: |t| refused(t, b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n");
    a_hundred_thousand_headers: |t| {
        let mut head = String::from("GET / HTTP/1.1\r\nHost: a\r\n");
        for n in 0..100_000 {
            head.push_str(&format!("x-{n}: v\r\n"));
        }
        refused(t, (head + "\r\n").as_bytes());
    };
    a_header_of_64_kibibytes: |t| refused(t, format!("GET / HTTP/1.1\r\nHost: a\r\nx-long: {}\r\n\r\n", "v".repeat(64 << 10)).as_bytes());
    a_target_of_a_mebibyte: |t| refused(t, format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "u".repeat(1 << 20)).as_bytes());
    a_hundred_thousand_parameters: |t| {
        let query: String = (0..100_000).map(|n| format!("p{n}=v&")).collect();
        refused(t, format!("GET /?{query} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
    };
    five_hundred_parameters: |t| {
        let query: String = (0..500).map(|n| format!("p{n}=v&")).collect();
        let answer = t.get(&format!("/{{b}}?{query}")).go();
        assert_eq!(answer.status / 100, 4, "{}", answer.text());
    };
    a_body_that_ends_early: |t| {
        let mut connection = Connection::open(t.target.address).expect("a connection");
        connection.send(&put(t, "", Some("100"), b"only this")).expect("sent");
        connection.finish().expect("half closed");
        if let Ok(answer) = connection.receive("PUT") {
            assert_eq!((answer.status, answer.code().as_str()), (400, "IncompleteBody"));
        }
    };
    a_client_that_leaves_in_the_middle: |t| {
        for _ in 0..50 {
            let mut connection = Connection::open(t.target.address).expect("a connection");
            connection.send(&put(t, "", Some("10000000"), &[b'x'; 100_000])).expect("sent");
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
    };
    what_follows_a_refused_body_is_no_request: |t| {
        // The body of a refused request holds a request that must not be run.
        let inner = t.put("/{b}/smuggled").request.wire(t.target.address).bytes();
        let mut connection = Connection::open(t.target.address).expect("a connection");
        let mut bytes = format!("PUT /{}/k HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", t.bucket, inner.len()).into_bytes();
        bytes.extend(&inner);
        drop(connection.send(&bytes));
        let answer = connection.receive("PUT").expect("an answer");
        assert_eq!(answer.status, 403);
        assert!(connection.receive("PUT").is_err(), "the body was run as a request");
    };
}

/// What is unusual and right: several requests on one connection, sent before the first is answered.
#[test]
fn requests_in_a_row_are_answered_in_order() {
    trefoil_tests::shared::with_bucket(super::options, "in-a-row", |t| {
        let mut bytes = Vec::new();
        for n in 0..5 {
            bytes.extend(t.put(&format!("/{{b}}/{n}")).body(n.to_string()).request.wire(t.target.address).bytes());
        }
        for n in 0..5 {
            bytes.extend(t.get(&format!("/{{b}}/{n}")).request.wire(t.target.address).bytes());
        }
        let mut connection = Connection::open(t.target.address).expect("a connection");
        connection.send(&bytes).expect("sent");
        for _ in 0..5 {
            assert_eq!(connection.receive("PUT").expect("an answer").status, 200);
        }
        for n in 0..5 {
            connection.receive("GET").expect("an answer").holds(n.to_string());
        }
    });
}
