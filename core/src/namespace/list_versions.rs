//! A page of versions: keys in byte order, newest first within a key.
//!
//! Always holds: the first version of a key is its latest: the live one, or else the delete marker on top. Paging by `next` leaves
//! out nothing that stands still, whatever is deleted between the pages; where a version comes to light meanwhile, it is shown as
//! the latest in its place. It repeats only what is newer than a null version that was the marker and is gone.

use super::Tree;
use super::list::{Progress, is_past, rolled_up, start_of, text};
use super::resolve::Bucket;
use super::walk::{Entry, Names, Walk};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Dentry, Summary, Version, VersionRecord};
use crate::types::{AccountId, VersionId, Versioning};

#[derive(Clone, Debug, Default)]
pub struct VersionsQuery {
    pub prefix: String,
    pub delimiter: String,
    pub key_marker: String,
    /// Versions of `key_marker` behind this one come first.
    pub version_marker: Option<VersionId>,
    pub limit: usize,
}

#[derive(Clone, Debug)]
pub enum ListedVersion {
    CommonPrefix(String),
    Object {
        key: String,
        node: Id,
        version: Version,
        summary: Summary,
        latest: bool,
    },
    DeleteMarker {
        key: String,
        node: Id,
        version: Version,
        owner: Option<AccountId>,
        modified: Timestamp,
        latest: bool,
    },
}

impl Tree {
    /// A page, and the key and version that the next begins behind.
    pub async fn list_versions(
        &self,
        bucket: &Bucket,
        query: &VersionsQuery,
    ) -> Result<(Vec<ListedVersion>, Option<(String, Option<VersionId>)>)> {
        let snapshot = self.store.snapshot()?;
        let record = self.bucket_in(&*snapshot, bucket).await?;
        let (prefix, delimiter) = (query.prefix.as_bytes(), query.delimiter.as_bytes());
        let mut page = Vec::new();
        if query.limit == 0 {
            return Ok((page, None));
        }
        let names = if record.versioning == Versioning::Unset { Names::Live } else { Names::Versions };
        let mut walk = Walk::new(&*snapshot, record.root, names, query.limit + 1);
        let Some((start, inclusive)) = start_of(prefix, delimiter, query.key_marker.as_bytes()) else {
            return Ok((page, None));
        };
        // The key of which something newer stands than what comes next: that is not its latest then.
        let mut begun = None;
        match query.version_marker.filter(|_| start == query.key_marker.as_bytes() && !inclusive) {
            None => walk.seek(&start, inclusive).await?,
            Some(marker) => begun = walk.seek_version(&start, marker).await?.then(|| query.key_marker.clone()),
        }
        let mut progress = Progress::new(query.key_marker.clone(), query.version_marker);
        while let Some((path, entry)) = walk.next().await? {
            if is_past(path, prefix) {
                break;
            }
            if page.len() == query.limit || progress.is_spent(path)? {
                return Ok((page, Some((progress.last, progress.version))));
            }
            if let Some(common) = rolled_up(path, prefix, delimiter) {
                let whole_directory = matches!(entry, Entry::Directory(_)) && common.len() == path.len();
                let common = text(common)?;
                page.push(ListedVersion::CommonPrefix(common.clone()));
                if !whole_directory {
                    walk.seek(&keys::behind(common.as_bytes()), true).await?;
                }
                progress.shown(common, None);
                continue;
            }
            let (live, versions) = match entry {
                Entry::Directory(node) => {
                    progress.entered(path);
                    walk.descend(node);
                    continue;
                }
                Entry::Object { live, versions } => (live, versions),
            };
            let key = text(path)?;
            let mut latest = begun.as_ref() != Some(&key);
            begun = Some(key.clone());
            if let Some(Dentry::Object { node, version, summary, .. }) = live {
                let summary = match summary {
                    Some(summary) => summary,
                    None => self.summary_in(&*snapshot, bucket, node).await?,
                };
                page.push(ListedVersion::Object { key: key.clone(), node, version, summary, latest });
                progress.shown(key.clone(), Some(version.id(node)));
                latest = false;
            }
            for record in versions {
                if page.len() == query.limit || progress.is_full(key.as_bytes()) {
                    return Ok((page, Some((progress.last, progress.version))));
                }
                let id = record.version().id(record.node());
                page.push(match record {
                    VersionRecord::Object { node, version, summary, .. } => {
                        ListedVersion::Object { key: key.clone(), node, version, summary, latest }
                    }
                    VersionRecord::DeleteMarker { node, version, owner, modified } => {
                        ListedVersion::DeleteMarker { key: key.clone(), node, version, owner, modified, latest }
                    }
                });
                progress.shown(key.clone(), Some(id));
                latest = false;
            }
        }
        Ok((page, None))
    }
}
