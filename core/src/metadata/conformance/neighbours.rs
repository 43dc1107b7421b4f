//! Is there any other key: the question behind every removal of a name.
//!
//! Always holds: the answer is compared with a set in memory that holds the same keys. What it costs is counted, not timed.

use std::collections::BTreeSet;

use super::super::Durability;
use super::super::transaction::Transaction;
use super::{INDEX, Store, put};

pub(super) async fn any_other_finds_what_there_is(store: Store) {
    let keys = [&b"a"[..], b"c", b"c\0", b"e", b"e\xff", b"k"];
    let points: Vec<&[u8]> = vec![b"", b"a", b"b", b"c", b"c\0", b"d", b"e", b"e\xff", b"f", b"k", b"z"];
    // Every subset, every range, every point inside and outside of it.
    for present in 0..1_u32 << keys.len() {
        let mut live = BTreeSet::new();
        let mut tx = Transaction::new(&*store);
        for (at, key) in keys.iter().enumerate() {
            if present & 1 << at != 0 {
                live.insert(*key);
                tx.put(INDEX, *key, &b"x"[..]);
            } else {
                tx.delete(INDEX, *key);
            }
        }
        tx.commit(Durability::Ordered).await.unwrap();
        let snapshot = store.snapshot().unwrap();
        for (start, end) in points.iter().flat_map(|start| points.iter().map(move |end| (*start, *end))) {
            for but in &points {
                let others = live.iter().filter(|key| **key >= start && **key < end && *key != but).count();
                let found = snapshot.any_other(start, end, but).await.unwrap();
                match found {
                    None => assert_eq!(others, 0, "{start:?}..{end:?} but {but:?}"),
                    Some(key) => assert!(
                        live.contains(key.as_slice()) && key.as_slice() >= start && key.as_slice() < end && key != *but
                    ),
                }
            }
        }
    }
}

/// Deletes the keys one by one in the given order, asking for another before each deletion, as removals do. Answers the most steps
/// that the deletions of one tenth took, for each of them.
async fn delete_all(store: &Store, order: &[u32]) -> u64 {
    let key = |number: u32| [b"n", number.to_be_bytes().as_slice()].concat();
    for chunk in order.chunks(500) {
        let mut tx = Transaction::new(&**store);
        for number in chunk {
            tx.put(INDEX, key(*number), &b"x"[..]);
        }
        tx.commit(Durability::Ordered).await.unwrap();
    }
    let tenth = order.len().div_ceil(10);
    let mut most = 0;
    for (tenths, numbers) in order.chunks(tenth).enumerate() {
        let before = (store.steps)();
        for (at, number) in numbers.iter().enumerate() {
            let mut tx = Transaction::new(&**store);
            let other = tx.any_other(b"n", b"o", &key(*number)).await.unwrap();
            assert_eq!(other.is_some(), tenths * tenth + at + 1 < order.len());
            tx.delete(INDEX, key(*number));
            tx.commit(Durability::Ordered).await.unwrap();
        }
        most = most.max(((store.steps)() - before) / numbers.len() as u64);
    }
    most
}

/// A deletion among ten times as many takes as many steps. A walk over all that is deleted already would take ten times as many, in
/// the last tenth of the larger run some 3,600.
pub(super) async fn deleting_neighbours_in_any_order_is_linear(store: Store) {
    put(&store, b"m", b"below").await;
    put(&store, b"o", b"above").await;
    type Order = fn(u32) -> Vec<u32>;
    let orders: [(&str, Order); 4] = [
        ("ascending", |count| (0..count).collect()),
        ("descending", |count| (0..count).rev().collect()),
        ("from the middle", |count| {
            (0..count).map(|at| if at % 2 == 0 { count / 2 + at / 2 } else { count / 2 - at / 2 - 1 }).collect()
        }),
        // 7919 is prime.
        ("scattered", |count| {
            (0..count).map(|at| u32::try_from(u64::from(at) * 7919 % u64::from(count)).unwrap()).collect()
        }),
    ];
    for (name, order) in orders {
        let small = delete_all(&store, &order(400)).await;
        let large = delete_all(&store, &order(4000)).await;
        assert!(large <= 2 * small + 50, "{name}: {small} steps for each of 400, {large} for each of 4,000");
    }
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.any_other(b"n", b"o", b"n1").await.unwrap(), None);
    assert_eq!(snapshot.any_other(b"m", b"o", b"n1").await.unwrap(), Some(b"m".to_vec()));
    assert_eq!(snapshot.any_other(b"n", b"p", b"n1").await.unwrap(), Some(b"o".to_vec()));
}
