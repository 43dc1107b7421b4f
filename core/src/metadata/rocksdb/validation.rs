//! Which keys have changed since a stamp: a fixed table of sequence numbers, one slot for many keys.
//!
//! Always holds: a slot only grows; it is at least the sequence of the last commit that wrote one of its keys, from before that commit
//! can be seen by anybody. Keys that share a slot can only make a conflict where there was none: with 2^20 slots and a thousand
//! commits between a read and its commit, about one in a thousand.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::{Batch, Key, Stamp, Table};
use crate::limits::VALIDATION_SLOTS;

pub(super) struct Validation {
    slots: Box<[AtomicU64]>,
    /// Keyed, so that nobody can choose names that fall into one slot.
    hasher: RandomState,
}

/// What of a batch concerns this table, computed by the caller so that who holds the pen need not.
pub(super) struct Claims {
    reads: Vec<(usize, Stamp)>,
    writes: Vec<usize>,
}

impl Validation {
    pub(super) fn new() -> Self {
        // Zeroed by the system as it is touched: an idle process pays for the pages it has used only.
        let slots = Box::<[AtomicU64]>::new_zeroed_slice(VALIDATION_SLOTS);
        // SAFETY: all bits zero is a valid AtomicU64, the number 0.
        let slots = unsafe { slots.assume_init() };
        Self { slots, hasher: RandomState::new() }
    }

    fn slot(&self, table: Table, key: &[u8]) -> usize {
        #[allow(clippy::cast_possible_truncation, reason = "any bits of the hash will do")]
        let hash = self.hasher.hash_one((table, key)) as usize;
        hash % self.slots.len()
    }

    pub(super) fn claims(&self, batch: &Batch) -> Claims {
        let reads = batch.reads.iter().map(|(table, key, stamp)| (self.slot(*table, key), *stamp)).collect();
        let target = |write: &super::super::Write| {
            let (table, key) = write.target();
            self.slot(table, key)
        };
        Claims { reads, writes: batch.writes.iter().map(target).collect() }
    }

    /// Whether none of these keys was written by a commit after its stamp that anybody can have seen.
    pub(super) fn unchanged(&self, reads: &[(Table, Key, Stamp)]) -> bool {
        reads.iter().all(|(table, key, stamp)| self.is_unchanged(*table, key, *stamp))
    }

    /// Whether no commit after `stamp` that anybody can have seen has written the key.
    pub(super) fn is_unchanged(&self, table: Table, key: &[u8], stamp: Stamp) -> bool {
        self.is_at_most(self.slot(table, key), stamp)
    }

    /// Takes the writes of a transaction as the commit `sequence`, unless something that it read was written after its stamp. For who
    /// holds the pen.
    pub(super) fn admit(&self, claims: &Claims, sequence: u64) -> bool {
        let holds = claims.reads.iter().all(|(slot, stamp)| self.is_at_most(*slot, *stamp));
        if holds {
            for slot in &claims.writes {
                self.slots[*slot].store(sequence, Ordering::Release);
            }
        }
        holds
    }

    fn is_at_most(&self, slot: usize, stamp: Stamp) -> bool {
        self.slots[slot].load(Ordering::Acquire) <= stamp.0
    }
}
