//! Renaming an object or a directory of any size: a change of one dentry.
//!
//! Always holds: renames of one bucket take turns, so the walk that finds a directory's target below itself can't be overtaken;
//! the node, its version and its content stay what they are. The source's directories are locked before the target's: they may
//! lie below it, and directories are locked upwards.

use super::current::Current;
use super::materialize::Space;
use super::place::{Place, State};
use super::prune::Left;
use super::{Tree, TxResult};
use crate::error::Error;
use crate::metadata::LockMode;
use crate::metadata::keys::{self, Id};
use crate::metadata::transaction::{Transaction, TxError};

impl Tree {
    /// To be taken before the places of a rename are resolved.
    pub(crate) async fn lock_renames(&self, tx: &mut Transaction<'_>, bucket: Id) -> TxResult<()> {
        self.lock(tx, keys::locks::rename(bucket), LockMode::Exclusive).await
    }

    /// Moves the live name of `source` to `target`, over what is there. Not for buckets with versions.
    pub(crate) async fn rename_object(
        &self,
        tx: &mut Transaction<'_>,
        source: &Place,
        target: &Place,
        current: &Current,
    ) -> TxResult<()> {
        let (Some(from), Some(_)) = (source.parent(), &source.dentry) else { return Err(TxError::Conflict) };
        if source.key == target.key {
            return Ok(());
        }
        tx.makes();
        if let Some(old) = self.current(tx, target).await? {
            // Two names of one node: as POSIX has it, nothing is to be done.
            if old.node == current.node {
                return Ok(());
            }
            let to = target.parent().ok_or(TxError::Conflict)?;
            let (at, owner) = ((to, target.leaf()), target.bucket.record.owner);
            self.leaves(tx, at);
            self.release_node(tx, old.node, old.single.then_some(&old.summary), at, owner).await?;
        }
        self.drop_dentry(tx, (from, source.leaf()));
        self.touched(tx, from);
        self.prune(tx, source, Left::Nothing(None), &kept(target, source)).await?;
        let to = self.materialize(tx, target, Space::Live).await?;
        self.touched(tx, to);
        let mut record = self.node(tx, current.node).await?;
        if let Some(posix) = &mut record.posix {
            posix.changed = self.clock.now();
        }
        let names = ((from, source.leaf()), (to, target.leaf()));
        self.move_node(tx, current.node, &mut record, names, current.version, source.bucket.record.owner);
        Ok(())
    }

    /// Moves a directory. The places are of keys that end in `/`: their last steps are the directories themselves.
    pub(crate) async fn rename_directory(
        &self,
        tx: &mut Transaction<'_>,
        source: &Place,
        target: &Place,
    ) -> TxResult<()> {
        let (Some(last), Some(target_last)) = (source.steps.last(), target.steps.last()) else {
            return Err(Error::InvalidRequest("the bucket's root can't be renamed".into()).into());
        };
        let State::Live(node) = last.state else { return Err(Error::NoSuchKey(source.key.clone()).into()) };
        if target.steps[..target.steps.len() - 1].iter().any(|step| step.state.node() == Some(node)) {
            let message =
                format!("{:?} lies inside {:?}: a directory can't be moved into itself", target.key, source.key);
            return Err(Error::InvalidRequest(message).into());
        }
        if target_last.state != State::Absent {
            return Err(Error::PreconditionFailed("target must not exist").into());
        }
        let source_above = above(source);
        let target_above = above(target);
        let from = source_above.parent().ok_or(TxError::Conflict)?;
        tx.makes();
        self.drop_dentry(tx, (from, source_above.leaf()));
        self.cache.forget_directory(from, source_above.leaf());
        self.counted(tx, from, -1);
        self.touched(tx, from);
        self.prune(tx, &source_above, Left::Nothing(None), &kept(&target_above, &source_above)).await?;
        let to = self.materialize(tx, &target_above, Space::Live).await?;
        self.counted(tx, to, 1);
        self.touched(tx, to);
        self.move_directory(tx, node, (from, source_above.leaf()), (to, target_above.leaf())).await?;
        Ok(())
    }
}

/// The same key, seen as a name in the directory above: its last step becomes the leaf.
fn above(place: &Place) -> Place {
    let mut place = place.clone();
    place.steps.pop();
    place.dentry = None;
    place
}

/// The directories that the target keeps from being empty.
fn kept(target: &Place, source: &Place) -> Vec<Id> {
    let mut kept: Vec<Id> = target.steps.iter().filter_map(|step| step.state.node()).collect();
    if target.parent() == source.parent() {
        kept.extend(source.parent());
    }
    kept
}
