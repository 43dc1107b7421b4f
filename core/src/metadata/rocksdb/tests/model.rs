//! Random operations against both engines: the memory engine is the oracle.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::super::memory::MemoryStore;
use super::super::super::{Batch, CommitError, Stamp, Write};
use super::*;

#[derive(Clone, Debug)]
enum Step {
    /// A transaction: which keys it rests on (as they were at the last read of all), and what it writes.
    Commit(Vec<u8>, Vec<(u8, u8)>),
    ReadAll,
    Scan(u8, u8, usize, bool),
    AnyOther(u8, u8, u8),
    Compact,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (vec(0..24_u8, 0..3), vec((any::<u8>(), 0..24_u8), 0..6)).prop_map(|(reads, writes)| Step::Commit(reads, writes)),
        3 => Just(Step::ReadAll),
        3 => (0..26_u8, 0..26_u8, 0..30_usize, any::<bool>()).prop_map(|(a, b, limit, reverse)| Step::Scan(a, b, limit, reverse)),
        3 => (0..26_u8, 0..26_u8, 0..26_u8).prop_map(|(a, b, but)| Step::AnyOther(a, b, but)),
        1 => Just(Step::Compact),
        1 => Just(Step::Reopen),
    ]
}

/// Keys of different lengths that share prefixes; the last four are counters.
fn key(number: u8) -> Vec<u8> {
    match number {
        20.. => vec![b'n', number],
        _ => std::iter::repeat_n(number / 4 % 3, usize::from(number % 4)).chain([number / 4]).collect(),
    }
}

fn write(kind: u8, number: u8) -> Write {
    let key = key(number);
    let table = if kind.is_multiple_of(5) { Table::Inline } else { Table::Index };
    match number {
        20 | 21 => Write::Add { key, delta: i64::from(kind) - 100 },
        22.. => Write::Max { key, value: i64::from(kind) },
        _ if kind.is_multiple_of(4) => Write::Delete { table, key },
        _ => Write::Put { table, key, value: vec![kind; usize::from(kind) * 5].into() },
    }
}

async fn run(steps: Vec<Step>) {
    let directory = tempfile::tempdir().unwrap();
    let mut store = open(directory.path());
    let oracle = MemoryStore::new();
    let names: Vec<_> =
        (0..24).flat_map(|number| [(Table::Index, key(number)), (Table::Inline, key(number))]).collect();
    let mut stamps = (Stamp(0), Stamp(0));
    for step in steps {
        match step {
            Step::Commit(reads, writes) => {
                let batch = |stamp| Batch {
                    reads: reads.iter().map(|number| (Table::Index, key(*number), stamp)).collect(),
                    writes: writes.iter().map(|(kind, number)| write(*kind, *number)).collect(),
                    ..Batch::default()
                };
                let expected = oracle.commit(batch(stamps.0), Durability::Synced).await;
                let outcome = store.commit(batch(stamps.1), Durability::Synced).await;
                // Two of 48 names share a slot once in a thousand stores: a conflict where there was none. The oracle is exact.
                match (&expected, &outcome) {
                    (Ok(()), Ok(())) | (Err(CommitError::Conflict), Err(CommitError::Conflict)) => {}
                    (Ok(()), Err(CommitError::Conflict)) if !reads.is_empty() => return,
                    other => panic!("{other:?}"),
                }
            }
            Step::ReadAll => {
                let (stamp, expected) = oracle.get_many(&names).await.unwrap();
                let (other, values) = store.get_many(&names).await.unwrap();
                assert_eq!(values, expected);
                stamps = (stamp, other);
            }
            Step::Scan(start, end, limit, reverse) => {
                let (start, end) = (key(start), key(end));
                let expected = oracle.snapshot().unwrap().scan(&start, &end, limit, reverse).await.unwrap();
                let pairs = store.snapshot().unwrap().scan(&start, &end, limit, reverse).await.unwrap();
                assert_eq!(pairs, expected);
            }
            Step::AnyOther(start, end, but) => {
                let (start, end, but) = (key(start), key(end), key(but));
                let expected = oracle.snapshot().unwrap().any_other(&start, &end, &but).await.unwrap();
                let found = store.snapshot().unwrap().any_other(&start, &end, &but).await.unwrap();
                assert_eq!(found.is_some(), expected.is_some());
                if let Some(found) = found {
                    assert!(found != but && found >= start && found < end);
                    let seen = oracle.get_many(&[(Table::Index, found)]).await.unwrap().1;
                    assert!(seen[0].is_some());
                }
            }
            Step::Compact => store.compact().await.unwrap(),
            Step::Reopen => {
                drop(store);
                store = open(directory.path());
                // Stamps are of the process that gave them.
                let (stamp, expected) = oracle.get_many(&names).await.unwrap();
                let (other, values) = store.get_many(&names).await.unwrap();
                assert_eq!(values, expected);
                stamps = (stamp, other);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn behaves_as_the_oracle(steps in vec(step(), 1..120)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run(steps));
    }
}
