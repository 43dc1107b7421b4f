//! What the index holds besides names: uploads, accounts' lists of buckets, and records that no name leads to.
//!
//! Always holds: what a reclaim task is about to take away is not called lost; what can't be read is told, and the rest is looked at.

use super::Report;
use super::names::Used;
use crate::error::Result;
use crate::metadata::keys::{self, Id, Queue};
use crate::metadata::records::{ContentRecord, Layout, Number, ReclaimTask, Record, UploadRecord};
use crate::metadata::{Snapshot, Table, counter};
use crate::types::AccountId;
use crate::work::scan::each;
use std::collections::{HashMap, HashSet};

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

/// The accounts' lists of buckets: each names buckets that exist, and knows how many.
pub async fn owners(snapshot: &dyn Snapshot, report: &mut Report, used: &Used) -> Result<()> {
    // By account: how many it is said to have, and how many stand in its list.
    let mut counts: HashMap<AccountId, (i64, i64)> = HashMap::new();
    each(snapshot, keys::OWNED_BUCKETS, async |key, value| {
        let Some((owner, name)) = keys::owned_bucket_parts(&key) else {
            report.problem("damaged_key", "the key of a bucket in an account's list can't be read".into());
            return Ok(());
        };
        let (told, found) = counts.entry(owner).or_default();
        if name.is_empty() {
            match counter::decode(Some(&value)) {
                Ok(count) => *told = count,
                Err(error) => report.problem("damaged_record", format!("the number of {owner}'s buckets: {error}")),
            }
            return Ok(());
        }
        *found += 1;
        match Number::decode(&value) {
            Ok(Number(id)) if used.buckets.contains(&id) => {}
            Ok(_) => report.problem("lost_bucket", format!("{owner}'s list has the bucket {name}, which is not there")),
            Err(error) => report.problem("damaged_record", format!("{name} in {owner}'s list of buckets: {error}")),
        }
        Ok(())
    })
    .await?
    .tell(report, "the accounts' lists of buckets");
    for (owner, (told, found)) in counts {
        if told != found {
            report.problem("wrong_number", format!("{owner} is said to have {told} buckets and has {found}"));
        }
    }
    Ok(())
}

/// Contents that others lie over, or did until a task gives that use back.
pub async fn overlaid(snapshot: &dyn Snapshot, report: &mut Report, used: &mut Used) -> Result<()> {
    // What can't be read is told where each is looked at.
    let mut bases = Vec::new();
    each(snapshot, keys::CONTENTS, async |_, value| {
        if let Ok(ContentRecord { layout: Layout::Mapped { base: Some(base), .. }, .. }) = ContentRecord::decode(&value)
        {
            bases.push(base.content);
        }
        Ok(())
    })
    .await?
    .tell(report, "the contents");
    each(snapshot, &keys::tasks(Queue::Reclaim), async |_, value| {
        if let Ok(ReclaimTask::Use { base, .. }) = ReclaimTask::decode(&value) {
            bases.push(base);
        }
        Ok(())
    })
    .await?
    .tell(report, "the reclaim tasks");
    for base in bases {
        *used.contents.entry(base).or_insert(0) += 1;
        let at = [(Table::Index, keys::content(base))];
        if snapshot.get_many(&at).await.is_ok_and(|values| values[0].is_none()) {
            report.problem("missing_content", format!("content {base}, which others lie over, is not there"));
        }
    }
    Ok(())
}

/// Records that nothing leads to.
pub async fn left_over(snapshot: &dyn Snapshot, report: &mut Report, used: &Used) -> Result<()> {
    let mut reclaimed: HashSet<Id> = HashSet::new();
    each(snapshot, &keys::tasks(Queue::Reclaim), async |_, value| {
        match ReclaimTask::decode(&value) {
            Ok(task) => reclaimed.extend(task.content()),
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
    // What belongs to a directory or node, and goes with it.
    for (kind, what) in
        [(b"G", "a directory"), (b"H", "counts of a directory"), (b"Q", "an attribute"), (b"P", "a name")]
    {
        each(snapshot, kind, async |key, _| {
            match id_of(&key) {
                Some(id) if used.nodes.contains_key(&id) || used.directories.contains(&id) => {}
                id => report.problem("lost_record", format!("{what} of {id:?}, to which no name leads")),
            }
            Ok(())
        })
        .await?
        .tell(report, what);
    }
    each(snapshot, keys::CONTENTS, async |key, value| {
        let Some((content, used)) = id_of(&key).and_then(|content| used.contents.get_key_value(&content)) else {
            report.problem("lost_content", format!("no node has content {:?}", id_of(&key)));
            return Ok(());
        };
        // One that can't be read is told when its bytes are looked at.
        if let Ok(ContentRecord { uses, .. }) = ContentRecord::decode(&value)
            && uses != *used
        {
            report.problem("wrong_count", format!("content {content} counts {uses} uses and has {used}"));
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
