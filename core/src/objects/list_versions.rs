//! ListObjectVersions: every version and delete marker, keys in byte order, newest first within a key.

use super::{ListEntry, ObjectService};
use crate::error::Result;
use crate::types::{BucketName, Principal, VersionId};

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
    pub async fn list_versions(&self, principal: &Principal, bucket: &BucketName, request: ListVersions) -> Result<VersionsPage> { let _ = (principal, bucket, request); unimplemented!() }
}
