//! The current state of a name, as conditions and answers want it.
//!
//! Always holds: a summary says the same whether it came from the dentry or had to be made of the node; a summary's owner is
//! `None` only for the bucket's.

use super::place::Place;
use super::{Tree, TxResult};
use crate::error::Error;
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRef, Dentry, NodeKind, NodeRecord, Record, Summary, Version};
use crate::metadata::transaction::Transaction;
use crate::types::AccountId;

/// A live name.
#[derive(Clone, Debug, PartialEq)]
pub struct Current {
    pub node: Id,
    pub kind: NodeKind,
    pub version: Version,
    pub summary: Summary,
    /// Whether the node has this name only.
    pub single: bool,
}

impl Current {
    pub fn owner(&self, bucket_owner: AccountId) -> AccountId {
        self.summary.owner.unwrap_or(bucket_owner)
    }
}

/// What a listing needs of a node.
pub fn summary_of(record: &NodeRecord, bucket_owner: AccountId) -> Summary {
    Summary {
        size: record.size,
        modified: record.modified,
        etag: record.etag.clone(),
        owner: (record.owner != bucket_owner).then_some(record.owner),
        checksum: record.checksum.as_ref().map(|checksum| (checksum.algorithm, checksum.kind)),
        content: record.content,
    }
}

impl Tree {
    /// The live name of a place, as part of the transaction.
    pub(crate) async fn current(&self, tx: &mut Transaction<'_>, place: &Place) -> TxResult<Option<Current>> {
        match &place.dentry {
            None => Ok(None),
            Some(Dentry::Object { node, kind, version, summary: Some(summary), .. }) => Ok(Some(Current {
                node: *node,
                kind: *kind,
                version: *version,
                summary: summary.clone(),
                single: true,
            })),
            Some(Dentry::Object { node, kind, version, summary: None, .. }) => {
                let record = self.node(tx, *node).await?;
                let summary = summary_of(&record, place.bucket.record.owner);
                Ok(Some(Current { node: *node, kind: *kind, version: *version, summary, single: false }))
            }
            Some(Dentry::Directory { .. }) => Err(not_an_object(place).into()),
        }
    }

    /// The live name of a place that was read outside a transaction. `None` also where the node vanished meanwhile.
    pub async fn current_now(&self, place: &Place) -> Result<Option<Current>, Error> {
        match &place.dentry {
            None => Ok(None),
            Some(Dentry::Object { node, kind, version, summary: Some(summary), .. }) => Ok(Some(Current {
                node: *node,
                kind: *kind,
                version: *version,
                summary: summary.clone(),
                single: true,
            })),
            Some(Dentry::Object { node, kind, version, summary: None, .. }) => {
                let (_, values) = self.store.get_many(&[(Table::Index, keys::node(*node))]).await?;
                let Some(value) = &values[0] else { return Ok(None) };
                let summary = summary_of(&NodeRecord::decode(value)?, place.bucket.record.owner);
                Ok(Some(Current { node: *node, kind: *kind, version: *version, summary, single: false }))
            }
            Some(Dentry::Directory { .. }) => Err(not_an_object(place)),
        }
    }
}

fn not_an_object(place: &Place) -> Error {
    Error::Corrupt(format!("the name {:?} leads to a directory", place.key))
}

impl ContentRef {
    /// Where the bytes of `node` with this content are described or kept.
    pub fn key(self, node: Id) -> Option<(Table, Vec<u8>)> {
        match self {
            ContentRef::Empty => None,
            ContentRef::Inline => Some((Table::Inline, keys::inline(node, 0))),
            ContentRef::Shared(content) => Some((Table::Index, keys::content(content))),
        }
    }
}
