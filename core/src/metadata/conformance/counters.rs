//! Counters that are changed without being read.
//!
//! Always holds: changes that read nothing never conflict, and none of them is lost.

use super::super::transaction::Transaction;
use super::super::{Batch, Durability, Write, counter};
use super::{INDEX, Store, is_conflict, put_if, read, value};

async fn number(store: &Store, key: &[u8]) -> i64 {
    counter::decode(value(store, key).await.as_deref()).unwrap()
}

pub(super) async fn counters_read_as_eight_bytes(store: Store) {
    assert_eq!(number(&store, b"n").await, 0);
    for delta in [5, -8, 0, i64::MAX, i64::MIN] {
        let mut tx = Transaction::new(&*store);
        tx.add(*b"n", delta);
        tx.commit(Durability::Ordered).await.unwrap();
    }
    assert_eq!(value(&store, b"n").await.map(|bytes| bytes.len()), Some(8));
    assert_eq!(number(&store, b"n").await, 5 - 8 - 1);
    for (raise, expected) in [(-5, 0), (3, 3), (1, 3), (900, 900)] {
        let mut tx = Transaction::new(&*store);
        tx.max(*b"m", raise);
        tx.commit(Durability::Ordered).await.unwrap();
        assert_eq!(number(&store, b"m").await, expected);
    }
    // Put, deleted, and counted on.
    let mut tx = Transaction::new(&*store);
    tx.put(INDEX, *b"n", counter::encode(100));
    tx.add(*b"n", 1);
    tx.delete(INDEX, *b"m");
    tx.commit(Durability::Ordered).await.unwrap();
    assert_eq!((number(&store, b"n").await, value(&store, b"m").await), (101, None));
    // A scan shows the sum as well.
    let snapshot = store.snapshot().unwrap();
    let pairs = snapshot.scan(b"", b"\xff", 10, false).await.unwrap();
    assert_eq!(pairs, [(b"n".to_vec(), counter::encode(101))]);
}

pub(super) async fn blind_changes_never_conflict(store: Store) {
    let tasks: Vec<_> = (0..32_i64)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    let writes = vec![
                        Write::Add { key: b"sum".to_vec(), delta: task },
                        Write::Max { key: b"most".to_vec(), value: task },
                    ];
                    store.commit(Batch { writes, ..Batch::default() }, Durability::Ordered).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(number(&store, b"sum").await, 20 * (0..32).sum::<i64>());
    assert_eq!(number(&store, b"most").await, 31);
}

pub(super) async fn a_validated_read_of_a_counter_conflicts(store: Store) {
    let (stamp, _) = read(&store, b"n").await;
    let mut tx = Transaction::new(&*store);
    tx.add(*b"n", 1);
    tx.commit(Durability::Ordered).await.unwrap();
    assert!(is_conflict(&put_if(&store, b"n", stamp, b"k", b"v").await));
}
