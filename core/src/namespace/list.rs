//! A page of a listing: keys in byte order, those that share a prefix up to the delimiter rolled up into one.
//!
//! Always holds: what a page shows is one instant. A directory rolls up without being entered; any other common prefix costs one
//! seek. Paging by `next` neither repeats nor leaves out what stands still, whatever is deleted between the pages.

use super::Tree;
use super::resolve::Bucket;
use super::walk::{Entry, Names, Walk};
use crate::error::Result;
use crate::limits::LIST_WORK_MAX;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{BucketRecord, Dentry, NodeRecord, Record, Summary};
use crate::metadata::{Snapshot, Table};

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

impl Tree {
    /// A page of live keys, and the `after` of the next page where there is more.
    pub async fn list(&self, bucket: &Bucket, query: &ListQuery) -> Result<(Vec<Listed>, Option<String>)> {
        let snapshot = self.store.snapshot()?;
        let root = self.root_in(&*snapshot, bucket).await?;
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
        let mut last = String::new();
        for _ in 0..LIST_WORK_MAX {
            let Some((path, entry)) = walk.next().await? else { return Ok((page, None)) };
            if is_past(path, prefix) {
                return Ok((page, None));
            }
            if let Some(common) = rolled_up(path, prefix, delimiter) {
                if page.len() == query.limit {
                    return Ok((page, Some(last)));
                }
                last = text(common)?;
                page.push(Listed::CommonPrefix(last.clone()));
                let whole_directory = matches!(entry, Entry::Directory(_)) && common.len() == path.len();
                if !whole_directory {
                    match behind_prefix(last.as_bytes()) {
                        Some(behind) => walk.seek(&behind, true).await?,
                        None => return Ok((page, None)),
                    }
                }
                continue;
            }
            match entry {
                Entry::Directory(node) => walk.descend(node),
                Entry::Object { live: Some(Dentry::Object { node, summary, .. }), .. } => {
                    if page.len() == query.limit {
                        return Ok((page, Some(last)));
                    }
                    last = text(path)?;
                    let summary = match summary {
                        Some(summary) => summary,
                        None => self.summary_in(&*snapshot, bucket, node).await?,
                    };
                    page.push(Listed::Object { key: last.clone(), summary });
                }
                Entry::Object { .. } => {}
            }
        }
        // A page has done all the work it may: the next one goes on from here.
        let next = if last.is_empty() { query.after.clone() } else { last };
        Ok((page, Some(next)))
    }

    /// The bucket's root as the snapshot has it: the bucket may be gone, or be another one of its name.
    pub(super) async fn root_in(&self, snapshot: &dyn Snapshot, bucket: &Bucket) -> Result<Id> {
        let values = snapshot.get_many(&[(Table::Index, keys::bucket(bucket.name.as_str()))]).await?;
        let gone = || crate::error::Error::NoSuchBucket(bucket.name.to_string());
        let record = BucketRecord::decode(values[0].as_deref().ok_or_else(gone)?)?;
        if record.id != bucket.record.id {
            return Err(gone());
        }
        Ok(record.root)
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
