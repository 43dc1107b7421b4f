//! A store that counts the round trips made to the store inside it.
//!
//! Always holds: it changes nothing of what passes through. On an engine across a network each count is one round trip; tests hold
//! GET to 2 of them and PUT to 3 ([`Counts::round_trips`]). Taking a lock and taking a snapshot are counted, but are no trips of their
//! own: the first is local or travels with a read, the second begins with its first read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};

use super::{
    Batch, CommitError, Durability, EngineLimits, Key, LockGuard, LockMode, MetadataStore, Read, ReadError, Snapshot,
    Table,
};

/// What was asked of the store so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls of [`MetadataStore::get_many`].
    pub get_many: u64,
    /// Snapshots taken.
    pub snapshots: u64,
    /// Calls of a snapshot's `get_many`, `scan` and `any_other`.
    pub snapshot_reads: u64,
    /// Pairs that scans gave.
    pub pairs: u64,
    pub locks: u64,
    /// Commits that write something.
    pub commits: u64,
    /// Commits without writes, which only check what was read.
    pub validations: u64,
}

impl Counts {
    pub fn round_trips(&self) -> u64 {
        self.get_many + self.snapshot_reads + self.commits + self.validations
    }

    /// What was asked since `earlier`.
    pub fn since(&self, earlier: &Counts) -> Counts {
        Counts {
            get_many: self.get_many - earlier.get_many,
            snapshots: self.snapshots - earlier.snapshots,
            snapshot_reads: self.snapshot_reads - earlier.snapshot_reads,
            pairs: self.pairs - earlier.pairs,
            locks: self.locks - earlier.locks,
            commits: self.commits - earlier.commits,
            validations: self.validations - earlier.validations,
        }
    }
}

#[derive(Debug, Default)]
struct Counters {
    get_many: AtomicU64,
    snapshots: AtomicU64,
    snapshot_reads: AtomicU64,
    pairs: AtomicU64,
    locks: AtomicU64,
    commits: AtomicU64,
    validations: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Counts what passes on its way to `inner`.
#[derive(Debug)]
pub struct CountingStore<S> {
    inner: Arc<S>,
    counters: Counters,
}

impl<S: MetadataStore> CountingStore<S> {
    pub fn new(inner: Arc<S>) -> Self {
        Self { inner, counters: Counters::default() }
    }

    pub fn inner(&self) -> &Arc<S> {
        &self.inner
    }

    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            get_many: read(&self.counters.get_many),
            snapshots: read(&self.counters.snapshots),
            snapshot_reads: read(&self.counters.snapshot_reads),
            pairs: read(&self.counters.pairs),
            locks: read(&self.counters.locks),
            commits: read(&self.counters.commits),
            validations: read(&self.counters.validations),
        }
    }
}

impl<S: MetadataStore> MetadataStore for CountingStore<S> {
    fn limits(&self) -> EngineLimits {
        self.inner.limits()
    }

    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Read, ReadError>> {
        count(&self.counters.get_many);
        self.inner.get_many(keys)
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, ReadError> {
        count(&self.counters.snapshots);
        let inner = self.inner.snapshot()?;
        Ok(Box::new(CountingSnapshot { inner, counters: &self.counters }))
    }

    fn lock<'a>(&'a self, key: &'a [u8], mode: LockMode) -> BoxFuture<'a, Result<Box<dyn LockGuard>, ReadError>> {
        count(&self.counters.locks);
        self.inner.lock(key, mode)
    }

    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, Result<(), CommitError>> {
        count(if batch.writes.is_empty() { &self.counters.validations } else { &self.counters.commits });
        self.inner.commit(batch, durability)
    }
}

struct CountingSnapshot<'a> {
    inner: Box<dyn Snapshot + 'a>,
    counters: &'a Counters,
}

impl Snapshot for CountingSnapshot<'_> {
    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, ReadError>> {
        count(&self.counters.snapshot_reads);
        self.inner.get_many(keys)
    }

    fn scan<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Bytes)>, ReadError>> {
        count(&self.counters.snapshot_reads);
        async move {
            let pairs = self.inner.scan(start, end, limit, reverse).await?;
            self.counters.pairs.fetch_add(pairs.len() as u64, Ordering::Relaxed);
            Ok(pairs)
        }
        .boxed()
    }

    fn any_other<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        but: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Key>, ReadError>> {
        count(&self.counters.snapshot_reads);
        self.inner.any_other(start, end, but)
    }
}
