//! What no honest client sends: the door stays up, its memory bounded, and every call that can be answered is.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpSocket;

use super::client::{As, Client, MOUNT, NFS, Words, call, record};
use super::fixture::{Fixture, KEY, fixture, options};
use crate::handle::{Handles, Named};
use crate::limits::{
    CONNECTIONS_MAX, EXPORTS_MAX, FRAGMENTS_MAX, RECORD_BYTES_MAX, SMALL_ANSWER_BYTES_MAX, STRANGER_TIME_MAX,
    STRANGERS_MAX,
};
use crate::procedure::Procedure;
use crate::{Export, ExportOptions, Hosts};

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

/// A door whose exports let in 127.0.0.1 alone.
async fn for_one_address() -> Fixture {
    let fixture = fixture().await;
    for name in ["open", "read", "squashed", "root", "secure", "gone"] {
        assert!(fixture.exports.remove(name));
    }
    let hosts = Hosts::parse(["127.0.0.1"]).expect("hosts");
    export(&fixture, 100, ExportOptions { hosts, ..options("one") });
    fixture
}

fn export(fixture: &Fixture, id: u64, options: ExportOptions) {
    let export = Export::new(id, trefoil_core::types::Principal::Anonymous, options, None).expect("an export");
    fixture.exports.add(export).expect("added");
}

/// A client at another address of this machine.
async fn stranger(fixture: &Fixture) -> Client {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), 0))).expect("every 127.x.x.x is this machine");
    let stream = socket.connect(fixture.address).await.expect("the server listens");
    Client { stream, identity: As::Nobody, xid: 1000 }
}

#[tokio::test]
async fn strangers_keep_out_each_other_and_nobody_else() {
    let fixture = for_one_address().await;
    let mut strangers = Vec::new();
    // Each is served, and holds its place.
    for _ in 0..STRANGERS_MAX + 8 {
        let mut stranger = stranger(&fixture).await;
        stranger.call(NFS, 0, Words::default()).await.end();
        strangers.push(stranger);
    }
    for oldest in &mut strangers[..8] {
        assert_eq!(tokio::time::timeout(Duration::from_secs(5), oldest.is_closed()).await, Ok(true));
    }
    strangers[8].call(NFS, 0, Words::default()).await.end();
    let mut guest = fixture.root().await;
    guest.call(NFS, 0, Words::default()).await.end();
    // As many as there are places for all: the guest comes in without a wait. Those that gave way are closed on this side, too.
    for _ in 0..CONNECTIONS_MAX {
        strangers.push(stranger(&fixture).await);
        strangers.remove(0);
    }
    let answered = async { fixture.root().await.call(NFS, 0, Words::default()).await.end() };
    tokio::time::timeout(Duration::from_secs(10), answered).await.expect("in time");
    guest.call(NFS, 0, Words::default()).await.end();
}

#[tokio::test]
async fn a_stranger_has_its_time_and_no_more() {
    let fixture = for_one_address().await;
    let (mut stranger, mut late, mut guest) =
        (stranger(&fixture).await, stranger(&fixture).await, fixture.root().await);
    let began = tokio::time::Instant::now();
    // Whatever it sends.
    let end = loop {
        let body = call(1, NFS, 3, 0, &As::Nobody, &Words::default());
        if tokio::io::AsyncWriteExt::write_all(&mut stranger.stream, &record(&body)).await.is_err() {
            break began.elapsed();
        }
        if stranger.receive().await.is_none() {
            break began.elapsed();
        }
        assert!(began.elapsed() < STRANGER_TIME_MAX * 3, "it is still there");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert!(end + Duration::from_secs(1) >= STRANGER_TIME_MAX, "{end:?}");
    assert!(late.is_closed().await);
    guest.call(NFS, 0, Words::default()).await.end();
}

#[tokio::test]
async fn a_list_is_whole_for_guests_and_short_for_strangers() {
    let fixture = for_one_address().await;
    let count = EXPORTS_MAX - fixture.exports.list().len();
    for number in 0..count {
        let name = format!("{number:04}{}", "x".repeat(200));
        let hosts = Hosts::parse(["127.0.0.1", "192.0.2.0/24"]).expect("hosts");
        export(&fixture, 1000 + number as u64, ExportOptions { hosts, ..options(&name) });
    }
    for (mut client, is_guest) in [(fixture.root().await, true), (stranger(&fixture).await, false)] {
        let mut answer = client.call(MOUNT, 5, Words::default()).await;
        let (bytes, mut exports) = (answer.left(), 0);
        while answer.boolean() {
            answer.text();
            while answer.boolean() {
                answer.text();
            }
            exports += 1;
        }
        answer.end();
        assert_eq!((exports == EXPORTS_MAX, bytes > SMALL_ANSWER_BYTES_MAX), (is_guest, is_guest), "{exports} {bytes}");
        assert!(exports > 50, "{exports}");
    }
}

#[test]
fn the_arguments_are_of_every_procedure() {
    assert_eq!(Procedure::of_nfs(21), Some(Procedure::Commit));
    assert_eq!(Procedure::of_nfs(22), None);
    assert_eq!(Procedure::of_mount(5), Some(Procedure::Export));
}
