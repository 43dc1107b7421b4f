//! Many tasks at once: nothing is lost, nothing is seen half.
//!
//! Always holds: each test ends with the numbers that one task after another would have left, whatever the order was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;

use super::super::transaction::Transaction;
use super::super::{Durability, Table, counter};
use super::{INDEX, Store, is_conflict, put, put_if, read, value};
use crate::transact;

const TASKS: usize = 24;
const ROUNDS: usize = 40;

fn number(value: Option<bytes::Bytes>) -> i64 {
    counter::decode(value.as_deref()).unwrap()
}

pub(super) async fn increments_by_compare_and_set_add_up(store: Store) {
    let tasks = (0..TASKS).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..ROUNDS {
                let durability = if task % 2 == 0 { Durability::Synced } else { Durability::Ordered };
                transact!(&*store, durability, |tx| {
                    let old = number(tx.get(INDEX, b"n").await?);
                    tx.put(INDEX, *b"n", counter::encode(old + 1));
                    Ok(())
                })
                .unwrap();
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    assert_eq!(number(value(&store, b"n").await), i64::try_from(TASKS * ROUNDS).unwrap());
}

/// Of commits that come at once, those that rest on what another of them changes fail, and no others.
pub(super) async fn a_conflict_fails_alone(store: Store) {
    for _ in 0..50 {
        let (stamp, _) = read(&store, b"contended").await;
        let names: Vec<[u8; 2]> = (0..8).map(|at| [b'f', at]).collect();
        let contenders = (0..8).map(|_| put_if(&store, b"contended", stamp, b"contended", b"x"));
        let bystanders = names.iter().map(|name| put_if(&store, name, stamp, name, b"y"));
        let (contended, free) = futures::join!(join_all(contenders), join_all(bystanders));
        assert_eq!(contended.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(contended.iter().filter(|outcome| is_conflict(outcome)).count(), 7);
        assert!(free.iter().all(Result::is_ok), "{free:?}");
    }
}

/// A writer keeps two keys of each table equal; nobody ever sees them differ.
pub(super) async fn reads_of_several_keys_are_one_instant(store: Store) {
    let done = Arc::new(AtomicBool::new(false));
    let names = vec![
        (INDEX, b"a".to_vec()),
        (Table::Inline, b"a".to_vec()),
        (INDEX, b"z".to_vec()),
        (Table::Inline, b"z".to_vec()),
    ];
    let writer = {
        let (store, names, done) = (store.clone(), names.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            for round in 0..1500_u64 {
                let mut tx = Transaction::new(&*store);
                for (table, key) in &names {
                    tx.put(*table, key.clone(), round.to_le_bytes().to_vec());
                }
                tx.commit(Durability::Ordered).await.unwrap();
            }
            done.store(true, Ordering::SeqCst);
        })
    };
    let readers = (0..3).map(|_| {
        let (store, names, done) = (store.clone(), names.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let mut reads = 0;
            while !done.load(Ordering::SeqCst) || reads == 0 {
                let (_, values) = store.get_many(&names).await.unwrap();
                assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
                let snapshot = store.snapshot().unwrap();
                let first = snapshot.get_many(&names[..2]).await.unwrap();
                let second = snapshot.get_many(&names[2..]).await.unwrap();
                assert_eq!(first, second);
                reads += 1;
                tokio::task::yield_now().await;
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    writer.await.unwrap();
    for reader in readers {
        reader.await.unwrap();
    }
}

/// Sums that are moved between two validated keys, beside blind counters: the total never changes.
pub(super) async fn counters_under_load_add_up(store: Store) {
    put(&store, b"left", &1000_i64.to_le_bytes()).await;
    let tasks = (0..TASKS).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for round in 0..ROUNDS {
                let total = transact!(&*store, Durability::Ordered, |tx| {
                    // Two reads, two instants: only a validated outcome may be looked at.
                    let left = number(tx.get(INDEX, b"left").await?);
                    let right = number(tx.get(INDEX, b"right").await?);
                    if (task + round) % 4 == 0 {
                        tx.put(INDEX, *b"left", counter::encode(left - 1));
                        tx.put(INDEX, *b"right", counter::encode(right + 1));
                        tx.add(*b"moves", 1);
                    }
                    Ok(left + right)
                });
                assert_eq!(total.unwrap(), 1000);
            }
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    assert_eq!(number(value(&store, b"moves").await), i64::try_from(TASKS * ROUNDS / 4).unwrap());
    assert_eq!(number(value(&store, b"right").await), number(value(&store, b"moves").await));
}
