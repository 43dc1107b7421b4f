//! Streams that are no records, or records that never end (RFC 5531, 11).
//!
//! Always holds: what can't be a record ends its connection and no other.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Door, nfs};
use trefoil_tests::nfs::{Client, Credential, NFS, Outcome, Words, call, fragment, record};

/// The largest record that is read: a WRITE of 1 MiB with its head.
const RECORD_BYTES_MAX: u32 = (1 << 20) + (64 << 10);
const FRAGMENTS_MAX: usize = 1024;
const LAST: u32 = 1 << 31;
/// An honest client waits no longer than that while others hold what they do not use.
const TURN: Duration = Duration::from_secs(15);

/// Those who take all the room take it one after the other.
static ROOM: Mutex<()> = Mutex::new(());

fn nobody(door: &Door<'_>) -> Client {
    door.client(Credential::nobody())
}

/// The connection ends without an answer.
#[track_caller]
fn ends(door: &Door<'_>, bytes: &[u8]) {
    let mut client = nobody(door);
    // The server may hang up before all is written.
    drop(client.send(bytes));
    assert_eq!(client.receive(), None);
}

fn mark(length: u32) -> Vec<u8> {
    length.to_be_bytes().to_vec()
}

fn null(xid: u32) -> Vec<u8> {
    call(xid, (NFS, 3, 0), &Credential::nobody(), b"")
}

nfs! {
    replies_without_an_end: |door| {
        // They need no answer; whoever sends nothing but them must not have a thread of the server's for itself.
        let deadline = Instant::now() + Duration::from_secs(4);
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let (address, reply) = (door.address, record(&Words::default().u32(7).u32(1).0).repeat(5000));
        let reply = &reply;
        std::thread::scope(|scope| {
            for _ in 0..=cores {
                scope.spawn(move || {
                    let mut client = Client::open(address, Credential::nobody());
                    while Instant::now() < deadline && client.send(reply).is_ok() {}
                });
            }
            std::thread::sleep(Duration::from_millis(500));
            while Instant::now() < deadline {
                let begun = Instant::now();
                door.t.head("/{b}").is(200);
                assert!(begun.elapsed() < TURN / 5, "S3 answered after {:?}", begun.elapsed());
            }
        });
    };
    a_mark_of_two_gibibytes: |door| ends(door, &mark(u32::MAX));
    a_mark_of_two_gibibytes_that_is_not_the_last: |door| ends(door, &mark(u32::MAX >> 1));
    a_mark_of_one_byte_too_many: |door| {
        ends(door, &mark((RECORD_BYTES_MAX + 1) | LAST));
        ends(door, &mark(RECORD_BYTES_MAX + 1));
    };
    fragments_that_are_too_large_together: |door| {
        let mut bytes = fragment(&vec![0; 1 << 20], false);
        bytes.extend(mark(64 << 10 | 1));
        ends(door, &bytes);
    };
    empty_fragments_without_end: |door| ends(door, &mark(0).repeat(FRAGMENTS_MAX + 1));
    fragments_of_a_byte_without_end: |door| ends(door, &fragment(b"x", false).repeat(FRAGMENTS_MAX + 1));
    a_request_of_http: |door| ends(door, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    a_hello_of_tls: |door| ends(door, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    an_empty_record: |door| ends(door, &record(b""));
    a_record_too_short_for_a_number: |door| ends(door, &record(b"xid"));
    a_record_of_a_number_alone: |door| ends(door, &record(b"xid0"));
    a_message_that_is_neither_call_nor_reply: |door| ends(door, &record(&Words::default().u32(1).u32(2).0));
    a_head_that_stops_anywhere: |door| {
        // Behind the number and the type, and before the credential's flavor: nothing can be answered.
        let whole = null(5);
        for end in 0..28 {
            ends(door, &record(&whole[..end]));
        }
        for end in (28..whole.len()).step_by(4) {
            let mut client = nobody(door);
            client.send(&record(&whole[..end])).expect("sent");
            let verifier = end >= 32;
            assert_eq!(client.outcome(5), Outcome::Denied(if verifier { 3 } else { 1 }), "{end} bytes");
        }
    };
    a_call_in_fragments_of_a_byte: |door| {
        let mut client = nobody(door);
        let whole = null(5);
        for (at, byte) in whole.iter().enumerate() {
            client.send(&fragment(&[*byte], at + 1 == whole.len())).expect("sent");
        }
        assert!(matches!(client.outcome(5), Outcome::Done(_)));
    };
    a_call_whose_last_fragment_is_empty: |door| {
        let mut client = nobody(door);
        client.send(&fragment(&null(5), false)).expect("sent");
        client.send(&fragment(b"", true)).expect("sent");
        assert!(matches!(client.outcome(5), Outcome::Done(_)));
    };
    replies_are_passed_over: |door| {
        let mut client = nobody(door);
        for xid in 0..100 {
            client.send(&record(&Words::default().u32(xid).u32(1).u32(0).u32(0).u32(0).u32(0).0)).expect("sent");
            client.send(&record(&Words::default().u32(xid).u32(1).0)).expect("sent");
        }
        assert!(matches!(client.ask(NFS, 0, b""), Outcome::Done(_)));
    };
    a_thousand_calls_in_one_write: |door| {
        let mut client = nobody(door);
        client.send(&(0..1000).flat_map(|xid| record(&null(xid))).collect::<Vec<u8>>()).expect("sent");
        for xid in 0..1000 {
            assert!(matches!(client.outcome(xid), Outcome::Done(_)));
        }
    };
    half_records_by_the_hundred_keep_nobody_waiting: |door| {
        let _alone = ROOM.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut honest, _, file) = door.file();
        // More than there is room for, if it were taken as announced.
        let held: Vec<Client> = (0..300)
            .map(|_| {
                let mut client = nobody(door);
                client.send(&[mark(1 << 20 | LAST), vec![0; 1000]].concat()).expect("sent");
                client
            })
            .collect();
        std::thread::sleep(Duration::from_millis(500));
        let begun = Instant::now();
        assert_eq!(honest.write(&file, 0, &vec![1; 1 << 20]), 0);
        assert!(begun.elapsed() < TURN, "a WRITE waited for {:?}", begun.elapsed());
        door.t.head("/{b}/file").root().is(200);
        drop(held);
    };
    half_records_that_drip_keep_nobody_waiting: |door| {
        let _alone = ROOM.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut honest, _, file) = door.file();
        let mut held: Vec<Client> = (0..300)
            .map(|_| {
                let mut client = nobody(door);
                client.send(&fragment(b"x", false)).expect("sent");
                client
            })
            .collect();
        let begun = Instant::now();
        let wrote = std::thread::scope(|scope| {
            let writing = scope.spawn(|| honest.write(&file, 0, &vec![1; 1 << 20]));
            while !writing.is_finished() && begun.elapsed() < TURN {
                for client in &mut held {
                    // Whoever was cut off drips no more.
                    drop(client.send(&fragment(b"x", false)));
                }
                std::thread::sleep(Duration::from_millis(200));
            }
            drop(held);
            writing.join().expect("it answers")
        });
        assert_eq!(wrote, 0);
        assert!(begun.elapsed() < TURN, "a WRITE waited for {:?}", begun.elapsed());
    };
    answers_that_nobody_takes_keep_nobody_waiting: |door| {
        let _alone = ROOM.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut honest, _, file) = door.file();
        assert_eq!(honest.write(&file, 0, &vec![1; 1 << 20]), 0);
        let read = Words::default().opaque(&file).u64(0).u32(1 << 20);
        let held: Vec<Client> = (0..150)
            .map(|_| {
                let mut client = door.client(Credential::unix(0, 0, &[]));
                let calls = (0..8).map(|xid| record(&call(xid, (NFS, 3, 6), &client.who, &read.0)));
                client.send(&calls.collect::<Vec<_>>().concat()).expect("sent");
                client
            })
            .collect();
        std::thread::sleep(Duration::from_millis(500));
        let begun = Instant::now();
        loop {
            // Where there is little room, a READ gives less at once, and the whole when those who hold it were cut off.
            let bytes = honest.read(&file, 0, 1 << 20).expect("a READ is answered");
            assert!(!bytes.is_empty() && begun.elapsed() < TURN, "{} bytes after {:?}", bytes.len(), begun.elapsed());
            if bytes.len() == 1 << 20 {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        drop(held);
    };
}
