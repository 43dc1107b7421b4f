//! ListObjects: the live keys of a bucket in byte order, with prefixes rolled up at any delimiter.

use super::ObjectService;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::types::{AccountId, BucketName, ChecksumAlgorithm, ChecksumKind, ETag, Principal};

#[derive(Clone, Debug, Default)]
pub struct ListObjects {
    pub prefix: String,
    /// Empty: nothing is rolled up.
    pub delimiter: String,
    /// Keys and common prefixes behind this one (exclusive). Where it is itself a common prefix of this listing, all that it
    /// stands for is behind it already.
    pub after: String,
    /// At most [`crate::limits::LIST_PAGE_MAX`] count; 0 answers an empty page that is not truncated.
    pub max_keys: usize,
}

#[derive(Clone, Debug)]
pub struct ListEntry {
    pub key: String,
    pub size: u64,
    pub etag: ETag,
    pub modified: Timestamp,
    pub owner: AccountId,
    pub checksum: Option<(ChecksumAlgorithm, ChecksumKind)>,
}

/// A page. `entries` and `common_prefixes` are each in byte order, and so is their union.
#[derive(Clone, Debug, Default)]
pub struct ListPage {
    pub entries: Vec<ListEntry>,
    pub common_prefixes: Vec<String>,
    /// The last key or common prefix of a truncated page: `after` for the next.
    pub next: Option<String>,
}

impl ObjectService {
    pub async fn list(&self, principal: &Principal, bucket: &BucketName, request: ListObjects) -> Result<ListPage> { let _ = (principal, bucket, request); unimplemented!() }
}
