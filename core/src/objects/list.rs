//! ListObjects: the live keys of a bucket in byte order, with prefixes rolled up at any delimiter.
//!
//! Always holds: a page has at most `LIST_PAGE_MAX` entries and common prefixes together, and the next one begins behind its last.

use super::ObjectService;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::limits::LIST_PAGE_MAX;
use crate::namespace::{ListQuery, Listed};
use crate::types::{AccountId, BucketName, ChecksumAlgorithm, ChecksumKind, ETag, Permission, Principal};

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
    pub async fn list(&self, principal: &Principal, bucket: &BucketName, request: ListObjects) -> Result<ListPage> {
        let bucket = self.tree().bucket(bucket).await?;
        self.require(principal, &bucket, Permission::Read)?;
        let query = ListQuery {
            prefix: request.prefix,
            delimiter: request.delimiter,
            after: request.after,
            limit: request.max_keys.min(LIST_PAGE_MAX),
        };
        let (listed, next) = self.tree().list(&bucket, &query).await?;
        self.all_is_heard().await;
        let mut page = ListPage { entries: Vec::with_capacity(listed.len()), common_prefixes: Vec::new(), next };
        for listed in listed {
            match listed {
                Listed::CommonPrefix(prefix) => page.common_prefixes.push(prefix),
                Listed::Object { key, summary } => page.entries.push(ListEntry {
                    key,
                    size: summary.size,
                    etag: summary.etag,
                    modified: summary.modified,
                    owner: summary.owner.unwrap_or(bucket.record.owner),
                    checksum: summary.checksum,
                }),
            }
        }
        Ok(page)
    }
}
