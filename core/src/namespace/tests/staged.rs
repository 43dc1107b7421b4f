//! A store between a test and its engine: it counts, it lets others in between, it takes its time.
//!
//! Always holds: what passes through is not changed; with a seed the same calls meet the same delays.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use parking_lot::Mutex;

use crate::metadata::{
    Batch, CommitError, Durability, EngineLimits, Key, LockGuard, LockMode, MetadataStore, Read, ReadError, Snapshot,
    Table,
};
use crate::random::{Random, SeededRandom};

type Hook = BoxFuture<'static, ()>;

pub struct Staged {
    inner: Arc<dyn MetadataStore>,
    /// Draws how often a call lets other tasks run before it.
    pauses: Option<SeededRandom>,
    /// What a commit takes, as a sync does.
    commit_takes: Duration,
    /// What is done before the next calls of `get_many`, one each.
    before_reads: Mutex<VecDeque<Option<Hook>>>,
}

impl Staged {
    pub fn new(inner: Arc<dyn MetadataStore>) -> Self {
        Self { inner, pauses: None, commit_takes: Duration::ZERO, before_reads: Mutex::default() }
    }

    /// Lets other tasks run before each call, now and then, as `seed` has it.
    pub fn shuffled(inner: Arc<dyn MetadataStore>, seed: u64) -> Self {
        Self { pauses: Some(SeededRandom::new(seed)), ..Self::new(inner) }
    }

    /// Takes its time over each commit.
    pub fn slow(inner: Arc<dyn MetadataStore>, commit_takes: Duration) -> Self {
        Self { commit_takes, ..Self::new(inner) }
    }

    /// Does something before the call of `get_many` that follows `skip` others.
    pub fn before_read(&self, skip: usize, hook: Hook) {
        let mut hooks = self.before_reads.lock();
        hooks.clear();
        hooks.extend(std::iter::repeat_with(|| None).take(skip));
        hooks.push_back(Some(hook));
    }

    /// Whether what was to be done has been.
    pub fn is_over(&self) -> bool {
        self.before_reads.lock().is_empty()
    }

    async fn pause(&self) {
        let Some(random) = &self.pauses else { return };
        for _ in 0..random.next_u64() % 4 {
            tokio::task::yield_now().await;
        }
    }
}

impl MetadataStore for Staged {
    fn limits(&self) -> EngineLimits {
        self.inner.limits()
    }

    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Read, ReadError>> {
        async move {
            self.pause().await;
            let hook = self.before_reads.lock().pop_front().flatten();
            if let Some(hook) = hook {
                hook.await;
            }
            self.inner.get_many(keys).await
        }
        .boxed()
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, ReadError> {
        Ok(Box::new(StagedSnapshot { inner: self.inner.snapshot()?, store: self }))
    }

    fn lock<'a>(&'a self, key: &'a [u8], mode: LockMode) -> BoxFuture<'a, Result<Box<dyn LockGuard>, ReadError>> {
        async move {
            self.pause().await;
            self.inner.lock(key, mode).await
        }
        .boxed()
    }

    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, Result<(), CommitError>> {
        async move {
            self.pause().await;
            if !self.commit_takes.is_zero() && !batch.writes.is_empty() {
                tokio::time::sleep(self.commit_takes).await;
            }
            self.inner.commit(batch, durability).await
        }
        .boxed()
    }
}

struct StagedSnapshot<'a> {
    inner: Box<dyn Snapshot + 'a>,
    store: &'a Staged,
}

impl Snapshot for StagedSnapshot<'_> {
    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, ReadError>> {
        async move {
            self.store.pause().await;
            self.inner.get_many(keys).await
        }
        .boxed()
    }

    fn scan<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Bytes)>, ReadError>> {
        async move {
            self.store.pause().await;
            self.inner.scan(start, end, limit, reverse).await
        }
        .boxed()
    }

    fn any_other<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        but: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Key>, ReadError>> {
        async move {
            self.store.pause().await;
            self.inner.any_other(start, end, but).await
        }
        .boxed()
    }
}
