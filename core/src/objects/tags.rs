//! Tags of a version and of a bucket.

use super::ObjectService;
use crate::error::Result;
use crate::types::{BucketName, ObjectKey, Principal, TagSet, VersionId};

impl ObjectService {
    /// The tags (empty where there are none) and the version they belong to.
    pub async fn object_tags(&self, principal: &Principal, bucket: &BucketName, key: &ObjectKey, version: Option<VersionId>) -> Result<(TagSet, Option<VersionId>)> { let _ = (principal, bucket, key, version); unimplemented!() }

    /// Replaces all tags; an empty set removes them.
    pub async fn set_object_tags(&self, principal: &Principal, bucket: &BucketName, key: &ObjectKey, version: Option<VersionId>, tags: TagSet) -> Result<Option<VersionId>> { let _ = (principal, bucket, key, version, tags); unimplemented!() }

    /// `NotConfigured` where there are none.
    pub async fn bucket_tags(&self, principal: &Principal, bucket: &BucketName) -> Result<TagSet> { let _ = (principal, bucket); unimplemented!() }

    pub async fn set_bucket_tags(&self, principal: &Principal, bucket: &BucketName, tags: Option<TagSet>) -> Result<()> { let _ = (principal, bucket, tags); unimplemented!() }
}
