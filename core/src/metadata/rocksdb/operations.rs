//! What operating the engine needs beside the store's contract: compaction, figures, closing.
//!
//! Always holds: what may take long runs on a thread of its own kind, never on one that serves requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rocksdb::{CStrLike, FlushOptions, properties};

use super::super::{ReadError, Table};
use super::read::read_error;
use super::{Inner, RocksDb, open};
use crate::limits::COMMIT_QUEUE_BYTES_MAX;

/// Upper bounds of the classes that group sizes are counted in; the last class has none.
pub const GROUP_SIZE_CLASSES: [u64; 7] = [1, 4, 16, 64, 128, 256, u64::MAX];

/// A property of RocksDB that the binding has no constant for.
const TOTAL_BLOB_FILE_SIZE: &str = "rocksdb.total-blob-file-size";

/// Counted by whoever writes.
#[derive(Default)]
pub(super) struct Meters {
    pub(super) conflicts: AtomicU64,
    commits: AtomicU64,
    groups: AtomicU64,
    syncs: AtomicU64,
    group_sizes: [AtomicU64; GROUP_SIZE_CLASSES.len()],
}

impl Meters {
    /// The log was synced without a commit.
    pub(super) fn sync(&self) {
        self.syncs.fetch_add(1, Ordering::Relaxed);
    }

    /// A group of so many commits was written.
    pub(super) fn group(&self, size: usize, synced: bool) {
        let size = size as u64;
        self.commits.fetch_add(size, Ordering::Relaxed);
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.syncs.fetch_add(u64::from(synced), Ordering::Relaxed);
        let class = GROUP_SIZE_CLASSES.partition_point(|bound| *bound < size);
        self.group_sizes[class].fetch_add(1, Ordering::Relaxed);
    }
}

/// Figures of a store, for its metrics. Sizes are bytes; counters count since the opening.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// Table files of the newest state, both tables.
    pub table_bytes: u64,
    /// Blob files of the inline table, with their garbage.
    pub blob_bytes: u64,
    /// RocksDB's estimate, deletions not always deducted.
    pub index_keys_estimate: u64,
    pub memtable_bytes: u64,
    pub cache_bytes: u64,
    /// Records kept ready beside the cache of blocks.
    pub hot_bytes: u64,
    /// What compactions have yet to rewrite.
    pub compaction_pending_bytes: u64,
    /// Errors of flushes and compactions; any makes the engine refuse writes.
    pub background_errors: u64,
    pub commits: u64,
    pub conflicts: u64,
    /// Batches written, and syncs of the log: with such a batch, or of what was written before.
    pub groups: u64,
    pub syncs: u64,
    /// Groups of up to so many commits (the classes of [`GROUP_SIZE_CLASSES`]), each group in one class.
    pub group_sizes: [(u64, u64); GROUP_SIZE_CLASSES.len()],
    /// Bytes in the commit queue, each transaction with its least share, and the most that fit.
    pub queue_bytes: u64,
    pub queue_bytes_max: u64,
    /// Transactions in the commit queue.
    pub queue_length: u64,
    pub locks_in_use: u64,
    pub stopped: bool,
}

impl Inner {
    /// A figure of one table. RocksDB knows all that are asked for here; were one gone, it would read as 0.
    fn property(&self, table: Table, name: impl CStrLike) -> u64 {
        self.db.property_int_value_cf(self.family(table), name).ok().flatten().unwrap_or(0)
    }

    fn both(&self, name: &properties::PropName) -> u64 {
        self.property(Table::Index, name) + self.property(Table::Inline, name)
    }

    fn compact(&self) -> Result<(), rocksdb::Error> {
        self.flush()?;
        for table in [Table::Index, Table::Inline] {
            let all = None::<&[u8]>;
            self.db.compact_range_cf_opt(self.family(table), all, all, &open::full_compaction());
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), rocksdb::Error> {
        let mut options = FlushOptions::new();
        options.set_wait(true);
        self.db.flush_cfs_opt(&[self.family(Table::Index), self.family(Table::Inline)], &options)
    }
}

impl RocksDb {
    /// Rewrites both tables down to their last level: for measurements and tests.
    pub async fn compact(&self) -> Result<(), ReadError> {
        self.apart(Inner::compact).await
    }

    /// Finishes the commits on their way, writes the memtables out (so that the next opening has no log to replay) and refuses
    /// everything from then on. The directory is free once the last reference is dropped.
    pub async fn close(self: &Arc<Self>) -> Result<(), ReadError> {
        let store = Arc::clone(self);
        let closing = move || {
            store.drain();
            store.inner.running()?;
            store.inner.flush().map_err(read_error)?;
            let _ = store.inner.stopped.set("the store is closed".to_owned());
            Ok(())
        };
        join(tokio::task::spawn_blocking(closing).await)
    }

    /// Waits until the engine has stopped because a write failed, and says why. The process is to restart then (T9).
    pub async fn stopped(&self) -> String {
        loop {
            let notified = self.inner.stopping.notified();
            if let Some(reason) = self.inner.stopped() {
                return reason.to_owned();
            }
            notified.await;
        }
    }

    /// Cheap enough for every scrape.
    pub fn statistics(&self) -> Statistics {
        let inner = &self.inner;
        let meters = &inner.meters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut group_sizes = GROUP_SIZE_CLASSES.map(|bound| (bound, 0));
        for (class, counter) in group_sizes.iter_mut().zip(&meters.group_sizes) {
            class.1 = read(counter);
        }
        Statistics {
            table_bytes: inner.both(properties::LIVE_SST_FILES_SIZE),
            blob_bytes: inner.property(Table::Inline, TOTAL_BLOB_FILE_SIZE),
            index_keys_estimate: inner.property(Table::Index, properties::ESTIMATE_NUM_KEYS),
            memtable_bytes: inner.both(properties::SIZE_ALL_MEM_TABLES),
            cache_bytes: inner.cache.get_usage() as u64,
            hot_bytes: inner.hot.bytes(),
            compaction_pending_bytes: inner.both(properties::ESTIMATE_PENDING_COMPACTION_BYTES),
            background_errors: inner.property(Table::Index, properties::BACKGROUND_ERRORS),
            commits: read(&meters.commits),
            conflicts: read(&meters.conflicts),
            groups: read(&meters.groups),
            syncs: read(&meters.syncs),
            group_sizes,
            queue_bytes: (COMMIT_QUEUE_BYTES_MAX - self.room.available_permits()) as u64,
            queue_bytes_max: COMMIT_QUEUE_BYTES_MAX as u64,
            queue_length: self.jobs.read().as_ref().map_or(0, |jobs| jobs.len() as u64),
            locks_in_use: inner.locks.keys_in_use() as u64,
            stopped: inner.stopped().is_some(),
        }
    }

    async fn apart(
        &self,
        work: impl FnOnce(&Inner) -> Result<(), rocksdb::Error> + Send + 'static,
    ) -> Result<(), ReadError> {
        let inner = Arc::clone(&self.inner);
        let work = move || {
            inner.running()?;
            work(&inner).map_err(read_error)
        };
        join(tokio::task::spawn_blocking(work).await)
    }
}

fn join(joined: Result<Result<(), ReadError>, tokio::task::JoinError>) -> Result<(), ReadError> {
    joined.unwrap_or_else(|error| Err(ReadError::Failed(error.to_string())))
}
