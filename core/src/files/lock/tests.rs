//! Locks against each other.

use std::time::Duration;

use super::*;

const A: LockOwner = LockOwner { door: 1, owner: 1 };
const B: LockOwner = LockOwner { door: 1, owner: 2 };
const FILE: (Id, LockFamily) = (7, LockFamily::Range);

fn lock(kind: LockKind, first: u64, last: u64) -> Lock {
    Lock { kind, first, last, process: 1 }
}

async fn set(locks: &Locks, owner: LockOwner, lock: Lock) -> Result<(), FileError> {
    locks.set(FILE, owner, lock, false).await
}

#[tokio::test]
async fn readers_share_and_writers_do_not() {
    let locks = Locks::default();
    set(&locks, A, lock(LockKind::Read, 0, 9)).await.unwrap();
    set(&locks, B, lock(LockKind::Read, 5, 20)).await.unwrap();
    assert_eq!(set(&locks, B, lock(LockKind::Write, 9, 9)).await, Err(FileError::Locked));
    set(&locks, B, lock(LockKind::Write, 10, 20)).await.unwrap();
    assert_eq!(locks.test(FILE, A, &lock(LockKind::Read, 10, 10)), Some(lock(LockKind::Write, 10, 20)));
    assert_eq!(locks.test(FILE, A, &lock(LockKind::Read, 9, 9)), None);
}

#[tokio::test]
async fn a_range_is_cut_out_of_its_owners_own() {
    let locks = Locks::default();
    set(&locks, A, lock(LockKind::Write, 0, u64::MAX)).await.unwrap();
    set(&locks, A, lock(LockKind::Unlock, 10, 19)).await.unwrap();
    set(&locks, B, lock(LockKind::Write, 10, 19)).await.unwrap();
    assert_eq!(set(&locks, B, lock(LockKind::Write, 9, 9)).await, Err(FileError::Locked));
    assert_eq!(set(&locks, B, lock(LockKind::Write, 20, 20)).await, Err(FileError::Locked));
    set(&locks, A, lock(LockKind::Unlock, 0, u64::MAX)).await.unwrap();
    set(&locks, B, lock(LockKind::Unlock, 0, u64::MAX)).await.unwrap();
    assert!(locks.table.lock().files.is_empty());
}

#[tokio::test]
async fn touching_ranges_become_one() {
    let locks = Locks::default();
    for first in 0..100 {
        set(&locks, A, lock(LockKind::Read, first, first)).await.unwrap();
    }
    assert_eq!(locks.table.lock().files[&FILE].held.len(), 1);
}

#[tokio::test]
async fn a_waiter_gets_its_turn_and_one_that_gave_up_holds_nothing() {
    let locks = Locks::default();
    set(&locks, A, lock(LockKind::Write, 0, 9)).await.unwrap();
    let waiting = locks.set(FILE, B, lock(LockKind::Write, 0, 0), true);
    assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
    let waiting = locks.set(FILE, B, lock(LockKind::Write, 0, 0), true);
    let freeing = async {
        tokio::task::yield_now().await;
        set(&locks, A, lock(LockKind::Unlock, 0, 9)).await.unwrap();
    };
    let (got, ()) = tokio::join!(waiting, freeing);
    got.unwrap();
    assert_eq!(set(&locks, A, lock(LockKind::Read, 0, 0)).await, Err(FileError::Locked));
}

#[tokio::test]
async fn a_circle_of_waits_is_refused() {
    let locks = Locks::default();
    set(&locks, A, lock(LockKind::Write, 0, 0)).await.unwrap();
    set(&locks, B, lock(LockKind::Write, 1, 1)).await.unwrap();
    let mut waiting = Box::pin(locks.set(FILE, A, lock(LockKind::Write, 1, 1), true));
    assert!(futures::poll!(&mut waiting).is_pending());
    assert_eq!(locks.set(FILE, B, lock(LockKind::Write, 0, 0), true).await, Err(FileError::Deadlock));
}

const WHOLE: (Id, LockFamily) = (7, LockFamily::Whole);

/// flock(2): the whole file.
fn whole(kind: LockKind) -> Lock {
    lock(kind, 0, u64::MAX)
}

#[tokio::test]
async fn ranges_and_whole_files_do_not_meet() {
    let locks = Locks::default();
    set(&locks, A, whole(LockKind::Write)).await.unwrap();
    locks.set(WHOLE, B, whole(LockKind::Write), false).await.unwrap();
    set(&locks, A, whole(LockKind::Unlock)).await.unwrap();
    assert_eq!(locks.set(WHOLE, A, whole(LockKind::Read), false).await, Err(FileError::Locked));
    // Nor do waits for them: each of the two waits for the other, and flock(2) knows no deadlock.
    set(&locks, A, lock(LockKind::Write, 0, 0)).await.unwrap();
    let mut first = Box::pin(locks.set(WHOLE, A, whole(LockKind::Write), true));
    assert!(futures::poll!(&mut first).is_pending());
    let mut second = Box::pin(locks.set(FILE, B, lock(LockKind::Write, 0, 0), true));
    assert!(futures::poll!(&mut second).is_pending());
}

#[tokio::test]
async fn who_waits_to_write_a_whole_file_has_let_go_of_reading_it() {
    let locks = Locks::default();
    for owner in [A, B] {
        locks.set(WHOLE, owner, whole(LockKind::Read), false).await.unwrap();
    }
    let mut waiting = Box::pin(locks.set(WHOLE, A, whole(LockKind::Write), true));
    assert!(futures::poll!(&mut waiting).is_pending());
    locks.set(WHOLE, B, whole(LockKind::Write), true).await.unwrap();
    assert!(futures::poll!(&mut waiting).is_pending());
    // Down to reading it needs no wait.
    locks.set(WHOLE, B, whole(LockKind::Read), false).await.unwrap();
    assert!(futures::poll!(&mut waiting).is_pending());
    locks.set(WHOLE, B, whole(LockKind::Unlock), false).await.unwrap();
    waiting.await.unwrap();
    assert_eq!(locks.set(WHOLE, B, whole(LockKind::Read), false).await, Err(FileError::Locked));
}

#[tokio::test]
async fn a_change_of_a_whole_lock_that_is_refused_loses_it() {
    let locks = Locks::default();
    for owner in [A, B] {
        locks.set(WHOLE, owner, whole(LockKind::Read), false).await.unwrap();
    }
    assert_eq!(locks.set(WHOLE, A, whole(LockKind::Write), false).await, Err(FileError::Locked));
    locks.set(WHOLE, B, whole(LockKind::Write), false).await.unwrap();
    // A range is changed in one step: refused, it stays.
    for owner in [A, B] {
        set(&locks, owner, lock(LockKind::Read, 0, 9)).await.unwrap();
    }
    assert_eq!(set(&locks, A, lock(LockKind::Write, 0, 9)).await, Err(FileError::Locked));
    assert_eq!(set(&locks, B, lock(LockKind::Write, 0, 9)).await, Err(FileError::Locked));
}

#[tokio::test]
async fn what_a_door_held_goes_with_it() {
    let (gone, stays) = (LockOwner { door: 2, owner: 1 }, A);
    let locks = Locks::default();
    set(&locks, gone, lock(LockKind::Write, 0, 9)).await.unwrap();
    set(&locks, stays, lock(LockKind::Write, 10, 19)).await.unwrap();
    locks.set(WHOLE, gone, whole(LockKind::Write), false).await.unwrap();
    locks.set((8, LockFamily::Range), gone, lock(LockKind::Read, 0, 0), false).await.unwrap();
    let mut waiting = Box::pin(locks.set(FILE, B, lock(LockKind::Write, 0, 0), true));
    assert!(futures::poll!(&mut waiting).is_pending());
    locks.unlock_door(gone.door);
    waiting.await.unwrap();
    assert_eq!(locks.test(FILE, B, &lock(LockKind::Read, 0, 30)), Some(lock(LockKind::Write, 10, 19)));
    assert_eq!(locks.table.lock().files.len(), 1, "nothing stays of what is locked no more");
    assert_eq!(locks.table.lock().held, 2);
}

#[tokio::test]
async fn t8_there_are_no_more_locks_than_there_may_be_and_each_that_goes_makes_room() {
    let locks = Locks::default();
    let file = |node: usize| (node as Id, LockFamily::Range);
    for node in 0..LOCKS_MAX {
        locks.set(file(node), A, lock(LockKind::Write, 0, 9), false).await.unwrap();
    }
    let more = lock(LockKind::Write, 0, 9);
    assert_eq!(locks.set(file(LOCKS_MAX), A, more, false).await, Err(FileError::TooManyLocks));
    assert_eq!(locks.set(file(7), A, lock(LockKind::Unlock, 3, 4), false).await, Err(FileError::TooManyLocks));
    // What makes none more is no matter.
    locks.set(file(7), A, lock(LockKind::Read, 0, 9), false).await.unwrap();
    assert_eq!(locks.set(file(7), B, more, false).await, Err(FileError::Locked));
    locks.set(file(8), A, lock(LockKind::Unlock, 0, u64::MAX), false).await.unwrap();
    locks.set(file(LOCKS_MAX), A, more, false).await.unwrap();
    let table = locks.table.lock();
    assert_eq!((table.held, table.files.len()), (LOCKS_MAX, LOCKS_MAX));
}

/// What it waited for is free, and its task has not looked again yet: whoever waits for it closes no circle.
#[tokio::test]
async fn who_was_woken_waits_for_nobody() {
    let locks = Locks::default();
    let (one, other) = (lock(LockKind::Write, 0, 9), lock(LockKind::Write, 10, 19));
    locks.set(FILE, A, one, true).await.unwrap();
    locks.set(FILE, B, other, true).await.unwrap();
    let mut waiting = Box::pin(locks.set(FILE, B, one, true));
    assert!(futures::poll!(waiting.as_mut()).is_pending());
    locks.set(FILE, A, Lock { kind: LockKind::Unlock, ..one }, true).await.unwrap();
    let mut next = Box::pin(locks.set(FILE, A, other, true));
    assert!(futures::poll!(next.as_mut()).is_pending(), "no circle");
    waiting.await.unwrap();
    locks.unlock_door(B.door);
    next.await.unwrap_or_else(|error| panic!("{error:?}"));
}
