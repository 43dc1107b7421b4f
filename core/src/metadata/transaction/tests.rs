//! Transactions over the memory engine: what they remember, when they run again, and what they leave.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use futures::FutureExt;

use super::super::counting::CountingStore;
use super::super::memory::MemoryStore;
use super::super::{CommitError, Durability, LockMode, MetadataStore, Table, counter};
use super::{Transaction, TxError};
use crate::error::Error;
use crate::limits::TRANSACTION_ATTEMPTS_MAX;
use crate::transact;

const INDEX: Table = Table::Index;

fn store() -> CountingStore<MemoryStore> {
    CountingStore::new(Arc::new(MemoryStore::new()))
}

async fn put(store: &dyn MetadataStore, key: &[u8], value: &'static [u8]) {
    let mut tx = Transaction::new(store);
    tx.put(INDEX, key, value);
    tx.commit(Durability::Synced).await.unwrap();
}

async fn value(store: &dyn MetadataStore, key: &[u8]) -> Option<Bytes> {
    store.get_many(&[(INDEX, key.to_vec())]).await.unwrap().1.pop().unwrap()
}

#[tokio::test]
async fn sees_its_own_writes_and_reads_each_key_once() {
    let store = store();
    put(&store, b"a", b"1").await;
    let before = store.counts();
    let mut tx = Transaction::new(&store);
    assert_eq!(tx.get(INDEX, b"a").await.unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(tx.get(INDEX, b"a").await.unwrap().as_deref(), Some(&b"1"[..]));
    tx.put(INDEX, *b"a", &b"2"[..]);
    tx.put(INDEX, *b"b", &b"3"[..]);
    tx.delete(INDEX, *b"c");
    let names = [(INDEX, b"a".to_vec()), (INDEX, b"b".to_vec()), (INDEX, b"c".to_vec())];
    let values = tx.get_many(&names).await.unwrap();
    assert_eq!(values, [Some(Bytes::from_static(b"2")), Some(Bytes::from_static(b"3")), None]);
    assert_eq!(store.counts().since(&before).get_many, 1);
    tx.commit(Durability::Synced).await.unwrap();
    assert_eq!(store.counts().since(&before).round_trips(), 2);
    assert_eq!(value(&store, b"a").await.as_deref(), Some(&b"2"[..]));
}

#[tokio::test]
async fn sees_its_own_counter_changes() {
    let store = store();
    let mut tx = Transaction::new(&store);
    tx.add(*b"n", 5);
    tx.commit(Durability::Synced).await.unwrap();
    let mut tx = Transaction::new(&store);
    tx.add(*b"n", 2);
    tx.add(*b"n", -10);
    assert_eq!(counter::decode(tx.get(INDEX, b"n").await.unwrap().as_deref()), Ok(-3));
    tx.put(INDEX, *b"m", counter::encode(100));
    tx.max(*b"m", 50);
    tx.max(*b"m", 150);
    assert_eq!(counter::decode(tx.get(INDEX, b"m").await.unwrap().as_deref()), Ok(150));
    tx.commit(Durability::Synced).await.unwrap();
    assert_eq!(counter::decode(value(&store, b"n").await.as_deref()), Ok(-3));
    assert_eq!(counter::decode(value(&store, b"m").await.as_deref()), Ok(150));
}

#[tokio::test]
async fn runs_again_after_a_conflict() {
    let store = store();
    put(&store, b"n", b"0").await;
    let mut runs = 0;
    let seen = transact!(&store, Durability::Synced, |tx| {
        let seen = tx.get(INDEX, b"n").await?;
        runs += 1;
        if runs < 7 {
            put(&store, b"n", b"x").await;
        }
        tx.put(INDEX, *b"n", &b"mine"[..]);
        Ok(seen)
    });
    assert_eq!(seen.unwrap().as_deref(), Some(&b"x"[..]));
    assert_eq!(runs, 7);
    assert_eq!(value(&store, b"n").await.as_deref(), Some(&b"mine"[..]));
}

#[tokio::test(start_paused = true)]
async fn gives_up_after_the_last_attempt() {
    let store = store();
    let mut runs = 0;
    let result: Result<(), Error> = transact!(&store, Durability::Synced, |tx| {
        runs += 1;
        Err(TxError::Conflict)
    });
    assert!(matches!(result, Err(Error::Unavailable(_))), "{result:?}");
    assert_eq!(runs, TRANSACTION_ATTEMPTS_MAX);
}

#[tokio::test]
async fn an_error_writes_nothing_and_is_checked_before_it_is_believed() {
    let store = store();
    put(&store, b"a", b"1").await;
    put(&store, b"b", b"1").await;
    // The body sees `a` before and `b` after a change of both, and would call the store damaged.
    let mut runs = 0;
    let result = transact!(&store, Durability::Synced, |tx| {
        let a = tx.get(INDEX, b"a").await?;
        runs += 1;
        if runs == 1 {
            let mut other = Transaction::new(&store);
            other.put(INDEX, *b"a", &b"2"[..]);
            other.put(INDEX, *b"b", &b"2"[..]);
            other.commit(Durability::Synced).await?;
        }
        let b = tx.get(INDEX, b"b").await?;
        tx.put(INDEX, *b"written", &b"yes"[..]);
        if a != b {
            return Err(Error::Corrupt("a and b differ".into()).into());
        }
        Err::<(), _>(Error::NoSuchKey("c".into()).into())
    });
    assert!(matches!(result, Err(Error::NoSuchKey(_))), "{result:?}");
    assert_eq!(runs, 2);
    assert_eq!(value(&store, b"written").await, None);
}

#[tokio::test]
async fn what_one_read_answered_needs_no_check() {
    let store = store();
    let before = store.counts();
    let read = transact!(&store, Durability::Synced, |tx| Ok(tx.get(INDEX, b"a").await?));
    assert_eq!(read.unwrap(), None);
    assert_eq!(store.counts().since(&before).round_trips(), 1);
    let before = store.counts();
    let read = transact!(&store, Durability::Synced, |tx| Ok((tx.get(INDEX, b"a").await?, tx.get(INDEX, b"b").await?)));
    assert_eq!(read.unwrap(), (None, None));
    let counts = store.counts().since(&before);
    assert_eq!((counts.get_many, counts.validations, counts.commits), (2, 1, 0));
}

#[tokio::test]
async fn locks_are_kept_to_the_end_and_sorted() {
    let store = store();
    let mut tx = Transaction::new(&store);
    tx.lock_all([
        (b"b".to_vec(), LockMode::Shared),
        (b"a".to_vec(), LockMode::Shared),
        (b"b".to_vec(), LockMode::Exclusive),
    ])
    .await
    .unwrap();
    tx.lock(b"b", LockMode::Shared).await.unwrap();
    assert!(store.lock(b"a", LockMode::Shared).now_or_never().is_some());
    assert!(store.lock(b"b", LockMode::Shared).now_or_never().is_none());
    tx.put(INDEX, *b"k", &b"v"[..]);
    tx.commit(Durability::Synced).await.unwrap();
    assert!(store.lock(b"b", LockMode::Exclusive).now_or_never().is_some());
}

#[tokio::test]
#[should_panic(expected = "a shared lock can't become exclusive")]
async fn an_upgrade_is_refused() {
    let store = store();
    let mut tx = Transaction::new(&store);
    tx.lock(b"a", LockMode::Shared).await.unwrap();
    let _ = tx.lock(b"a", LockMode::Exclusive).await;
}

#[tokio::test]
async fn a_failing_engine_is_heard_of() {
    let store = store();
    store.inner().stop("the disk is gone");
    let result: Result<(), Error> = transact!(&store, Durability::Synced, |tx| {
        tx.put(INDEX, *b"k", &b"v"[..]);
        Ok(())
    });
    assert!(matches!(&result, Err(Error::Internal(text)) if text.contains("the disk is gone")), "{result:?}");
    let mut tx = Transaction::new(&store);
    assert!(tx.get(INDEX, b"k").await.is_err());
    tx.put(INDEX, vec![0; 1 << 20], &b""[..]);
    assert!(matches!(tx.commit(Durability::Synced).await, Err(CommitError::TooLarge(_))));
}

/// The futures must be fit for an `async_trait` method of an object that is called from any thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn futures_can_be_sent_and_borrow_from_around() {
    struct Service {
        store: Arc<dyn MetadataStore>,
        runs: AtomicU32,
    }
    impl Service {
        fn bump<'a>(&'a self, key: &'a [u8]) -> futures::future::BoxFuture<'a, Result<i64, Error>> {
            Box::pin(async move {
                transact!(&*self.store, Durability::Synced, |tx| {
                    self.runs.fetch_add(1, Ordering::Relaxed);
                    tx.lock(key, LockMode::Shared).await?;
                    let old = tx.get(INDEX, key).await?;
                    let new = counter::decode(old.as_deref()).map_err(Error::Corrupt)? + 1;
                    tx.put(INDEX, key, counter::encode(new));
                    Ok(new)
                })
            })
        }
    }
    let service = Arc::new(Service { store: Arc::new(MemoryStore::new()), runs: AtomicU32::new(0) });
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let service = Arc::clone(&service);
            tokio::spawn(async move {
                for _ in 0..100 {
                    service.bump(b"n").await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(counter::decode(value(&*service.store, b"n").await.as_deref()), Ok(800));
    assert!(service.runs.load(Ordering::Relaxed) >= 800);
}
