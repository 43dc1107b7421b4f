//! The judge is judged: it lets pass what a crash may do, and finds what it may not.
//!
//! Always holds: each test is one thing that a crash may or may not do.

use super::*;

fn object(seed: u64) -> Object {
    Object { content: Some(Content { seed, length: 10 }), ..Object::default() }
}

#[test]
fn an_acknowledged_change_must_be_there() {
    let mut oracle = Oracle::default();
    oracle.sent("k", object(1));
    oracle.acknowledged("k");
    assert!(oracle.clone().judge("k", &object(1)).is_ok());
    assert!(oracle.clone().judge("k", &Object::default()).is_err());
    assert!(oracle.judge("k", &object(2)).is_err());
}

#[test]
fn an_unanswered_change_may_be_there() {
    let mut oracle = Oracle::default();
    oracle.sent("k", object(1));
    oracle.acknowledged("k");
    oracle.sent("k", object(2));
    assert!(oracle.clone().judge("k", &object(1)).is_ok());
    assert!(oracle.clone().judge("k", &object(2)).is_ok());
    assert!(oracle.clone().judge("k", &object(3)).is_err());
    assert!(oracle.clone().judge("k", &Object::default()).is_err());
}

#[test]
fn what_was_seen_after_a_crash_must_stay() {
    let mut oracle = Oracle::default();
    oracle.sent("k", object(1));
    assert!(oracle.judge("k", &object(1)).is_ok());
    assert!(oracle.judge("k", &Object::default()).is_err());
}

#[test]
fn contents_differ_by_seed_and_have_their_length() {
    assert_eq!(Content { seed: 7, length: 1003 }.bytes().len(), 1003);
    assert_ne!(Content { seed: 7, length: 64 }.bytes(), Content { seed: 8, length: 64 }.bytes());
}
