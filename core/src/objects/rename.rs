//! RenameObject, as S3 Express One Zone has it (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html>), and our
//! extension: source and target that both end in `/` rename a directory, of any size, in one commit.
//!
//! Always holds: both names change in one commit, and with them the token that makes a repetition succeed.

use super::{ObjectService, ReadConditions, WriteConditions};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{RENAME_TOKEN_BYTES_MAX, RENAME_TOKEN_SECONDS};
use crate::metadata::records::{Record, RenameToken};
use crate::metadata::{Durability, Table, keys};
use crate::transact;
use crate::types::{BucketName, ObjectKey, Permission, Principal, Versioning};

#[derive(Clone, Debug)]
pub struct RenameObject {
    pub bucket: BucketName,
    pub source: ObjectKey,
    pub target: ObjectKey,
    pub source_conditions: ReadConditions,
    pub conditions: WriteConditions,
    /// Repeating a rename with the same token within some minutes succeeds again; with other keys it is
    /// `InvalidArgument` named `ClientToken`.
    pub client_token: Option<String>,
}

impl ObjectService {
    /// `NoSuchKey` for an absent source; `PreconditionFailed` where a directory's target exists; `NotImplemented` in a bucket
    /// with versions.
    pub async fn rename(&self, principal: &Principal, request: RenameObject) -> Result<()> {
        let RenameObject { bucket, source, target, source_conditions, conditions, client_token } = &request;
        let directories = (source.as_str().ends_with('/'), target.as_str().ends_with('/'));
        if directories.0 != directories.1 {
            return Err(Error::InvalidRequest("a rename's source and target both end in '/', or neither does".into()));
        }
        if let Some(token) = client_token
            && (token.is_empty() || token.len() > RENAME_TOKEN_BYTES_MAX)
        {
            let message = format!("a client token has 1 to {RENAME_TOKEN_BYTES_MAX} bytes");
            return Err(Error::InvalidArgument { name: "ClientToken", value: token.clone(), message });
        }
        let tree = self.tree();
        transact!(self.store(), Durability::Synced, |tx| {
            let found = tree.resolve_bucket(tx, bucket).await?;
            self.require(principal, &found, Permission::Write)?;
            if found.record.versioning != Versioning::Unset {
                let message = "a rename in a bucket with versions is not built; copy and delete instead".to_owned();
                return Err(Error::NotImplemented(message).into());
            }
            tree.lock_renames(tx, found.record.id).await?;
            if let Some(token) = client_token {
                let key = keys::rename_token(found.record.id, token);
                let now = self.inner.parts.clock.now();
                if let Some(value) = tx.get(Table::Index, &key).await? {
                    let done = RenameToken::decode(&value)?;
                    if now < done.at.saturating_add_secs(RENAME_TOKEN_SECONDS) {
                        if done.source == source.as_str() && done.target == target.as_str() {
                            return Ok(());
                        }
                        let message = "the client token was used for another rename".to_owned();
                        return Err(
                            Error::InvalidArgument { name: "ClientToken", value: token.clone(), message }.into()
                        );
                    }
                }
                let done = RenameToken { source: source.to_string(), target: target.to_string(), at: now };
                tx.put(Table::Index, key, done.encode());
            }
            let from = tree.resolve(tx, bucket, source.as_str()).await?;
            let to = tree.resolve(tx, bucket, target.as_str()).await?;
            let current = tree.current(tx, &from).await?;
            if directories.0 {
                if let Some(marker) = &current {
                    source_conditions.check_source(&marker.summary.etag, marker.summary.modified)?;
                }
                tree.rename_directory(tx, &from, &to).await?;
                failpoint!("rename.directory_before_commit");
                return Ok(());
            }
            let current = current.ok_or_else(|| Error::NoSuchKey(source.to_string()))?;
            source_conditions.check_source(&current.summary.etag, current.summary.modified)?;
            conditions.check(target.as_str(), tree.current(tx, &to).await?.as_ref())?;
            tree.rename_object(tx, &from, &to, &current).await?;
            failpoint!("rename.before_commit");
            Ok(())
        })?;
        failpoint!("rename.after_commit");
        Ok(())
    }
}
