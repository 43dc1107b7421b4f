//! Heads and chunked bodies, whole and in pieces.

use super::{Chunks, Framing, HEAD_BYTES_MAX, error_code, parse};

#[test]
fn heads_are_read() {
    let ok = b"HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 4096\r\n\r\nbody";
    let head = parse(ok, false).unwrap().unwrap();
    assert_eq!(
        (head.status, head.length, head.framing, head.keep_alive),
        (200, ok.len() - 4, Framing::Length(4096), true)
    );
    for end in 0..ok.len() - 4 {
        assert_eq!(parse(&ok[..end], false), Ok(None), "{end}");
    }
    let read = |text: &str| parse(text.as_bytes(), false).unwrap().unwrap();
    assert_eq!(read("HTTP/1.1 204 No Content\r\nx: y\r\n\r\n").framing, Framing::Length(0));
    assert_eq!(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").framing, Framing::Chunked);
    assert!(!read("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nConnection: close\r\n\r\n").keep_alive);
    assert!(!read("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n").keep_alive);
    let close = read("HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!((close.framing, close.keep_alive), (Framing::Close, false));
    assert_eq!(
        parse(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", true).unwrap().unwrap().framing,
        Framing::Length(0)
    );
}

#[test]
fn what_is_not_http_is_refused() {
    for text in [
        "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
    ] {
        assert!(parse(text.as_bytes(), false).is_err(), "{text}");
    }
    assert!(parse(&vec![b'x'; HEAD_BYTES_MAX + 1], false).is_err());
}

#[test]
fn error_codes_are_found() {
    assert_eq!(error_code(503, b"<?xml?><Error><Code>SlowDown</Code><Message/></Error>"), "SlowDown");
    assert_eq!(error_code(502, b"<html>Bad gateway"), "HTTP502");
    assert_eq!(error_code(500, b"<Code>a\nb</Code>"), "HTTP500");
}

#[test]
fn chunked_bodies_are_followed_in_any_pieces() {
    let whole = b"5\r\nhello\r\nB;name=value\r\n, wide world\r\n0\r\nx-trailer: 1\r\n\r\n";
    // "B" is 11 bytes: the twelfth must be refused.
    let mut broken = Chunks::default();
    assert!(broken.take(whole, |_| {}).is_err());
    let whole = b"5\r\nhello\r\nC;name=value\r\n, wide world\r\n0\r\nx-trailer: 1\r\n\r\n";
    for step in 1..whole.len() {
        let (mut chunks, mut content) = (Chunks::default(), Vec::new());
        for piece in whole.chunks(step) {
            assert!(!chunks.done());
            chunks.take(piece, |bytes| content.extend_from_slice(bytes)).unwrap();
        }
        assert!(chunks.done());
        assert_eq!(content, b"hello, wide world");
    }
    assert!(Chunks::default().take(b"x\r\n", |_| {}).is_err());
    assert!(Chunks::default().take(b"11111111111111111\r\n", |_| {}).is_err());
    assert!(Chunks::default().take(b"0\r\n\r\nmore", |_| {}).is_err());
}
