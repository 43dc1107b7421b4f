//! An index for this module's tests: a map, with faults on demand.
//!
//! Always holds: commits are serialized and validated as the contract of [`MetadataStore`] says; it remembers which were synced.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use parking_lot::Mutex;

use crate::metadata::locks::LockTable;
use crate::metadata::{
    Batch, CommitError, Durability, EngineLimits, Key, LockGuard, LockMode, MetadataStore, ReadError, Snapshot, Stamp,
    Table, Write,
};

pub(super) struct FakeIndex {
    pub(super) map: Mutex<BTreeMap<Key, Bytes>>,
    /// Answers of the next commits, before any is made true.
    pub(super) faults: Mutex<VecDeque<CommitError>>,
    pub(super) commits: Mutex<Vec<Durability>>,
    /// While held, commits wait.
    pub(super) gate: Arc<tokio::sync::Mutex<()>>,
    locks: Arc<LockTable>,
}

impl Default for FakeIndex {
    fn default() -> Self {
        Self {
            map: Mutex::default(),
            faults: Mutex::default(),
            commits: Mutex::default(),
            gate: Arc::default(),
            locks: LockTable::new(),
        }
    }
}

struct State(BTreeMap<Key, Bytes>);

impl Snapshot for State {
    fn get_many<'a>(&'a self, _: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, ReadError>> {
        Box::pin(async { Err(ReadError::Failed("not used here".into())) })
    }

    fn scan<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        limit: usize,
        _reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Bytes)>, ReadError>> {
        // Never more than three, so that every test reads several pages.
        let page = self.0.range(start.to_vec()..end.to_vec()).take(limit.min(3));
        let page = page.map(|(key, value)| (key.clone(), value.clone())).collect();
        Box::pin(async { Ok(page) })
    }

    fn any_other<'a>(&'a self, _: &'a [u8], _: &'a [u8], _: &'a [u8]) -> BoxFuture<'a, Result<Option<Key>, ReadError>> {
        Box::pin(async { Err(ReadError::Failed("not used here".into())) })
    }
}

impl MetadataStore for FakeIndex {
    fn limits(&self) -> EngineLimits {
        EngineLimits { key_bytes_max: 2048, value_bytes_max: 64 << 10, transaction_writes_max: 1000 }
    }

    fn get_many<'a>(
        &'a self,
        keys: &'a [(Table, Key)],
    ) -> BoxFuture<'a, Result<(Stamp, Vec<Option<Bytes>>), ReadError>> {
        let map = self.map.lock();
        let values = keys.iter().map(|(_, key)| map.get(key).cloned()).collect();
        Box::pin(async { Ok((Stamp(0), values)) })
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, ReadError> {
        Ok(Box::new(State(self.map.lock().clone())))
    }

    fn lock<'a>(&'a self, key: &'a [u8], mode: LockMode) -> BoxFuture<'a, Result<Box<dyn LockGuard>, ReadError>> {
        Box::pin(async move { Ok(Box::new(self.locks.lock(key, mode).await) as Box<dyn LockGuard>) })
    }

    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, Result<(), CommitError>> {
        Box::pin(async move {
            let _open = self.gate.lock().await;
            if let Some(fault) = self.faults.lock().pop_front() {
                return Err(fault);
            }
            assert!(!batch.reads.is_empty(), "a change is guarded by what it read");
            let mut map = self.map.lock();
            for write in batch.writes {
                match write {
                    Write::Put { table: Table::Index, key, value } => {
                        map.insert(key, value);
                    }
                    Write::Delete { table: Table::Index, key } => {
                        map.remove(&key);
                    }
                    other => panic!("accounts do not write {other:?}"),
                }
            }
            self.commits.lock().push(durability);
            Ok(())
        })
    }
}
