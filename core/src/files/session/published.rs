//! Which nodes were published lately: for whoever reads what is committed of nodes, and after that what their sessions have made of them.
//!
//! Always holds: a publication is noted before its session says that nothing of it waits. So what was read after a [`Mark`] was made, and has
//! nothing that waits after it was read, is old only where [`Published::since`] says so.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::limits::SESSION_PUBLISHED_MAX;
use crate::metadata::keys::Id;

#[derive(Debug, Default)]
pub(crate) struct Published {
    /// Publications so far; grows with the list's lock held. Asked without it, for hardly ever is there a new one.
    count: AtomicU64,
    /// The nodes of the last ones.
    nodes: Mutex<VecDeque<Id>>,
}

/// A moment: so many publications were before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark(u64);

impl Published {
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.count.load(Ordering::Acquire))
    }

    pub(super) fn note(&self, node: Id) {
        let mut nodes = self.nodes.lock();
        if nodes.len() == SESSION_PUBLISHED_MAX {
            nodes.pop_front();
        }
        nodes.push_back(node);
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether the node was published since, or may have been where there were too many.
    pub(crate) fn since(&self, mark: Mark, node: Id) -> bool {
        if self.count.load(Ordering::Acquire) == mark.0 {
            return false;
        }
        let nodes = self.nodes.lock();
        match usize::try_from(self.count.load(Ordering::Acquire) - mark.0) {
            Ok(count) if count <= nodes.len() => nodes.iter().rev().take(count).any(|last| *last == node),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests;
