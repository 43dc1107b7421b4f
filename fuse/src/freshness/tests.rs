//! Races between answers and changes, step by step.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Freshness;
use crate::limits::LIFETIME;

fn lifetime(fresh: &Freshness, stamp: super::Stamp) -> Duration {
    fresh.send(stamp, |lifetime| *lifetime)
}

#[test]
fn what_no_change_met_is_kept() {
    let fresh = Freshness::new();
    assert_eq!(lifetime(&fresh, fresh.stamp()), LIFETIME);
}

#[test]
fn what_was_read_before_or_during_a_change_is_not_kept() {
    let fresh = Freshness::new();
    let before = fresh.stamp();
    fresh.changing(true);
    let during = fresh.stamp();
    assert_eq!(lifetime(&fresh, before), Duration::ZERO);
    assert_eq!(lifetime(&fresh, during), Duration::ZERO, "the change may be committed, or not, when it is read");
    fresh.changing(false);
    assert_eq!(lifetime(&fresh, before), Duration::ZERO);
    fresh.changed();
    assert_eq!(lifetime(&fresh, during), Duration::ZERO, "it may have been read before the commit");
    assert_eq!(lifetime(&fresh, fresh.stamp()), LIFETIME);
}

#[test]
fn two_changes_at_once_end_with_the_last() {
    let fresh = Freshness::new();
    fresh.changing(true);
    fresh.changing(true);
    fresh.changing(false);
    assert_eq!(lifetime(&fresh, fresh.stamp()), Duration::ZERO);
    fresh.changing(false);
    assert_eq!(lifetime(&fresh, fresh.stamp()), LIFETIME);
}

#[test]
fn with_another_mount_nothing_is_kept() {
    let fresh = Freshness::new();
    let stamp = fresh.stamp();
    fresh.set_alone(false);
    assert_eq!(lifetime(&fresh, fresh.stamp()), Duration::ZERO);
    fresh.set_alone(true);
    assert_eq!(lifetime(&fresh, stamp), Duration::ZERO, "the other may have changed what was read");
    assert_eq!(lifetime(&fresh, fresh.stamp()), LIFETIME);
}

#[test]
fn the_kernel_is_told_after_the_answer_that_was_still_fresh() {
    let fresh = Arc::new(Freshness::new());
    let (sent, told) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (checked, go) = std::sync::mpsc::sync_channel::<()>(0);
    let (resume, wait) = std::sync::mpsc::sync_channel::<()>(0);
    let answering = std::thread::spawn({
        let (fresh, sent, told) = (Arc::clone(&fresh), Arc::clone(&sent), Arc::clone(&told));
        move || {
            let stamp = fresh.stamp();
            fresh.send(stamp, |lifetime| {
                assert_eq!(*lifetime, LIFETIME);
                checked.send(()).unwrap();
                wait.recv().unwrap();
                assert!(!told.load(Ordering::SeqCst), "the notice would have come before the answer");
                sent.store(true, Ordering::SeqCst);
            });
        }
    });
    go.recv().unwrap();
    let telling = std::thread::spawn({
        let (fresh, sent, told) = (Arc::clone(&fresh), Arc::clone(&sent), Arc::clone(&told));
        move || {
            fresh.changing(true);
            fresh.changing(false);
            fresh.changed();
            told.store(true, Ordering::SeqCst);
            assert!(sent.load(Ordering::SeqCst));
        }
    });
    std::thread::sleep(Duration::from_millis(50));
    resume.send(()).unwrap();
    answering.join().unwrap();
    telling.join().unwrap();
}
