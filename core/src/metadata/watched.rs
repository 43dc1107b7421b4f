//! Telling those who cache of every commit that another made.
//!
//! Always holds: a watcher hears that a change begins before it is committed, what has changed after that, and that it is settled, in this
//! order, also where whoever made it has stopped waiting; the commit is answered after the watchers have heard, or after
//! [`WATCHERS_WAIT`]. One that begins to watch waits for the changes that began without it ([`Coherence::watch`]). A change that came
//! through a watcher waits for nobody: it runs inside a request that a kernel waits for, and what the watchers do may wait for that kernel.
//! Whoever reads by another door waits, before it is answered, until the watchers have heard of what it may have seen ([`Coherence::heard`]
//! and its like): or a client could read the new state by one door and the old one, after that, from another's cache.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;

use futures::future::{BoxFuture, FutureExt};
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use super::keys::{self, Id};
use super::{
    Batch, CommitError, Durability, EngineLimits, Key, LockGuard, LockMode, MetadataStore, Read, ReadError, Snapshot,
    Table, Write,
};
use crate::limits::WATCHERS_WAIT;

/// The origin of a change that nobody is to hear of: what caches hold of it is so already.
pub const NOBODY: u64 = 0;

/// What has changed, by what the index keeps of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touched {
    /// This dentry of a directory.
    Name { directory: Id, name: Vec<u8> },
    /// What is known of this node or directory; `bytes`: what it holds, too.
    Node { node: Id, bytes: bool },
}

/// Whoever caches what the index says.
pub trait Observer: Send + Sync + std::fmt::Debug {
    /// A change is about to be committed, and was settled.
    fn changing(&self, begins: bool);
    /// May block. Called on a thread that holds no lock of the store.
    fn changed(&self, touched: &[Touched]);
}

/// A dentry, by its directory and its name there; or a node, where there is no name.
type Place = (Id, Option<Vec<u8>>);
/// The numbers of a place's changes, in order.
type Unheard = HashMap<Place, Vec<u64>>;

/// The observers of one store.
#[derive(Debug, Default)]
pub struct Coherence {
    observers: RwLock<Vec<(u64, Arc<dyn Observer>)>>,
    /// Their number, to be asked at every commit.
    count: AtomicUsize,
    ids: AtomicU64,
    /// What is being changed, and of which not everybody has heard.
    unheard: Mutex<Unheard>,
    all_heard: Notify,
    /// Changes under way that began while nobody watched.
    unwatched: AtomicUsize,
    unwatched_over: Notify,
}

/// Ends the watch when it is dropped.
#[derive(Debug)]
pub struct Watch {
    coherence: Arc<Coherence>,
    id: u64,
}

impl Watch {
    /// Names the watcher as an origin of changes.
    pub fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut observers = self.coherence.observers.write();
        observers.retain(|(id, _)| *id != self.id);
        self.coherence.count.store(observers.len(), Ordering::SeqCst);
    }
}

/// Between a change's beginning and its end. Dropped without [`Coherence::tell`], it changed nothing.
pub(crate) struct Changing {
    coherence: Arc<Coherence>,
    observers: Vec<(u64, Arc<dyn Observer>)>,
    touched: Vec<Touched>,
    number: u64,
}

/// The same where nobody watches.
pub(crate) struct Unwatched(Arc<Coherence>);

impl Drop for Unwatched {
    fn drop(&mut self) {
        if self.0.unwatched.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.unwatched_over.notify_waiters();
        }
    }
}

/// What [`Coherence::begin`] gives.
#[must_use]
pub(crate) enum Begun {
    Watched(Changing),
    Unwatched(Unwatched),
}

impl Changing {
    fn begin(coherence: &Arc<Coherence>, touched: Vec<Touched>) -> Self {
        let observers = coherence.observers.read().clone();
        observers.iter().for_each(|(_, observer)| observer.changing(true));
        let mut unheard = coherence.unheard.lock();
        // Under the lock, so that a place's changes stand in the order of their numbers.
        let number = coherence.ids.fetch_add(1, Ordering::Relaxed) + 1;
        for touched in &touched {
            unheard.entry(touched.place()).or_default().push(number);
        }
        drop(unheard);
        Self { coherence: Arc::clone(coherence), observers, touched, number }
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        self.observers.iter().for_each(|(_, observer)| observer.changing(false));
        let mut unheard = self.coherence.unheard.lock();
        for place in self.touched.iter().map(Touched::place) {
            if let Some(changes) = unheard.get_mut(&place) {
                changes.retain(|number| *number != self.number);
                if changes.is_empty() {
                    unheard.remove(&place);
                }
            }
        }
        drop(unheard);
        self.coherence.all_heard.notify_waiters();
    }
}

impl Touched {
    fn place(&self) -> Place {
        match self {
            Touched::Name { directory, name } => (*directory, Some(name.clone())),
            Touched::Node { node, .. } => (*node, None),
        }
    }
}

impl Coherence {
    /// Begins to tell the observer. It is to cache nothing before this has answered: by then, what began to change before is over.
    pub async fn watch(self: &Arc<Self>, observer: Arc<dyn Observer>) -> Watch {
        let watch = self.add(observer);
        loop {
            let mut over = std::pin::pin!(self.unwatched_over.notified());
            over.as_mut().enable();
            // Either this sees the change, or the change sees the watcher: see `begin`.
            if self.unwatched.load(Ordering::SeqCst) == 0 {
                return watch;
            }
            over.await;
        }
    }

    fn add(self: &Arc<Self>, observer: Arc<dyn Observer>) -> Watch {
        let id = self.ids.fetch_add(1, Ordering::Relaxed) + 1;
        let mut observers = self.observers.write();
        observers.push((id, observer));
        self.count.store(observers.len(), Ordering::SeqCst);
        Watch { coherence: Arc::clone(self), id }
    }

    fn is_watched(&self) -> bool {
        self.count.load(Ordering::SeqCst) > 0
    }

    /// Waits until everybody has heard of what was committed of this name (the dentry's) before this was called; what begins later is not
    /// waited for. Not for what runs inside a kernel's request.
    pub async fn heard(&self, directory: Id, name: &[u8]) {
        if self.is_watched() {
            self.place_heard((directory, Some(name.to_vec()))).await;
        }
    }

    /// The same for what is known of a node or directory, and for its bytes.
    pub async fn heard_node(&self, node: Id) {
        if self.is_watched() {
            self.place_heard((node, None)).await;
        }
    }

    /// The same for all names and nodes: for whoever has read many.
    pub async fn heard_all(&self) {
        if self.is_watched() {
            let last = self.unheard.lock().values().flatten().copied().max();
            self.heard_to(last, |unheard, last| unheard.values().flatten().any(|number| *number <= last)).await;
        }
    }

    async fn place_heard(&self, place: Place) {
        let last = self.unheard.lock().get(&place).and_then(|changes| changes.last().copied());
        let waits = |unheard: &Unheard, last| {
            unheard.get(&place).is_some_and(|changes| changes.iter().any(|number| *number <= last))
        };
        self.heard_to(last, waits).await;
    }

    async fn heard_to(&self, last: Option<u64>, waits: impl Fn(&Unheard, u64) -> bool) {
        let Some(last) = last else { return };
        loop {
            let all_heard = self.all_heard.notified();
            if !waits(&self.unheard.lock(), last) {
                return;
            }
            all_heard.await;
        }
    }

    /// Says that something is about to change: by a commit, or in a way that no commit tells of.
    pub(crate) fn begin(self: &Arc<Self>, touched: impl FnOnce() -> Vec<Touched>) -> Begun {
        if !self.is_watched() {
            self.unwatched.fetch_add(1, Ordering::SeqCst);
            let unwatched = Unwatched(Arc::clone(self));
            // Whoever has begun to watch since may not wait for this.
            if !self.is_watched() {
                return Begun::Unwatched(unwatched);
            }
        }
        Begun::Watched(Changing::begin(self, touched()))
    }

    /// Tells everybody of what has changed, and waits until they have heard.
    pub(crate) async fn tell(begun: Begun) {
        let Begun::Watched(changing) = begun else { return };
        // Those who watch now, which may be more than when it began.
        let observers = changing.coherence.observers.read().clone();
        let changing = Arc::new(changing);
        // Side by side, so that none waits for another's kernel; and each goes on where it is not waited for any more.
        let told = observers.into_iter().map(|(_, observer)| {
            let changing = Arc::clone(&changing);
            tokio::task::spawn_blocking(move || observer.changed(&changing.touched))
        });
        let told = futures::future::join_all(told);
        drop(changing);
        if tokio::time::timeout(WATCHERS_WAIT, told).await.is_err() {
            tracing::warn!("a mount did not hear of a change in time; it is answered before the mount shows it");
        }
    }
}

/// What a batch changes, as those who cache see it.
fn touched(batch: &Batch) -> Vec<Touched> {
    let mut touched = Vec::new();
    for write in &batch.writes {
        let (table, key) = write.target();
        match (table, keys::seen(key)) {
            (Table::Index, Some(keys::Seen::Dentry { parent, name })) => {
                touched.push(Touched::Name { directory: parent, name: name.to_vec() });
            }
            (Table::Index, Some(keys::Seen::Node(node))) => {
                let gone = matches!(write, Write::Delete { .. });
                touched.push(Touched::Node { node, bytes: !gone });
            }
            _ => {}
        }
    }
    touched.dedup();
    touched
}

/// An engine whose commits are watched.
pub struct Watched {
    inner: Arc<dyn MetadataStore>,
    coherence: Arc<Coherence>,
}

impl Watched {
    pub fn new(inner: Arc<dyn MetadataStore>) -> (Arc<Self>, Arc<Coherence>) {
        let coherence = Arc::new(Coherence::default());
        (Arc::new(Self { inner, coherence: Arc::clone(&coherence) }), coherence)
    }
}

impl MetadataStore for Watched {
    fn limits(&self) -> EngineLimits {
        self.inner.limits()
    }

    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Read, ReadError>> {
        self.inner.get_many(keys)
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, ReadError> {
        self.inner.snapshot()
    }

    fn lock<'a>(&'a self, key: &'a [u8], mode: LockMode) -> BoxFuture<'a, Result<Box<dyn LockGuard>, ReadError>> {
        self.inner.lock(key, mode)
    }

    fn sync(&self) -> BoxFuture<'_, Result<(), CommitError>> {
        self.inner.sync()
    }

    fn heard<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, ()> {
        async move {
            for (table, key) in keys {
                match (table, keys::seen(key)) {
                    (Table::Index, Some(keys::Seen::Dentry { parent, name })) => {
                        self.coherence.heard(parent, name).await
                    }
                    (Table::Index, Some(keys::Seen::Node(node))) => self.coherence.heard_node(node).await,
                    _ => {}
                }
            }
        }
        .boxed()
    }

    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, Result<(), CommitError>> {
        if batch.origin.is_some() {
            return self.inner.commit(batch, durability);
        }
        let changing = match self.coherence.begin(|| touched(&batch)) {
            Begun::Watched(changing) if changing.touched.is_empty() => return self.inner.commit(batch, durability),
            Begun::Watched(changing) => Begun::Watched(changing),
            Begun::Unwatched(unwatched) => {
                let commit = self.inner.commit(batch, durability);
                return commit.inspect(move |_| drop(unwatched)).boxed();
            }
        };
        let inner = Arc::clone(&self.inner);
        let mut told = async move {
            inner.commit(batch, durability).await?;
            Coherence::tell(changing).await;
            Ok(())
        }
        .boxed();
        async move {
            if let Poll::Ready(told) = futures::poll!(told.as_mut()) {
                return told;
            }
            // A commit on its way is made though its caller stops waiting, as one whose connection ends: then it is told of, too.
            let told = tokio::spawn(told).await;
            told.map_err(|error| CommitError::Failed(format!("a commit that is watched failed: {error}")))?
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests;
