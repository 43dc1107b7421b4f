//! A flipped bit anywhere gives an error and a counter, never bad bytes.
//!
//! Always holds: the bit is flipped in the very bytes of the object, found by their content.

use std::path::{Path, PathBuf};

use trefoil_tests::oracle::Content;
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
    let needle = &content[content.len() / 2..content.len() / 2 + 24];
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

fn damage(length: usize) {
    let mut server = Server::start(Options::default());
    let target = trefoil_tests::Target { address: server.s3, root: server.root.clone(), main: None, alt: None };
    let test = Test::new(target, "damage".into());
    test.put("/{b}").is(200);
    let bad = Content { seed: 1, length }.bytes();
    let good = Content { seed: 2, length }.bytes();
    test.put("/{b}/bad").payload(Payload::Unsigned).body(&bad).is(200);
    test.put("/{b}/good").payload(Payload::Unsigned).body(&good).is(200);
    server.stop();
    assert!(flip(server.directory(), &bad) > 0, "the bytes of {length} were not found on disk");
    // A store that refuses to open a damaged index gives no bad byte either; it must say why.
    if let Err(error) = server.restart_with(Vec::new()) {
        let said = error.to_lowercase();
        assert!(said.contains("corrupt") || said.contains("checksum") || said.contains("damaged"), "{error}");
        return;
    }
    match test.get("/{b}/bad").request.send(server.s3) {
        // A body that is cut off is an error for every client, for its length is known.
        Err(error) => println!("{length} bytes: cut off: {error}"),
        Ok(answer) => assert_eq!(answer.status, 500, "{length} bytes: {} bytes of answer", answer.body.len()),
    }
    // Ranges that do not touch the damaged block may be served; if they are, they are right.
    if let Ok(answer) = test.get("/{b}/bad").with("range", "bytes=0-9").request.send(server.s3) {
        assert!(answer.status == 500 || (answer.status == 206 && answer.body == bad[..10]), "{}", answer.status);
    }
    test.get("/{b}/good").is(200).holds(&good);
    match server.command(&["check", "--json"]) {
        // Not clean is an exit status of 1, with the report on standard output or a word about what is damaged.
        Err(said) => assert!(said.contains("damaged"), "{said}"),
        Ok(report) => panic!("trefoil check found nothing: {report}"),
    }
    let metrics = trefoil_tests::wire::exchange(server.admin, "GET", b"GET /_/metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        .expect("metrics")
        .text();
    let counted = metrics
        .lines()
        .filter(|line| {
            !line.starts_with('#')
                && (line.contains("corrupt") || line.contains("damaged") || line.contains("checksum"))
        })
        .any(|line| {
            line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok()).is_some_and(|value| value > 0.0)
        });
    assert!(counted, "no counter tells of it:\n{metrics}");
    assert!(server.is_running());
}

#[test]
fn a_flipped_bit_in_an_inline_content() {
    damage(20_000);
}

#[test]
fn a_flipped_bit_in_a_volume() {
    damage(300_000);
}

#[test]
fn a_flipped_bit_in_a_file() {
    damage(9_000_000);
}
