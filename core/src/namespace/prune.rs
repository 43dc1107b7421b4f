//! Taking away the directories that a removed name leaves empty.
//!
//! Always holds: emptiness is asked from the removed name outwards, so that deleting a million keys in any order is linear. One
//! other name that is read as part of the transaction is proof that the directory stays, without any lock; only where none is
//! found is the directory locked, and looked at again.

use super::place::{Place, State};
use super::{Tree, TxResult};
use crate::limits::OWN_REMOVED_MAX;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Dentry, Record};
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::{Key, LockMode, Table};

/// What a removed name leaves in the version space of its directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// Versions, or a delete marker that this very transaction adds.
    Versions,
    /// Nothing; the key of the version that this transaction removes, if it removes one.
    Nothing(Option<Key>),
}

impl Tree {
    /// Called after the live name of `place` was removed (or a version of it, where no live name was): hides or removes its
    /// directories, upwards, as far as they are empty. Directories in `kept` get a name in this transaction.
    pub(crate) async fn prune(&self, tx: &mut Transaction<'_>, place: &Place, left: Left, kept: &[Id]) -> TxResult<()> {
        let mut left = left;
        let mut child = place.leaf().to_vec();
        for (index, step) in place.steps.iter().enumerate().rev() {
            let Some(directory) = step.state.node() else { continue };
            let parent = place.parent_of(index).ok_or(TxError::Conflict)?;
            let live = matches!(step.state, State::Live(_));
            if kept.contains(&directory) {
                return Ok(());
            }
            if live {
                let space = keys::dentries(directory);
                let removed = keys::dentry(directory, &child);
                if self.stays(tx, directory, &space, &removed).await? {
                    return Ok(());
                }
            }
            if left != Left::Versions && place.versioned() {
                let space = keys::versions(directory);
                let removed = match &left {
                    Left::Nothing(Some(key)) => key.clone(),
                    _ => keys::versions_of(directory, &child),
                };
                if self.stays(tx, directory, &space, &removed).await? {
                    left = Left::Versions;
                }
            }
            child = place.step_name(step).to_vec();
            let hidden = keys::versions_of(parent, &child);
            if live {
                self.drop_dentry(tx, (parent, &child));
                self.forget_directory(parent, &child);
                self.counted(tx, parent, -1);
                self.touched(tx, parent);
            }
            left = match left {
                Left::Versions => {
                    if !live {
                        return Ok(());
                    }
                    tx.put(Table::Index, hidden, Dentry::Directory { node: directory, moves: 0 }.encode());
                    Left::Versions
                }
                Left::Nothing(_) => {
                    if !live {
                        tx.delete(Table::Index, hidden.clone());
                    }
                    self.drop_directory(tx, directory).await?;
                    Left::Nothing(Some(hidden))
                }
            };
        }
        Ok(())
    }

    /// Whether `space` of the directory holds anything but `removed`.
    async fn stays(&self, tx: &mut Transaction<'_>, directory: Id, space: &[u8], removed: &[u8]) -> TxResult<bool> {
        if self.has_another(tx, space, removed).await? {
            return Ok(true);
        }
        self.lock(tx, keys::locks::directory(directory), LockMode::Exclusive).await?;
        self.has_another(tx, space, removed).await
    }

    /// Whether `space` holds a key but `removed` that stays there; that key is then part of the transaction.
    async fn has_another(&self, tx: &mut Transaction<'_>, space: &[u8], removed: &[u8]) -> TxResult<bool> {
        let end = keys::behind(space);
        let Some(other) = tx.any_other(space, &end, removed).await? else { return Ok(false) };
        if tx.get(Table::Index, &other).await?.is_some() {
            return Ok(true);
        }
        if !tx.deletes(Table::Index, &other) {
            return Err(TxError::Conflict);
        }
        // This very transaction takes it away, as few others as a name has: the name itself and its draft.
        for (key, _) in tx.snapshot_scan(space, &end, OWN_REMOVED_MAX + 1).await? {
            if key != removed && !tx.deletes(Table::Index, &key) {
                return match tx.get(Table::Index, &key).await? {
                    Some(_) => Ok(true),
                    None => Err(TxError::Conflict),
                };
            }
        }
        Ok(false)
    }

    /// Whether the directory of `place` has another live name; that name is then part of the transaction.
    pub(crate) async fn has_other_name(&self, tx: &mut Transaction<'_>, directory: Id, name: &[u8]) -> TxResult<bool> {
        self.has_another(tx, &keys::dentries(directory), &keys::dentry(directory, name)).await
    }

    fn forget_directory(&self, parent: Id, name: &[u8]) {
        self.cache.forget_directory(parent, name);
    }
}
