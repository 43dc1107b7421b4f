//! Nodes and their names: where a node's dentries are, and keeping them and the node in step.
//!
//! Always holds: a node with one name says where it is (`home`), and that dentry has its summary unless the node has extended attributes;
//! a node with several has a record of each, and no dentry has a summary. A node without a name is
//! there only while it is open, and is then an orphan.

use super::current::summary_of;
use super::{Tree, TxResult};
use crate::error::Error;
use crate::limits::NODE_LINKS_MAX;
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Dentry, Home, NodeRecord, Number, Record, Version};
use crate::metadata::transaction::{Transaction, TxError};
use crate::types::AccountId;

/// A directory, and a dentry's name in it.
type At<'a> = (Id, &'a [u8]);

impl Tree {
    /// A node's record, where there is one.
    pub(crate) async fn find_node(&self, tx: &mut Transaction<'_>, node: Id) -> TxResult<Option<NodeRecord>> {
        let value = tx.get(Table::Index, &keys::node(node)).await?;
        Ok(value.as_deref().map(NodeRecord::decode).transpose().map_err(Error::from)?)
    }

    /// Puts a node that has changed, and what its dentry tells of it. `Stale` where its name leads elsewhere: a version that was replaced
    /// never changes.
    pub(crate) async fn put_node(&self, tx: &mut Transaction<'_>, node: Id, record: &NodeRecord) -> TxResult<()> {
        self.put_node_of(tx, node, record, None).await
    }

    /// The same of a node that may have had no summary. `bucket_owner` is whose it is where no listing says so.
    pub(crate) async fn put_node_of(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        record: &NodeRecord,
        bucket_owner: Option<AccountId>,
    ) -> TxResult<()> {
        tx.put(Table::Index, keys::node(node), record.encode());
        if record.links != 1 {
            return Ok(());
        }
        let key = keys::dentry(record.home.parent, &record.home.name);
        let found = tx.get(Table::Index, &key).await?.as_deref().map(Dentry::decode).transpose();
        match found.map_err(Error::from)? {
            Some(Dentry::Object { node: found, version, moves, summary, .. }) if found == node => {
                let at = (record.home.parent, &record.home.name[..]);
                // A summary names no owner where it is the bucket's.
                let owner = match (bucket_owner, summary) {
                    (Some(owner), _) => owner,
                    (None, Some(summary)) if summary.owner.is_none() => record.owner,
                    (None, _) => AccountId([0; 32]),
                };
                self.put_dentry(tx, node, record, at, (version, moves), owner);
                Ok(())
            }
            _ => Err(Error::from(crate::files::FileError::Stale).into()),
        }
    }

    /// Writes the dentry of a name that `node` gets, in the live space. `record` has its `links` already.
    pub(super) fn put_dentry(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        record: &NodeRecord,
        at: (Id, &[u8]),
        (version, moves): (Version, u32),
        bucket_owner: AccountId,
    ) -> Dentry {
        let plain = record.links == 1 && record.xattrs == 0;
        let summary = plain.then(|| summary_of(record, bucket_owner));
        let posix = record.posix.clone().filter(|_| plain);
        let dentry = Dentry::Object { node, kind: record.kind, version, summary, posix, moves };
        tx.put(Table::Index, keys::dentry(at.0, at.1), dentry.encode());
        dentry
    }

    /// Gives a new node its first name.
    pub(crate) fn put_new_node(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        record: &mut NodeRecord,
        at: (Id, &[u8]),
        bucket_owner: AccountId,
    ) {
        tx.makes();
        self.put_first_name(tx, node, record, at, bucket_owner);
    }

    pub(super) fn put_first_name(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        record: &mut NodeRecord,
        at: (Id, &[u8]),
        bucket_owner: AccountId,
    ) {
        record.home = Home { parent: at.0, name: at.1.to_vec() };
        record.links = 1;
        let version = Version::new(self.clock.now().0, true);
        self.put_dentry(tx, node, record, at, (version, 0), bucket_owner);
        tx.put(Table::Index, keys::node(node), record.encode());
        self.touched(tx, at.0);
    }

    /// Gives a node a further name.
    pub(crate) async fn add_name(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        record: &mut NodeRecord,
        at: (Id, &[u8]),
        bucket_owner: AccountId,
    ) -> TxResult<()> {
        if record.links >= NODE_LINKS_MAX {
            return Err(Error::from(crate::files::FileError::TooManyLinks).into());
        }
        tx.makes();
        if record.links == 1 {
            let home = record.home.clone();
            tx.put(Table::Index, keys::name_of(node, home.parent, &home.name), Number(0).encode());
            record.links = 2;
            self.rewrite_dentry(tx, node, record, (home.parent, &home.name), bucket_owner).await?;
        } else {
            record.links += 1;
        }
        tx.put(Table::Index, keys::name_of(node, at.0, at.1), Number(0).encode());
        // Its node's id would not tell it from another name in the same directory.
        record.moves = record.moves.wrapping_add(1);
        let version = Version::new(self.clock.now().0, true);
        self.put_dentry(tx, node, record, at, (version, record.moves), bucket_owner);
        tx.put(Table::Index, keys::node(node), record.encode());
        self.touched(tx, at.0);
        Ok(())
    }

    /// The record of one of several names goes.
    fn drop_name_record(&self, tx: &mut Transaction<'_>, node: Id, at: (Id, &[u8])) {
        tx.delete(Table::Index, keys::name_of(node, at.0, at.1));
    }

    /// Writes a name's dentry again, as its node has it now.
    async fn rewrite_dentry(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        record: &NodeRecord,
        at: (Id, &[u8]),
        bucket_owner: AccountId,
    ) -> TxResult<()> {
        let found = tx.get(Table::Index, &keys::dentry(at.0, at.1)).await?;
        match found.as_deref().map(Dentry::decode).transpose().map_err(Error::from)? {
            Some(Dentry::Object { node: found, version, moves, .. }) if found == node => {
                self.put_dentry(tx, node, record, at, (version, moves), bucket_owner);
                Ok(())
            }
            _ => Err(TxError::Conflict),
        }
    }

    /// The name at `at` no longer leads to the node; its dentry is the caller's to delete or to overwrite. The last name takes the node
    /// with it, unless it is open.
    pub(crate) async fn unlink_node(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        at: (Id, &[u8]),
        bucket_owner: AccountId,
    ) -> TxResult<()> {
        let mut record = self.node(tx, node).await?;
        let now = self.clock.now();
        if let Some(posix) = &mut record.posix {
            posix.changed = now;
        }
        match record.links {
            0 | 1 => self.drop_node(tx, node, record).await,
            2 => {
                self.drop_name_record(tx, node, at);
                let prefix = keys::names_of(node);
                // Whoever changes the names of a node with several writes its record, which this transaction has read.
                let names = tx.snapshot_scan(&prefix, &keys::behind(&prefix), 3).await?;
                let other = names
                    .iter()
                    .filter_map(|(key, _)| keys::name_of_parts(key))
                    .find(|name| *name != at)
                    .map(|(parent, name)| (parent, name.to_vec()))
                    .ok_or(TxError::Conflict)?;
                self.drop_name_record(tx, node, (other.0, &other.1));
                record.links = 1;
                record.home = Home { parent: other.0, name: other.1.clone() };
                self.rewrite_dentry(tx, node, &record, (other.0, &other.1), bucket_owner).await?;
                tx.put(Table::Index, keys::node(node), record.encode());
                Ok(())
            }
            _ => {
                self.drop_name_record(tx, node, at);
                record.links -= 1;
                tx.put(Table::Index, keys::node(node), record.encode());
                Ok(())
            }
        }
    }

    /// The node has lost its last name.
    async fn drop_node(&self, tx: &mut Transaction<'_>, node: Id, mut record: NodeRecord) -> TxResult<()> {
        let Some(removal) = self.opens.remove(node) else {
            record.links = 0;
            record.home = Home::default();
            tx.put(Table::Index, keys::node(node), record.encode());
            tx.put(Table::Index, keys::orphan(node), Number(self.clock.now().0).encode());
            return Ok(());
        };
        tx.keep(Box::new(removal));
        self.drop_node_records(tx, node, &record).await
    }

    async fn drop_node_records(&self, tx: &mut Transaction<'_>, node: Id, record: &NodeRecord) -> TxResult<()> {
        if record.xattrs > 0 {
            self.drop_xattrs(tx, node).await?;
        }
        tx.delete(Table::Index, keys::node(node));
        self.release_content(tx, node, record.content).await
    }

    /// An orphan that nobody has open any more goes for good. `false` where it is open again, or is none.
    pub(crate) async fn drop_orphan(&self, tx: &mut Transaction<'_>, node: Id) -> TxResult<bool> {
        let Some(removal) = self.opens.remove(node) else { return Ok(false) };
        tx.keep(Box::new(removal));
        let orphan = keys::orphan(node);
        if tx.get(Table::Index, &orphan).await?.is_none() {
            return Ok(false);
        }
        tx.delete(Table::Index, orphan);
        if let Some(record) = self.find_node(tx, node).await? {
            self.drop_node_records(tx, node, &record).await?;
        }
        Ok(true)
    }

    /// The node at `from` has its name at `to` instead. The dentries are written here; `to` holds nothing any more.
    pub(crate) fn move_node(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        record: &mut NodeRecord,
        (from, to): (At<'_>, At<'_>),
        version: Version,
        bucket_owner: AccountId,
    ) {
        tx.makes();
        if record.links == 1 {
            record.home = Home { parent: to.0, name: to.1.to_vec() };
        } else {
            self.drop_name_record(tx, node, from);
            tx.put(Table::Index, keys::name_of(node, to.0, to.1), Number(0).encode());
        }
        // Whoever reads the directory and stands at the old name must not be taken to the new one.
        record.moves = record.moves.wrapping_add(1);
        self.put_dentry(tx, node, record, to, (version, record.moves), bucket_owner);
        tx.put(Table::Index, keys::node(node), record.encode());
    }

    /// Every extended attribute of a node that goes.
    pub(crate) async fn drop_xattrs(&self, tx: &mut Transaction<'_>, node: Id) -> TxResult<()> {
        let prefix = keys::xattrs(node);
        // Each change of them writes the record that says how many there are, which the caller has read.
        let found = tx.snapshot_scan(&prefix, &keys::behind(&prefix), crate::limits::XATTRS_MAX).await?;
        for (key, _) in found {
            tx.delete(Table::Index, key);
        }
        Ok(())
    }
}
