//! The index: an ordered, transactional key-value store behind one narrow trait.
//!
//! Always holds (T6): `keys.rs` alone knows how keys are laid out, `records.rs` how values are, and `rocksdb.rs` alone knows
//! RocksDB. All domain logic stands above [`MetadataStore`] and is written once; `conformance.rs` runs against every engine, and
//! `memory.rs` is the oracle.
//!
//! # Contract for engines
//!
//! * **Strictly serializable.** A commit takes effect at one instant between its call and its answer. Everything that a
//!   transaction read by [`MetadataStore::get_many`] is still so at that instant, or the commit fails with
//!   [`CommitError::Conflict`] and changes nothing. An engine may report a conflict where there was none (rarely), never the reverse.
//! * **Scans are not validated.** [`Snapshot::scan`] and [`Snapshot::any_other`] show one consistent committed state, which may be
//!   old by the time of the commit. What a transaction decides from a scan must be guarded by [`MetadataStore::lock`] or by reading
//!   the key it relies on with `get_many`.
//! * **Order.** Keys compare as unsigned bytes. Keys are at most [`EngineLimits::key_bytes_max`] long, values at most
//!   `value_bytes_max`, except in [`Table::Inline`].
//! * **Durability.** After `commit(.., Durability::Synced)` answers `Ok`, the change survives kill -9 and power loss. After
//!   `Durability::Ordered` it survives kill -9, is visible to everybody, and survives power loss no later than the next synced
//!   commit of anybody: a crash keeps a prefix of the commits, never a hole. A visible change is never lost while a later one stays.
//! * **Failure.** [`CommitError::Failed`] means that the outcome is unknown or the log is broken: the engine has stopped, every
//!   later call fails, reads included, and the process must restart (T9). A failed sync is never retried.
//! * **Alone in a batch.** Engines group commits; a conflict fails its own transaction only. Those of one group are validated in
//!   order, each against what stood before it in the group.

pub mod account_keys;
pub mod account_records;
mod batch;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod counter;
pub mod counting;
pub mod keys;
pub mod locks;
pub mod memory;
pub mod records;
pub mod rocksdb;
pub mod seal;
pub mod transaction;
pub mod watched;

use std::fmt::Debug;

use bytes::Bytes;
use futures::future::BoxFuture;

/// A key of the index. Made by `keys.rs` only.
pub type Key = Vec<u8>;

/// Names the committed state that a read saw; the engine alone knows how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(pub u64);

/// What an engine can hold.
#[derive(Clone, Copy, Debug)]
pub struct EngineLimits {
    pub key_bytes_max: usize,
    pub value_bytes_max: usize,
    /// Writes of one transaction.
    pub transaction_writes_max: usize,
}

/// Where a key lives. The engine may store the tables differently (`Inline` holds values of up to 64 KiB that are rarely scanned).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    Index,
    Inline,
}

/// One change of a transaction.
#[derive(Clone, Debug)]
pub enum Write {
    Put {
        table: Table,
        key: Key,
        value: Bytes,
    },
    Delete {
        table: Table,
        key: Key,
    },
    /// Adds to a signed counter (absent counts as 0) without reading it: never conflicts with another `Add`. Stored as i64 LE.
    Add {
        key: Key,
        delta: i64,
    },
    /// Raises a counter to at least `value`, likewise (so absent and -1 make 0). A key takes either `Add` or `Max` in its life, not
    /// both; it may be put (8 bytes) and deleted between them.
    Max {
        key: Key,
        value: i64,
    },
}

/// A whole transaction, ready to be made true.
#[derive(Debug, Default)]
pub struct Batch {
    /// What was read, and when; checked at the instant of the commit.
    pub reads: Vec<(Table, Key, Stamp)>,
    /// Applied in order. With none, the commit only checks the reads: cheap, nothing is written or waited for.
    pub writes: Vec<Write>,
    /// The locks that guard what was decided from scans. The engine lets them go when the outcome is known, also where the
    /// caller has stopped waiting for it: a commit on its way can't be called back.
    pub held: Vec<Box<dyn LockGuard>>,
    /// The watcher that the change came through, which knows of it already (`watched.rs`).
    pub origin: Option<u64>,
    /// It makes something or moves it: so it is none that frees space, whatever it deletes beside.
    pub makes: bool,
    /// It has lost often, and its turn has come (`transaction/retry.rs`): an engine may let others wait for it a moment.
    pub has_turn: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Answered when it is on stable storage.
    Synced,
    /// Answered when it is in the log: atomic, ordered, visible, safe from kill -9.
    Ordered,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockMode {
    Shared,
    Exclusive,
}

/// Why a transaction did not happen.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// Something it read has changed since. Run it again.
    #[error("the transaction read what another has changed since")]
    Conflict,
    /// The store is out of space; nothing was changed and the engine goes on reading.
    #[error("the index is out of space: {0}")]
    Full(String),
    /// A key, a value or the whole is beyond [`EngineLimits`]: a fault of the caller. Nothing was changed.
    #[error("the transaction is too large: {0}")]
    TooLarge(String),
    /// The outcome is unknown, or the log can't be written. The engine has stopped.
    #[error("the index has stopped: {0}")]
    Failed(String),
}

/// The values of keys in the order asked for, and the state that they are of.
pub type Read = (Stamp, Vec<Option<Bytes>>);

/// A read that could not be answered.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// Stored bytes are not what was written.
    #[error("the index is damaged: {0}")]
    Corrupt(String),
    /// The engine has stopped (see [`CommitError::Failed`]) or the machine failed the read.
    #[error("the index can't be read: {0}")]
    Failed(String),
}

/// Held until dropped. Fair among waiters of one key.
pub trait LockGuard: Send + Sync + Debug {}

/// One committed state, unchanging while it is held. Cheap to take; not to be held for minutes.
pub trait Snapshot: Send + Sync {
    /// The values of `keys`, in their order. Not validated by a later commit: for that read through [`MetadataStore::get_many`].
    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, ReadError>>;

    /// Up to `limit` pairs of [`Table::Index`] with `start <= key < end`, in order (descending from the end where `reverse`).
    fn scan<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Bytes)>, ReadError>>;

    /// Some key of [`Table::Index`] in `start..end` other than `but`, where there is one. It is looked for from `but` outwards,
    /// in both directions with growing bounds, so that deleting a million neighbours one by one, in any order, stays linear.
    fn any_other<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        but: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Key>, ReadError>>;
}

/// An engine. See the module for the contract.
pub trait MetadataStore: Send + Sync + 'static {
    fn limits(&self) -> EngineLimits;

    /// Reads at the newest committed state, all keys at one instant. The stamp makes the read part of a transaction when it is put
    /// into [`Batch::reads`]. Counters written by `Add` and `Max` read as their i64 LE value.
    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Read, ReadError>>;

    /// The newest committed state.
    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, ReadError>;

    /// Waits for an advisory lock on `key` (any bytes; locks are not keys of the store). Take several in ascending order of their
    /// keys, or not at all: the engine does not look for deadlocks.
    fn lock<'a>(&'a self, key: &'a [u8], mode: LockMode) -> BoxFuture<'a, Result<Box<dyn LockGuard>, ReadError>>;

    /// Makes the batch true as a whole, or not at all.
    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, Result<(), CommitError>>;

    /// Waits until those who cache have heard of what was read of these keys. Nobody caches what an engine keeps by itself.
    fn heard<'a>(&'a self, _keys: &'a [(Table, Key)]) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }

    /// All that was answered before this is on stable storage when it answers. An engine that can't do better makes a commit of it.
    fn sync(&self) -> BoxFuture<'_, Result<(), CommitError>> {
        let writes = vec![Write::Max { key: keys::SYNC.to_vec(), value: 0 }];
        self.commit(Batch { writes, ..Batch::default() }, Durability::Synced)
    }
}
