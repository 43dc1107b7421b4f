//! ListObjectVersions: every version and delete marker, keys in byte order, newest first within a key.
//!
//! Always holds: a page has at most `LIST_PAGE_MAX` entries; what is current is marked so, also where its newest version is a
//! delete marker.

use super::{ListEntry, ObjectService};
use crate::error::Result;
use crate::limits::LIST_PAGE_MAX;
use crate::namespace::{ListedVersion, VersionsQuery};
use crate::types::{BucketName, ETag, Permission, Principal, VersionId};

#[derive(Clone, Debug, Default)]
pub struct ListVersions {
    pub prefix: String,
    pub delimiter: String,
    pub key_marker: String,
    /// Versions of `key_marker` behind this one come first; without it, the listing begins behind the key.
    pub version_marker: Option<VersionId>,
    pub max_keys: usize,
}

#[derive(Clone, Debug)]
pub struct VersionEntry {
    /// Size 0 and an empty tag for a delete marker.
    pub entry: ListEntry,
    pub version: VersionId,
    pub is_latest: bool,
    pub is_delete_marker: bool,
}

#[derive(Clone, Debug, Default)]
pub struct VersionsPage {
    /// Versions and delete markers in the order of the listing.
    pub versions: Vec<VersionEntry>,
    pub common_prefixes: Vec<String>,
    /// Key (or common prefix) and version that the next page begins behind.
    pub next: Option<(String, Option<VersionId>)>,
}

impl ObjectService {
    pub async fn list_versions(
        &self,
        principal: &Principal,
        bucket: &BucketName,
        request: ListVersions,
    ) -> Result<VersionsPage> {
        let bucket = self.tree().bucket(bucket).await?;
        self.require(principal, &bucket, Permission::Read)?;
        let query = VersionsQuery {
            prefix: request.prefix,
            delimiter: request.delimiter,
            key_marker: request.key_marker,
            version_marker: request.version_marker,
            limit: request.max_keys.min(LIST_PAGE_MAX),
        };
        let (listed, next) = self.tree().list_versions(&bucket, &query).await?;
        self.all_is_heard().await;
        let mut page = VersionsPage { next, ..VersionsPage::default() };
        for listed in listed {
            match listed {
                ListedVersion::CommonPrefix(prefix) => page.common_prefixes.push(prefix),
                ListedVersion::Object { key, node, version, summary, latest } => page.versions.push(VersionEntry {
                    entry: ListEntry {
                        key,
                        size: summary.size,
                        etag: summary.etag,
                        modified: summary.modified,
                        owner: summary.owner.unwrap_or(bucket.record.owner),
                        checksum: summary.checksum,
                    },
                    version: version.id(node),
                    is_latest: latest,
                    is_delete_marker: false,
                }),
                ListedVersion::DeleteMarker { key, node, version, owner, modified, latest } => {
                    page.versions.push(VersionEntry {
                        entry: ListEntry {
                            key,
                            size: 0,
                            etag: ETag::Opaque(String::new()),
                            modified,
                            owner: owner.unwrap_or(bucket.record.owner),
                            checksum: None,
                        },
                        version: version.id(node),
                        is_latest: latest,
                        is_delete_marker: true,
                    });
                }
            }
        }
        Ok(page)
    }
}
