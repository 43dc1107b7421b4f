//! Changing what is recorded of a version, without touching its bytes or its name.
//!
//! Always holds: the change is one transaction that reads the node it changes; a listing's summary does not hold what such a
//! change may touch (tags, ACL), so no dentry is written.

use super::ObjectService;
use super::service::version_id;
use crate::access::allows;
use crate::error::{Error, Result};
use crate::failpoint;
use crate::metadata::records::{NodeRecord, Record, VersionRecord};
use crate::metadata::{Durability, Table, keys};
use crate::namespace::{Bucket, Found};
use crate::transact;
use crate::types::{BucketName, ObjectKey, Permission, Principal, VersionId};

/// What is changed, and what one must be allowed for it.
pub(crate) struct NodeChange<'a> {
    pub bucket: &'a BucketName,
    pub key: &'a ObjectKey,
    pub version: Option<VersionId>,
    pub needs: Needs,
}

/// What one must be allowed for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// A permission that the object's ACL may grant.
    OnObject(Permission),
    /// To own the object or its bucket: no ACL grants it.
    Owner,
}

impl Needs {
    /// Refuses whoever may not do this to the object of this record.
    pub(super) fn require(self, principal: &Principal, bucket: &Bucket, record: &NodeRecord, key: &str) -> Result<()> {
        match self {
            Needs::OnObject(wanted) => match allows(principal, record.owner, record.acl.as_ref(), wanted) {
                true => Ok(()),
                false => Err(Error::AccessDenied(format!("no {wanted:?} on {key}"))),
            },
            Needs::Owner => {
                let owns = |id| id == record.owner || id == bucket.record.owner;
                match principal.is_root() || principal.account_id().is_some_and(owns) {
                    true => Ok(()),
                    false => Err(Error::AccessDenied(format!("{key} and its bucket belong to other accounts"))),
                }
            }
        }
    }
}

impl From<Permission> for Needs {
    fn from(permission: Permission) -> Self {
        Needs::OnObject(permission)
    }
}

impl ObjectService {
    pub(crate) async fn change_node(
        &self,
        principal: &Principal,
        wanted: NodeChange<'_>,
        change: impl Fn(&mut NodeRecord) -> Result<()>,
    ) -> Result<Option<VersionId>> {
        let NodeChange { bucket, key, version, needs } = wanted;
        let changed = transact!(self.store(), Durability::Synced, |tx| {
            let place = self.tree().resolve(tx, bucket, key.as_str()).await?;
            let found = match version {
                None => self.tree().current(tx, &place).await?.map(Found::Current),
                Some(version) => self.tree().version(tx, &place, version).await?,
            };
            let (node, found) = match found {
                Some(Found::Current(current)) => (current.node, current.version),
                Some(Found::Noncurrent(VersionRecord::Object { node, version, .. })) => (node, version),
                Some(Found::Noncurrent(VersionRecord::DeleteMarker { node, version, modified, .. })) => {
                    self.require(principal, &place.bucket, Permission::Read)?;
                    let shown = version_id(&place.bucket, node, version).unwrap_or(VersionId::Null);
                    return Err(Error::IsDeleteMarker { version: shown, modified }.into());
                }
                None => return Err(self.absent(principal, &place, key, version).await?.into()),
            };
            let mut record = self.tree().node(tx, node).await?;
            needs.require(principal, &place.bucket, &record, &place.key)?;
            change(&mut record)?;
            tx.put(Table::Index, keys::node(node), record.encode());
            // Files change the bytes of an object and nothing else that S3 says of it: so what is being written gets it, too. It may be
            // another's file that is to replace the object: then that stays as it is.
            if let (None, true, Some(parent)) = (version, place.versioned(), place.parent())
                && let Some(draft) = self.tree().draft(tx, (parent, place.leaf())).await?
            {
                let mut record = self.tree().node(tx, draft).await?;
                if needs.require(principal, &place.bucket, &record, &place.key).is_ok() {
                    change(&mut record)?;
                    tx.put(Table::Index, keys::node(draft), record.encode());
                }
            }
            failpoint!("node.before_commit");
            Ok(version_id(&place.bucket, node, found))
        })?;
        failpoint!("node.changed");
        Ok(changed)
    }
}
