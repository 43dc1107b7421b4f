//! What is written for a counter, and when it is read.

use std::cell::RefCell;

use super::*;

const KEY: &[u8] = b"n";

fn add(delta: i64) -> Write {
    Write::Add { key: KEY.to_vec(), delta }
}

/// A store of one counter: the value, and what the batch that is being gathered does to it.
#[derive(Default)]
struct Index {
    value: RefCell<Option<Bytes>>,
    reads: RefCell<u32>,
}

impl Index {
    fn read(&self) -> Result<Option<Bytes>, ()> {
        *self.reads.borrow_mut() += 1;
        Ok(self.value.borrow().clone())
    }

    /// Writes one batch.
    fn write(&self, counters: &mut Counters, writes: &[Write]) {
        counters.next_batch();
        let mut after = self.value.borrow().clone();
        for write in writes {
            after = match write {
                Write::Put { key, value, .. } => {
                    counters.forget(key);
                    Some(value.clone())
                }
                Write::Delete { key, .. } => {
                    counters.forget(key);
                    None
                }
                change => match counters.change(KEY, change, || self.read()) {
                    Some(value) => Some(value),
                    None => Some(counter::apply(after.as_deref(), change).unwrap()),
                },
            };
        }
        *self.value.borrow_mut() = after;
    }

    fn number(&self) -> i64 {
        counter::decode(self.value.borrow().as_deref()).unwrap()
    }
}

#[test]
fn a_counter_that_is_changed_often_is_read_once() {
    let (index, mut counters) = (Index::default(), Counters::default());
    for _ in 0..1000 {
        index.write(&mut counters, &[add(1)]);
    }
    assert_eq!((index.number(), *index.reads.borrow()), (1000, 1));
    index.write(&mut counters, &[add(-1), Write::Max { key: KEY.to_vec(), value: 2000 }, add(1)]);
    assert_eq!((index.number(), *index.reads.borrow()), (2001, 1));
}

#[test]
fn many_counters_are_forgotten_between_batches() {
    let (index, mut counters) = (Index::default(), Counters::default());
    for other in 0..COUNTERS_KNOWN_MAX as u64 {
        counters.change(&other.to_be_bytes(), &add(1), || index.read());
    }
    // One more than is known at once; they stay known for as long as the batch lasts.
    index.write(&mut counters, &[add(1)]);
    assert_eq!(counters.states.len(), COUNTERS_KNOWN_MAX + 1);
    index.write(&mut counters, &[add(1)]);
    assert_eq!((counters.states.len(), index.number(), *index.reads.borrow()), (1, 2, 0));
}

#[test]
fn what_replaces_a_counter_counts() {
    use crate::metadata::Table;
    let put = |number| Write::Put { table: Table::Index, key: KEY.to_vec(), value: counter::encode(number) };
    let delete = || Write::Delete { table: Table::Index, key: KEY.to_vec() };
    for others in [0, 1, COUNTER_CHANGES_UNREAD_MAX, 50] {
        let (index, mut counters) = (Index::default(), Counters::default());
        (0..others).for_each(|_| index.write(&mut counters, &[add(1)]));
        index.write(&mut counters, &[add(1), put(100), add(1), add(1)]);
        assert_eq!(index.number(), 102);
        (0..others).for_each(|_| index.write(&mut counters, &[add(1), add(1)]));
        assert_eq!(index.number(), 102 + 2 * i64::from(others));
        index.write(&mut counters, &[delete(), add(7)]);
        assert_eq!(index.number(), 7);
        (0..others).for_each(|_| index.write(&mut counters, &[add(1)]));
        assert_eq!(index.number(), 7 + i64::from(others));
    }
}

#[test]
fn many_changes_in_one_batch_are_all_seen() {
    let (index, mut counters) = (Index::default(), Counters::default());
    let many: Vec<Write> = (0..100).map(|_| add(1)).collect();
    for round in 1..5 {
        index.write(&mut counters, &many);
        assert_eq!(index.number(), 100 * round);
    }
    // A store that can't be read is asked for nothing that it would not say to a reader.
    let mut counters = Counters::default();
    for _ in 0..10 {
        counters.next_batch();
        assert_eq!(counters.change(KEY, &add(1), || Err(())), None);
    }
    // What could not be read is in the batch: a value that is read after it would not have it.
    assert_eq!(counters.change(KEY, &add(1), || Ok::<_, ()>(Some(counter::encode(10)))), None);
    counters.next_batch();
    assert_eq!(counters.change(KEY, &add(1), || Ok::<_, ()>(Some(counter::encode(11)))), Some(counter::encode(12)));
}
