//! Giving a new node a name: PUT, Copy and Complete, as a rename over the name would.
//!
//! Always holds: the node is new; what the name held before becomes a noncurrent version or is let go of, as the bucket's
//! versioning says; the new version's sequence is above that of all before it.

use bytes::Bytes;

use super::materialize::Space;
use super::place::Place;
use super::{Tree, TxResult};
use crate::clock::Timestamp;
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRecord, Home, NodeRecord, Number, Record, Version, VersionRecord};
use crate::metadata::transaction::Transaction;
use crate::types::Versioning;

/// A node to be, with the bytes that are committed with it.
pub struct NewNode {
    pub id: Id,
    /// `modified` is set by the insert.
    pub record: NodeRecord,
    /// Sealed inline bytes.
    pub inline: Option<Bytes>,
    /// A content that is new.
    pub content: Option<(Id, ContentRecord)>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inserted {
    pub node: Id,
    pub version: Version,
    pub modified: Timestamp,
}

impl Tree {
    /// Puts `new` under the name of `place`. The place must be of this transaction.
    pub(crate) async fn insert(&self, tx: &mut Transaction<'_>, place: &Place, new: &NewNode) -> TxResult<Inserted> {
        tx.makes();
        self.insert_to_remove(tx, place, new).await
    }

    /// The same as part of a removal, which needs no room: a marker that keeps a directory.
    pub(crate) async fn insert_to_remove(
        &self,
        tx: &mut Transaction<'_>,
        place: &Place,
        new: &NewNode,
    ) -> TxResult<Inserted> {
        let with_draft = self.seal_before(tx, place).await?;
        let place = with_draft.as_ref().unwrap_or(place);
        let now = self.clock.now();
        let (parent, version) = self.make_room(tx, place, now).await?;

        let mut record = new.record.clone();
        record.modified = now;
        record.home = Home { parent, name: place.leaf().to_vec() };
        let at = (parent, place.leaf());
        self.put_dentry(tx, new.id, &record, at, (version, 0), place.bucket.record.owner);
        tx.put(Table::Index, keys::node(new.id), record.encode());
        self.touched(tx, parent);
        if let Some(inline) = &new.inline {
            tx.put(Table::Inline, keys::inline(new.id, 0), inline.clone());
        }
        if let Some((content, record)) = &new.content {
            tx.put(Table::Index, keys::content(*content), record.encode());
        }
        Ok(Inserted { node: new.id, version, modified: now })
    }

    /// Takes what has the name out of the way of a new version of it, which is the answer, with the directory that holds the name. The
    /// dentry is the caller's to write.
    pub(super) async fn make_room(
        &self,
        tx: &mut Transaction<'_>,
        place: &Place,
        now: Timestamp,
    ) -> TxResult<(Id, Version)> {
        let versioning = place.bucket.record.versioning;
        let old = self.current(tx, place).await?;
        let before = match &old {
            Some(old) => Some(old.version.sequence),
            None => self.newest_noncurrent(tx, place).await?.map(|(sequence, _)| sequence),
        };
        let sequence = before.map_or(now.0, |before| now.0.max(before + 1));
        let version = Version::new(sequence, versioning != Versioning::Enabled);
        let parent = self.materialize(tx, place, Space::Live).await?;
        let (at, owner) = ((parent, place.leaf()), place.bucket.record.owner);
        if old.is_some() {
            self.leaves(tx, at);
        }
        match old {
            None if version.null => self.remove_null_version(tx, place).await?,
            None => {}
            Some(old) if version.null && old.version.null => {
                self.release_node(tx, old.node, old.single.then_some(&old.summary), at, owner).await?;
                if versioning == Versioning::Suspended {
                    self.remove_null_version(tx, place).await?;
                }
            }
            Some(old) => {
                if version.null {
                    self.remove_null_version(tx, place).await?;
                }
                self.displace(tx, place, old).await?;
            }
        }
        Ok((parent, version))
    }

    /// Puts a record into the version space, and marks the null version so that it is found.
    pub(crate) fn put_version(&self, tx: &mut Transaction<'_>, parent: Id, name: &[u8], record: &VersionRecord) {
        let version = record.version();
        tx.put(Table::Index, keys::version(parent, name, version.sequence), record.encode());
        if version.null {
            tx.put(Table::Index, keys::null_version(parent, name), Number(version.sequence).encode());
        }
    }
}
