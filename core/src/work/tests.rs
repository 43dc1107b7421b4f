//! The workers over stores that look on, fail, or were left by a crash.

mod reclaim;
mod remnants;
mod sweep;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;

use crate::metadata::{
    Batch, CommitError, Durability, EngineLimits, Key, LockGuard, LockMode, MetadataStore, Read, ReadError, Snapshot,
    Table,
};

/// An index that remembers what was asked of it, and can let something happen first.
pub(crate) struct Spy {
    inner: Arc<dyn MetadataStore>,
    log: Arc<Mutex<Vec<Asked>>>,
    /// Happens before the next reading of one of these keys is answered.
    before: Mutex<Option<(Key, BoxFuture<'static, ()>)>>,
    pub(crate) fails_to_sync: AtomicBool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// From where, and how many pairs were the answer.
    Scan(Key, usize),
    Get,
}

impl Spy {
    pub(crate) fn on(inner: Arc<dyn MetadataStore>) -> Arc<Self> {
        Arc::new(Self { inner, log: Arc::default(), before: Mutex::default(), fails_to_sync: AtomicBool::new(false) })
    }

    /// Lets `happens` happen before the next reading of `key` outside of a snapshot is answered.
    pub(crate) fn before_reading(&self, key: Key, happens: BoxFuture<'static, ()>) {
        *self.before.lock() = Some((key, happens));
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.log.lock().clone()
    }
}

impl MetadataStore for Spy {
    fn limits(&self) -> EngineLimits {
        self.inner.limits()
    }

    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Read, ReadError>> {
        let happens = {
            let mut before = self.before.lock();
            before.take_if(|(key, _)| keys.iter().any(|(_, asked)| asked == key)).map(|(_, happens)| happens)
        };
        async move {
            if let Some(happens) = happens {
                happens.await;
            }
            self.inner.get_many(keys).await
        }
        .boxed()
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, ReadError> {
        Ok(Box::new(SpySnapshot { inner: self.inner.snapshot()?, log: self.log.clone() }))
    }

    fn lock<'a>(&'a self, key: &'a [u8], mode: LockMode) -> BoxFuture<'a, Result<Box<dyn LockGuard>, ReadError>> {
        self.inner.lock(key, mode)
    }

    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, Result<(), CommitError>> {
        self.inner.commit(batch, durability)
    }

    fn sync(&self) -> BoxFuture<'_, Result<(), CommitError>> {
        match self.fails_to_sync.load(Ordering::SeqCst) {
            true => std::future::ready(Err(CommitError::Failed("no disk".into()))).boxed(),
            false => self.inner.sync(),
        }
    }
}

struct SpySnapshot<'s> {
    inner: Box<dyn Snapshot + 's>,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl Snapshot for SpySnapshot<'_> {
    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, ReadError>> {
        self.log.lock().push(Asked::Get);
        self.inner.get_many(keys)
    }

    fn scan<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Bytes)>, ReadError>> {
        async move {
            let pairs = self.inner.scan(start, end, limit, reverse).await?;
            self.log.lock().push(Asked::Scan(start.to_vec(), pairs.len()));
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
        self.inner.any_other(start, end, but)
    }
}
