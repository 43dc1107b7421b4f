//! Records that were read or written lately, kept decompressed and found by one look into a hash table: buckets and directories are read by
//! every request for a key below them, a file that was just made is opened, written to and closed, and a record that is asked for again costs
//! a twentieth of RocksDB's own point read.
//!
//! Always holds: what is kept is never trusted by itself. Each value has the stamp of its read, and is given out only while its slot
//! in [`Validation`] says that nobody has written the key since. So nothing has to be thrown out when a key is written, and nothing
//! old can be seen. Memory is bounded by [`INDEX_HOT_BYTES`].
//!
//! # Why a value that passes is right
//!
//! Let a value be kept with stamp S, and let its slot be at most S when it is looked at. A slot is raised before its commit can be
//! seen, so no commit after S that anybody can have seen has written the key: the value is that of every state from S to this look.
//! A value that a commit has made is kept with that commit's own sequence, which its slot has until the next write of the key; it is
//! kept before a stamp can have that sequence, so that no read finds it before the last write of the commit is there.
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
    records: Cache<Key, (Stamp, Option<Bytes>), Weight>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, (Stamp, Option<Bytes>)> for Weight {
    fn weight(&self, key: &Key, (_, value): &(Stamp, Option<Bytes>)) -> u64 {
        (ENTRY_BYTES + key.len() + value.as_ref().map_or(0, Bytes::len)) as u64
    }
}

impl Hot {
    pub(super) fn new() -> Self {
        let records = INDEX_HOT_BYTES / (ENTRY_BYTES + 256);
        Self { records: Cache::with_weighter(records, INDEX_HOT_BYTES as u64, Weight) }
    }

    /// The value of a key, or that it has none, if that is known to have been so when `stamp` was taken, and still to be.
    pub(super) fn get(&self, table: Table, key: &[u8], stamp: Stamp, validation: &Validation) -> Option<Option<Bytes>> {
        if table != Table::Index {
            return None;
        }
        let (read, value) = self.records.get(key)?;
        (read <= stamp && validation.is_unchanged(table, key, read)).then_some(value)
    }

    /// Keeps what was read of a view that includes all commits up to `stamp`.
    pub(super) fn keep(&self, table: Table, key: &[u8], stamp: Stamp, value: &Option<Bytes>) {
        if table == Table::Index && value.as_ref().is_none_or(|value| value.len() <= INDEX_HOT_RECORD_BYTES_MAX) {
            self.records.insert(key.to_vec(), (stamp, value.clone()));
        }
    }

    /// Keeps what the commit with that sequence has made of a key, in the order of the writes, before any stamp has reached that sequence: a
    /// key that is written twice in one commit has only its last value for whoever may ask. `None`: only that it is no longer what an
    /// earlier write said.
    pub(super) fn made(&self, key: Key, sequence: Stamp, value: Option<Bytes>) {
        match value {
            Some(value) if value.len() <= INDEX_HOT_RECORD_BYTES_MAX => {
                // A copy, of as many bytes as it has: what a record was made in has room for more.
                self.records.insert(key, (sequence, Some(Bytes::copy_from_slice(&value))))
            }
            _ => {
                self.records.remove(&key);
            }
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.records.weight()
    }
}
