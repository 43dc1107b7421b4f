//! Making the directories of a key exist: live for a live name, or at least hidden for a version.
//!
//! Always holds: whoever adds to a directory holds its lock shared, so that nobody finds it empty meanwhile; a directory that
//! this transaction makes needs none, for its absence was read and is validated.

use super::place::{Place, State};
use super::{Tree, TxResult};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Dentry, Record};
use crate::metadata::transaction::Transaction;
use crate::metadata::{LockMode, Table};

/// The space that a directory is needed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// A live name will be below.
    Live,
    /// A version or delete marker will be; a hidden directory stays hidden.
    Versions,
}

impl Tree {
    /// Makes the directories of `place` exist in `space`. Answers the one that holds the name.
    pub(crate) async fn materialize(&self, tx: &mut Transaction<'_>, place: &Place, space: Space) -> TxResult<Id> {
        let root = place.bucket.record.root;
        let deepest = place.steps.iter().rev().find_map(|step| step.state.node()).unwrap_or(root);
        let live = place.steps.iter().rev().find_map(|step| match step.state {
            State::Live(node) => Some(node),
            _ => None,
        });
        self.lock(tx, keys::locks::directory(deepest), LockMode::Shared).await?;
        let live = live.unwrap_or(root);
        if space == Space::Live && live != deepest {
            self.lock(tx, keys::locks::directory(live), LockMode::Shared).await?;
        }
        let mut parent = root;
        for step in &place.steps {
            let name = place.step_name(step);
            parent = match (step.state, space) {
                (State::Live(node), _) | (State::Hidden(node), Space::Versions) => node,
                (State::Hidden(node), Space::Live) => {
                    tx.delete(Table::Index, keys::versions_of(parent, name));
                    tx.put(Table::Index, keys::dentry(parent, name), Dentry::Directory { node, moves: 0 }.encode());
                    self.counted(tx, parent, 1);
                    self.touched(tx, parent);
                    node
                }
                (State::Absent, space) => {
                    let node = self.ids.next().await?;
                    let key = match space {
                        Space::Live => keys::dentry(parent, name),
                        Space::Versions => keys::versions_of(parent, name),
                    };
                    tx.put(Table::Index, key, Dentry::Directory { node, moves: 0 }.encode());
                    let record = self.new_directory(parent, name);
                    tx.put(Table::Index, keys::directory(node), record.encode());
                    if space == Space::Live {
                        self.counted(tx, parent, 1);
                        self.touched(tx, parent);
                        // Not true before the commit; but a guess is verified wherever it is used.
                        self.cache.remember_directory(parent, name, node);
                    }
                    node
                }
            };
        }
        Ok(parent)
    }
}
