//! Order, sharing and cancellation of the lock table. That engines guard with it is in the conformance suite.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use parking_lot::Mutex;

use super::super::LockMode::{Exclusive, Shared};
use super::LockTable;

#[tokio::test]
async fn readers_share_and_a_writer_is_alone() {
    let table = LockTable::new();
    let first = table.lock(b"k", Shared).await;
    let second = table.lock(b"k", Shared).await;
    assert!(table.lock(b"k", Exclusive).now_or_never().is_none());
    drop((first, second));
    let writer = table.lock(b"k", Exclusive).await;
    assert!(table.lock(b"k", Shared).now_or_never().is_none());
    assert!(table.lock(b"other", Exclusive).now_or_never().is_some());
    drop(writer);
    assert_eq!(table.keys_in_use(), 0);
}

#[tokio::test]
async fn waiters_are_served_in_their_order() {
    let table = LockTable::new();
    let order = Arc::new(Mutex::new(Vec::new()));
    let holder = table.lock(b"k", Shared).await;
    let mut tasks = Vec::new();
    // The reader that comes after a waiting writer does not overtake it, though a reader holds the lock.
    for (name, mode) in [("writer", Exclusive), ("reader", Shared), ("last writer", Exclusive)] {
        let (table, order) = (Arc::clone(&table), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            let _guard = table.lock(b"k", mode).await;
            order.lock().push(name);
        }));
        // One thread: this lets the task run up to its wait.
        tokio::task::yield_now().await;
    }
    assert!(order.lock().is_empty());
    drop(holder);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock(), ["writer", "reader", "last writer"]);
    assert_eq!(table.keys_in_use(), 0);
}

#[tokio::test]
async fn a_dropped_waiter_leaves_the_queue() {
    let table = LockTable::new();
    let holder = table.lock(b"k", Exclusive).await;
    let mut gone = Box::pin(table.lock(b"k", Exclusive));
    assert!(gone.as_mut().now_or_never().is_none());
    let mut waiting = Box::pin(table.lock(b"k", Exclusive));
    assert!(waiting.as_mut().now_or_never().is_none());
    drop(gone);
    drop(holder);
    let guard = tokio::time::timeout(Duration::from_secs(5), waiting).await.expect("the queue stands still");
    drop(guard);
    // Dropped after it was let in, but before it was told.
    let holder = table.lock(b"k", Exclusive).await;
    let mut gone = Box::pin(table.lock(b"k", Exclusive));
    assert!(gone.as_mut().now_or_never().is_none());
    drop(holder);
    drop(gone);
    assert!(table.lock(b"k", Exclusive).now_or_never().is_some());
    assert_eq!(table.keys_in_use(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_takers_leave_nothing_behind() {
    let table = LockTable::new();
    let inside = Arc::new(Mutex::new([0_i64; 3]));
    let tasks: Vec<_> = (0..16_usize)
        .map(|task| {
            let (table, inside) = (Arc::clone(&table), Arc::clone(&inside));
            tokio::spawn(async move {
                for round in 0..500_usize {
                    let key = (task + round) % 3;
                    let exclusive = round % 4 == 0;
                    let name = [u8::try_from(key).unwrap()];
                    let taking = table.lock(&name, if exclusive { Exclusive } else { Shared });
                    if round % 7 == 0 {
                        // Some give up at once.
                        let _ = taking.now_or_never();
                        continue;
                    }
                    let _guard = taking.await;
                    let weight = if exclusive { 1000 } else { 1 };
                    {
                        let mut inside = inside.lock();
                        assert!(if exclusive { inside[key] == 0 } else { inside[key] < 1000 });
                        inside[key] += weight;
                    }
                    tokio::task::yield_now().await;
                    inside.lock()[key] -= weight;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(table.keys_in_use(), 0);
}
