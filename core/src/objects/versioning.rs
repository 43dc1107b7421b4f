//! A bucket's versioning state.

use super::ObjectService;
use crate::error::{Error, Result};
use crate::types::{BucketName, Principal, Versioning};

impl ObjectService {
    pub async fn versioning(&self, principal: &Principal, bucket: &BucketName) -> Result<Versioning> {
        let bucket = self.tree().bucket(bucket).await?;
        self.require_owner(principal, &bucket)?;
        Ok(bucket.record.versioning)
    }

    /// `Unset` can't be set: it is `InvalidArgument`.
    pub async fn set_versioning(&self, principal: &Principal, bucket: &BucketName, state: Versioning) -> Result<()> {
        if state == Versioning::Unset {
            return Err(Error::InvalidArgument {
                name: "Status",
                value: String::new(),
                message: "versioning can be enabled and suspended, not unset".into(),
            });
        }
        self.change_bucket(
            bucket,
            |found| self.require_owner(principal, found),
            |record| {
                record.versioning = state;
                Ok(())
            },
        )
        .await
    }
}
