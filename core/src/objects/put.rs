//! PutObject: one content under one key.

use super::{AclChange, ObjectHeaders, ObjectService, WriteConditions};
use crate::content::Upload;
use crate::error::Result;
use crate::types::{BucketName, Checksum, ETag, ObjectKey, Principal, TagSet, VersionId};

pub struct PutObject {
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub upload: Upload,
    pub headers: ObjectHeaders,
    /// Names in lower case, without `x-amz-meta-`.
    pub user_metadata: Vec<(String, String)>,
    pub tags: TagSet,
    pub acl: AclChange,
    pub conditions: WriteConditions,
    /// A location's name, where the request chose one.
    pub location: Option<String>,
}

#[derive(Clone, Debug)]
pub struct PutOutput {
    pub etag: ETag,
    /// `None` in a bucket that never had versioning.
    pub version: Option<VersionId>,
    pub checksum: Option<Checksum>,
    pub size: u64,
}

impl ObjectService {
    pub async fn put(&self, principal: &Principal, request: PutObject) -> Result<PutOutput> { let _ = (principal, request); unimplemented!() }
}
