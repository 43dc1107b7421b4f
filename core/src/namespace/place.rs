//! Where a key is in the tree: its directories, and the name in the last of them.
//!
//! Always holds: `key` is the concatenation of the steps' names and the leaf. Steps are live, then hidden, then absent: nothing
//! live lies below what is not. A dentry is there only if all steps are live.

use std::ops::Range;
use std::sync::Arc;

use super::resolve::Bucket;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::Dentry;
use crate::metadata::{Key, Table};

/// How a directory stands in its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Live(Id),
    /// Nothing live is below it: it is in the version space.
    Hidden(Id),
    Absent,
}

impl State {
    pub fn node(self) -> Option<Id> {
        match self {
            State::Live(node) | State::Hidden(node) => Some(node),
            State::Absent => None,
        }
    }
}

/// One directory on the way to a key.
#[derive(Clone, Debug)]
pub struct Step {
    /// The directory's own name in its parent, `/` included: a range of the key.
    pub name: Range<usize>,
    pub state: State,
}

/// A key, walked.
#[derive(Clone, Debug)]
pub struct Place {
    pub bucket: Arc<Bucket>,
    pub key: String,
    pub steps: Vec<Step>,
    /// The live name, where there is one.
    pub dentry: Option<Dentry>,
}

/// The names of the directories on the way to `key`; the leaf is what is left (empty for a key that ends in `/`).
pub fn directories(key: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    key.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(move |(at, _)| {
        let name = start..at + 1;
        start = at + 1;
        name
    })
}

impl Place {
    pub fn leaf(&self) -> &[u8] {
        let start = self.steps.last().map_or(0, |step| step.name.end);
        &self.key.as_bytes()[start..]
    }

    pub fn step_name(&self, step: &Step) -> &[u8] {
        &self.key.as_bytes()[step.name.clone()]
    }

    /// The directory that holds the name, where it exists.
    pub fn parent(&self) -> Option<Id> {
        self.steps.last().map_or(Some(self.bucket.record.root), |step| step.state.node())
    }

    /// Where its dentry is, or would be.
    pub fn at(&self) -> Option<(Table, Key)> {
        Some((Table::Index, keys::dentry(self.parent()?, self.leaf())))
    }

    /// The directory that holds step `index`, where it exists.
    pub fn parent_of(&self, index: usize) -> Option<Id> {
        match index {
            0 => Some(self.bucket.record.root),
            _ => self.steps[index - 1].state.node(),
        }
    }

    pub fn versioned(&self) -> bool {
        self.bucket.versioned()
    }
}
