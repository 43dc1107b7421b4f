//! Drafts: what files have made of a name in a bucket with versions, and S3 does not see yet.
//!
//! Always holds: a sealed version never changes. The file keeps its node through all its versions: where it is written to, its present
//! version goes to a node of its own, with the same content and the same id, before the first byte changes; the file itself is a draft then,
//! under a name that S3 does not see. Sealing gives it its name again, as a new version. So handles and inode numbers stay. A node that was
//! displaced while it was open is an orphan, as in any bucket, and its version stays without it.

use super::current::Current;
use super::place::Place;
use super::{Bucket, Hides, Tree, TxResult};
use crate::content::{open_inline, seal_inline};
use crate::error::Error;
use crate::files::FileError;
use crate::limits::DIRECTORY_DEPTH_MAX;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRef, Dentry, DraftRecord, Home, NodeRecord, Record, Version, VersionRecord};
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::{LockMode, Table};
use crate::types::{AccountId, BucketName};

/// A directory, and a name in it.
type At<'a> = (Id, &'a [u8]);

impl Tree {
    /// The draft of a name.
    pub(crate) async fn draft(&self, tx: &mut Transaction<'_>, at: At<'_>) -> TxResult<Option<Id>> {
        let value = tx.get(Table::Index, &keys::dentry(at.0, &keys::draft_name(at.1))).await?;
        match value.as_deref().map(Dentry::decode).transpose().map_err(Error::from)? {
            None => Ok(None),
            Some(Dentry::Object { node, .. }) => Ok(Some(node)),
            Some(Dentry::Directory { .. }) => Err(Error::Corrupt("a draft is a directory".into()).into()),
        }
    }

    /// Seals the draft of a name that is about to change, so that what files wrote becomes a version, not lost. The place as it is after
    /// that, where there was one.
    pub(super) async fn seal_before(&self, tx: &mut Transaction<'_>, place: &Place) -> TxResult<Option<Place>> {
        let (true, Some(parent)) = (place.versioned(), place.parent()) else { return Ok(None) };
        let Some(node) = self.draft(tx, (parent, place.leaf())).await? else { return Ok(None) };
        let dentry = self.seal_draft(tx, place, node).await?;
        Ok(Some(Place { dentry: Some(dentry), ..place.clone() }))
    }

    /// Makes the draft `node` of a name its current version. `place` was resolved in this transaction, so its name's lock is held.
    pub(crate) async fn seal_draft(&self, tx: &mut Transaction<'_>, place: &Place, node: Id) -> TxResult<Dentry> {
        let record = self.node(tx, node).await?;
        self.drop_draft(tx, node, &record);
        self.give_version(tx, place, node, record).await
    }

    /// The draft's name goes. What becomes of its node is the caller's.
    pub(crate) fn drop_draft(&self, tx: &mut Transaction<'_>, node: Id, record: &NodeRecord) {
        self.drop_dentry(tx, (record.home.parent, &record.home.name));
        tx.delete(Table::Index, keys::draft(node));
    }

    /// Whether the node is a version that S3 sees, which does not change.
    pub(crate) async fn is_sealed(
        &self,
        tx: &mut Transaction<'_>,
        bucket: &BucketName,
        record: &NodeRecord,
    ) -> TxResult<bool> {
        if record.links == 0 || keys::is_unseen(&record.home.name) {
            return Ok(false);
        }
        Ok(self.resolve_bucket(tx, bucket).await?.versioned())
    }

    /// Gives a node that has no name the name of `place`, as a new version of it.
    pub(crate) async fn give_version(
        &self,
        tx: &mut Transaction<'_>,
        place: &Place,
        node: Id,
        mut record: NodeRecord,
    ) -> TxResult<Dentry> {
        tx.makes();
        let (parent, mut version) = self.make_room(tx, place, self.clock.now()).await?;
        // The node may have had another version before: an id is for one only.
        version.minted = Some(self.ids.next().await?);
        record.links = 1;
        record.home = Home { parent, name: place.leaf().to_vec() };
        let at = (parent, place.leaf());
        let dentry = self.put_dentry(tx, node, &record, at, (version, record.moves), place.bucket.record.owner);
        tx.put(Table::Index, keys::node(node), record.encode());
        Ok(dentry)
    }

    /// Makes a draft of a file that is to be changed, where it is the current version of its name. `record` is the node's; its name is
    /// another afterwards. Whether it was one. `NotPermitted` for a file that got several names before its bucket got versions.
    pub(crate) async fn begin_draft(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        record: &mut NodeRecord,
        bucket: &Bucket,
    ) -> TxResult<bool> {
        if record.links == 0 || keys::is_unseen(&record.home.name) {
            return Ok(false);
        }
        if record.links > 1 {
            return Err(Error::from(FileError::NotPermitted).into());
        }
        let Home { parent, name } = record.home.clone();
        let key = keys::dentry(parent, &name);
        let found = tx.get(Table::Index, &key).await?.as_deref().map(Dentry::decode).transpose();
        let (version, moves) = match found.map_err(Error::from)? {
            Some(Dentry::Object { node: found, version, moves, .. }) if found == node => (version, moves),
            // A version that was displaced: nothing of it changes.
            _ => return Err(Error::from(FileError::Stale).into()),
        };
        // Another file's draft: this file has been replaced by it.
        if self.draft(tx, (parent, &name)).await?.is_some() {
            return Err(Error::from(FileError::Stale).into());
        }
        // The draft has another cookie where the node had a further name once.
        if moves != record.moves {
            self.leaves(tx, (parent, &name));
        }
        tx.makes();
        let (copy, kept) = self.spin_off(tx, node, record).await?;
        let version = version.away_from(node);
        self.put_dentry(tx, copy, &kept, (parent, &name), (version, moves), bucket.record.owner);
        self.put_draft(tx, node, record, (parent, &name), bucket);
        Ok(true)
    }

    /// The current version of a name stays without its file, which has been replaced and goes: as one without a name where it is open. One
    /// with several names, from before there were versions, can't be written to, and stays.
    pub(crate) async fn leave_version(&self, tx: &mut Transaction<'_>, node: Id, bucket: &Bucket) -> TxResult<()> {
        let mut record = self.node(tx, node).await?;
        if record.links == 1 && self.begin_draft(tx, node, &mut record, bucket).await? {
            let Home { parent, name } = record.home.clone();
            self.drop_draft(tx, node, &record);
            self.unlink_node(tx, node, (parent, &name), bucket.record.owner).await?;
        }
        Ok(())
    }

    /// Gives a node that has no name the name as its draft.
    pub(crate) fn put_draft(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        record: &mut NodeRecord,
        at: At<'_>,
        bucket: &Bucket,
    ) {
        self.put_unseen(tx, node, record, (at.0, &keys::draft_name(at.1)), bucket.record.owner);
        let mark = DraftRecord { bucket: bucket.name.to_string() };
        tx.put(Table::Index, keys::draft(node), mark.encode());
    }

    /// Gives a node that has no name one that S3 never sees.
    pub(crate) fn put_unseen(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        record: &mut NodeRecord,
        at: At<'_>,
        bucket_owner: AccountId,
    ) {
        tx.makes();
        record.links = 1;
        record.home = Home { parent: at.0, name: at.1.to_vec() };
        let version = Version::new(self.clock.now().0, true);
        self.put_dentry(tx, node, record, at, (version, record.moves), bucket_owner);
        tx.put(Table::Index, keys::node(node), record.encode());
    }

    /// The state of a node, on a node of its own: with its content, without its extended attributes, which versions do not have. Whose names
    /// lead there is the caller's to say.
    async fn spin_off(&self, tx: &mut Transaction<'_>, node: Id, record: &NodeRecord) -> TxResult<(Id, NodeRecord)> {
        let copy = self.ids.next().await?;
        match record.content {
            ContentRef::Empty => {}
            ContentRef::Inline => {
                let value = tx.get(Table::Inline, &keys::inline(node, 0)).await?;
                let value = value.ok_or_else(|| Error::Corrupt(format!("node {node} has no inline bytes")))?;
                let bytes = open_inline(node, 0, value)?;
                tx.put(Table::Inline, keys::inline(copy, 0), seal_inline(copy, 0, &bytes));
            }
            ContentRef::Shared(content) => {
                let mut shared = self.content(tx, content).await?;
                let uses = shared.uses.checked_add(1);
                shared.uses = uses.ok_or_else(|| Error::Unavailable("the content has too many copies".into()))?;
                tx.put(Table::Index, keys::content(content), shared.encode());
            }
        }
        let kept = NodeRecord { links: 1, xattrs: 0, ..record.clone() };
        tx.put(Table::Index, keys::node(copy), kept.encode());
        Ok((copy, kept))
    }

    /// The current version of a name becomes a noncurrent one. Its node goes with it, unless it is open, or has something that versions do
    /// not have: then the version gets another, and the node loses this name. The dentry is the caller's.
    pub(super) async fn displace(&self, tx: &mut Transaction<'_>, place: &Place, old: Current) -> TxResult<()> {
        let parent = place.parent().ok_or(TxError::Conflict)?;
        let at = (parent, place.leaf());
        let mut record = VersionRecord::Object {
            node: old.node,
            kind: old.kind,
            version: old.version,
            summary: old.summary.clone(),
        };
        let removal = if old.single { self.opens.remove(old.node) } else { None };
        match removal {
            // Nobody opens it until this is settled, and then its name leads elsewhere.
            Some(removal) => tx.keep(Box::new(removal)),
            None => {
                let mut of_node = self.node(tx, old.node).await?;
                of_node.home = Home { parent, name: place.leaf().to_vec() };
                let (copy, _) = self.spin_off(tx, old.node, &of_node).await?;
                let version = old.version.away_from(old.node);
                record = VersionRecord::Object { node: copy, kind: old.kind, version, summary: old.summary };
                self.unlink_node(tx, old.node, at, place.bucket.record.owner).await?;
            }
        }
        self.put_version(tx, parent, place.leaf(), &record);
        Ok(())
    }

    /// The current version of a name, which `node` has, becomes a noncurrent one without it, under a delete marker: the node has no name
    /// then, and is the caller's to give one.
    pub(crate) async fn free_node(
        &self,
        tx: &mut Transaction<'_>,
        place: &Place,
        node: Id,
        by: Option<AccountId>,
        hides: Hides<'_>,
    ) -> TxResult<NodeRecord> {
        let mut record = self.node(tx, node).await?;
        let mut place = place.clone();
        if self.begin_draft(tx, node, &mut record, &place.bucket).await? {
            self.drop_draft(tx, node, &record);
            let parent = place.parent().ok_or(TxError::Conflict)?;
            let value = tx.get(Table::Index, &keys::dentry(parent, place.leaf())).await?;
            place.dentry = value.as_deref().map(Dentry::decode).transpose().map_err(Error::from)?;
            self.mark_deleted(tx, &place, by, hides).await?;
        }
        Ok(record)
    }

    /// The key of a name in a directory: the way there from the bucket's root.
    pub(crate) async fn key_of(&self, tx: &mut Transaction<'_>, directory: Id, name: &[u8]) -> TxResult<String> {
        let mut names = vec![name.to_vec()];
        let mut at = directory;
        for _ in 0..DIRECTORY_DEPTH_MAX {
            let record = self.find_directory(tx, at).await?.ok_or_else(|| Error::from(FileError::Stale))?;
            if record.home.parent == at {
                names.reverse();
                let key = String::from_utf8(names.concat());
                return Ok(key.map_err(|_| Error::Corrupt("a name of the tree is not UTF-8".into()))?);
            }
            names.push(record.home.name);
            at = record.home.parent;
        }
        Err(Error::from(FileError::Invalid("the directory lies too deep")).into())
    }

    /// Locks names of a bucket with versions, all that a transaction changes, in the order that all keep: before any of their places is
    /// resolved, and before directories.
    pub(crate) async fn lock_names(&self, tx: &mut Transaction<'_>, names: &[At<'_>]) -> TxResult<()> {
        let locks = names.iter().map(|(parent, name)| (keys::locks::name(*parent, name), LockMode::Exclusive));
        Ok(tx.lock_all(locks).await?)
    }
}
