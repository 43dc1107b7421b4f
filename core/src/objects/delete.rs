//! DeleteObject: removes a key, a version, or puts a delete marker on top. DeleteObjects is this, key by key.

use super::ObjectService;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::types::{BucketName, ObjectKey, Principal, VersionId};

#[derive(Clone, Debug, Default)]
pub struct DeleteConditions {
    /// `If-Match` (or `*`). An absent key is `NoSuchKey` under this condition only.
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
    pub async fn delete(&self, principal: &Principal, request: DeleteObject) -> Result<DeleteOutput> { let _ = (principal, request); unimplemented!() }
}
