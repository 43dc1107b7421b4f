//! A bucket's versioning state.

use super::ObjectService;
use crate::error::Result;
use crate::types::{BucketName, Principal, Versioning};

impl ObjectService {
    pub async fn versioning(&self, principal: &Principal, bucket: &BucketName) -> Result<Versioning> { let _ = (principal, bucket); unimplemented!() }

    /// `Unset` can't be set: it is `InvalidArgument`.
    pub async fn set_versioning(&self, principal: &Principal, bucket: &BucketName, state: Versioning) -> Result<()> { let _ = (principal, bucket, state); unimplemented!() }
}
