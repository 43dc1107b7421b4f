//! A page of versions: keys in byte order, newest first within a key.
//!
//! Always holds: the first version of a key is its latest: the live one, or else the delete marker on top.

use super::Tree;
use super::list::{is_past, rolled_up, start_of, text};
use super::resolve::Bucket;
use super::walk::{Entry, Names, Walk};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::limits::LIST_WORK_MAX;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Dentry, Summary, Version, VersionRecord};
use crate::types::{AccountId, VersionId};

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

fn id_of(version: Version, node: Id) -> VersionId {
    if version.null { VersionId::Null } else { VersionId::Sequence { sequence: version.sequence, node } }
}

impl Tree {
    /// A page, and the key and version that the next begins behind.
    pub async fn list_versions(
        &self,
        bucket: &Bucket,
        query: &VersionsQuery,
    ) -> Result<(Vec<ListedVersion>, Option<(String, Option<VersionId>)>)> {
        let snapshot = self.store.snapshot()?;
        let root = self.root_in(&*snapshot, bucket).await?;
        let (prefix, delimiter) = (query.prefix.as_bytes(), query.delimiter.as_bytes());
        let mut page = Vec::new();
        if query.limit == 0 {
            return Ok((page, None));
        }
        let names = if bucket.versioned() { Names::Versions } else { Names::Live };
        let mut walk = Walk::new(&*snapshot, root, names, query.limit + 1);
        let Some((start, inclusive)) = start_of(prefix, delimiter, query.key_marker.as_bytes()) else {
            return Ok((page, None));
        };
        // The key whose versions are being given, as soon as one of them is behind us: what follows is not its latest.
        let mut begun = None;
        match (query.version_marker, start == query.key_marker.as_bytes() && !inclusive) {
            (Some(VersionId::Sequence { sequence, .. }), true) => {
                walk.seek_version(&start, sequence).await?;
                begun = Some(query.key_marker.clone());
            }
            (Some(VersionId::Null), true) => match self.null_sequence_in(&mut walk, &start).await? {
                Some(sequence) => {
                    walk.seek_version(&start, sequence).await?;
                    begun = Some(query.key_marker.clone());
                }
                // It is gone since the last page: rather show its fellows again than leave any out.
                None => walk.seek(&start, true).await?,
            },
            _ => walk.seek(&start, inclusive).await?,
        }
        let mut last = (String::new(), None);
        for _ in 0..LIST_WORK_MAX {
            let Some((path, entry)) = walk.next().await? else { return Ok((page, None)) };
            if is_past(path, prefix) {
                return Ok((page, None));
            }
            if let Some(common) = rolled_up(path, prefix, delimiter) {
                if page.len() == query.limit {
                    return Ok((page, Some(last)));
                }
                let common_text = text(common)?;
                page.push(ListedVersion::CommonPrefix(common_text.clone()));
                let whole_directory = matches!(entry, Entry::Directory(_)) && common.len() == path.len();
                if !whole_directory {
                    walk.seek(&keys::behind(common_text.as_bytes()), true).await?;
                }
                last = (common_text, None);
                continue;
            }
            let (live, versions) = match entry {
                Entry::Directory(node) => {
                    walk.descend(node);
                    continue;
                }
                Entry::Object { live, versions } => (live, versions),
            };
            let key = text(path)?;
            let mut latest = begun.as_ref() != Some(&key);
            begun = Some(key.clone());
            if let Some(Dentry::Object { node, version, summary, .. }) = live {
                if page.len() == query.limit {
                    return Ok((page, Some(last)));
                }
                let summary = match summary {
                    Some(summary) => summary,
                    None => self.summary_in(&*snapshot, bucket, node).await?,
                };
                last = (key.clone(), Some(id_of(version, node)));
                page.push(ListedVersion::Object { key: key.clone(), node, version, summary, latest });
                latest = false;
            }
            for record in versions {
                if page.len() == query.limit {
                    return Ok((page, Some(last)));
                }
                last = (key.clone(), Some(id_of(record.version(), record.node())));
                page.push(match record {
                    VersionRecord::Object { node, version, summary, .. } => {
                        ListedVersion::Object { key: key.clone(), node, version, summary, latest }
                    }
                    VersionRecord::DeleteMarker { node, version, owner, modified } => {
                        ListedVersion::DeleteMarker { key: key.clone(), node, version, owner, modified, latest }
                    }
                });
                latest = false;
            }
        }
        Ok((page, Some(last)))
    }

    /// The sequence of the null version of `key`, where it still is.
    async fn null_sequence_in(&self, walk: &mut Walk<'_>, key: &[u8]) -> Result<Option<u64>> {
        walk.seek(key, true).await?;
        while let Some((path, entry)) = walk.next().await? {
            let Entry::Object { live, versions } = entry else { break };
            if path != key {
                break;
            }
            if let Some(Dentry::Object { version, .. }) = live
                && version.null
            {
                return Ok(Some(version.sequence));
            }
            if let Some(record) = versions.iter().find(|record| record.version().null) {
                return Ok(Some(record.version().sequence));
            }
        }
        Ok(None)
    }
}
