//! A store that lets something happen at a moment that a test names.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use parking_lot::Mutex;

use super::*;
use crate::metadata::rocksdb::space::frees;
use crate::metadata::{
    Batch, CommitError, Durability, EngineLimits, Key, LockGuard, LockMode, MetadataStore, Read, ReadError, Snapshot,
    Table,
};

type Hook = BoxFuture<'static, ()>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// What was read is known, and not given out yet.
    AfterRead,
    /// What is to be committed is decided.
    BeforeCommit,
    /// It is committed, and not answered yet.
    AfterCommit,
}

/// Between a test and its engine.
pub(crate) struct Between {
    inner: Arc<dyn MetadataStore>,
    armed: Mutex<Option<(Moment, Key, Hook)>>,
    full: AtomicBool,
}

impl Between {
    pub(crate) fn over(inner: Arc<dyn MetadataStore>) -> Arc<Self> {
        Arc::new(Self { inner, armed: Mutex::default(), full: AtomicBool::new(false) })
    }

    /// Files over such a store.
    pub(crate) async fn files() -> (Files, Arc<Self>) {
        let mut s3 = Fixture::new().await;
        let store = Self::over(s3.store.clone());
        s3.service = s3.service_over(store.clone(), s3.data.clone());
        let service = FileService::new(s3.service.clone(), Arc::new(Coherence::default()));
        let view = service.view(&s3.root, Files::request(&s3)).await.unwrap();
        (Files { s3, service, view, root: Caller::root() }, store)
    }

    /// Lets it happen once, at the next such moment of something that reads or writes the key.
    pub(crate) fn arm(&self, moment: Moment, key: Key, happens: Hook) {
        *self.armed.lock() = Some((moment, key, happens));
    }

    /// From here on there is room for removals only, or for all again.
    pub(crate) fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// Whether it has happened.
    pub(crate) fn is_over(&self) -> bool {
        self.armed.lock().is_none()
    }

    async fn pass(&self, moment: Moment, touches: impl Fn(&Key) -> bool) {
        let due = |(at, key, _): &mut (Moment, Key, Hook)| *at == moment && touches(key);
        let happens = self.armed.lock().take_if(due).map(|(_, _, happens)| happens);
        if let Some(happens) = happens {
            happens.await;
        }
    }
}

impl MetadataStore for Between {
    fn limits(&self) -> EngineLimits {
        self.inner.limits()
    }

    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Read, ReadError>> {
        async move {
            let read = self.inner.get_many(keys).await;
            self.pass(Moment::AfterRead, |key| keys.iter().any(|(_, asked)| asked == key)).await;
            read
        }
        .boxed()
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, ReadError> {
        Ok(Box::new(SnapshotBetween { inner: self.inner.snapshot()?, store: self }))
    }

    fn lock<'a>(&'a self, key: &'a [u8], mode: LockMode) -> BoxFuture<'a, Result<Box<dyn LockGuard>, ReadError>> {
        self.inner.lock(key, mode)
    }

    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, Result<(), CommitError>> {
        let written: Vec<Key> = batch.writes.iter().map(|write| write.target().1.to_vec()).collect();
        async move {
            self.pass(Moment::BeforeCommit, |key| written.contains(key)).await;
            if self.full.load(Ordering::SeqCst) && !frees(&batch) {
                return Err(CommitError::Full("by this test".into()));
            }
            let committed = self.inner.commit(batch, durability).await;
            self.pass(Moment::AfterCommit, |key| written.contains(key)).await;
            committed
        }
        .boxed()
    }
}

struct SnapshotBetween<'a> {
    inner: Box<dyn Snapshot + 'a>,
    store: &'a Between,
}

impl Snapshot for SnapshotBetween<'_> {
    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, ReadError>> {
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
            let found = self.inner.scan(start, end, limit, reverse).await;
            self.store.pass(Moment::AfterRead, |key| (start..end).contains(&&key[..])).await;
            found
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
