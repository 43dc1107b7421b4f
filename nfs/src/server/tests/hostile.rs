//! What no honest client sends: the door stays up, its memory bounded, and every call that can be answered is.

use std::time::Duration;

use super::client::{As, MOUNT, NFS, Words, call, record};
use super::fixture::{KEY, fixture};
use crate::handle::{Handles, Named};
use crate::limits::{FRAGMENTS_MAX, RECORD_BYTES_MAX};
use crate::procedure::Procedure;

fn handle(node: u64) -> Words {
    Words::default().opaque(&Handles::new(&KEY).make(Named { export: 1, node }))
}

/// Arguments of each of NFS's procedures, as a client would send them.
fn arguments(procedure: u32) -> Words {
    let name = || handle(1).opaque(b"name");
    let attributes = |words: Words| words.u32(1).u32(0o644).u32(0).u32(0).u32(0).u32(0).u32(2).u64(5);
    match procedure {
        0 => Words::default(),
        2 => attributes(handle(1)).u32(1).u64(5),
        3 => name(),
        4 => handle(1).u32(0x3f),
        6 => handle(1).u64(0).u32(4096),
        7 => handle(1).u64(0).u32(5).u32(2).opaque(b"bytes"),
        8 => name().u32(2).fixed(b"verifier"),
        9 => attributes(name()),
        10 => attributes(name()).opaque(b"target"),
        11 => attributes(name().u32(3)).u32(8).u32(1),
        12 | 13 => name(),
        14 => name().fixed(&name().0),
        15 => handle(1).fixed(&name().0),
        16 => handle(1).u64(0).u64(0).u32(4096),
        17 => handle(1).u64(0).u64(0).u32(4096).u32(32_768),
        21 => handle(1).u64(0).u32(0),
        _ => handle(1),
    }
}

#[tokio::test]
async fn every_prefix_of_every_call_is_answered() {
    let fixture = fixture().await;
    let mut client = fixture.root().await;
    for procedure in 0..22 {
        let whole = arguments(procedure).0;
        for end in 0..=whole.len() {
            let mut answer = client.ask(NFS, 3, procedure, Words(whole[..end].to_vec())).await;
            let accepted = [answer.u32(), answer.u32(), answer.u32(), answer.u32()];
            if end < whole.len() {
                assert_eq!(accepted, [0, 0, 0, 4], "procedure {procedure}, {end} bytes");
                answer.end();
            } else {
                assert_eq!(accepted, [0, 0, 0, 0], "procedure {procedure}");
            }
        }
    }
    assert_eq!(fixture.metrics.panics.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[tokio::test]
async fn every_word_of_every_call_may_be_a_bomb() {
    let fixture = fixture().await;
    let mut client = fixture.root().await;
    for procedure in 0..22 {
        let whole = arguments(procedure).0;
        for at in (0..whole.len()).step_by(4) {
            for bomb in [u32::MAX, 0x7fff_ffff, 1 << 31, 1 << 20, 65] {
                let mut bytes = whole.clone();
                bytes[at..at + 4].copy_from_slice(&bomb.to_be_bytes());
                let mut answer = client.ask(NFS, 3, procedure, Words(bytes)).await;
                assert_eq!(answer.u32(), 0, "accepted, whatever came of it");
            }
        }
    }
    for procedure in 0..6 {
        for bomb in [u32::MAX, 1 << 20] {
            client.ask(MOUNT, 3, procedure, Words::default().u32(bomb)).await;
        }
    }
    assert_eq!(fixture.metrics.panics.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_name_of_64_kib_is_too_long() {
    let fixture = fixture().await;
    let mut client = fixture.root().await;
    for procedure in [3, 9, 12, 13] {
        let words = handle(1).opaque(&[b'x'; 65_536]);
        let words = if procedure == 9 { words.u32(0).u32(0).u32(0).u32(0).u32(0).u32(0) } else { words };
        let mut answer = client.call(NFS, procedure, words).await;
        let status = answer.u32();
        // Where core has no files yet, the export itself can't be shown.
        assert!([63, 10_004].contains(&status), "procedure {procedure}: {status}");
    }
}

#[tokio::test]
async fn what_is_no_stream_of_records_ends_its_connection() {
    let fixture = fixture().await;
    let too_large = u32::try_from(RECORD_BYTES_MAX + 1).expect("short");
    let zeros: Vec<u8> = (0..=FRAGMENTS_MAX).flat_map(|_| [0; 4]).collect();
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
        &u32::MAX.to_be_bytes(),
        &(too_large | 1 << 31).to_be_bytes(),
        &too_large.to_be_bytes(),
        &zeros,
        &record(b"x"),
        &record(b""),
        &record(&Words::default().u32(1).u32(7).0),
    ] {
        let mut client = fixture.root().await;
        client.send(bytes).await;
        let closed = tokio::time::timeout(Duration::from_secs(10), client.is_closed()).await;
        assert_eq!(closed, Ok(true), "{:?}", &bytes[..bytes.len().min(16)]);
    }
    assert!(fixture.metrics.connections_broken.load(std::sync::atomic::Ordering::Relaxed) >= 8);
    fixture.root().await.call(NFS, 0, Words::default()).await.end();
}

#[tokio::test]
async fn large_records_of_strangers_are_not_read() {
    let fixture = fixture().await;
    for name in ["open", "read", "squashed", "root", "secure", "gone"] {
        assert!(fixture.exports.remove(name));
    }
    let mut client = fixture.root().await;
    client.call(NFS, 0, Words::default()).await.end();
    client.send(&((1 << 20) | 1_u32 << 31).to_be_bytes()).await;
    let closed = tokio::time::timeout(Duration::from_secs(10), client.is_closed()).await;
    assert_eq!(closed, Ok(true));
}

#[tokio::test]
async fn many_half_records_keep_nobody_from_being_served() {
    let fixture = fixture().await;
    let mut held = Vec::new();
    // More than there is room for: each says that a megabyte comes.
    for _ in 0..300 {
        let mut client = fixture.root().await;
        client.send(&((1 << 20) | 1_u32 << 31).to_be_bytes()).await;
        held.push(client);
    }
    let mut client = fixture.root().await;
    client.call(NFS, 0, Words::default()).await.end();
    drop(held);
    // The room comes back with their connections.
    let whole = call(9, NFS, 3, 7, &As::Unix(0, 0, vec![]), &handle(1).u64(0).u32(0).u32(0).opaque(&vec![0; 1 << 20]));
    client.send(&record(&whole)).await;
    let answer = tokio::time::timeout(Duration::from_secs(20), client.receive()).await.expect("in time");
    assert!(answer.is_some());
}

#[test]
fn the_arguments_are_of_every_procedure() {
    assert_eq!(Procedure::of_nfs(21), Some(Procedure::Commit));
    assert_eq!(Procedure::of_nfs(22), None);
    assert_eq!(Procedure::of_mount(5), Some(Procedure::Export));
}
