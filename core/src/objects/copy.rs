//! CopyObject: the same content under another key, without moving bytes where the location allows.

use super::{AclChange, ObjectHeaders, ObjectService, ReadConditions, WriteConditions};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::types::{BucketName, Checksum, ChecksumAlgorithm, ETag, ObjectKey, Principal, TagSet, VersionId};

#[derive(Clone, Debug)]
pub struct CopySource {
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub version: Option<VersionId>,
    /// `x-amz-copy-source-if-*`. A failed one is `PreconditionFailed`, never `NotModified`.
    pub conditions: ReadConditions,
}

/// What is taken from the source (`None`) and what is replaced.
#[derive(Clone, Debug, Default)]
pub struct CopyDirectives {
    /// Headers and user metadata together: `x-amz-metadata-directive: REPLACE`.
    pub metadata: Option<(ObjectHeaders, Vec<(String, String)>)>,
    /// `x-amz-tagging-directive: REPLACE`.
    pub tags: Option<TagSet>,
}

#[derive(Clone, Debug)]
pub struct CopyObject {
    pub source: CopySource,
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub directives: CopyDirectives,
    pub acl: AclChange,
    pub conditions: WriteConditions,
    /// Another algorithm than the source's: the content is read and hashed again.
    pub checksum: Option<ChecksumAlgorithm>,
    pub location: Option<String>,
}

#[derive(Clone, Debug)]
pub struct CopyOutput {
    pub etag: ETag,
    pub modified: Timestamp,
    pub version: Option<VersionId>,
    pub source_version: Option<VersionId>,
    pub checksum: Option<Checksum>,
}

impl ObjectService {
    /// A copy onto itself that changes nothing is `InvalidRequest`; a source above 5 GiB too.
    pub async fn copy(&self, principal: &Principal, request: CopyObject) -> Result<CopyOutput> { let _ = (principal, request); unimplemented!() }
}
