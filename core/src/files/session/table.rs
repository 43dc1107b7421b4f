//! The sessions that there are.
//!
//! Always holds: at most one session a node. One goes when it is clean and nobody uses it; whoever finds it in the table uses it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::budget::{Budget, Used};
use super::lost::Lost;
use super::published::Published;
use super::state::State;
use crate::clock::Timestamp;
use crate::files::attributes::BLOCK_BYTES;
use crate::files::{Attributes, View};
use crate::limits::{SESSION_DIRTY_MAX, SESSION_OWN_BYTES, SESSION_RETRY_PAUSE, SESSION_SHARDS};
use crate::metadata::keys::Id;
use crate::types::BucketName;

/// What was written to one node. See the module above.
pub(crate) struct Session {
    pub(super) node: Id,
    /// Of the view that it was begun through.
    pub(super) location: String,
    pub(in crate::files) bucket: BucketName,
    /// One publication at a time.
    pub(super) flushing: tokio::sync::Mutex<()>,
    /// `None` until the node was read.
    pub(in crate::files) state: tokio::sync::Mutex<Option<State>>,
    pub(super) used: Used,
    /// Tasks that store whole pages. Changed with the state locked; they go on where the state is another by then.
    pub(super) storing: AtomicUsize,
    pub(super) facts: Mutex<Facts>,
    pub(super) lost: Mutex<Option<Box<Lost>>>,
    published: Arc<Published>,
}

const _: () = assert!(size_of::<Session>() + 2 * size_of::<usize>() <= SESSION_OWN_BYTES);

/// What whoever asks for attributes is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// There is something that the index does not have yet.
    pub(crate) dirty: bool,
    pub(crate) size: u64,
    pub(crate) modified: Timestamp,
    pub(crate) changed: Timestamp,
    pub(super) used_at: Instant,
    /// Since when there is something that the index does not have, or was not asked to have.
    dirty_since: Option<Instant>,
    /// When it last could not be published while nobody waited for that.
    pub(super) failed_at: Option<Instant>,
}

pub(crate) struct Sessions {
    shards: [Mutex<HashMap<Id, Arc<Session>>>; SESSION_SHARDS],
    pub(super) budget: Arc<Budget>,
    pub(crate) published: Arc<Published>,
    /// Of this start; and how often written bytes were lost since.
    verifier: u64,
    losses: AtomicU64,
}

impl Sessions {
    pub(crate) fn new(verifier: u64) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            budget: Arc::default(),
            published: Arc::default(),
            verifier,
            losses: AtomicU64::new(0),
        }
    }

    pub(crate) fn verifier(&self) -> u64 {
        self.verifier.wrapping_add(self.losses.load(Ordering::Acquire))
    }

    /// How often written bytes were lost so far.
    pub(crate) fn losses(&self) -> u64 {
        self.losses.load(Ordering::Acquire)
    }

    /// Written bytes are lost before they were committed. The number of this loss.
    pub(super) fn lost(&self) -> u64 {
        self.losses.fetch_add(1, Ordering::AcqRel) + 1
    }

    fn shard(&self, node: Id) -> &Mutex<HashMap<Id, Arc<Session>>> {
        &self.shards[usize::try_from(node % SESSION_SHARDS as u64).unwrap_or(0)]
    }

    pub(crate) fn get(&self, node: Id) -> Option<Arc<Session>> {
        self.shard(node).lock().get(&node).cloned()
    }

    pub(crate) fn get_or_make(&self, view: &View, node: Id) -> Arc<Session> {
        let mut shard = self.shard(node).lock();
        Arc::clone(shard.entry(node).or_insert_with(|| {
            let (size, modified, changed, used_at) = (0, Timestamp(0), Timestamp(0), Instant::now());
            let facts = Facts { dirty: false, size, modified, changed, used_at, dirty_since: None, failed_at: None };
            Arc::new(Session {
                node,
                location: view.location.clone(),
                bucket: view.bucket.clone(),
                flushing: tokio::sync::Mutex::default(),
                state: tokio::sync::Mutex::default(),
                used: Used::default(),
                storing: AtomicUsize::new(0),
                facts: Mutex::new(facts),
                lost: Mutex::default(),
                published: Arc::clone(&self.published),
            })
        }))
    }

    /// Lets go of a session where it is clean and nobody else uses it.
    pub(crate) fn let_go(&self, session: Arc<Session>) {
        let mut shard = self.shard(session.node).lock();
        if let Entry::Occupied(entry) = shard.entry(session.node)
            && Arc::ptr_eq(entry.get(), &session)
            && Arc::strong_count(&session) == 2
            && session.is_clean()
        {
            entry.remove();
        }
    }

    /// All that there are now.
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        self.shards.iter().flat_map(|shard| shard.lock().values().cloned().collect::<Vec<_>>()).collect()
    }

    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    /// The one that takes the most memory, of those that are worth a try to publish them.
    pub(super) fn largest(&self) -> Option<Arc<Session>> {
        let tried = self.all().into_iter().filter(|session| !session.facts().is_resting());
        tried.max_by_key(|session| session.used.load(Ordering::Acquire))
    }

    /// Makes attributes say what was written and is not committed. Whether there is such.
    pub(crate) fn overlay(&self, node: Id, attributes: &mut Attributes) -> bool {
        let Some(session) = self.get(node) else { return false };
        let facts = *session.facts.lock();
        facts.overlay(attributes);
        facts.dirty
    }

    /// Whether something was written to the node that is not committed.
    pub(crate) fn is_dirty(&self, node: Id) -> bool {
        self.get(node).is_some_and(|session| session.facts().dirty)
    }

    /// The time of modification was set: what is published later keeps it.
    pub(crate) fn set_modified(&self, node: Id, modified: Timestamp) {
        if let Some(session) = self.get(node) {
            session.facts.lock().modified = modified;
        }
    }
}

impl Facts {
    /// Nothing was written for that long.
    pub(crate) fn is_idle(&self, time: Duration) -> bool {
        self.used_at.elapsed() >= time
    }

    /// Somebody writes without a rest, and long ago what was written was published last.
    pub(crate) fn is_overdue(&self) -> bool {
        self.dirty_since.is_some_and(|since| since.elapsed() >= SESSION_DIRTY_MAX)
    }

    /// It failed so lately that it is not tried again while nobody waits for it.
    pub(super) fn is_resting(&self) -> bool {
        self.failed_at.is_some_and(|failed_at| failed_at.elapsed() < SESSION_RETRY_PAUSE)
    }

    pub(super) fn overlay(&self, attributes: &mut Attributes) {
        if self.dirty {
            attributes.size = self.size;
            attributes.used = self.size.next_multiple_of(BLOCK_BYTES);
            attributes.modified = self.modified;
            attributes.changed = attributes.changed.max(self.changed);
        }
    }
}

impl Session {
    pub(crate) fn node(&self) -> Id {
        self.node
    }

    pub(crate) fn facts(&self) -> Facts {
        *self.facts.lock()
    }

    pub(super) fn storing(&self) -> usize {
        self.storing.load(Ordering::Acquire)
    }

    /// Nobody uses it: asked where nobody can begin to.
    fn is_clean(&self) -> bool {
        let Ok(state) = self.state.try_lock() else { return false };
        state.as_ref().is_none_or(|state| !state.is_dirty()) && self.storing() == 0 && !self.has_lost()
    }

    /// Says what the state says.
    pub(super) fn tell(&self, state: &State, written: Option<Timestamp>) {
        let mut facts = self.facts.lock();
        if facts.dirty && !state.dirty {
            self.published.note(self.node);
        }
        facts.dirty = state.dirty;
        facts.size = state.size;
        facts.dirty_since = match (state.dirty, written) {
            (false, _) => None,
            (true, Some(_)) => facts.dirty_since.or_else(|| Some(Instant::now())),
            // A publication has been there, or has tried.
            (true, None) => Some(Instant::now()),
        };
        if let Some(now) = written {
            facts.modified = now;
            facts.changed = now;
            facts.used_at = Instant::now();
        }
    }
}
