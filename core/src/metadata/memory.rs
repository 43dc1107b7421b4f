//! An engine in memory: the oracle that the others are compared with, and the store of fast tests.
//!
//! Always holds: one mutex-guarded state; a commit is checked and made under the write lock, so each read sees a whole number of
//! commits. Every key keeps its versions as long as a snapshot may want them, and the newest one as long as it is a value. Nothing
//! survives the process: `Synced` promises here what memory can.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use parking_lot::{Mutex, RwLock};

use super::counter;
use super::locks::LockTable;
use super::{
    Batch, CommitError, Durability, EngineLimits, Key, LockGuard, LockMode, MetadataStore, Read, ReadError, Snapshot,
    Stamp, Table, Write,
};
use crate::limits::MEMORY_DELETIONS_MAX;

/// The engine. Cloning is not offered: share it in an `Arc`.
#[derive(Debug)]
pub struct MemoryStore {
    state: RwLock<State>,
    /// How many snapshots stand at each sequence. Taken after `state` where both are.
    snapshots: Mutex<BTreeMap<u64, usize>>,
    locks: Arc<LockTable>,
    limits: EngineLimits,
    /// Entries that scans and searches for a neighbour have looked at.
    steps: AtomicU64,
    sync_fails: AtomicBool,
}

/// A value, or that there is none, since the commit of that sequence.
type Version = (u64, Option<Bytes>);

#[derive(Debug, Default)]
struct State {
    /// Sequence of the newest commit.
    sequence: u64,
    /// By table; each key's versions, oldest first, never empty.
    tables: [BTreeMap<Key, Vec<Version>>; 2],
    /// Keys that had more than one version, or a deletion, when the commit of that sequence wrote them.
    garbage: VecDeque<(u64, Table, Key)>,
    /// When the keys that are no longer in `tables` were deleted, so that who read them before that is told. Bounded by
    /// [`MEMORY_DELETIONS_MAX`]: then it is emptied, and `deletions_since` stands for all that it held.
    deletions: HashMap<(Table, Key), u64>,
    deletions_since: u64,
    /// Why the engine has stopped.
    stopped: Option<String>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self {
            state: RwLock::default(),
            snapshots: Mutex::default(),
            locks: LockTable::new(),
            limits: EngineLimits::EMBEDDED,
            steps: AtomicU64::new(0),
            sync_fails: AtomicBool::new(false),
        }
    }
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::default()
    }

    /// Behaves from now on like an engine whose log could not be written: every call fails.
    pub fn stop(&self, reason: &str) {
        self.state.write().stopped = Some(reason.to_owned());
    }

    /// Keys held in memory, deleted ones that a snapshot still wants among them.
    pub fn keys_in_memory(&self) -> usize {
        self.state.read().tables.iter().map(BTreeMap::len).sum()
    }

    fn readable(&self) -> Result<parking_lot::RwLockReadGuard<'_, State>, ReadError> {
        let state = self.state.read();
        match &state.stopped {
            Some(reason) => Err(ReadError::Failed(reason.clone())),
            None => Ok(state),
        }
    }

    /// Makes the next synced commit fail as one whose sync the disk refused.
    pub fn fail_next_sync(&self) {
        self.sync_fails.store(true, Ordering::SeqCst);
    }

    /// How many entries scans and searches for a neighbour have looked at: for tests that hold what they cost.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    fn step(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    fn commit_now(&self, batch: &Batch, durability: Durability) -> Result<(), CommitError> {
        batch.check(&self.limits)?;
        let mut state = self.state.write();
        if let Some(reason) = &state.stopped {
            return Err(CommitError::Failed(reason.clone()));
        }
        if batch.reads.iter().any(|(table, key, stamp)| state.changed_after(*table, key, *stamp)) {
            return Err(CommitError::Conflict);
        }
        if batch.writes.is_empty() {
            return Ok(());
        }
        if durability == Durability::Synced && self.sync_fails.load(Ordering::SeqCst) {
            let reason = "a sync failed, as was asked for".to_owned();
            state.stopped = Some(reason.clone());
            return Err(CommitError::Failed(reason));
        }
        state.sequence += 1;
        for write in &batch.writes {
            state.apply(write)?;
        }
        let oldest = self.snapshots.lock().keys().next().copied().unwrap_or(state.sequence);
        state.collect(oldest);
        Ok(())
    }
}

impl State {
    fn table(&self, table: Table) -> &BTreeMap<Key, Vec<Version>> {
        &self.tables[table as usize]
    }

    fn changed_after(&self, table: Table, key: &[u8], stamp: Stamp) -> bool {
        match self.table(table).get(key).and_then(|versions| versions.last()) {
            Some((sequence, _)) => *sequence > stamp.0,
            None => {
                let deleted = self.deletions.get(&(table, key.to_vec())).copied();
                deleted.unwrap_or(self.deletions_since) > stamp.0
            }
        }
    }

    fn apply(&mut self, write: &Write) -> Result<(), CommitError> {
        let (table, key) = write.target();
        let value = match write {
            Write::Put { value, .. } => Some(value.clone()),
            Write::Delete { .. } => None,
            Write::Add { .. } | Write::Max { .. } => {
                let old = value_at(self.table(table).get(key), self.sequence);
                let new = counter::apply(old.as_deref(), write);
                Some(new.map_err(|error| {
                    // What came before in the batch is made already; an engine on disk would find out as late.
                    self.stopped = Some(error.clone());
                    CommitError::Failed(error)
                })?)
            }
        };
        let sequence = self.sequence;
        let versions = self.tables[table as usize].entry(key.to_vec()).or_default();
        if versions.last().is_some_and(|(newest, _)| *newest == sequence) {
            versions.pop();
        }
        versions.push((sequence, value));
        if versions.len() > 1 || versions.last().is_some_and(|(_, value)| value.is_none()) {
            self.garbage.push_back((sequence, table, key.to_vec()));
        }
        Ok(())
    }

    /// Forgets the versions that no snapshot at `oldest` or later can see.
    fn collect(&mut self, oldest: u64) {
        while self.garbage.front().is_some_and(|(sequence, ..)| *sequence <= oldest) {
            let Some((_, table, key)) = self.garbage.pop_front() else { return };
            let keys = &mut self.tables[table as usize];
            let Some(versions) = keys.get_mut(&key) else { continue };
            let visible = versions.partition_point(|(sequence, _)| *sequence <= oldest);
            versions.drain(..visible.saturating_sub(1));
            // To a reader, a deletion as the only version says no more than no version.
            if let [(sequence, None)] = versions[..]
                && sequence <= oldest
            {
                keys.remove(&key);
                if self.deletions.len() >= MEMORY_DELETIONS_MAX {
                    self.deletions.clear();
                    self.deletions_since = self.sequence;
                }
                self.deletions.insert((table, key), sequence);
            }
        }
    }
}

fn value_at(versions: Option<&Vec<Version>>, sequence: u64) -> Option<Bytes> {
    let versions = versions?;
    let visible = versions.partition_point(|(written, _)| *written <= sequence);
    versions.get(visible.checked_sub(1)?)?.1.clone()
}

fn values(state: &State, keys: &[(Table, Key)], sequence: u64) -> Vec<Option<Bytes>> {
    keys.iter().map(|(table, key)| value_at(state.table(*table).get(key), sequence)).collect()
}

impl MetadataStore for MemoryStore {
    fn limits(&self) -> EngineLimits {
        self.limits
    }

    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Read, ReadError>> {
        async move {
            let state = self.readable()?;
            Ok((Stamp(state.sequence), values(&state, keys, state.sequence)))
        }
        .boxed()
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, ReadError> {
        let state = self.readable()?;
        *self.snapshots.lock().entry(state.sequence).or_default() += 1;
        Ok(Box::new(MemorySnapshot { store: self, sequence: state.sequence }))
    }

    fn lock<'a>(&'a self, key: &'a [u8], mode: LockMode) -> BoxFuture<'a, Result<Box<dyn LockGuard>, ReadError>> {
        async move {
            drop(self.readable()?);
            let guard = self.locks.lock(key, mode).await;
            Ok(Box::new(guard) as Box<dyn LockGuard>)
        }
        .boxed()
    }

    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, Result<(), CommitError>> {
        async move { self.commit_now(&batch, durability) }.boxed()
    }
}

struct MemorySnapshot<'a> {
    store: &'a MemoryStore,
    sequence: u64,
}

impl Drop for MemorySnapshot<'_> {
    fn drop(&mut self) {
        let mut snapshots = self.store.snapshots.lock();
        if let Some(count) = snapshots.get_mut(&self.sequence) {
            *count -= 1;
            if *count == 0 {
                snapshots.remove(&self.sequence);
            }
        }
    }
}

impl Snapshot for MemorySnapshot<'_> {
    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, ReadError>> {
        async move { Ok(values(&*self.store.readable()?, keys, self.sequence)) }.boxed()
    }

    fn scan<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Bytes)>, ReadError>> {
        async move {
            let state = self.store.readable()?;
            if start >= end {
                return Ok(Vec::new());
            }
            let range = state.table(Table::Index).range::<[u8], _>((Bound::Included(start), Bound::Excluded(end)));
            let live = |(key, versions): (&Key, &Vec<Version>)| {
                self.store.step();
                value_at(Some(versions), self.sequence).map(|value| (key.clone(), value))
            };
            Ok(match reverse {
                false => range.filter_map(live).take(limit).collect(),
                true => range.rev().filter_map(live).take(limit).collect(),
            })
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
            let state = self.store.readable()?;
            if start >= end {
                return Ok(None);
            }
            let from = but.clamp(start, end);
            let index = state.table(Table::Index);
            let mut above = index.range::<[u8], _>((Bound::Included(from), Bound::Excluded(end)));
            let mut below = index.range::<[u8], _>((Bound::Included(start), Bound::Excluded(from)));
            // A step to each side in turn: as far as the nearer live neighbour, twice.
            loop {
                let (next, previous) = (above.next(), below.next_back());
                if next.is_none() && previous.is_none() {
                    return Ok(None);
                }
                for (key, versions) in [next, previous].into_iter().flatten() {
                    self.store.step();
                    if key != but && value_at(Some(versions), self.sequence).is_some() {
                        return Ok(Some(key.clone()));
                    }
                }
            }
        }
        .boxed()
    }
}

#[cfg(test)]
pub(crate) mod tests;
