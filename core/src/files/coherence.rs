//! Telling doors that cache what others have changed.
//!
//! Always holds: a door hears of each change that did not come through it before whoever made that change is answered
//! (`metadata/watched.rs`), by the names that files have.

use std::sync::Arc;

use super::names::{is_by_number, shown};
use super::{FileService, View};
use crate::metadata::keys::{Id, drafted};
use crate::metadata::watched::{Begun, Coherence, Observer, Touched, Watch};

/// A door that caches.
pub trait Watcher: Send + Sync + std::fmt::Debug {
    /// A change is about to be committed, and was settled: between the two, what is read may be old when it is answered.
    fn changing(&self, begins: bool);
    /// May block; called on a thread that holds no lock of the core.
    fn changed(&self, changes: &[Change]);
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The name, as files have it, leads elsewhere, or nowhere.
    Name { directory: Id, name: Vec<u8> },
    /// Attributes, and where it says so the bytes.
    Node { node: Id, bytes: bool },
}

/// Ends the watch when it is dropped.
#[derive(Debug)]
pub struct WatchGuard(Watch);

impl WatchGuard {
    /// For [`View::watcher`](super::View::watcher): changes through that view are not told to this watcher.
    pub fn id(&self) -> u64 {
        self.0.id()
    }
}

#[derive(Debug)]
struct Adapter(Arc<dyn Watcher>);

impl Observer for Adapter {
    fn changing(&self, begins: bool) {
        self.0.changing(begins);
    }

    fn changed(&self, touched: &[Touched]) {
        let changes: Vec<Change> = touched.iter().flat_map(changes_of).collect();
        self.0.changed(&changes);
    }
}

/// A dentry that comes or goes may change what hides what: each name that it may have had is told, but those by number, of which it does
/// not say whose they are ([`is_by_number`]).
fn changes_of(touched: &Touched) -> Vec<Change> {
    match touched {
        Touched::Node { node, bytes } => vec![Change::Node { node: *node, bytes: *bytes }],
        Touched::Name { directory, name } => {
            let name = drafted(name).unwrap_or(name);
            let stored = name.strip_suffix(b"/").unwrap_or(name);
            let names = match name.is_empty() {
                true => Vec::new(),
                false if stored.is_empty() => vec![shown(stored, 0, false)],
                false => vec![shown(stored, 0, false), shown(stored, 0, true)],
            };
            let told = names.into_iter().filter(|name| !is_by_number(name));
            told.map(|name| Change::Name { directory: *directory, name }).collect()
        }
    }
}

impl FileService {
    /// Begins to tell the watcher, which is to cache nothing before this has answered.
    pub async fn watch(&self, watcher: Arc<dyn Watcher>) -> WatchGuard {
        WatchGuard(self.coherence().watch(Arc::new(Adapter(watcher))).await)
    }

    /// Says that a node is about to change by what no commit tells of: its write session. Doors that cache answer nothing meanwhile that
    /// may be kept, and the others show nothing of it before those have heard ([`FileService::heard_of`]); so this is said right before the
    /// change, and not before what may wait. `None` where the change comes through a door that caches.
    pub(crate) fn begin_change(&self, view: &View, node: Id, bytes: bool) -> Option<Begun> {
        view.watcher.is_none().then(|| self.coherence().begin(|| vec![Touched::Node { node, bytes }]))
    }

    pub(crate) async fn tell_change(&self, begun: Option<Begun>) {
        if let Some(begun) = begun {
            Coherence::tell(begun).await;
        }
    }

    /// Tells doors that cache of a node that has changed.
    pub(crate) async fn changed_node(&self, view: &View, node: Id, bytes: bool) {
        self.tell_change(self.begin_change(view, node, bytes)).await;
    }

    /// Waits, where the view is not one that caches, until those have heard of what was read of a node.
    pub(crate) async fn heard_of(&self, view: &View, node: Id) {
        if view.watcher.is_none() {
            self.coherence().heard_node(node).await;
        }
    }

    /// The same for whoever has read many names and nodes.
    pub(crate) async fn heard_of_all(&self, view: &View) {
        if view.watcher.is_none() {
            self.coherence().heard_all().await;
        }
    }
}
