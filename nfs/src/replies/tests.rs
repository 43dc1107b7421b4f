//! Requests that come again: while the first is under way, after it, and after too long.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::{Begun, Replies, Ticket};
use crate::limits::{REPETITIONS_MAX, REPLIES_BYTES_MAX, REPLIES_MAX, REPLY_LIFE};
use crate::procedure::Procedure;
use crate::rpc::Identity;

const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

fn begin(replies: &Arc<Replies>, xid: u32) -> Begun {
    replies.begin(CLIENT, &Identity::Nobody, xid, Procedure::Remove, b"a request")
}

fn first(begun: Begun) -> Ticket {
    match begun {
        Begun::First(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

fn kept(replies: &Replies) -> (usize, usize) {
    let shards = replies.shards.iter().map(|shard| shard.lock());
    shards.fold((0, 0), |sum, shard| (sum.0 + shard.states.len(), sum.1 + shard.bytes))
}

#[tokio::test]
async fn a_repeated_request_gets_the_answer_of_the_first() {
    let replies = Arc::new(Replies::default());
    first(begin(&replies, 1)).finish(b"answer", true);
    assert!(matches!(begin(&replies, 1), Begun::Done(answer) if &answer[..] == b"answer"));
    // Another number, procedure, client or content is another request.
    first(begin(&replies, 2)).finish(b"other", true);
    assert!(matches!(replies.begin(CLIENT, &Identity::Nobody, 1, Procedure::RmDir, b"a request"), Begun::First(_)));
    assert!(matches!(replies.begin(CLIENT, &Identity::Nobody, 1, Procedure::Remove, b"b request"), Begun::First(_)));
    let root = Identity::Unix { uid: 0, gid: 0, groups: vec![] };
    assert!(matches!(replies.begin(CLIENT, &root, 1, Procedure::Remove, b"a request"), Begun::First(_)));
    let other: IpAddr = "192.0.2.2".parse().expect("an address");
    assert!(matches!(replies.begin(other, &Identity::Nobody, 1, Procedure::Remove, b"a request"), Begun::First(_)));
    let mapped: IpAddr = "::ffff:192.0.2.1".parse().expect("an address");
    assert!(matches!(replies.begin(mapped, &Identity::Nobody, 1, Procedure::Remove, b"a request"), Begun::Done(_)));
}

#[tokio::test]
async fn while_the_first_is_under_way_others_wait_and_then_are_dropped() {
    let replies = Arc::new(Replies::default());
    let ticket = first(begin(&replies, 1));
    let mut waiting = Vec::new();
    for _ in 0..REPETITIONS_MAX {
        match begin(&replies, 1) {
            Begun::UnderWay(receiver) => waiting.push(receiver),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(begin(&replies, 1), Begun::Dropped));
    ticket.finish(b"answer", true);
    for receiver in waiting {
        assert_eq!(receiver.await.as_deref(), Ok(&b"answer"[..]));
    }
}

#[tokio::test]
async fn what_was_given_up_or_is_to_be_asked_again_is_done_anew() {
    let replies = Arc::new(Replies::default());
    drop(first(begin(&replies, 1)));
    let ticket = first(begin(&replies, 1));
    let Begun::UnderWay(receiver) = begin(&replies, 1) else { panic!("it is under way") };
    ticket.finish(b"later", false);
    assert_eq!(receiver.await.as_deref(), Ok(&b"later"[..]));
    assert!(matches!(begin(&replies, 1), Begun::First(_)));
    assert_eq!(kept(&replies).1, 0);
}

#[tokio::test(start_paused = true)]
async fn answers_are_bounded_in_number_bytes_and_age() {
    let replies = Arc::new(Replies::default());
    for xid in 0..u32::try_from(REPLIES_MAX * 2).expect("few") {
        match replies.begin(CLIENT, &Identity::Nobody, xid, Procedure::Remove, &xid.to_be_bytes()) {
            Begun::First(ticket) => ticket.finish(&[0; 100], true),
            other => panic!("{other:?}"),
        }
    }
    assert!(kept(&replies).0 <= REPLIES_MAX);
    for xid in 0..2048_u32 {
        first(replies.begin(CLIENT, &Identity::Nobody, xid, Procedure::MkDir, &xid.to_be_bytes()))
            .finish(&vec![0; 64 << 10], true);
    }
    assert!(kept(&replies).1 <= REPLIES_BYTES_MAX);

    first(begin(&replies, 7)).finish(b"answer", true);
    tokio::time::advance(REPLY_LIFE + Duration::from_secs(1)).await;
    // Also where nothing was put beside it meanwhile.
    assert!(matches!(begin(&replies, 7), Begun::First(_)));
}

#[tokio::test]
async fn answers_of_write_push_out_no_others() {
    let replies = Arc::new(Replies::default());
    first(begin(&replies, 1)).finish(b"answer", true);
    for number in 0..4 * u32::try_from(REPLIES_MAX).unwrap() {
        let arguments = number.to_be_bytes();
        let other = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));
        first(replies.begin(other, &Identity::Nobody, number, Procedure::Write, &arguments)).finish(b"written", true);
    }
    assert!(matches!(begin(&replies, 1), Begun::Done(_)));
    assert!(kept(&replies).0 <= REPLIES_MAX + 1);
}
