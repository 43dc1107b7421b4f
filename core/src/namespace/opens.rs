//! Nodes that are open, or that a kernel knows: they stay when their last name goes.
//!
//! Always holds: a node is held from [`Opens::hold`] until its last [`Hold`] is dropped. Whoever takes its last name says so
//! by [`Opens::remove`] before that is committed, and keeps the [`Removal`] until the outcome is known: it gets none where the node is
//! held, and then leaves an orphan. Whoever opens waits for removals under way, and reads the node's record after that. So either the opener
//! finds the node gone, or the remover finds it open. A remover never waits, so it may hold locks.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::id_map::IdMap;
use crate::limits::PIN_SHARDS;
use crate::metadata::LockGuard;
use crate::metadata::keys::Id;

#[derive(Debug, Default)]
struct State {
    holds: usize,
    removals: usize,
    /// It may have been left without a name.
    orphan: bool,
}

impl State {
    fn is_held(&self) -> bool {
        self.holds > 0
    }
}

#[derive(Debug, Default)]
struct Shard {
    nodes: Mutex<IdMap<State>>,
    /// A removal was settled.
    settled: Notify,
}

/// The nodes that are open in this process. Cheap to clone; clones share one table.
#[derive(Clone, Debug)]
pub struct Opens {
    shards: Arc<[Shard; PIN_SHARDS]>,
}

impl Default for Opens {
    fn default() -> Self {
        Self { shards: Arc::new(std::array::from_fn(|_| Shard::default())) }
    }
}

/// Keeps one node until it is dropped.
#[derive(Debug)]
#[must_use = "a dropped hold keeps nothing"]
pub struct Hold {
    opens: Opens,
    node: Id,
    given_back: bool,
}

/// A node is being removed, until this is dropped.
#[derive(Debug)]
pub struct Removal {
    opens: Opens,
    node: Id,
}

impl LockGuard for Removal {}

impl Opens {
    /// Holds the node, once no removal of it is under way. Its record is to be read after that.
    pub async fn hold(&self, node: Id) -> Hold {
        let shard = self.shard(node);
        loop {
            let settled = shard.settled.notified();
            {
                let mut nodes = shard.nodes.lock();
                let state = nodes.entry(node).or_default();
                if state.removals == 0 {
                    state.holds += 1;
                    return Hold { opens: self.clone(), node, given_back: false };
                }
            }
            settled.await;
        }
    }

    /// Begins a removal; `None` where the node is held, and is left as an orphan.
    pub fn remove(&self, node: Id) -> Option<Removal> {
        let mut nodes = self.shard(node).nodes.lock();
        let state = nodes.entry(node).or_default();
        if state.is_held() {
            state.orphan = true;
            return None;
        }
        state.removals += 1;
        Some(Removal { opens: self.clone(), node })
    }

    /// Number of nodes that are open.
    pub fn count(&self) -> usize {
        let open = |shard: &Shard| shard.nodes.lock().values().filter(|state| state.is_held()).count();
        self.shards.iter().map(open).sum()
    }

    fn shard(&self, node: Id) -> &Shard {
        // Ids are drawn in sequence: their low bits spread evenly.
        &self.shards[usize::try_from(node % PIN_SHARDS as u64).expect("less than the number of shards")]
    }

    /// Changes what is known of a node; whether it is held by nobody after that, and may be an orphan.
    fn change(&self, node: Id, change: impl FnOnce(&mut State)) -> bool {
        let mut nodes = self.shard(node).nodes.lock();
        let Some(state) = nodes.get_mut(&node) else { return false };
        change(state);
        let abandoned = state.orphan && !state.is_held();
        if !state.is_held() && state.removals == 0 {
            nodes.remove(&node);
        }
        abandoned
    }
}

impl Hold {
    pub fn node(&self) -> Id {
        self.node
    }

    /// Gives it back; whether it was the last of a node that may have lost its name.
    pub fn release(mut self) -> bool {
        self.give_back()
    }

    fn give_back(&mut self) -> bool {
        if std::mem::replace(&mut self.given_back, true) {
            return false;
        }
        self.opens.change(self.node, |state| state.holds -= 1)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Drop for Removal {
    fn drop(&mut self) {
        self.opens.change(self.node, |state| state.removals -= 1);
        self.opens.shard(self.node).settled.notify_waiters();
    }
}
