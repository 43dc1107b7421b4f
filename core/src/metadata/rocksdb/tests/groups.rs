//! Commits that are written together, and the write that fails.

use bytes::Bytes;
use futures::FutureExt;
use futures::future::join_all;

use super::super::super::{Batch, CommitError, LockMode, ReadError, Stamp, Write};
use super::*;
use crate::limits::{COMMIT_GROUP_MAX, COMMIT_QUEUE_BYTES_MAX, COMMIT_QUEUE_MAX};

fn conditional(read: &[u8], stamp: Stamp, write: &[u8]) -> Batch {
    let put = Write::Put { table: Table::Index, key: write.to_vec(), value: Bytes::from_static(b"x") };
    Batch { reads: vec![(Table::Index, read.to_vec(), stamp)], writes: vec![put], ..Batch::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_validated_in_order_and_synced_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let (stamp, _) = store.get_many(&[]).await.unwrap();
    let gate = store.inner.hooks.gate.lock();
    // In one group: a writes k; b read k before that; c read what nobody writes; d read what the refused b would have written.
    let mut a = store.commit(conditional(b"other", stamp, b"k"), Durability::Ordered);
    let mut b = store.commit(conditional(b"k", stamp, b"b"), Durability::Synced);
    let mut c = store.commit(conditional(b"free", stamp, b"c"), Durability::Synced);
    let mut d = store.commit(conditional(b"b", stamp, b"d"), Durability::Synced);
    for commit in [&mut a, &mut b, &mut c, &mut d] {
        assert!(commit.now_or_never().is_none());
    }
    let before = store.statistics();
    drop(gate);
    let outcomes = join_all([a, b, c, d]).await;
    assert!(matches!(outcomes[..], [Ok(()), Err(CommitError::Conflict), Ok(()), Ok(())]), "{outcomes:?}");
    let after = store.statistics();
    assert_eq!((after.groups - before.groups, after.syncs - before.syncs, after.conflicts), (1, 1, 1));
    assert_eq!(value(&store, b"b").await, None);
    assert!(value(&store, b"d").await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_need_not_be_synced_is_written_at_once_where_nobody_else_writes() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let write = |key: &'static [u8]| conditional(b"other", Stamp(0), key);
    assert!(matches!(store.commit(write(b"a"), Durability::Ordered).now_or_never(), Some(Ok(()))));
    assert!(value(&store, b"a").await.is_some());
    // It is numbered and marks its keys as any other does.
    let stale = conditional(b"a", Stamp(0), b"b");
    assert!(matches!(store.commit(stale, Durability::Ordered).now_or_never(), Some(Err(CommitError::Conflict))));
    // A sync is waited for, and so is whoever writes.
    assert!(store.commit(write(b"c"), Durability::Synced).now_or_never().is_none());
    let pen = store.inner.pen.lock();
    let waits = store.commit(write(b"d"), Durability::Ordered);
    assert!(store.commit(write(b"e"), Durability::Ordered).now_or_never().is_none());
    drop(pen);
    waits.await.unwrap();
    assert!(value(&store, b"d").await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_of_a_caller_who_writes_stops_everything() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    store.inner.hooks.panic.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let write = Batch { writes: vec![Write::Add { key: b"n".to_vec(), delta: 1 }], ..Batch::default() };
        assert!(matches!(store.commit(write, Durability::Ordered).await, Err(CommitError::Failed(_))));
    }
    assert!(store.stopped().await.contains("panicked"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_makes_callers_wait_and_loses_none() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let gate = store.inner.hooks.gate.lock();
    let more = COMMIT_QUEUE_MAX + 100;
    let write = |at: usize| Batch {
        writes: vec![Write::Put {
            table: Table::Index,
            key: at.to_be_bytes().to_vec(),
            value: Bytes::from_static(b"x"),
        }],
        ..Batch::default()
    };
    // Synced: the others are written by their callers where the pen is free.
    let mut commits: Vec<_> = (0..more).map(|at| store.commit(write(at), Durability::Synced)).collect();
    for commit in &mut commits {
        assert!(commit.now_or_never().is_none());
    }
    let full = store.statistics();
    assert_eq!(full.queue_bytes, COMMIT_QUEUE_BYTES_MAX as u64);
    assert!(full.queue_length <= COMMIT_QUEUE_MAX as u64);
    drop(gate);
    assert!(join_all(commits).await.iter().all(Result::is_ok));
    let after = store.statistics();
    assert_eq!((after.commits, after.queue_bytes), (more as u64, 0));
    assert!(after.groups >= (more / COMMIT_GROUP_MAX) as u64 && after.groups < (more / 2) as u64, "{after:?}");
    let pairs = store.snapshot().unwrap().scan(b"", b"\xff", more + 1, false).await.unwrap();
    assert_eq!(pairs.len(), more);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_stops_waiting_does_not_free_the_lock() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let mut tx = Transaction::new(&*store);
    tx.lock(b"l", LockMode::Exclusive).await.unwrap();
    tx.put(Table::Index, *b"k", &b"v"[..]);
    let gate = store.inner.hooks.gate.lock();
    assert!(tx.commit(Durability::Synced).now_or_never().is_none());
    // The commit's future is gone, the commit is not.
    while store.statistics().queue_length > 0 {
        std::thread::yield_now();
    }
    assert!(store.lock(b"l", LockMode::Shared).now_or_never().is_none());
    drop(gate);
    let _guard = store.lock(b"l", LockMode::Exclusive).await.unwrap();
    assert_eq!(value(&store, b"k").await.as_deref(), Some(&b"v"[..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_give_way_to_whoever_has_its_turn() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let add = |has_turn| {
        let writes = vec![Write::Add { key: b"n".to_vec(), delta: 1 }];
        store.commit(Batch { writes, has_turn, ..Batch::default() }, Durability::Ordered)
    };
    let turn = store.lock(super::super::super::keys::locks::TURN, LockMode::Exclusive).await.unwrap();
    let mut other = add(false);
    assert!(futures::poll!(other.as_mut()).is_pending());
    add(true).await.unwrap();
    drop(turn);
    other.await.unwrap();
    // A turn that does not end is waited for no longer than the bound: whoever has it may wait for a lock of this one.
    let _turn = store.lock(super::super::super::keys::locks::TURN, LockMode::Exclusive).await.unwrap();
    add(false).await.unwrap();
    assert_eq!(value(&store, b"n").await.as_deref(), Some(&3_i64.to_le_bytes()[..]));
}

/// A read that a commit under way has made old stays so until that can be seen: whoever is told earlier reads the same again, and has used up
/// its attempts in less time than a thread that was put off its core is away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_fails_is_answered_once_it_can_be_seen_why() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    put(&store, b"k", b"old").await;
    let (stamp, _) = store.get_many(&[]).await.unwrap();
    let unseen = store.inner.hooks.publish.lock();
    let mut write = store.commit(conditional(b"other", stamp, b"k"), Durability::Synced);
    assert!((&mut write).now_or_never().is_none());
    while store.inner.validation.is_unchanged(Table::Index, b"k", stamp) {
        std::thread::yield_now();
    }
    let reads = vec![(Table::Index, b"k".to_vec(), stamp)];
    let mut check = store.commit(Batch { reads, ..Batch::default() }, Durability::Ordered);
    assert!((&mut check).now_or_never().is_none());
    drop(unseen);
    assert!(matches!(check.await, Err(CommitError::Conflict)));
    assert_eq!(value(&store, b"k").await.as_deref(), Some(&b"x"[..]));
    write.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t9_a_failed_sync_stops_everything() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    put(&store, b"before", b"1").await;
    let snapshot = store.snapshot().unwrap();
    store.inner.hooks.sync_error.store(true, Ordering::SeqCst);
    let mut tx = Transaction::new(&*store);
    tx.put(Table::Index, *b"lost", &b"1"[..]);
    assert!(matches!(tx.commit(Durability::Synced).await, Err(CommitError::Failed(_))));
    // The disk is well again, but what it holds is unknown: nothing goes on.
    store.inner.hooks.sync_error.store(false, Ordering::SeqCst);
    assert!(matches!(store.get_many(&[(Table::Index, b"before".to_vec())]).await, Err(ReadError::Failed(_))));
    assert!(matches!(store.snapshot(), Err(ReadError::Failed(_))));
    assert!(matches!(snapshot.scan(b"", b"z", 9, false).await, Err(ReadError::Failed(_))));
    assert!(matches!(snapshot.any_other(b"", b"z", b"").await, Err(ReadError::Failed(_))));
    assert!(matches!(snapshot.get_many(&[]).await, Err(ReadError::Failed(_))));
    assert!(matches!(store.lock(b"l", LockMode::Shared).await, Err(ReadError::Failed(_))));
    let later = Batch { writes: vec![Write::Add { key: b"n".to_vec(), delta: 1 }], ..Batch::default() };
    assert!(matches!(store.commit(later, Durability::Ordered).await, Err(CommitError::Failed(_))));
    assert!(matches!(store.commit(Batch::default(), Durability::Ordered).await, Err(CommitError::Failed(_))));
    assert!(store.statistics().stopped);
    assert!(store.stopped().await.contains("Input/output error"), "{}", store.stopped().await);
    drop(snapshot);
    drop(store);
    let store = open(directory.path());
    assert_eq!(value(&store, b"before").await.as_deref(), Some(&b"1"[..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_of_the_commit_thread_stops_everything() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    store.inner.hooks.panic.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let write = Batch { writes: vec![Write::Add { key: b"n".to_vec(), delta: 1 }], ..Batch::default() };
        assert!(matches!(store.commit(write, Durability::Synced).await, Err(CommitError::Failed(_))));
    }
    assert!(store.stopped().await.contains("panicked"));
    assert!(store.get_many(&[]).await.is_err());
    drop(store);
    open(directory.path());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_takes_deletions_only() {
    let directory = tempfile::tempdir().unwrap();
    let with = |reserve_bytes, reserve_freeing_bytes| {
        let options = Options {
            reserve_bytes: Some(reserve_bytes),
            reserve_freeing_bytes: Some(reserve_freeing_bytes),
            ..Options::default()
        };
        RocksDb::open(directory.path(), &options).unwrap()
    };
    put(&with(0, 0), b"k", b"v").await;
    let batch = |writes| Batch { writes, ..Batch::default() };
    let create = |size| Write::Put { table: Table::Index, key: b"new".to_vec(), value: Bytes::from(vec![1; size]) };
    let remove = || Write::Delete { table: Table::Index, key: b"k".to_vec() };

    let store = with(u64::MAX, 0);
    let inline = Write::Put { table: Table::Inline, key: b"new".to_vec(), value: Bytes::from_static(b"x") };
    for writes in [
        vec![create(1)],
        vec![remove(), create(17 << 10)],
        vec![remove(), inline],
        vec![Write::Add { key: b"n".to_vec(), delta: 1 }],
    ] {
        let outcome = store.commit(batch(writes), Durability::Synced).await;
        assert!(matches!(outcome, Err(CommitError::Full(_))), "{outcome:?}");
    }
    assert!(value(&store, b"k").await.is_some());
    store.commit(batch(vec![remove(), create(100)]), Durability::Synced).await.unwrap();
    // A deletion's reclaim task has a number, and so has a process that starts on a full disk.
    assert_eq!(crate::namespace::advance(&*store, crate::metadata::keys::NEXT_ID, 5).await.unwrap(), 1);
    assert_eq!(crate::namespace::advance(&*store, crate::metadata::keys::EPOCH, 1).await.unwrap(), 1);
    assert_eq!(value(&store, b"k").await, None);
    drop(store);

    let store = with(u64::MAX, u64::MAX);
    let outcome = store.commit(batch(vec![remove()]), Durability::Synced).await;
    assert!(matches!(outcome, Err(CommitError::Full(_))), "{outcome:?}");
    assert!(value(&store, b"new").await.is_some());
}
