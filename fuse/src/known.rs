//! The nodes that the kernel was told of and has not forgotten.
//!
//! Always holds: a file stays with the store for as long as the kernel may ask for it, also where another door has taken its name meanwhile:
//! or `open` of a name that was just found would fail. A node is counted before the answer that tells of it is sent. Directories need
//! no count: one that is gone can be asked for nothing.

use std::collections::hash_map::Entry;

use parking_lot::Mutex;
use trefoil_core::error::Result;
use trefoil_core::files::{Attributes, FileService, Kind, Known};
use trefoil_core::id_map::IdMap;

use crate::limits::KNOWN_SHARDS;

type Shard = Mutex<IdMap<(u64, Known)>>;

pub struct KnownNodes {
    shards: [Shard; KNOWN_SHARDS],
}

impl KnownNodes {
    pub fn new() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()) }
    }

    /// The kernel is about to be told of a node. `checked`: `Stale` where it has gone since it was found.
    pub async fn told(&self, files: &FileService, attributes: &Attributes, checked: bool) -> Result<()> {
        if attributes.kind == Kind::Directory || self.again(attributes.node) {
            return Ok(());
        }
        let known = files.know(attributes.node, checked).await?;
        match self.shard(attributes.node).lock().entry(attributes.node) {
            Entry::Occupied(mut others) => others.get_mut().0 += 1,
            Entry::Vacant(new) => {
                new.insert((1, known));
            }
        }
        Ok(())
    }

    fn again(&self, node: u64) -> bool {
        match self.shard(node).lock().get_mut(&node) {
            Some((count, _)) => {
                *count += 1;
                true
            }
            None => false,
        }
    }

    /// The kernel has forgotten so many of the answers that told of a node.
    pub fn forget(&self, node: u64, count: u64) {
        let gone = match self.shard(node).lock().entry(node) {
            Entry::Vacant(_) => None,
            Entry::Occupied(mut known) => {
                let left = known.get().0.saturating_sub(count);
                known.get_mut().0 = left;
                (left == 0).then(|| known.remove())
            }
        };
        // Outside of the lock: it may start work.
        drop(gone);
    }

    fn shard(&self, node: u64) -> &Shard {
        // Ids are drawn in sequence: their low bits spread evenly.
        &self.shards[usize::try_from(node % KNOWN_SHARDS as u64).unwrap_or(0)]
    }
}
