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
