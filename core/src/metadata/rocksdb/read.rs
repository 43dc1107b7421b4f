//! Point reads, and what a read of RocksDB's may cost the thread it runs on.
//!
//! Always holds: what is in memory is answered on the caller's thread at once; a read of the index that needs the disk tells the runtime
//! first, so that other tasks move to other threads. Bytes are checked against their checksums by RocksDB; damage is an error.

use bytes::Bytes;
use rocksdb::{ErrorKind, ReadOptions, ReadTier};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::super::{Key, ReadError, Table};
use super::{Db, Inner};

pub(super) type DbSnapshot<'a> = rocksdb::SnapshotWithThreadMode<'a, Db>;

impl Inner {
    /// The values of `keys` as `snapshot` shows them, or as they are now (for one key that is one instant too).
    pub(super) fn read(
        &self,
        keys: &[(Table, Key)],
        snapshot: Option<&DbSnapshot<'_>>,
    ) -> Result<Vec<Option<Bytes>>, ReadError> {
        let memory = options(ReadTier::BlockCache, snapshot);
        // Values in blob files are never in the block cache, and the page cache has the fresh ones: read where we are.
        let anywhere = options(ReadTier::All, snapshot);
        let mut values = Vec::with_capacity(keys.len());
        for (at, (table, key)) in keys.iter().enumerate() {
            let options = match table {
                Table::Index => &memory,
                Table::Inline => &anywhere,
            };
            match self.read_one(*table, key, options) {
                Ok(value) => values.push(value),
                Err(error) if error.kind() == ErrorKind::Incomplete => {
                    on_disk(|| {
                        for (table, key) in &keys[at..] {
                            values.push(self.read_one(*table, key, &anywhere).map_err(read_error)?);
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
