//! Remnants: bytes in a place behind which no header stands.
//!
//! Always holds: a remnant is given back only where no blob has its bytes that the index names, or that a task has yet to delete: in
//! such a blob it is damage, which is told and kept. Where a record that may name a blob can't be read, every remnant is kept.

use std::collections::{BTreeMap, HashMap};

use super::scan::each;
use super::sweep::Swept;
use crate::content::Extent;
use crate::data::{Location, Span};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::metadata::keys::{self, Queue};
use crate::metadata::records::{ContentRecord, ExtentPage, Layout, ReclaimTask, Record};
use crate::objects::ObjectService;

/// The remnants of a place by file: where each begins, and ends. No two have a byte in common.
type ByFile = HashMap<String, BTreeMap<u64, u64>>;

/// Tells what is damage, and gives the rest back where `repair` says so.
pub(super) async fn sort_out(
    service: &ObjectService,
    location: &Location,
    found: Vec<Span>,
    repair: bool,
    swept: &mut Swept,
) -> Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let mut left = ByFile::new();
    for Span { file, begin, end } in found {
        left.entry(file).or_default().insert(begin, end);
    }
    match without_named(service, location, &mut left, swept).await {
        Ok(()) => {}
        Err(error @ Error::Corrupt(_)) => {
            swept.damaged(format!("location {}: what has no readable header is kept: {error}", location.name));
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    for (file, spans) in left {
        for (begin, end) in spans {
            swept.orphans_found += 1;
            if repair {
                failpoint!("sweep.before_delete", io);
                let remnant = Span { file: file.clone(), begin, end };
                location.store.clear(&remnant).await.map_err(|error| Error::Unavailable(error.to_string()))?;
                swept.orphans_deleted += 1;
                swept.bytes_freed += end - begin;
            }
        }
    }
    Ok(())
}

/// Takes away what lies in blobs that the index knows of. Those are of earlier starts, so that no new ones come meanwhile.
async fn without_named(
    service: &ObjectService,
    location: &Location,
    left: &mut ByFile,
    swept: &mut Swept,
) -> Result<()> {
    let snapshot = service.store().snapshot()?;
    let mut named = |extents: &[&Extent]| {
        for span in extents.iter().filter_map(|extent| location.store.span(&extent.locator)) {
            if take_within(left, &span) {
                swept.damaged(format!("location {}: the blob at {span} has no readable header", location.name));
            }
        }
    };
    let contents = each(&*snapshot, keys::CONTENTS, async |_, value| {
        match ContentRecord::decode(&value)?.layout {
            Layout::Extents(extents) => named(&extents.iter().collect::<Vec<_>>()),
            Layout::Parts { .. } | Layout::Mapped { .. } => {}
        }
        Ok(())
    });
    whole(contents.await?.0)?;
    let parts = each(&*snapshot, keys::PAGES, async |_, value| {
        named(&ExtentPage::decode(&value)?.extents());
        Ok(())
    });
    whole(parts.await?.0)?;
    let queue = keys::tasks(Queue::Reclaim);
    let tasks = each(&*snapshot, &queue, async |_, value| {
        if let ReclaimTask::Blobs { extents, .. } | ReclaimTask::Pieces { extents, .. } = ReclaimTask::decode(&value)? {
            named(&extents.iter().collect::<Vec<_>>());
        }
        Ok(())
    });
    whole(tasks.await?.0)
}

fn whole(unread: Option<Error>) -> Result<()> {
    unread.map_or(Ok(()), Err)
}

/// Takes away what of the remnants lies within `span`; whether there was anything. What lies on either side of it stays.
fn take_within(left: &mut ByFile, span: &Span) -> bool {
    let Some(spans) = left.get_mut(&span.file) else { return false };
    let within: Vec<(u64, u64)> = spans
        .range(..span.end)
        .rev()
        .take_while(|(_, end)| **end > span.begin)
        .map(|(begin, end)| (*begin, *end))
        .collect();
    for (begin, end) in &within {
        spans.remove(begin);
        if *begin < span.begin {
            spans.insert(*begin, span.begin);
        }
        if *end > span.end {
            spans.insert(span.end, *end);
        }
    }
    !within.is_empty()
}
