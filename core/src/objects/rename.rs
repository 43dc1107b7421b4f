//! RenameObject, as S3 Express One Zone has it (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html>), and our
//! extension: source and target that both end in `/` rename a directory, of any size, in one commit.
//!
//! Always holds: both names change in one commit, and with them the token that makes a repetition succeed, and the task that
//! forgets the token (`work/forget.rs`). Every condition is looked at; what can't be told of a directory is refused.

use sha2::{Digest as _, Sha256};

use super::{ObjectService, ReadConditions, WriteConditions};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{RENAME_TOKEN_BYTES_MAX, RENAME_TOKEN_SECONDS};
use crate::metadata::keys::{self, Id, Queue};
use crate::metadata::records::{ForgetTask, Record, RenameToken};
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::{Durability, Table};
use crate::namespace::State;
use crate::transact;
use crate::types::{BucketName, ObjectKey, Permission, Principal, Versioning};

#[derive(Clone, Debug)]
pub struct RenameObject {
    pub bucket: BucketName,
    pub source: ObjectKey,
    pub target: ObjectKey,
    pub source_conditions: ReadConditions,
    pub conditions: WriteConditions,
    /// Repeating a rename with the same token within some minutes succeeds again; another request with it is
    /// `IdempotencyMismatch`.
    pub client_token: Option<String>,
}

impl RenameObject {
    /// Tells this request from every other one: keys and conditions, each behind its length.
    fn fingerprint(&self) -> [u8; 32] {
        fn add(hash: &mut Sha256, bytes: &[u8]) {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
        let mut hash = Sha256::new();
        add(&mut hash, self.source.as_bytes());
        add(&mut hash, self.target.as_bytes());
        let source = &self.source_conditions;
        let target_tag = self.conditions.if_match.as_ref().map(std::slice::from_ref);
        for tags in [source.if_match.as_deref(), source.if_none_match.as_deref(), target_tag] {
            hash.update(tags.map_or(u64::MAX, |tags| tags.len() as u64).to_be_bytes());
            tags.into_iter().flatten().for_each(|tag| add(&mut hash, tag.as_bytes()));
        }
        for time in [source.if_modified_since, source.if_unmodified_since] {
            hash.update(time.map_or(u64::MAX, |time| time.0).to_be_bytes());
        }
        hash.update([u8::from(self.conditions.if_absent)]);
        hash.finalize().into()
    }
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
            && (token.is_empty()
                || token.len() > RENAME_TOKEN_BYTES_MAX
                || !token.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            let message = format!("a client token has 1 to {RENAME_TOKEN_BYTES_MAX} visible ASCII characters");
            return Err(Error::InvalidArgument { name: "ClientToken", value: token.clone(), message });
        }
        let tree = self.tree();
        let fingerprint = request.fingerprint();
        transact!(self.store(), Durability::Synced, |tx| {
            let found = tree.resolve_bucket(tx, bucket).await?;
            self.require(principal, &found, Permission::Write)?;
            if found.record.versioning != Versioning::Unset {
                let message = "a rename in a bucket with versions is not built; copy and delete instead".to_owned();
                return Err(Error::NotImplemented(message).into());
            }
            tree.lock_renames(tx, found.record.id).await?;
            if let Some(token) = client_token
                && !self.take_token(tx, found.record.id, token, fingerprint).await?
            {
                return Ok(());
            }
            let from = tree.resolve(tx, bucket, source.as_str()).await?;
            let to = tree.resolve(tx, bucket, target.as_str()).await?;
            let current = tree.current(tx, &from).await?;
            if directories.0 {
                match &current {
                    Some(marker) => {
                        source_conditions.check_renamed(&marker.summary.etag, marker.summary.modified)?;
                    }
                    None if from.steps.last().is_some_and(|step| matches!(step.state, State::Live(_))) => {
                        source_conditions.check_untagged()?;
                    }
                    None => return Err(Error::NoSuchKey(source.to_string()).into()),
                }
                conditions.check(target.as_str(), tree.current(tx, &to).await?.as_ref())?;
                tree.rename_directory(tx, &from, &to).await?;
                failpoint!("rename.directory_before_commit");
                return Ok(());
            }
            let current = current.ok_or_else(|| Error::NoSuchKey(source.to_string()))?;
            source_conditions.check_renamed(&current.summary.etag, current.summary.modified)?;
            conditions.check(target.as_str(), tree.current(tx, &to).await?.as_ref())?;
            tree.rename_object(tx, &from, &to, &current).await?;
            failpoint!("rename.before_commit");
            Ok(())
        })?;
        failpoint!("rename.after_commit");
        Ok(())
    }

    /// Takes the token for this request: `false` where this very request has it, and is done.
    async fn take_token(
        &self,
        tx: &mut Transaction<'_>,
        bucket: Id,
        token: &str,
        request: [u8; 32],
    ) -> Result<bool, TxError> {
        let key = keys::rename_token(bucket, token);
        let at = self.inner.parts.clock.now();
        if let Some(value) = tx.get(Table::Index, &key).await? {
            let taken = RenameToken::decode(&value)?;
            match at < taken.forgotten_at() {
                true if taken.request == request => return Ok(false),
                true => return Err(Error::IdempotencyMismatch.into()),
                false => {}
            }
        }
        let taken = RenameToken { request, at };
        let task = keys::task(Queue::Forget, taken.forgotten_at().0, self.tree().ids.next().await?);
        tx.put(Table::Index, key, taken.encode());
        tx.put(Table::Index, task, ForgetTask::RenameToken { bucket, token: token.to_owned() }.encode());
        Ok(true)
    }
}

impl RenameToken {
    /// From then on it is as if it had never been used.
    pub(crate) fn forgotten_at(&self) -> Timestamp {
        self.at.saturating_add_secs(RENAME_TOKEN_SECONDS)
    }
}
