//! The nodes that the kernel was told of and has not forgotten.
//!
//! Always holds: a file stays with the store for as long as the kernel may ask for it, also where another door has taken its name meanwhile:
//! or `open` of a name that was just found would fail. A directory does not stay; what was told of it last is kept as long, for a program
//! may have it open, or stand in it. A node is counted before the answer that tells of it is sent.

#[cfg(test)]
pub mod tests;

use std::collections::hash_map::Entry;

use fuser::Generation;
use parking_lot::Mutex;
use trefoil_core::error::Result;
use trefoil_core::files::{Attributes, FileService, Kind, Known};
use trefoil_core::id_map::IdMap;

use crate::limits::KNOWN_SHARDS;

/// What the kernel's knowing of a node keeps.
enum Kept {
    File { _held: Known },
    Directory(Box<Directory>),
}

struct Directory {
    last: Attributes,
    /// Raised where a directory that this mount has removed is there again, as in a bucket with versions, under its old number: the kernel
    /// takes one that it has seen removed for dead, as long as a program stands in it.
    generation: u64,
    removed: bool,
}

type Shard = Mutex<IdMap<(u64, Kept)>>;

pub struct KnownNodes {
    shards: [Shard; KNOWN_SHARDS],
}

impl KnownNodes {
    pub fn new() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()) }
    }

    /// The kernel is about to be told of a node. `checked`: `Stale` where it is a file that has gone since it was found.
    pub async fn told(&self, files: &FileService, attributes: &Attributes, checked: bool) -> Result<()> {
        if self.again(attributes) {
            return Ok(());
        }
        let kept = match attributes.kind {
            Kind::Directory => {
                Kept::Directory(Box::new(Directory { last: attributes.clone(), generation: 0, removed: false }))
            }
            _ => Kept::File { _held: files.know(attributes.node, checked).await? },
        };
        match self.shard(attributes.node).lock().entry(attributes.node) {
            Entry::Occupied(mut others) => others.get_mut().0 += 1,
            Entry::Vacant(new) => {
                new.insert((1, kept));
            }
        }
        Ok(())
    }

    fn again(&self, attributes: &Attributes) -> bool {
        match self.shard(attributes.node).lock().get_mut(&attributes.node) {
            Some((count, kept)) => {
                *count += 1;
                kept.renew(attributes);
                if let Kept::Directory(known) = kept
                    && std::mem::take(&mut known.removed)
                {
                    known.generation += 1;
                }
                true
            }
            None => false,
        }
    }

    /// The kernel is told what a node is like that it may know.
    pub fn renewed(&self, attributes: &Attributes) {
        if attributes.kind == Kind::Directory
            && let Some((_, kept)) = self.shard(attributes.node).lock().get_mut(&attributes.node)
        {
            kept.renew(attributes);
        }
    }

    /// What is told of a directory that is there no more and that the kernel knows: as it was, without a link.
    pub fn gone(&self, node: u64) -> Option<Attributes> {
        match self.shard(node).lock().get(&node) {
            Some((_, Kept::Directory(known))) => Some(Attributes { links: 0, ..known.last.clone() }),
            _ => None,
        }
    }

    /// The mount has removed the directory.
    pub fn removed(&self, node: u64) {
        if let Some((_, Kept::Directory(known))) = self.shard(node).lock().get_mut(&node) {
            known.removed = true;
        }
    }

    /// What tells the node from an earlier one of the same number.
    pub fn generation(&self, node: u64) -> Generation {
        match self.shard(node).lock().get(&node) {
            Some((_, Kept::Directory(known))) => Generation(known.generation),
            _ => Generation(0),
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

impl Kept {
    fn renew(&mut self, attributes: &Attributes) {
        if let Kept::Directory(known) = self {
            known.last.clone_from(attributes);
        }
    }
}
