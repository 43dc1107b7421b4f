//! Records that were read lately, kept decompressed and found by one look into a hash table: buckets and directories are read by every
//! request for a key below them, and a record that is asked for again costs a twentieth of RocksDB's own point read.
//!
//! Always holds: what is kept is never trusted by itself. Each value has the stamp of its read, and is given out only while its slot
//! in [`Validation`] says that nobody has written the key since. So nothing has to be thrown out when a key is written, and nothing
//! old can be seen. Memory is bounded by [`INDEX_HOT_BYTES`].
//!
//! # Why a value that passes is right
//!
//! Let a value be kept with stamp S, and let its slot be at most S when it is looked at. A slot is raised before its commit can be
//! seen, so no commit after S that anybody can have seen has written the key: the value is that of every state from S to this look.
//! Values of several keys are of one state, if none has a stamp above that of the present read: all of them were so when it was taken.

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::super::{Key, Stamp, Table};
use super::validation::Validation;
use crate::limits::{INDEX_HOT_BYTES, INDEX_HOT_RECORD_BYTES_MAX};

/// What an entry costs beside its key and value, about.
const ENTRY_BYTES: usize = 128;

pub(super) struct Hot {
    records: Cache<Key, (Stamp, Bytes), Weight>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, (Stamp, Bytes)> for Weight {
    fn weight(&self, key: &Key, (_, value): &(Stamp, Bytes)) -> u64 {
        (ENTRY_BYTES + key.len() + value.len()) as u64
    }
}

impl Hot {
    pub(super) fn new() -> Self {
        let records = INDEX_HOT_BYTES / (ENTRY_BYTES + 256);
        Self { records: Cache::with_weighter(records, INDEX_HOT_BYTES as u64, Weight) }
    }

    /// The value of a key, if it is known to have been so when `stamp` was taken, and still to be.
    pub(super) fn get(&self, table: Table, key: &[u8], stamp: Stamp, validation: &Validation) -> Option<Bytes> {
        if table != Table::Index {
            return None;
        }
        let (read, value) = self.records.get(key)?;
        (read <= stamp && validation.is_unchanged(table, key, read)).then_some(value)
    }

    /// Keeps what was read of a view that includes all commits up to `stamp`.
    pub(super) fn keep(&self, table: Table, key: &[u8], stamp: Stamp, value: &Bytes) {
        if table == Table::Index && value.len() <= INDEX_HOT_RECORD_BYTES_MAX {
            self.records.insert(key.to_vec(), (stamp, value.clone()));
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.records.weight()
    }
}
