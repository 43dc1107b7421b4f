//! What one or two transactions may see and do.
//!
//! Always holds: an engine that breaks the contract of [`MetadataStore`](super::super::MetadataStore) in the way a test names
//! fails that test.

use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use tokio::sync::Barrier;

use super::super::LockMode::{Exclusive, Shared};
use super::super::transaction::Transaction;
use super::super::{Batch, CommitError, Durability, Table, Write};
use super::{INDEX, Store, is_conflict, put, put_if, read, value};
use crate::limits::{INLINE_BYTES_MAX, METADATA_INLINE_BYTES_MAX};

pub(super) async fn a_commit_is_seen_by_all_later_reads(store: Store) {
    for durability in [Durability::Synced, Durability::Ordered] {
        for round in 0..50_u8 {
            let mut tx = Transaction::new(&*store);
            tx.put(INDEX, *b"k", vec![round]);
            tx.commit(durability).await.unwrap();
            assert_eq!(value(&store, b"k").await.as_deref(), Some(&[round][..]));
            let snapshot = store.snapshot().unwrap();
            let seen = snapshot.get_many(&[(INDEX, b"k".to_vec())]).await.unwrap();
            assert_eq!(seen, [Some(Bytes::from(vec![round]))]);
        }
    }
}

pub(super) async fn a_lost_update_is_refused(store: Store) {
    put(&store, b"k", b"0").await;
    let (mine, _) = read(&store, b"k").await;
    let (theirs, _) = read(&store, b"k").await;
    put_if(&store, b"k", theirs, b"k", b"theirs").await.unwrap();
    assert!(is_conflict(&put_if(&store, b"k", mine, b"k", b"mine").await));
    assert_eq!(value(&store, b"k").await.as_deref(), Some(&b"theirs"[..]));
}

/// Two doctors on call, each leaves because the other one stays.
pub(super) async fn a_write_skew_is_refused(store: Store) {
    put(&store, b"alice", b"on").await;
    put(&store, b"bob", b"on").await;
    let (alice_saw, _) = read(&store, b"bob").await;
    let (bob_saw, _) = read(&store, b"alice").await;
    put_if(&store, b"bob", alice_saw, b"alice", b"off").await.unwrap();
    assert!(is_conflict(&put_if(&store, b"alice", bob_saw, b"bob", b"off").await));
    assert_eq!(value(&store, b"bob").await.as_deref(), Some(&b"on"[..]));
}

pub(super) async fn an_absent_key_is_a_read_too(store: Store) {
    let (stamp, absent) = read(&store, b"k").await;
    assert_eq!(absent, None);
    put_if(&store, b"k", stamp, b"k", b"first").await.unwrap();
    assert!(is_conflict(&put_if(&store, b"k", stamp, b"k", b"second").await));
    // Deletions are changes too.
    let (stamp, _) = read(&store, b"k").await;
    super::delete(&store, b"k").await;
    assert!(is_conflict(&put_if(&store, b"k", stamp, b"other", b"x").await));
}

pub(super) async fn what_is_unchanged_does_not_conflict(store: Store) {
    put(&store, b"k", b"0").await;
    let (stamp, _) = read(&store, b"k").await;
    let mut passed = 0;
    for round in 0..100_u8 {
        put(&store, &[b'x', round], b"1").await;
        passed += u32::from(put_if(&store, b"k", stamp, &[b'y', round], b"1").await.is_ok());
    }
    // An engine may err on this side, but seldom.
    assert!(passed >= 95, "{passed} of 100");
}

pub(super) async fn a_commit_without_writes_checks_its_reads(store: Store) {
    put(&store, b"a", b"0").await;
    let (stamp, _) = read(&store, b"a").await;
    let check = || Batch { reads: vec![(INDEX, b"a".to_vec(), stamp)], ..Batch::default() };
    store.commit(check(), Durability::Synced).await.unwrap();
    put(&store, b"a", b"1").await;
    assert!(is_conflict(&store.commit(check(), Durability::Synced).await));
}

pub(super) async fn writes_of_a_batch_apply_in_order(store: Store) {
    let mut tx = Transaction::new(&*store);
    tx.put(INDEX, *b"a", &b"1"[..]);
    tx.put(INDEX, *b"a", &b"2"[..]);
    tx.put(INDEX, *b"b", &b"1"[..]);
    tx.delete(INDEX, *b"b");
    tx.delete(INDEX, *b"c");
    tx.put(INDEX, *b"c", &b"3"[..]);
    tx.add(*b"n", 4);
    tx.delete(INDEX, *b"n");
    tx.add(*b"n", 5);
    let names: Vec<_> = [b"a", b"b", b"c", b"n"].iter().map(|key| (INDEX, key.to_vec())).collect();
    let expected = tx.get_many(&names).await.unwrap();
    tx.commit(Durability::Synced).await.unwrap();
    let (_, values) = store.get_many(&names).await.unwrap();
    assert_eq!(values, expected);
    let five = Bytes::copy_from_slice(&5_i64.to_le_bytes());
    assert_eq!(values, [Some(Bytes::from_static(b"2")), None, Some(Bytes::from_static(b"3")), Some(five)]);
}

pub(super) async fn inline_values_of_every_size_come_back(store: Store) {
    let body = |size: usize| -> Vec<u8> { (0..=255).cycle().step_by(7).take(size).collect() };
    let sizes = [0, 1, 511, 512, 513, 4096, INLINE_BYTES_MAX, METADATA_INLINE_BYTES_MAX];
    for size in sizes {
        let mut tx = Transaction::new(&*store);
        tx.put(Table::Inline, size.to_be_bytes(), body(size));
        // The tables have keys of their own.
        tx.put(INDEX, size.to_be_bytes(), &b"index"[..]);
        tx.commit(Durability::Synced).await.unwrap();
    }
    for size in sizes {
        let key = size.to_be_bytes().to_vec();
        let (_, values) = store.get_many(&[(Table::Inline, key.clone()), (INDEX, key)]).await.unwrap();
        assert_eq!(values, [Some(Bytes::from(body(size))), Some(Bytes::from_static(b"index"))]);
    }
    let mut tx = Transaction::new(&*store);
    tx.delete(Table::Inline, 4096_usize.to_be_bytes());
    tx.commit(Durability::Synced).await.unwrap();
    let key = 4096_usize.to_be_bytes().to_vec();
    let (_, values) = store.get_many(&[(Table::Inline, key.clone()), (INDEX, key)]).await.unwrap();
    assert_eq!(values, [None, Some(Bytes::from_static(b"index"))]);
}

pub(super) async fn too_large_is_refused_and_changes_nothing(store: Store) {
    let limits = store.limits();
    let put = |key: Vec<u8>, value: usize| Write::Put { table: INDEX, key, value: Bytes::from(vec![7; value]) };
    let small = || put(b"small".to_vec(), 1);
    let longest = vec![9; limits.key_bytes_max];
    for writes in [
        vec![small(), put(vec![9; limits.key_bytes_max + 1], 1)],
        vec![small(), put(b"k".to_vec(), limits.value_bytes_max + 1)],
        vec![small(); limits.transaction_writes_max + 1],
    ] {
        let batch = Batch { writes, ..Batch::default() };
        assert!(matches!(store.commit(batch, Durability::Synced).await, Err(CommitError::TooLarge(_))));
    }
    assert_eq!(value(&store, b"small").await, None);
    let batch = Batch { writes: vec![put(longest.clone(), limits.value_bytes_max)], ..Batch::default() };
    store.commit(batch, Durability::Synced).await.unwrap();
    assert_eq!(value(&store, &longest).await.map(|value| value.len()), Some(limits.value_bytes_max));
}

pub(super) async fn locks_travel_with_the_batch(store: Store) {
    let mut tx = Transaction::new(&*store);
    tx.lock(b"l", Exclusive).await.unwrap();
    tx.put(INDEX, *b"k", &b"v"[..]);
    assert!(store.lock(b"l", Shared).now_or_never().is_none());
    tx.commit(Durability::Synced).await.unwrap();
    assert!(store.lock(b"l", Exclusive).now_or_never().is_some());
    // A caller who stops waiting does not free the lock before the outcome is known: whoever gets it next sees the outcome.
    for round in 0..20_u8 {
        let mut tx = Transaction::new(&*store);
        tx.lock(b"l", Exclusive).await.unwrap();
        tx.put(INDEX, *b"k", vec![round]);
        let sent = tx.commit(Durability::Synced).now_or_never();
        let _guard = store.lock(b"l", Exclusive).await.unwrap();
        let seen = value(&store, b"k").await.unwrap();
        assert_eq!(seen, vec![round], "the commit {sent:?} came after its lock was free");
    }
}

/// Adding a name takes the directory shared, removing the directory takes it exclusive and looks after that. They start together, in
/// many rounds: without the lock, names come into directories that are gone.
pub(super) async fn a_phantom_is_kept_out_by_a_lock(store: Store) {
    let (mut kept, mut gone) = (0, 0);
    for round in 0..200_u8 {
        let directory = [b'd', round];
        put(&store, &directory, b"there").await;
        let start = Arc::new(Barrier::new(5));
        let add = |name: u8| {
            let (store, start) = (store.clone(), Arc::clone(&start));
            async move {
                start.wait().await;
                let mut tx = Transaction::new(&*store);
                tx.lock(&directory, Shared).await.unwrap();
                if tx.get(INDEX, &directory).await.unwrap().is_none() {
                    return false;
                }
                tokio::task::yield_now().await;
                tx.put(INDEX, [b'n', round, name], &b"x"[..]);
                tx.commit(Durability::Ordered).await.is_ok()
            }
        };
        let remove = || {
            let (store, start) = (store.clone(), Arc::clone(&start));
            async move {
                start.wait().await;
                let mut tx = Transaction::new(&*store);
                tx.lock(&directory, Exclusive).await.unwrap();
                if tx.any_other(&[b'n', round], &[b'n', round + 1], b"").await.unwrap().is_some() {
                    return false;
                }
                tokio::task::yield_now().await;
                tx.delete(INDEX, directory);
                tx.commit(Durability::Ordered).await.is_ok()
            }
        };
        // By turns the removal is the first to be spawned and the last.
        let early = (round % 2 == 0).then(|| tokio::spawn(remove()));
        let adders: Vec<_> = (0..4).map(|name| tokio::spawn(add(name))).collect();
        let removed = early.unwrap_or_else(|| tokio::spawn(remove())).await.unwrap();
        let mut added = 0;
        for adder in adders {
            added += u32::from(adder.await.unwrap());
        }
        let there = value(&store, &directory).await.is_some();
        assert_eq!(removed, !there);
        assert!(there || added == 0, "round {round}: {added} names in a directory that is gone");
        kept += u32::from(there);
        gone += u32::from(!there);
    }
    assert!(kept > 0 && gone > 0, "the rounds all went one way: {kept} kept, {gone} gone");
}
