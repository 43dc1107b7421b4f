//! A flipped bit anywhere gives an error and a counter, never bad bytes.
//!
//! Always holds: the bit is flipped in the very bytes of the object, found by their content; the counter is the one that tells of
//! damage that was read, and nothing else.

use std::path::{Path, PathBuf};

use trefoil_tests::content::{BLOCK_BYTES, Content};
use trefoil_tests::{Options, Payload, Server, Test};

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&path, found),
            Ok(kind) if kind.is_file() => found.push(path),
            _ => {}
        }
    }
}

/// Flips one bit wherever the content's middle stands. How many places that were.
fn flip(directory: &Path, content: &[u8]) -> usize {
    // A block's beginning, which no other block has. It is of small numbers, and would be compressed in the index; a content of one
    // block is found by its middle.
    let middle = match content.len() {
        ..=BLOCK_BYTES => content.len() / 2,
        length => length / 2 / BLOCK_BYTES * BLOCK_BYTES,
    };
    let needle = &content[middle..middle + 24];
    let mut all = Vec::new();
    files(directory, &mut all);
    let mut flipped = 0;
    for path in all {
        let mut bytes = std::fs::read(&path).expect("a file");
        let places: Vec<usize> =
            bytes.windows(needle.len()).enumerate().filter(|(_, window)| *window == needle).map(|(at, _)| at).collect();
        if places.is_empty() {
            continue;
        }
        for at in &places {
            bytes[at + 7] ^= 0x10;
        }
        flipped += places.len();
        std::fs::write(&path, bytes).expect("a file that can be written");
    }
    flipped
}

/// The sum of the counters of damaged reads.
fn damaged_reads(server: &Server) -> f64 {
    let metrics = trefoil_tests::wire::exchange(server.admin, "GET", b"GET /_/metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        .expect("metrics")
        .text();
    let counters = metrics.lines().filter(|line| !line.starts_with('#') && line.contains("corrupt_reads_total"));
    counters.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// Stores two objects by `store`, flips a bit of the first, and reads them under the targets that `store` gave.
fn damage(length: usize, store: fn(&Test, &str, &[u8]) -> String) {
    let mut server = Server::start(Options::default());
    let test = super::test_on(&server, "damage");
    test.put("/{b}").is(200);
    let bad = Content { seed: 1, length }.bytes();
    let good = Content { seed: 2, length }.bytes();
    let bad_at = store(&test, "bad", &bad);
    let good_at = store(&test, "good", &good);
    server.stop();
    assert!(flip(server.directory(), &bad) > 0, "the bytes of {length} were not found on disk");
    // A store that refuses to open a damaged index gives no bad byte either; it must say why.
    if let Err(error) = server.restart_with(Vec::new()) {
        let said = error.to_lowercase();
        assert!(said.contains("corrupt") || said.contains("checksum") || said.contains("damaged"), "{error}");
        return;
    }
    assert_eq!(damaged_reads(&server), 0.0, "before any read");
    match test.get(&bad_at).request.send(server.s3) {
        // A body that is cut off is an error for every client, for its length is known.
        Err(error) => println!("{length} bytes: cut off: {error}"),
        Ok(answer) => assert_eq!(answer.status, 500, "{length} bytes: {} bytes of answer", answer.body.len()),
    }
    assert!(damaged_reads(&server) > 0.0, "no counter tells of a damaged read");
    // Ranges that do not touch the damaged block may be served; if they are, they are right.
    if let Ok(answer) = test.get(&bad_at).with("range", "bytes=0-9").request.send(server.s3) {
        assert!(answer.status == 500 || (answer.status == 206 && answer.body == bad[..10]), "{}", answer.status);
    }
    test.get(&good_at).is(200).holds(&good);
    match server.command(&["check", "--json"]) {
        // Not clean is an exit status of 1, with the report on standard output or a word about what is damaged.
        Err(said) => assert!(said.contains("damaged"), "{said}"),
        Ok(report) => panic!("trefoil check found nothing: {report}"),
    }
    assert!(server.is_running());
}

fn whole(test: &Test, key: &str, body: &[u8]) -> String {
    test.put(&format!("/{{b}}/{key}")).payload(Payload::Unsigned).body(body).is(200);
    format!("/{{b}}/{key}")
}

/// The bytes are the first of two parts.
fn in_parts(test: &Test, key: &str, body: &[u8]) -> String {
    let id = test.upload(key);
    let (first, last) = (test.part(key, &id, 1, body), test.part(key, &id, 2, b""));
    test.complete(key, &id, &[(1, &first), (2, &last)]).is(200);
    format!("/{{b}}/{key}")
}

/// The bytes are a version that is not the newest.
fn as_version(test: &Test, key: &str, body: &[u8]) -> String {
    test.versioning("Enabled");
    let answer = test.put(&format!("/{{b}}/{key}")).payload(Payload::Unsigned).body(body).is(200);
    test.object(key, "newer");
    format!("/{{b}}/{key}?versionId={}", answer.need("x-amz-version-id"))
}

#[test]
fn a_flipped_bit_in_an_inline_content() {
    // One block: more would be compressed, and not be found.
    damage(4000, whole);
}

#[test]
fn a_flipped_bit_in_a_volume() {
    damage(300_000, whole);
}

#[test]
fn a_flipped_bit_in_a_file() {
    damage(9_000_000, whole);
}

#[test]
fn a_flipped_bit_in_a_part() {
    damage(5 << 20, in_parts);
}

#[test]
fn a_flipped_bit_in_a_version() {
    damage(300_000, as_version);
    damage(4000, as_version);
}
