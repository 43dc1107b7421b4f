//! Multipart uploads (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>): what requests and answers hold.
//!
//! Always holds: an upload is flat, its directories need not exist; its parts stand under the id of the content that the whole
//! will be, so that completing it moves nothing. While it is completed or aborted it takes no part.

mod abort;
mod assemble;
mod complete;
mod completed;
mod create;
mod list;
mod part;
mod upload;

use super::{AclChange, CopySource, ObjectHeaders, WriteConditions};
use crate::clock::Timestamp;
use crate::content::Upload;
use crate::types::{
    AccountId, BucketName, Checksum, ChecksumAlgorithm, ChecksumKind, ETag, ObjectKey, RangeRequest, TagSet, VersionId,
};

#[derive(Clone, Debug)]
pub struct CreateUpload {
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub headers: ObjectHeaders,
    pub user_metadata: Vec<(String, String)>,
    pub tags: TagSet,
    pub acl: AclChange,
    /// The algorithm, and the kind where it was named (else the algorithm's default: CRC64NVME is full, the others composite).
    pub checksum: Option<(ChecksumAlgorithm, Option<ChecksumKind>)>,
    pub location: Option<String>,
}

/// An upload as its answers name it.
#[derive(Clone, Debug)]
pub struct UploadInfo {
    pub upload_id: String,
    pub checksum: Option<(ChecksumAlgorithm, ChecksumKind)>,
}

pub struct UploadPart {
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub upload_id: String,
    /// 1 to 10,000.
    pub number: u32,
    pub upload: Upload,
}

#[derive(Clone, Debug)]
pub struct UploadPartCopy {
    pub source: CopySource,
    /// Must lie inside the source as it stands.
    pub range: Option<RangeRequest>,
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub upload_id: String,
    pub number: u32,
}

#[derive(Clone, Debug)]
pub struct UploadPartOutput {
    pub etag: ETag,
    pub modified: Timestamp,
    pub checksum: Option<Checksum>,
    pub source_version: Option<VersionId>,
}

#[derive(Clone, Debug)]
pub struct ListParts {
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub upload_id: String,
    /// Parts with a number above this one.
    pub marker: u32,
    pub max_parts: usize,
}

#[derive(Clone, Debug)]
pub struct UploadedPart {
    pub number: u32,
    pub size: u64,
    pub etag: ETag,
    pub modified: Timestamp,
    pub checksum: Option<Checksum>,
}

#[derive(Clone, Debug)]
pub struct UploadedPartsPage {
    pub parts: Vec<UploadedPart>,
    pub truncated: bool,
    pub initiator: AccountId,
    pub owner: AccountId,
    pub checksum: Option<(ChecksumAlgorithm, ChecksumKind)>,
}

#[derive(Clone, Debug)]
pub struct CompletedPart {
    pub number: u32,
    /// Without quotes.
    pub etag: String,
    /// Compared with the part's where given; needed where the whole's is composed of them.
    pub checksum: Option<(ChecksumAlgorithm, String)>,
}

#[derive(Clone, Debug)]
pub struct CompleteUpload {
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub upload_id: String,
    pub parts: Vec<CompletedPart>,
    pub conditions: WriteConditions,
    /// The whole object's checksum where the client sent one, as sent; compared before publishing.
    pub checksum: Option<(ChecksumAlgorithm, String)>,
    /// `x-amz-checksum-type` where sent; another than the upload's is `InvalidRequest`.
    pub checksum_kind: Option<ChecksumKind>,
    /// `x-amz-mp-object-size` where sent; another sum is `InvalidRequest`.
    pub object_size: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct CompleteOutput {
    pub etag: ETag,
    pub version: Option<VersionId>,
    pub checksum: Option<Checksum>,
}

#[derive(Clone, Debug, Default)]
pub struct ListUploads {
    pub prefix: String,
    pub delimiter: String,
    pub key_marker: String,
    /// Uploads of `key_marker` behind this one come first; without it, the listing begins behind the key.
    pub upload_id_marker: String,
    pub max_uploads: usize,
}

#[derive(Clone, Debug)]
pub struct UploadEntry {
    pub key: String,
    pub upload_id: String,
    pub initiated: Timestamp,
    pub owner: AccountId,
    pub initiator: AccountId,
    pub checksum: Option<(ChecksumAlgorithm, ChecksumKind)>,
}

#[derive(Clone, Debug, Default)]
pub struct UploadsPage {
    /// By key, then by time of initiation.
    pub uploads: Vec<UploadEntry>,
    pub common_prefixes: Vec<String>,
    /// Key (or common prefix) and upload id that the next page begins behind.
    pub next: Option<(String, String)>,
}
