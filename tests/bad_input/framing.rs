//! HTTP that is malformed or oversized: request lines, headers, lengths, smuggling.
//!
//! Always holds: bytes are written by hand, so that nothing in between repairs them.

use std::net::SocketAddr;

use trefoil_tests::Test;
use trefoil_tests::answer::Answer;
use trefoil_tests::wire::Connection;

/// Sends bytes as they are.
fn send(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut connection = Connection::open(address).expect("a connection");
    // A server may hang up before all is written; its answer counts.
    drop(connection.send(bytes));
    connection.receive("RAW").expect("an answer")
}

/// What is no request: it has a status, and no document, for there is nothing that one could name.
fn bare(t: &Test, bytes: &[u8], status: u16) {
    let answer = send(t.target.address, bytes);
    if answer.status != status {
        answer.fail(&format!("status should be {status}"));
    }
    answer.holds("");
}

/// A request that is refused as S3 does.
fn refused(t: &Test, bytes: &[u8], status: u16, code: &str) {
    let answer = send(t.target.address, bytes);
    trefoil_tests::case::check_error(&answer, status, code, false);
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
    a_length_and_chunks_at_once: |t| refused(t, &put(t, "Transfer-Encoding: chunked\r\n", Some("4"), b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n"), 411, "MissingContentLength");
    two_lengths: |t| bare(t, &put(t, "Content-Length: 3\r\n", Some("4"), b"body"), 400);
    a_length_that_is_negative: |t| bare(t, &put(t, "", Some("-1"), b""), 400);
    a_length_that_is_no_number: |t| bare(t, &put(t, "", Some("four"), b"body"), 400);
    a_length_that_is_empty: |t| bare(t, &put(t, "", Some(""), b"body"), 400);
    a_length_beyond_every_number: |t| bare(t, &put(t, "", Some("99999999999999999999999"), b"body"), 400);
    a_length_with_a_sign: |t| bare(t, &put(t, "", Some("+4"), b"body"), 400);
    an_unknown_transfer_coding: |t| bare(t, &put(t, "Transfer-Encoding: gzip\r\n", None, b"body"), 400);
    a_transfer_coding_that_hides: |t| bare(t, &put(t, "Transfer-Encoding: xchunked\r\n", Some("4"), b"body"), 400);
    a_header_that_is_folded: |t| bare(t, &put(t, "x-odd: a\r\n b\r\n", Some("0"), b""), 400);
    a_header_without_a_colon: |t| bare(t, &put(t, "nonsense\r\n", Some("0"), b""), 400);
    a_header_with_a_space_before_its_colon: |t| bare(t, &put(t, "x-odd : a\r\n", Some("0"), b""), 400);
    a_header_with_a_zero_byte: |t| bare(t, &put(t, "x-odd: a\0b\r\n", Some("0"), b""), 400);
    a_header_with_a_bare_carriage_return: |t| bare(t, &put(t, "x-odd: a\rb\r\n", Some("0"), b""), 400);
    no_host: |t| refused(t, b"GET / HTTP/1.1\r\n\r\n", 400, "InvalidRequest");
    two_hosts: |t| refused(t, &put(t, "Host: elsewhere.test\r\n", Some("0"), b""), 400, "InvalidRequest");
    a_request_that_is_no_http: |t| bare(t, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400);
    a_version_that_is_none: |t| bare(t, b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 400);
    a_method_without_an_end: |t| bare(t, format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "G".repeat(100_000)).as_bytes(), 431);
    an_absolute_target_of_another_scheme: |t| refused(t, b"GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "InvalidBucketName");
    a_tunnel: |t| refused(t, b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", 400, "InvalidURI");
    a_hundred_thousand_headers: |t| {
        let mut head = String::from("GET / HTTP/1.1\r\nHost: a\r\n");
        for n in 0..100_000 {
            head.push_str(&format!("x-{n}: v\r\n"));
        }
        bare(t, (head + "\r\n").as_bytes(), 431);
    };
    a_header_of_64_kibibytes: |t| bare(t, format!("GET / HTTP/1.1\r\nHost: a\r\nx-long: {}\r\n\r\n", "v".repeat(64 << 10)).as_bytes(), 431);
    a_target_of_a_mebibyte: |t| bare(t, format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "u".repeat(1 << 20)).as_bytes(), 431);
    a_hundred_thousand_parameters: |t| {
        let query: String = (0..100_000).map(|n| format!("p{n}=v&")).collect();
        bare(t, format!("GET /?{query} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes(), 431);
    };
    five_hundred_parameters: |t| {
        let query: String = (0..500).map(|n| format!("p{n}=v&")).collect();
        t.get(&format!("/{{b}}?{query}")).fails(400, "InvalidRequest");
    };
    six_hundred_headers: |t| {
        // More than are read, in less than the bytes that are.
        let headers: String = (0..600).map(|n| format!("x-{n}: v\r\n")).collect();
        bare(t, format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n").as_bytes(), 431);
    };
    five_hundred_long_headers: |t| {
        let headers: String = (0..500).map(|n| format!("x-{n}: {}\r\n", "v".repeat(20))).collect();
        refused(t, format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n").as_bytes(), 400, "RequestHeaderSectionTooLarge");
    };
    a_body_that_ends_early: |t| {
        let mut connection = Connection::open(t.target.address).expect("a connection");
        connection.send(&put(t, "", Some("100"), b"only this")).expect("sent");
        connection.finish().expect("half closed");
        let answer = connection.receive("PUT").expect("an answer");
        assert_eq!((answer.status, answer.code().as_str()), (400, "IncompleteBody"));
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
        assert_eq!((answer.status, answer.code().as_str()), (403, "AccessDenied"));
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
