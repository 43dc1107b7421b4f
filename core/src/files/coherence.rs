//! Telling doors that cache what others have changed.
//!
//! Always holds: a door hears of each change that did not come through it before whoever made that change is answered
//! (`metadata/watched.rs`), by the names that files have.

use std::sync::Arc;

use super::FileService;
use super::names::shown;
use crate::metadata::keys::{Id, drafted};
use crate::metadata::watched::{Observer, Touched, Watch};

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

/// A dentry that comes or goes may change what hides what: each name that it may have had is told.
fn changes_of(touched: &Touched) -> Vec<Change> {
    match touched {
        Touched::Node { node, bytes } => vec![Change::Node { node: *node, bytes: *bytes }],
        Touched::Name { directory, name } => {
            let name = drafted(name).unwrap_or(name);
            let stored = name.strip_suffix(b"/").unwrap_or(name);
            let at = |hidden| Change::Name { directory: *directory, name: shown(stored, 0, hidden) };
            match name.is_empty() {
                true => Vec::new(),
                false if stored.is_empty() => vec![at(false)],
                false => vec![at(false), at(true)],
            }
        }
    }
}

impl FileService {
    pub fn watch(&self, watcher: Arc<dyn Watcher>) -> WatchGuard {
        WatchGuard(self.coherence().watch(Arc::new(Adapter(watcher))))
    }
}
