//! What the index holds besides names: uploads, and records that no name leads to.
//!
//! Always holds: what a reclaim task is about to take away is not called lost; what can't be read is told, and the rest is looked at.

use super::Report;
use super::names::Used;
use crate::error::Result;
use crate::metadata::Snapshot;
use crate::metadata::keys::{self, Id, Queue};
use crate::metadata::records::{ReclaimTask, Record, UploadRecord};
use crate::work::scan::each;
use std::collections::HashSet;

/// Every upload of a bucket that exists.
pub async fn uploads(snapshot: &dyn Snapshot, report: &mut Report, used: &mut Used) -> Result<()> {
    each(snapshot, b"U", async |key, value| {
        let (Some((_, _, content)), Some(bucket)) = (keys::upload_parts(&key), id_of(&key)) else {
            report.problem("damaged_key", "an upload's key can't be read".into());
            return Ok(());
        };
        if !used.buckets.contains(&bucket) {
            // A task of its own is about to take it away.
            used.uploads.insert(content);
            return Ok(());
        }
        match UploadRecord::decode(&value) {
            Err(error) => report.problem("damaged_record", format!("an upload: {error}")),
            Ok(_) => {
                report.uploads += 1;
                used.uploads.insert(content);
            }
        }
        Ok(())
    })
    .await?
    .tell(report, "the uploads");
    Ok(())
}

/// Records that nothing leads to.
pub async fn left_over(snapshot: &dyn Snapshot, report: &mut Report, used: &Used) -> Result<()> {
    let mut reclaimed: HashSet<Id> = HashSet::new();
    each(snapshot, &keys::tasks(Queue::Reclaim), async |_, value| {
        match ReclaimTask::decode(&value) {
            Ok(ReclaimTask::Blobs { content, .. } | ReclaimTask::Pages { content, .. }) => {
                reclaimed.insert(content);
            }
            Ok(ReclaimTask::Uploads { .. }) => {}
            Err(error) => report.problem("damaged_record", format!("a reclaim task: {error}")),
        }
        Ok(())
    })
    .await?
    .tell(report, "the reclaim tasks");
    each(snapshot, b"N", async |key, _| {
        match id_of(&key) {
            Some(node) if used.nodes.contains_key(&node) || used.directories.contains(&node) => {}
            node => report.problem("lost_node", format!("no name leads to node {node:?}")),
        }
        Ok(())
    })
    .await?
    .tell(report, "the nodes");
    each(snapshot, b"C", async |key, _| {
        match id_of(&key) {
            Some(content) if used.contents.contains_key(&content) => {}
            content => report.problem("lost_content", format!("no node has content {content:?}")),
        }
        Ok(())
    })
    .await?
    .tell(report, "the contents");
    for kind in [b"D", b"V"] {
        let mut last = None;
        each(snapshot, kind, async |key, _| {
            let parent = id_of(&key);
            if parent != last {
                last = parent;
                if parent.is_none_or(|parent| !used.directories.contains(&parent)) {
                    report.problem("lost_directory", format!("no name leads to directory {parent:?}"));
                }
            }
            Ok(())
        })
        .await?
        .tell(report, "the directories");
    }
    let mut last = None;
    each(snapshot, b"E", async |key, _| {
        report.parts += 1;
        let content = id_of(&key);
        if content != last {
            last = content;
            let known = content.is_some_and(|id| {
                used.contents.contains_key(&id) || used.uploads.contains(&id) || reclaimed.contains(&id)
            });
            if !known {
                report.problem("lost_part", format!("no upload and no content has the parts of {content:?}"));
            }
        }
        Ok(())
    })
    .await?
    .tell(report, "the parts");
    Ok(())
}

/// The id behind a key's first byte.
fn id_of(key: &[u8]) -> Option<Id> {
    key.get(1..9).and_then(|id| id.try_into().ok()).map(u64::from_be_bytes)
}
