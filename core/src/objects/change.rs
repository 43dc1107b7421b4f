//! Changing what is recorded of a version, without touching its bytes or its name.
//!
//! Always holds: the change is one transaction that reads the node it changes; a listing's summary does not hold what such a
//! change may touch (tags, ACL), so no dentry is written.

use super::ObjectService;
use super::service::version_id;
use crate::access::allows;
use crate::error::{Error, Result};
use crate::metadata::records::{NodeRecord, Record, VersionRecord};
use crate::metadata::{Durability, Table, keys};
use crate::namespace::Found;
use crate::transact;
use crate::types::{BucketName, ObjectKey, Permission, Principal, VersionId};

/// What is changed, and what one must be allowed for it.
pub(crate) struct NodeChange<'a> {
    pub bucket: &'a BucketName,
    pub key: &'a ObjectKey,
    pub version: Option<VersionId>,
    pub on_object: Option<Permission>,
    pub on_bucket: Option<Permission>,
}

impl ObjectService {
    pub(crate) async fn change_node(
        &self,
        principal: &Principal,
        wanted: NodeChange<'_>,
        change: impl Fn(&mut NodeRecord) -> Result<()>,
    ) -> Result<Option<VersionId>> {
        let NodeChange { bucket, key, version, on_object, on_bucket } = wanted;
        transact!(self.store(), Durability::Synced, |tx| {
            let place = self.tree().resolve(tx, bucket, key.as_str()).await?;
            if let Some(permission) = on_bucket {
                self.require(principal, &place.bucket, permission)?;
            }
            let found = match version {
                None => self.tree().current(tx, &place).await?.map(Found::Current),
                Some(version) => self.tree().version(tx, &place, version).await?,
            };
            let (node, found) = match found {
                Some(Found::Current(current)) => (current.node, current.version),
                Some(Found::Noncurrent(VersionRecord::Object { node, version, .. })) => (node, version),
                Some(Found::Noncurrent(VersionRecord::DeleteMarker { node, version, modified, .. })) => {
                    let shown = version_id(&place.bucket, node, version).unwrap_or(VersionId::Null);
                    return Err(Error::IsDeleteMarker { version: shown, modified }.into());
                }
                None => return Err(self.absent(principal, &place, version).await?.into()),
            };
            let mut record = self.tree().node(tx, node).await?;
            if let Some(permission) = on_object
                && !allows(principal, record.owner, record.acl.as_ref(), permission)
            {
                return Err(Error::AccessDenied(format!("no {permission:?} on {key}")).into());
            }
            change(&mut record)?;
            tx.put(Table::Index, keys::node(node), record.encode());
            Ok(version_id(&place.bucket, node, found))
        })
    }
}
