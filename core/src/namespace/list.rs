//! A page of a listing: keys in byte order, those that share a prefix up to the delimiter rolled up into one.
//!
//! Always holds: what a page shows is one instant. A directory rolls up without being entered; any other common prefix costs one
//! seek. Paging by `next` neither repeats nor leaves out what stands still, whatever is deleted between the pages. A page that is
//! truncated has come further than the one before, however deep the tree.

use super::Tree;
use super::resolve::Bucket;
use super::walk::{Entry, Names, Walk};
use crate::error::Result;
use crate::limits::{LIST_PAGE_KEY_BYTES_MAX, LIST_WORK_MAX};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{BucketRecord, Dentry, NodeRecord, Record, Summary};
use crate::metadata::{Snapshot, Table};
use crate::types::VersionId;

#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    pub prefix: String,
    /// Empty: nothing is rolled up.
    pub delimiter: String,
    /// Begin behind this key; behind all that it stands for, where it is itself a common prefix of this listing.
    pub after: String,
    pub limit: usize,
}

/// One thing on a page.
#[derive(Clone, Debug)]
pub enum Listed {
    Object { key: String, summary: Summary },
    CommonPrefix(String),
}

/// The first key behind all that begin with `prefix`, where there is one.
fn behind_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let end = keys::behind(prefix);
    (!prefix.is_empty() && end > prefix.to_vec()).then_some(end)
}

/// The common prefix that `path` rolls up into.
pub(crate) fn rolled_up<'p>(path: &'p [u8], prefix: &[u8], delimiter: &[u8]) -> Option<&'p [u8]> {
    if delimiter.is_empty() {
        return None;
    }
    let rest = path.get(prefix.len()..)?;
    let at = rest.windows(delimiter.len()).position(|window| window == delimiter)?;
    Some(&path[..prefix.len() + at + delimiter.len()])
}

/// Where a walk begins that is to show what is behind `after`: a key, and whether it is included. `None`: nothing can be there.
pub(super) fn start_of(prefix: &[u8], delimiter: &[u8], after: &[u8]) -> Option<(Vec<u8>, bool)> {
    if after < prefix || after.is_empty() {
        return Some((prefix.to_vec(), true));
    }
    if after.starts_with(prefix) && rolled_up(after, prefix, delimiter).is_some_and(|common| common == after) {
        return behind_prefix(after).map(|behind| (behind, true));
    }
    Some((after.to_vec(), false))
}

/// Whether a walk that has come to `path` has left `prefix` behind.
pub(super) fn is_past(path: &[u8], prefix: &[u8]) -> bool {
    !path.starts_with(prefix) && path > prefix
}

pub(super) fn text(path: &[u8]) -> Result<String> {
    String::from_utf8(path.to_vec()).map_err(|_| crate::error::Error::Corrupt("a name in the tree is not UTF-8".into()))
}

/// How far a page has come.
pub(super) struct Progress {
    /// What the next page begins behind, if this one ends now.
    pub last: String,
    pub version: Option<VersionId>,
    /// The directory that the walk went into last.
    entered: Vec<u8>,
    names: usize,
    key_bytes: usize,
}

impl Progress {
    /// Of a page that begins behind these.
    pub fn new(last: String, version: Option<VersionId>) -> Self {
        Self { last, version, entered: Vec::new(), names: 0, key_bytes: 0 }
    }

    /// Counts a name that the walk came to, at `path`. True where the page ends before it.
    pub fn is_spent(&mut self, path: &[u8]) -> Result<bool> {
        self.names += 1;
        // The key that is the directory's own is shown rather than begun behind.
        if self.names > LIST_WORK_MAX && self.entered != path {
            // Nothing but directories since: the next page is not to go through them all again.
            if self.entered.as_slice() > self.last.as_bytes() {
                self.last = text(&self.entered)?;
                self.version = None;
            }
            return Ok(true);
        }
        Ok(self.is_full(path))
    }

    /// Whether the page holds too much to show `path` too.
    pub fn is_full(&self, path: &[u8]) -> bool {
        self.key_bytes > 0 && self.key_bytes + path.len() > LIST_PAGE_KEY_BYTES_MAX
    }

    /// The walk goes into a directory.
    pub fn entered(&mut self, path: &[u8]) {
        self.entered.clear();
        self.entered.extend_from_slice(path);
    }

    /// The page shows `last`.
    pub fn shown(&mut self, last: String, version: Option<VersionId>) {
        self.key_bytes += last.len();
        self.last = last;
        self.version = version;
    }
}

impl Tree {
    /// A page of live keys, and the `after` of the next page where there is more. A page may be short: it ends too where it has
    /// done the work or holds the bytes that one may.
    pub async fn list(&self, bucket: &Bucket, query: &ListQuery) -> Result<(Vec<Listed>, Option<String>)> {
        let snapshot = self.store.snapshot()?;
        let root = self.bucket_in(&*snapshot, bucket).await?.root;
        let (prefix, delimiter) = (query.prefix.as_bytes(), query.delimiter.as_bytes());
        let mut page = Vec::with_capacity(query.limit.min(1000));
        if query.limit == 0 {
            return Ok((page, None));
        }
        let Some((start, inclusive)) = start_of(prefix, delimiter, query.after.as_bytes()) else {
            return Ok((page, None));
        };
        let mut walk = Walk::new(&*snapshot, root, Names::Live, query.limit + 1);
        walk.seek(&start, inclusive).await?;
        let mut progress = Progress::new(query.after.clone(), None);
        while let Some((path, entry)) = walk.next().await? {
            if is_past(path, prefix) {
                break;
            }
            if page.len() == query.limit || progress.is_spent(path)? {
                return Ok((page, Some(progress.last)));
            }
            if let Some(common) = rolled_up(path, prefix, delimiter) {
                let whole_directory = matches!(entry, Entry::Directory(_)) && common.len() == path.len();
                let common = text(common)?;
                page.push(Listed::CommonPrefix(common.clone()));
                if !whole_directory {
                    match behind_prefix(common.as_bytes()) {
                        Some(behind) => walk.seek(&behind, true).await?,
                        None => break,
                    }
                }
                progress.shown(common, None);
                continue;
            }
            match entry {
                Entry::Directory(node) => {
                    progress.entered(path);
                    walk.descend(node);
                }
                Entry::Object { live: Some(Dentry::Object { node, summary, .. }), .. } => {
                    let key = text(path)?;
                    let summary = match summary {
                        Some(summary) => summary,
                        None => self.summary_in(&*snapshot, bucket, node).await?,
                    };
                    page.push(Listed::Object { key: key.clone(), summary });
                    progress.shown(key, None);
                }
                Entry::Object { .. } => {}
            }
        }
        Ok((page, None))
    }

    /// The bucket as the snapshot has it: it may be gone, or be another one of its name, and its versioning may have changed.
    pub(super) async fn bucket_in(&self, snapshot: &dyn Snapshot, bucket: &Bucket) -> Result<BucketRecord> {
        let values = snapshot.get_many(&[(Table::Index, keys::bucket(bucket.name.as_str()))]).await?;
        let gone = || crate::error::Error::NoSuchBucket(bucket.name.to_string());
        let record = BucketRecord::decode(values[0].as_deref().ok_or_else(gone)?)?;
        if record.id != bucket.record.id {
            return Err(gone());
        }
        Ok(record)
    }

    pub(super) async fn summary_in(&self, snapshot: &dyn Snapshot, bucket: &Bucket, node: Id) -> Result<Summary> {
        let values = snapshot.get_many(&[(Table::Index, keys::node(node))]).await?;
        let value = values[0].as_deref();
        let value = value
            .ok_or_else(|| crate::error::Error::Corrupt(format!("a name leads to node {node}, which is not there")))?;
        Ok(super::current::summary_of(&NodeRecord::decode(value)?, bucket.record.owner))
    }

    /// Whether nothing at all is in the bucket: no live name and no version.
    pub(crate) async fn is_empty(&self, bucket: &Bucket) -> Result<bool> {
        let snapshot = self.store.snapshot()?;
        let root = bucket.record.root;
        for space in [keys::dentries(root), keys::versions(root)] {
            if !snapshot.scan(&space, &keys::behind(&space), 1, false).await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
