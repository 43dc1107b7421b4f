//! Is there any other key: the question behind every removal of a name.
//!
//! Always holds: the answer is compared with a set in memory that holds the same keys.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

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

/// Deletes the keys one by one in the given order, asking for another before each deletion, as removals do.
async fn delete_all(store: &Store, order: &[u32]) -> Duration {
    let key = |number: u32| [b"n", number.to_be_bytes().as_slice()].concat();
    for chunk in order.chunks(500) {
        let mut tx = Transaction::new(&**store);
        for number in chunk {
            tx.put(INDEX, key(*number), &b"x"[..]);
        }
        tx.commit(Durability::Ordered).await.unwrap();
    }
    let begun = Instant::now();
    for (at, number) in order.iter().enumerate() {
        let mut tx = Transaction::new(&**store);
        let other = tx.any_other(b"n", b"o", &key(*number)).await.unwrap();
        assert_eq!(other.is_some(), at + 1 < order.len());
        tx.delete(INDEX, key(*number));
        tx.commit(Durability::Ordered).await.unwrap();
    }
    begun.elapsed()
}

/// Four times as many keys may take not much more than four times as long; a walk over all deletions would take sixteen.
pub(super) async fn any_other_over_long_runs_of_deletions(store: Store) {
    put(&store, b"m", b"below").await;
    put(&store, b"o", b"above").await;
    let orders: [fn(u32) -> Vec<u32>; 4] = [
        |count| (0..count).collect(),
        |count| (0..count).rev().collect(),
        // From the middle outwards, and scattered (7919 is prime).
        |count| (0..count).map(|at| if at % 2 == 0 { count / 2 + at / 2 } else { count / 2 - at / 2 - 1 }).collect(),
        |count| (0..count).map(|at| u32::try_from(u64::from(at) * 7919 % u64::from(count)).unwrap()).collect(),
    ];
    for order in orders {
        // The machine may be busy with other things: the best of three.
        let mut best = f64::MAX;
        for _ in 0..3 {
            let small = delete_all(&store, &order(1000)).await;
            let large = delete_all(&store, &order(4000)).await;
            best = best.min(large.as_secs_f64() / small.as_secs_f64());
            if best < 9.0 {
                break;
            }
        }
        assert!(best < 9.0, "four times the keys took {best:.1} times as long");
    }
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.any_other(b"n", b"o", b"n1").await.unwrap(), None);
    assert_eq!(snapshot.any_other(b"m", b"o", b"n1").await.unwrap(), Some(b"m".to_vec()));
    assert_eq!(snapshot.any_other(b"n", b"p", b"n1").await.unwrap(), Some(b"o".to_vec()));
}
