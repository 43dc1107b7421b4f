//! Counters that are changed often, as whoever holds the pen knows them: they are written as values, not as changes over changes.
//!
//! Always holds: a value that is known here is what the index has after all that was admitted so far. A counter that is not known is changed
//! without being read, and read after some changes: so a counter that many change costs a reader one look, and one that is changed
//! now and then costs its writers none. RocksDB's own remedy (`max_successive_merges`) reads through all that lies over a value that was
//! flushed, at each write: with a million names put into one directory that was three quarters of the commit thread's time.

use std::collections::HashMap;

use bytes::Bytes;

use super::super::{Key, Write, counter};
use crate::limits::{COUNTER_CHANGES_UNREAD_MAX, COUNTERS_KNOWN_MAX};

enum State {
    Value(Bytes),
    /// Changes that were written since it was last heard of, and the batch that the last of them is in.
    Changed {
        count: u32,
        batch: u64,
    },
}

#[derive(Default)]
pub(super) struct Counters {
    states: HashMap<Key, State>,
    /// Of the batch that is being gathered.
    batch: u64,
}

impl Counters {
    /// A batch begins: all that was written before can be read.
    pub(super) fn next_batch(&mut self) {
        self.batch += 1;
        if self.states.len() > COUNTERS_KNOWN_MAX {
            self.states.clear();
        }
    }

    /// The key was put or deleted.
    pub(super) fn forget(&mut self, key: &[u8]) {
        if !self.states.is_empty() {
            self.states.remove(key);
        }
    }

    /// The counter's value after `write`, which changes it; `None` where the change is to be written as one. `read` gives the stored value.
    pub(super) fn change<E>(
        &mut self,
        key: &[u8],
        write: &Write,
        read: impl FnOnce() -> Result<Option<Bytes>, E>,
    ) -> Option<Bytes> {
        let batch = self.batch;
        let Some(state) = self.states.get_mut(key) else {
            self.states.insert(key.to_vec(), State::Changed { count: 1, batch });
            return None;
        };
        let old = match state {
            State::Value(value) => Some(value.clone()),
            State::Changed { count, batch: last } if *count < COUNTER_CHANGES_UNREAD_MAX || *last == batch => {
                (*count, *last) = (count.saturating_add(1), batch);
                return None;
            }
            State::Changed { batch: last, .. } => match read() {
                Ok(stored) => stored,
                // Whoever reads it next is told; this change is in the batch, where it can't be read.
                Err(_) => {
                    *last = batch;
                    return None;
                }
            },
        };
        match counter::apply(old.as_deref(), write) {
            Ok(value) => {
                *state = State::Value(value.clone());
                Some(value)
            }
            Err(_) => {
                self.states.remove(key);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
