//! Answers leave in order and whole, whatever the socket takes at a time.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::Outbox;
use crate::answer::Answer;
use crate::limits::{COPIED_BYTES_MAX, UNSENT_BYTES_MAX, UNSENT_SMALL_BYTES_MAX};
use crate::xdr::Encode;

fn answers(room: &Arc<Semaphore>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for size in [0, 1, 4095, 5000, 70_001] {
        let mut answer = Answer::new(|head| head.u32(7));
        let byte = u8::try_from(size % 251).expect("small");
        answer.put_data(vec![Bytes::from(vec![byte; size]), Bytes::from_static(b"xyz")]);
        answer.room = Arc::clone(room).try_acquire_owned().ok();
        answers.push(answer);
        answers.push(Answer::from_body(&vec![byte; COPIED_BYTES_MAX + size]));
    }
    answers
}

fn expected(room: &Arc<Semaphore>) -> Vec<u8> {
    let mut expected = Vec::new();
    for answer in answers(room) {
        let (head, data, pad, _) = answer.into_parts();
        let body = [&head[4..], &data.concat(), pad].concat();
        assert!(body.len().is_multiple_of(4) || data.is_empty());
        expected.u32(u32::try_from(body.len()).expect("short") | 1 << 31);
        expected.bytes(&body);
    }
    expected
}

#[test]
fn bytes_are_sent_in_order_and_room_is_given_back() {
    for step in [1, 3, 1000, 1 << 20] {
        let room = Arc::new(Semaphore::new(100));
        let expected = expected(&room);
        let mut outbox = Outbox::default();
        answers(&room).into_iter().for_each(|answer| outbox.put(answer));
        assert_eq!((outbox.len(), room.available_permits()), (expected.len(), 95));
        let mut sent = Vec::new();
        while !outbox.is_empty() {
            let mut calls = 0;
            let progress = outbox.send(|slices| {
                calls += 1;
                if calls > 2 {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                let there: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).take(step).collect();
                sent.extend_from_slice(&there);
                Ok(there.len())
            });
            assert!(progress.expect("no error"));
        }
        assert!(sent == expected, "steps of {step}");
        assert_eq!((outbox.len(), room.available_permits()), (0, 100));
    }
}

#[test]
fn a_socket_that_fails_is_told() {
    let mut outbox = Outbox::default();
    outbox.put(Answer::from_body(b"abcd"));
    assert!(!outbox.send(|_| Err(io::ErrorKind::WouldBlock.into())).expect("it waits"));
    assert!(outbox.send(|_| Err(io::ErrorKind::ConnectionReset.into())).is_err());
    assert!(outbox.send(|_| Ok(0)).is_err());
}

#[test]
fn a_client_may_leave_little_lying_without_room_and_more_with_it() {
    let room = Arc::new(Semaphore::new(100));
    let mut outbox = Outbox::default();
    let put = |bytes: usize, has_room: bool, outbox: &mut Outbox| {
        let mut answer = Answer::from_body(&[]);
        answer.put_data(vec![Bytes::from(vec![0; bytes])]);
        answer.room = has_room.then(|| Arc::clone(&room).try_acquire_owned().expect("room"));
        outbox.put(answer);
    };
    put(UNSENT_BYTES_MAX / 2, true, &mut outbox);
    put(UNSENT_SMALL_BYTES_MAX / 2, false, &mut outbox);
    assert!(!outbox.is_full() && outbox.holds_room_since().is_some());
    put(UNSENT_SMALL_BYTES_MAX / 2, false, &mut outbox);
    assert!(outbox.is_full(), "too much without room");
    // Half of the first answer goes: what is left with room is less, and what is without stays.
    let take = |outbox: &mut Outbox, bytes: usize| {
        let mut left = bytes;
        let sent = outbox.send(|slices| {
            let there: usize = slices.iter().map(|slice| slice.len()).sum();
            let taken = there.min(left);
            left -= taken;
            if taken == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(taken) }
        });
        assert!(sent.expect("no error"));
    };
    take(&mut outbox, UNSENT_BYTES_MAX / 4);
    assert!(outbox.is_full());
    take(&mut outbox, UNSENT_BYTES_MAX / 4 + 1000);
    assert!(!outbox.is_full() && outbox.holds_room_since().is_none());
    put(UNSENT_BYTES_MAX, true, &mut outbox);
    assert!(outbox.is_full(), "too much of either");
}
