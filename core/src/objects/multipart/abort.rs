//! AbortMultipartUpload.

use crate::error::Result;
use crate::failpoint;
use crate::metadata::records::ReclaimTask;
use crate::metadata::{Durability, LockMode, Table, keys};
use crate::objects::ObjectService;
use crate::transact;
use crate::types::{BucketName, ObjectKey, Principal};

impl ObjectService {
    pub async fn abort_upload(
        &self,
        principal: &Principal,
        bucket: &BucketName,
        key: &ObjectKey,
        upload_id: &str,
    ) -> Result<()> {
        transact!(self.store(), Durability::Synced, |tx| {
            let found_bucket = self.tree().resolve_bucket(tx, bucket).await?;
            self.require_writer(principal, &found_bucket)?;
            let (_, content) = super::upload::parse_id(upload_id)?;
            self.tree().lock(tx, keys::locks::upload(content), LockMode::Exclusive).await?;
            let found = self.upload_in(tx, &found_bucket, key, upload_id).await?;
            self.require_uploader(principal, &found_bucket, found.record.initiator)?;
            tx.delete(Table::Index, found.at);
            self.tree().reclaim(tx, ReclaimTask::Pages { content, location: found.record.location }).await?;
            failpoint!("upload.before_abort");
            Ok(())
        })?;
        failpoint!("upload.aborted");
        Ok(())
    }
}
