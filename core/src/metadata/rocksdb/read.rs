//! Point reads, and what a read of RocksDB's may cost the thread it runs on.
//!
//! Always holds: what is in memory is answered on the caller's thread at once; a read of the index that needs the disk tells the runtime
//! first, so that other tasks move to other threads. Bytes are checked against their checksums by RocksDB; damage is an error. The
//! values of several keys are of one instant: of a snapshot, or read while nothing was committed.

use bytes::Bytes;
use rocksdb::{ErrorKind, ReadOptions, ReadTier};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::super::{Key, ReadError, Stamp, Table};
use super::{Db, Inner};

pub(super) type DbSnapshot<'a> = rocksdb::SnapshotWithThreadMode<'a, Db>;

/// The ways to read one state, made once for the newest and anew for each snapshot.
pub(super) struct Tiers {
    /// What is in memory, or [`ErrorKind::Incomplete`].
    memory: ReadOptions,
    anywhere: ReadOptions,
}

impl Tiers {
    pub(super) fn new(snapshot: Option<&DbSnapshot<'_>>) -> Self {
        Self { memory: options(ReadTier::BlockCache, snapshot), anywhere: options(ReadTier::All, snapshot) }
    }
}

impl Inner {
    /// The values of `keys` as they are at one instant, which is not before that of `stamp`.
    pub(super) fn read_now(&self, keys: &[(Table, Key)], stamp: Stamp) -> Result<Vec<Option<Bytes>>, ReadError> {
        let hot = |(table, key): &(Table, Key)| self.hot.get(*table, key, stamp, &self.validation);
        let mut known: Vec<Option<Option<Bytes>>> = keys.iter().map(hot).collect();
        let unknown: Vec<usize> = (0..keys.len()).filter(|at| known[*at].is_none()).collect();
        if unknown.len() == keys.len() {
            return self.read_newest(keys, stamp);
        }
        if !unknown.is_empty() {
            let wanted: Vec<_> = unknown.iter().map(|at| keys[*at].clone()).collect();
            let read = self.read_newest(&wanted, stamp)?;
            // The view may be newer than the stamp. What was kept must hold in it too.
            let same = |at: usize| self.validation.is_unchanged(keys[at].0, &keys[at].1, stamp);
            if !(0..keys.len()).all(|at| known[at].is_none() || same(at)) {
                return self.read_newest(keys, stamp);
            }
            for (at, value) in unknown.into_iter().zip(read) {
                known[at] = Some(value);
            }
        }
        Ok(known.into_iter().map(Option::flatten).collect())
    }

    /// The same, from RocksDB; keeps what was read.
    ///
    /// A snapshot takes and gives back the lock that RocksDB's writers and compactions share, so that it is left out where it can be:
    /// RocksDB shows commits by raising one number, so if that is the same after the reads as before, all saw the same state.
    fn read_newest(&self, keys: &[(Table, Key)], stamp: Stamp) -> Result<Vec<Option<Bytes>>, ReadError> {
        let before = self.db.latest_sequence_number();
        let mut values = self.read(keys, &self.newest)?;
        if keys.len() > 1 && self.db.latest_sequence_number() != before {
            values = self.read(keys, &Tiers::new(Some(&self.db.snapshot())))?;
        }
        for ((table, key), value) in keys.iter().zip(&values) {
            self.hot.keep(*table, key, stamp, value);
        }
        Ok(values)
    }

    /// The values of `keys` in the state that `tiers` are of: where that is the newest, each at its own instant.
    pub(super) fn read(&self, keys: &[(Table, Key)], tiers: &Tiers) -> Result<Vec<Option<Bytes>>, ReadError> {
        // Values in blob files are never in the block cache, and the page cache has the fresh ones: read where we are.
        let Tiers { memory, anywhere } = tiers;
        let mut values = Vec::with_capacity(keys.len());
        for (at, (table, key)) in keys.iter().enumerate() {
            let options = match table {
                Table::Index => memory,
                Table::Inline => anywhere,
            };
            match self.read_one(*table, key, options) {
                Ok(value) => values.push(value),
                Err(error) if error.kind() == ErrorKind::Incomplete => {
                    on_disk(|| {
                        for (table, key) in &keys[at..] {
                            values.push(self.read_one(*table, key, anywhere).map_err(read_error)?);
                        }
                        Ok(())
                    })?;
                    return Ok(values);
                }
                Err(error) => return Err(read_error(error)),
            }
        }
        Ok(values)
    }

    fn read_one(&self, table: Table, key: &[u8], options: &ReadOptions) -> Result<Option<Bytes>, rocksdb::Error> {
        let value = self.db.get_pinned_cf_opt(self.family(table), key, options)?;
        Ok(value.map(|value| Bytes::copy_from_slice(&value)))
    }
}

pub(super) fn options(tier: ReadTier, snapshot: Option<&DbSnapshot<'_>>) -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_read_tier(tier);
    if let Some(snapshot) = snapshot {
        options.set_snapshot(snapshot);
    }
    options
}

/// Runs what may wait for a disk. A runtime with one thread has nowhere to move its tasks; there it just waits.
pub(super) fn on_disk<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

pub(super) fn read_error(error: rocksdb::Error) -> ReadError {
    match error.kind() {
        ErrorKind::Corruption => ReadError::Corrupt(error.into_string()),
        _ => ReadError::Failed(error.into_string()),
    }
}
