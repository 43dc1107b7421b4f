//! One transaction over any engine: what it reads is remembered and checked at its commit, what it writes waits until then.
//!
//! Always holds: a key is read from the store at most once, so a transaction sees one value of it; its own writes are seen by its own
//! reads of the same key; its locks are let go when the outcome of its commit is known, also if the caller stops waiting for it.
//!
//! Two reads of different keys may still come from different states: the commit would fail, but the body runs on until then. So a
//! decision, an error among them, is worth something only after [`Transaction::commit`] or [`Transaction::finish_reads`].
//! [`transact!`](crate::transact) does all of that, and is the way to use this. What only reads is better off with a
//! [`Snapshot`](super::Snapshot), which needs no check.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;

use super::{
    Batch, CommitError, Durability, Key, LockGuard, LockMode, MetadataStore, ReadError, Stamp, Table, Write, counter,
};

mod error;
mod retry;

pub use error::TxError;
#[doc(hidden)]
pub use retry::typed;
pub use retry::{Retry, Step};

/// See the module.
pub struct Transaction<'a> {
    store: &'a dyn MetadataStore,
    /// Whether an earlier attempt lost a race.
    repeated: bool,
    /// Whether it has lost so often that it has its turn.
    has_turn: bool,
    reads: HashMap<(Table, Key), (Stamp, Option<Bytes>)>,
    /// Reads that went to the store. More than one may have seen more than one state.
    instants: u32,
    writes: Vec<Write>,
    /// What the transaction's own writes have made of a key so far.
    own: HashMap<(Table, Key), Own>,
    locks: BTreeMap<Key, (LockMode, Box<dyn LockGuard>)>,
    makes: bool,
    origin: Option<u64>,
    kept: Vec<Box<dyn LockGuard>>,
}

/// What the own writes say about one key.
enum Own {
    /// Put or deleted: the stored value no longer matters.
    Known(Option<Bytes>),
    /// Counter changes on top of whatever is stored, in order.
    Counter(Vec<Write>),
}

impl<'a> Transaction<'a> {
    pub fn new(store: &'a dyn MetadataStore) -> Self {
        Self {
            store,
            repeated: false,
            has_turn: false,
            reads: HashMap::new(),
            instants: 0,
            writes: Vec::new(),
            own: HashMap::new(),
            locks: BTreeMap::new(),
            makes: false,
            origin: None,
            kept: Vec::new(),
        }
    }

    pub fn store(&self) -> &'a dyn MetadataStore {
        self.store
    }

    /// Whether an earlier attempt of the same lost a race: then it is worth a wait not to lose this one.
    pub fn is_repeated(&self) -> bool {
        self.repeated
    }

    /// Whether anybody can be waiting for this transaction.
    pub fn holds_locks(&self) -> bool {
        !self.locks.is_empty()
    }

    /// The value of one key. See [`Transaction::get_many`].
    pub async fn get(&mut self, table: Table, key: &[u8]) -> Result<Option<Bytes>, ReadError> {
        let mut values = self.get_many(&[(table, key.to_vec())]).await?;
        Ok(values.pop().flatten())
    }

    /// The values of `keys`, in their order: at most one round trip for all. The commit fails if another changes one of them before it.
    /// Keys that this transaction has read, put or deleted before cost nothing.
    pub async fn get_many(&mut self, keys: &[(Table, Key)]) -> Result<Vec<Option<Bytes>>, ReadError> {
        let known =
            |name: &&(Table, Key)| self.reads.contains_key(*name) || matches!(self.own.get(*name), Some(Own::Known(_)));
        let missing: Vec<_> = keys.iter().filter(|name| !known(name)).cloned().collect();
        if !missing.is_empty() {
            let (stamp, values) = self.store.get_many(&missing).await?;
            self.instants += 1;
            self.reads.extend(missing.into_iter().zip(values.into_iter().map(|value| (stamp, value))));
        }
        keys.iter().map(|name| self.seen(name)).collect()
    }

    /// The value as this transaction sees it, from memory.
    fn seen(&self, name: &(Table, Key)) -> Result<Option<Bytes>, ReadError> {
        let stored = || self.reads.get(name).and_then(|(_, value)| value.clone());
        match self.own.get(name) {
            None => Ok(stored()),
            Some(Own::Known(value)) => Ok(value.clone()),
            Some(Own::Counter(changes)) => {
                let mut value = stored();
                for change in changes {
                    value = Some(counter::apply(value.as_deref(), change).map_err(ReadError::Corrupt)?);
                }
                Ok(value)
            }
        }
    }

    /// Up to `limit` pairs of [`Table::Index`] with `start <= key < end`, in order, from the newest committed state.
    ///
    /// Not checked at the commit, and without this transaction's own writes: what is decided from it must be guarded by a lock that is
    /// taken before, or by a `get` of the key that it rests on.
    pub async fn snapshot_scan(
        &mut self,
        start: &[u8],
        end: &[u8],
        limit: usize,
    ) -> Result<Vec<(Key, Bytes)>, ReadError> {
        self.instants += 1;
        let snapshot = self.store.snapshot()?;
        snapshot.scan(start, end, limit, false).await
    }

    /// Some key of [`Table::Index`] in `start..end` other than `but`, from the newest committed state. Guard it as
    /// [`Transaction::snapshot_scan`] says; own writes are not seen.
    pub async fn any_other(&mut self, start: &[u8], end: &[u8], but: &[u8]) -> Result<Option<Key>, ReadError> {
        self.instants += 1;
        let snapshot = self.store.snapshot()?;
        snapshot.any_other(start, end, but).await
    }

    /// Waits for an advisory lock and keeps it until the outcome of the commit is known (or the transaction is dropped).
    ///
    /// To ask again for what is held does nothing. The engine looks for no deadlocks: whoever takes several keeps an order that all
    /// keep ([`Transaction::lock_all`] sorts), or bounds the wait. A shared lock never becomes exclusive, for two that try that wait
    /// for each other: held by a debug assertion.
    pub async fn lock(&mut self, key: &[u8], mode: LockMode) -> Result<(), ReadError> {
        if let Some((held, _)) = self.locks.get(key) {
            debug_assert!(
                *held == LockMode::Exclusive || mode == LockMode::Shared,
                "a shared lock can't become exclusive: {}",
                key.escape_ascii()
            );
            return Ok(());
        }
        let guard = self.store.lock(key, mode).await?;
        self.locks.insert(key.to_vec(), (mode, guard));
        Ok(())
    }

    /// Takes several locks in the order that can't deadlock. Where a key is named twice, exclusive wins.
    pub async fn lock_all(&mut self, wanted: impl IntoIterator<Item = (Key, LockMode)>) -> Result<(), ReadError> {
        let mut sorted = BTreeMap::new();
        for (key, mode) in wanted {
            let slot = sorted.entry(key).or_insert(mode);
            if mode == LockMode::Exclusive {
                *slot = mode;
            }
        }
        for (key, mode) in sorted {
            self.lock(&key, mode).await?;
        }
        Ok(())
    }

    pub fn put(&mut self, table: Table, key: impl Into<Key>, value: impl Into<Bytes>) {
        let (key, value) = (key.into(), value.into());
        self.own.insert((table, key.clone()), Own::Known(Some(value.clone())));
        self.writes.push(Write::Put { table, key, value });
    }

    pub fn delete(&mut self, table: Table, key: impl Into<Key>) {
        let key = key.into();
        self.own.insert((table, key.clone()), Own::Known(None));
        self.writes.push(Write::Delete { table, key });
    }

    /// What this transaction has read of a key, or made of it, without a look at the store. `None` where it has done neither, too.
    pub fn known(&self, table: Table, key: &[u8]) -> Option<Bytes> {
        self.seen(&(table, key.to_vec())).ok().flatten()
    }

    /// Whether the key's last change in this transaction was to go.
    pub fn deletes(&self, table: Table, key: &[u8]) -> bool {
        matches!(self.own.get(&(table, key.to_vec())), Some(Own::Known(None)))
    }

    /// Adds to a counter without reading it: see [`Write::Add`].
    pub fn add(&mut self, key: impl Into<Key>, delta: i64) {
        self.change_counter(Write::Add { key: key.into(), delta });
    }

    /// Raises a counter to at least `value` without reading it: see [`Write::Max`].
    pub fn max(&mut self, key: impl Into<Key>, value: i64) {
        self.change_counter(Write::Max { key: key.into(), value });
    }

    fn change_counter(&mut self, write: Write) {
        let name = (Table::Index, write.target().1.to_vec());
        match self.own.entry(name).or_insert_with(|| Own::Counter(Vec::new())) {
            Own::Counter(changes) => changes.push(write.clone()),
            // A value of another shape stays as it is here; the engine will refuse the sum where it makes it.
            Own::Known(value) => {
                if let Ok(sum) = counter::apply(value.as_deref(), &write) {
                    *value = Some(sum);
                }
            }
        }
        self.writes.push(write);
    }

    /// Says that this makes something or moves it: see [`Batch::makes`].
    pub fn makes(&mut self) {
        self.makes = true;
    }

    /// Keeps a guard until the outcome of the commit is known, as a lock.
    pub fn keep(&mut self, guard: Box<dyn LockGuard>) {
        self.kept.push(guard);
    }

    /// Says which watcher the change comes through: see [`Batch::origin`].
    pub fn origin(&mut self, watcher: Option<u64>) {
        self.origin = watcher;
    }

    /// Whether anything was written so far.
    pub fn has_writes(&self) -> bool {
        !self.writes.is_empty()
    }

    /// What will be written, in order.
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// Makes the writes true, if everything that was read is still so: all at one instant. Without writes it only checks, without
    /// waiting for a disk. After `Ok`, `durability` says what the change survives.
    pub async fn commit(self, durability: Durability) -> Result<(), CommitError> {
        let reads = self.reads.into_iter().map(|((table, key), (stamp, _))| (table, key, stamp)).collect();
        let held = self.locks.into_values().map(|(_, guard)| guard).chain(self.kept).collect();
        let Self { writes, origin, makes, has_turn, .. } = self;
        self.store.commit(Batch { reads, writes, held, origin, makes, has_turn }, durability).await
    }

    /// What was read, for [`MetadataStore::heard`] once the transaction's locks are free: nothing, where the answer goes to whoever caches.
    fn to_be_heard(&self) -> Vec<(Table, Key)> {
        match self.origin {
            Some(_) => Vec::new(),
            None => self.reads.keys().cloned().collect(),
        }
    }

    /// Checks that everything read so far is true at one instant, now, and lets nothing go: for a decision that is not followed by a
    /// commit. Costs nothing where one read answered everything, for that was one instant.
    pub async fn finish_reads(&self) -> Result<(), CommitError> {
        if self.instants <= 1 {
            return Ok(());
        }
        let reads = self.reads.iter().map(|((table, key), (stamp, _))| (*table, key.clone(), *stamp)).collect();
        self.store.commit(Batch { reads, has_turn: self.has_turn, ..Batch::default() }, Durability::Ordered).await
    }
}

#[cfg(test)]
mod tests;
