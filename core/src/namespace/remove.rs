//! Taking a name away, or one version of it, or hiding it behind a delete marker.
//!
//! Always holds: removing what is absent changes nothing and succeeds. When the current version goes, the newest one left that is
//! not a delete marker comes to light only if no delete marker is above it.

use super::materialize::Space;
use super::place::Place;
use super::prune::Left;
use super::versions::Found;
use super::{Tree, TxResult};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Version, VersionRecord};
use crate::metadata::transaction::Transaction;
use crate::metadata::{Key, LockMode, Table};
use crate::types::{AccountId, VersionId, Versioning};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// There was nothing to remove.
    Nothing,
    /// A live name of a bucket without versions is gone.
    Name,
    /// A delete marker is on top.
    Marked { node: u64, version: Version },
    /// One version is gone.
    Version { node: u64, version: Version, was_marker: bool },
}

/// What may be hidden with the last live name below it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hides<'a> {
    All,
    /// All directories but these, which get another name in this transaction, or keep one.
    AllBut(&'a [Id]),
}

impl<'a> Hides<'a> {
    fn kept(self) -> &'a [Id] {
        match self {
            Hides::All => &[],
            Hides::AllBut(kept) => kept,
        }
    }
}

impl Tree {
    /// DELETE without a version.
    pub(crate) async fn remove(
        &self,
        tx: &mut Transaction<'_>,
        place: &Place,
        by: Option<AccountId>,
    ) -> TxResult<Removed> {
        if place.bucket.record.versioning != Versioning::Unset {
            // A directory that this empties is hidden under its lock for this one alone, and sealing takes it shared.
            if let (false, Some(parent)) = (place.steps.is_empty(), place.parent())
                && self.draft(tx, (parent, place.leaf())).await?.is_some()
            {
                self.lock(tx, keys::locks::directory(parent), LockMode::Exclusive).await?;
            }
            let with_draft = self.seal_before(tx, place).await?;
            return self.mark_deleted(tx, with_draft.as_ref().unwrap_or(place), by, Hides::All).await;
        }
        let (Some(current), Some(parent)) = (self.current(tx, place).await?, place.parent()) else {
            return Ok(Removed::Nothing);
        };
        self.drop_dentry(tx, (parent, place.leaf()));
        let (at, owner) = ((parent, place.leaf()), place.bucket.record.owner);
        self.release_node(tx, current.node, current.single.then_some(&current.summary), at, owner).await?;
        self.touched(tx, parent);
        self.prune(tx, place, Left::Nothing(None), &[]).await?;
        Ok(Removed::Name)
    }

    /// Puts a delete marker on top of a name's versions.
    pub(crate) async fn mark_deleted(
        &self,
        tx: &mut Transaction<'_>,
        place: &Place,
        by: Option<AccountId>,
        hides: Hides<'_>,
    ) -> TxResult<Removed> {
        let current = self.current(tx, place).await?;
        let before = match &current {
            Some(current) => Some(current.version.sequence),
            None => self.newest_noncurrent(tx, place).await?.map(|(sequence, _)| sequence),
        };
        let now = self.clock.now();
        let version = Version::new(
            before.map_or(now.0, |before| now.0.max(before + 1)),
            place.bucket.record.versioning == Versioning::Suspended,
        );

        // The directory may be left without a live name: then it is to be hidden, which takes its lock for this one alone, and
        // takes it at once, for a shared one can't be raised.
        let mut emptied = false;
        if let (Some(_), Some(parent)) = (&current, place.parent())
            && !place.steps.is_empty()
            && !hides.kept().contains(&parent)
            && !self.has_other_name(tx, parent, place.leaf()).await?
        {
            self.lock(tx, keys::locks::directory(parent), LockMode::Exclusive).await?;
            emptied = true;
        }
        let parent = self.materialize(tx, place, Space::Versions).await?;
        if version.null {
            self.remove_null_version(tx, place).await?;
        }
        if let Some(current) = current {
            self.drop_dentry(tx, (parent, place.leaf()));
            self.touched(tx, parent);
            if version.null && current.version.null {
                let (at, owner) = ((parent, place.leaf()), place.bucket.record.owner);
                self.release_node(tx, current.node, current.single.then_some(&current.summary), at, owner).await?;
            } else {
                self.displace(tx, place, current).await?;
            }
        }
        let node = self.ids.next().await?;
        let owner = by.filter(|by| *by != place.bucket.record.owner);
        let marker = VersionRecord::DeleteMarker { node, version, owner, modified: now };
        self.put_version(tx, parent, place.leaf(), &marker);
        if emptied {
            self.prune(tx, place, Left::Versions, hides.kept()).await?;
        }
        Ok(Removed::Marked { node, version })
    }

    /// DELETE of one version.
    pub(crate) async fn remove_version(
        &self,
        tx: &mut Transaction<'_>,
        place: &Place,
        id: VersionId,
    ) -> TxResult<Removed> {
        let Some(parent) = place.parent() else { return Ok(Removed::Nothing) };
        match self.version(tx, place, id).await? {
            None => Ok(Removed::Nothing),
            Some(Found::Current(current)) => {
                let (at, owner) = ((parent, place.leaf()), place.bucket.record.owner);
                self.release_node(tx, current.node, current.single.then_some(&current.summary), at, owner).await?;
                self.touched(tx, parent);
                match self.newest_before(tx, place, current.version.sequence).await? {
                    Some((_, next @ VersionRecord::Object { .. })) => {
                        self.promote(tx, parent, place.leaf(), &next).await?
                    }
                    newest => {
                        self.drop_dentry(tx, (parent, place.leaf()));
                        let left = if newest.is_some() { Left::Versions } else { Left::Nothing(None) };
                        self.prune(tx, place, left, &[]).await?;
                    }
                }
                Ok(Removed::Version { node: current.node, version: current.version, was_marker: false })
            }
            Some(Found::Noncurrent(record)) => {
                let version = record.version();
                let key = keys::version(parent, place.leaf(), version.sequence);
                tx.delete(Table::Index, key.clone());
                if version.null {
                    tx.delete(Table::Index, keys::null_version(parent, place.leaf()));
                }
                let was_marker = match &record {
                    VersionRecord::Object { node, summary, .. } => {
                        let (at, owner) = ((parent, place.leaf()), place.bucket.record.owner);
                        self.release_node(tx, *node, Some(summary), at, owner).await?;
                        false
                    }
                    VersionRecord::DeleteMarker { .. } => true,
                };
                if place.dentry.is_none() {
                    self.uncover(tx, place, version.sequence, key, was_marker).await?;
                }
                Ok(Removed::Version { node: record.node(), version, was_marker })
            }
        }
    }

    /// A version is gone from a name without a live one, where a delete marker is the newest: the newest version left comes to
    /// light if that marker is what went, and the directory may be left with nothing.
    async fn uncover(
        &self,
        tx: &mut Transaction<'_>,
        place: &Place,
        removed: u64,
        key: Key,
        was_marker: bool,
    ) -> TxResult<()> {
        let next = self.newest_before(tx, place, removed).await?;
        if matches!(next, Some((_, VersionRecord::DeleteMarker { .. }))) || next.is_some() && !was_marker {
            return Ok(());
        }
        if self.newest_noncurrent(tx, place).await?.is_none_or(|(newest, _)| newest != removed) {
            return Ok(());
        }
        match next {
            Some((_, next)) => {
                let parent = self.materialize(tx, place, Space::Live).await?;
                self.promote(tx, parent, place.leaf(), &next).await
            }
            None => self.prune(tx, place, Left::Nothing(Some(key)), &[]).await,
        }
    }
}
