//! Fair advisory locks on byte strings, shared by the engines of one process.
//!
//! Always holds: waiters of one key are served in the order they came, readers that stand together are let in together; a key that
//! nobody holds or waits for takes no memory; a waiting future that is dropped leaves the queue and holds nothing. There is no
//! detection of deadlocks: who takes several locks takes them in an order that all keep, or bounds the wait.
//!
//! The number of waiters is bounded by the requests that the doors let in, for each waits for one lock at a time.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use super::{LockGuard, LockMode};
use crate::limits::LOCK_SHARDS;

/// All locks of one store.
pub struct LockTable {
    shards: Box<[Shard]>,
    hasher: RandomState,
}

type Shard = Mutex<HashMap<Arc<[u8]>, Slot>>;

/// One key that somebody holds or waits for. tokio's lock is a FIFO queue and safe to stop waiting for.
struct Slot {
    lock: Arc<RwLock<()>>,
    /// Holders and waiters. The slot goes when the last of them has gone.
    users: usize,
}

impl LockTable {
    pub fn new() -> Arc<Self> {
        let shards = (0..LOCK_SHARDS).map(|_| Mutex::default()).collect();
        Arc::new(Self { shards, hasher: RandomState::new() })
    }

    /// Waits until the lock is free for `mode`, behind all who came before. Held until the guard is dropped.
    pub async fn lock(self: &Arc<Self>, key: &[u8], mode: LockMode) -> Guard {
        // Order matters when this future is dropped: what waits goes before the claim that keeps the slot.
        let claim = self.claim(key);
        let lock = Arc::clone(&claim.lock);
        let held = match mode {
            LockMode::Shared => Held::Shared(lock.read_owned().await),
            LockMode::Exclusive => Held::Exclusive(lock.write_owned().await),
        };
        Guard { held, claim }
    }

    /// Keys that are held or waited for now.
    pub fn keys_in_use(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    fn shard(&self, key: &[u8]) -> &Shard {
        #[allow(clippy::cast_possible_truncation, reason = "any bits of the hash will do")]
        let hash = self.hasher.hash_one(key) as usize;
        &self.shards[hash % self.shards.len()]
    }

    fn claim(self: &Arc<Self>, key: &[u8]) -> Claim {
        let mut shard = self.shard(key).lock();
        let key: Arc<[u8]> = Arc::from(key);
        let slot = shard.entry(Arc::clone(&key)).or_insert_with(|| Slot { lock: Arc::default(), users: 0 });
        slot.users += 1;
        Claim { lock: Arc::clone(&slot.lock), key, table: Arc::clone(self) }
    }
}

/// Keeps a slot in the table for one holder or waiter.
struct Claim {
    table: Arc<LockTable>,
    key: Arc<[u8]>,
    lock: Arc<RwLock<()>>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut shard = self.table.shard(&self.key).lock();
        if let Entry::Occupied(mut slot) = shard.entry(Arc::clone(&self.key)) {
            slot.get_mut().users -= 1;
            if slot.get().users == 0 {
                slot.remove();
            }
        }
    }
}

/// Only kept to be dropped.
enum Held {
    Shared(#[allow(dead_code)] OwnedRwLockReadGuard<()>),
    Exclusive(#[allow(dead_code)] OwnedRwLockWriteGuard<()>),
}

/// A lock, held until this is dropped.
pub struct Guard {
    // The order of the fields is the order of their drops: the lock is free before its slot may go.
    held: Held,
    claim: Claim,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.held {
            Held::Shared(_) => "shared",
            Held::Exclusive(_) => "exclusive",
        };
        write!(f, "Guard({mode} {})", self.claim.key.escape_ascii())
    }
}

impl LockGuard for Guard {}

impl fmt::Debug for LockTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockTable").field("keys_in_use", &self.keys_in_use()).finish()
    }
}

#[cfg(test)]
mod tests;
