//! DeleteObject: removes a key, a version, or puts a delete marker on top. DeleteObjects is this, key by key.
//!
//! Always holds: deleting what is absent succeeds; a condition is checked in the transaction that deletes, and one that does not
//! hold leaves everything. A version goes for good by its bucket's owner only: no grant of others stands for
//! `s3:DeleteObjectVersion` (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions>).

use super::ObjectService;
use super::service::version_id;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::failpoint;
use crate::metadata::Durability;
use crate::metadata::records::VersionRecord;
use crate::namespace::{Found, Removed};
use crate::transact;
use crate::types::{BucketName, ObjectKey, Permission, Principal, VersionId};

/// Conditions of a removal. What is absent, or a delete marker, meets those of time and size: there is nothing to be kept from
/// removal (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>). `If-Match` asks for it to be there.
#[derive(Clone, Debug, Default)]
pub struct DeleteConditions {
    /// `If-Match` (or `*`). What is absent, or a delete marker, is `NoSuchKey`.
    pub if_match: Option<String>,
    /// `x-amz-if-match-last-modified-time`, compared in whole seconds.
    pub if_modified_at: Option<Timestamp>,
    /// `x-amz-if-match-size`.
    pub if_size: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct DeleteObject {
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub version: Option<VersionId>,
    pub conditions: DeleteConditions,
}

#[derive(Clone, Debug)]
pub struct DeleteOutput {
    /// What was removed is a delete marker, or a delete marker was made.
    pub delete_marker: bool,
    /// The version that was removed or made, where the bucket has versions.
    pub version: Option<VersionId>,
}

impl ObjectService {
    /// Deleting what is absent succeeds.
    pub async fn delete(&self, principal: &Principal, request: DeleteObject) -> Result<DeleteOutput> {
        let DeleteObject { bucket, key, version, conditions } = &request;
        let output = transact!(self.store(), Durability::Synced, |tx| {
            let place = self.tree().resolve(tx, bucket, key.as_str()).await?;
            match version {
                None => self.require(principal, &place.bucket, Permission::Write)?,
                Some(_) => self.require_owner(principal, &place.bucket)?,
            }
            if let Err(too_long) = key.require_makeable() {
                let is_there = match version {
                    None => place.dentry.is_some(),
                    Some(version) => self.tree().version(tx, &place, *version).await?.is_some(),
                };
                if !is_there {
                    return Err(too_long.into());
                }
            }
            if !conditions.is_empty() {
                let found = match version {
                    None => self.tree().current(tx, &place).await?.map(Found::Current),
                    Some(version) => self.tree().version(tx, &place, *version).await?,
                };
                let summary = match &found {
                    Some(Found::Current(current)) => Some(&current.summary),
                    Some(Found::Noncurrent(VersionRecord::Object { summary, .. })) => Some(summary),
                    _ => None,
                };
                match summary {
                    Some(summary) => conditions.check(&summary.etag, summary.modified, summary.size)?,
                    None if conditions.if_match.is_some() => return Err(Error::NoSuchKey(key.to_string()).into()),
                    None => return Ok(DeleteOutput { delete_marker: false, version: *version }),
                }
            }
            let removed = match version {
                None => self.tree().remove(tx, &place, principal.account_id()).await?,
                Some(version) => self.tree().remove_version(tx, &place, *version).await?,
            };
            failpoint!("delete.before_commit");
            Ok(match removed {
                Removed::Nothing => DeleteOutput { delete_marker: false, version: *version },
                Removed::Name => DeleteOutput { delete_marker: false, version: None },
                Removed::Marked { node, version } => {
                    DeleteOutput { delete_marker: true, version: version_id(&place.bucket, node, version) }
                }
                Removed::Version { node, version: removed, was_marker } => DeleteOutput {
                    delete_marker: was_marker,
                    version: version_id(&place.bucket, node, removed).or(*version),
                },
            })
        })?;
        failpoint!("delete.after_commit");
        Ok(output)
    }
}
