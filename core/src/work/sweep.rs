//! The sweep: what a place holds and no name leads to.
//!
//! Always holds: a blob is an orphan only if nobody may be about to name it (its content is no writer's), its content does not name
//! it, no reader has the content pinned, and no reclaim task is going to delete it; in this order, which [`is_named`] and [`judge`]
//! explain. A blob whose records can't be read is kept.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt;

use super::remnants;
use super::scan::each;
use crate::data::{DataError, Entry, Listed, Location, Locator};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{CHECK_PROBLEMS_MAX, REMNANTS_MAX, SUSPECTS_MAX};
use crate::metadata::Table;
use crate::metadata::keys::{self, Queue};
use crate::metadata::records::{ContentRecord, ExtentPage, Layout, ReclaimTask, Record};
use crate::objects::ObjectService;
use crate::types::ByteRange;

/// What a sweep found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub blobs_seen: u64,
    /// Blobs without a name that a reclaim task is going to delete.
    pub blobs_waiting: u64,
    /// Blobs without a name or a task, and remnants of blobs.
    pub orphans_found: u64,
    pub orphans_deleted: u64,
    pub bytes_freed: u64,
    /// Blobs, or records that would say whether a blob is an orphan, that are damaged: one sentence each, the first
    /// [`CHECK_PROBLEMS_MAX`]. They were stepped over.
    pub damaged: Vec<String>,
}

impl Swept {
    pub(super) fn damaged(&mut self, what: String) {
        tracing::warn!(what, "the sweep stepped over what is damaged");
        if self.damaged.len() < CHECK_PROBLEMS_MAX {
            self.damaged.push(what);
        }
    }
}

/// Looks at every blob of every location that can list, and deletes the orphans where `repair` says so. `seen` counts along.
pub async fn sweep(service: &ObjectService, repair: bool, seen: &AtomicU64) -> Result<Swept> {
    let mut swept = Swept::default();
    for location in service.inner.parts.locations.values() {
        let Some(mut entries) = location.store.list() else { continue };
        let (mut found, mut more, mut suspects) = (Vec::new(), 0_u64, Vec::new());
        while let Some(entry) = entries.next().await {
            match entry {
                Ok(Entry::Blob(blob)) => {
                    seen.fetch_add(1, Ordering::Relaxed);
                    suspects.extend(look_at(service, location, blob, &mut swept).await?);
                    if suspects.len() >= SUSPECTS_MAX {
                        judge(service, location, std::mem::take(&mut suspects), repair, &mut swept).await?;
                    }
                }
                Ok(Entry::Remnant(remnant)) if found.len() < REMNANTS_MAX => found.push(remnant),
                Ok(Entry::Remnant(_)) => more += 1,
                Err(error @ DataError::Corrupt(_)) => swept.damaged(format!("location {}: {error}", location.name)),
                Err(error) => return Err(Error::Unavailable(error.to_string())),
            }
        }
        drop(entries);
        judge(service, location, suspects, repair, &mut swept).await?;
        if more > 0 {
            swept.damaged(format!("location {}: {more} remnants are left to the next search", location.name));
        }
        remnants::sort_out(service, location, found, repair, &mut swept).await?;
    }
    Ok(swept)
}

/// The blob, if nobody names it nor ever will.
async fn look_at(
    service: &ObjectService,
    location: &Location,
    blob: Listed,
    swept: &mut Swept,
) -> Result<Option<Listed>> {
    swept.blobs_seen += 1;
    match is_named(service, location, &blob).await {
        Ok(false) => Ok(Some(blob)),
        Ok(true) => Ok(None),
        Err(error @ Error::Corrupt(_)) => {
            swept.damaged(format!("content {}: {error}", blob.origin.content));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Tells orphans from what is about to be deleted anyhow, and deletes the orphans where `repair` says so.
///
/// Who lets go of a blob puts the task for it in the same commit. So of a blob that was found without a name, the task is there
/// now; or it was carried out since, and the blob is gone; or nobody will ever delete it but the sweep.
async fn judge(
    service: &ObjectService,
    location: &Location,
    suspects: Vec<Listed>,
    repair: bool,
    swept: &mut Swept,
) -> Result<()> {
    if suspects.is_empty() {
        return Ok(());
    }
    let waiting = match with_a_task(service, location, suspects.iter().map(|blob| &blob.locator).collect()).await {
        Err(error @ Error::Corrupt(_)) => {
            swept.damaged(format!("location {}: what has no name is kept: {error}", location.name));
            return Ok(());
        }
        waiting => waiting?,
    };
    for blob in &suspects {
        if waiting.contains(&blob.locator) {
            swept.blobs_waiting += 1;
        } else if exists(location, blob).await? {
            swept.orphans_found += 1;
            if repair {
                failpoint!("sweep.before_delete", io);
                location.store.delete(&blob.locator).await.map_err(|error| Error::Unavailable(error.to_string()))?;
                swept.orphans_deleted += 1;
                swept.bytes_freed += blob.length;
            }
        }
    }
    Ok(())
}

/// Those of `locators` that reclaim tasks name. A task that can't be read names none: nobody will carry it out.
async fn with_a_task(service: &ObjectService, of: &Location, locators: HashSet<&Locator>) -> Result<HashSet<Locator>> {
    let mut found = HashSet::new();
    let snapshot = service.store().snapshot()?;
    let queue = keys::tasks(Queue::Reclaim);
    let unread = each(&*snapshot, &queue, async |_, value| {
        if let Ok(ReclaimTask::Blobs { location, extents, .. } | ReclaimTask::Pieces { location, extents, .. }) =
            ReclaimTask::decode(&value)
            && location == of.name
        {
            let named = extents.into_iter().map(|extent| extent.locator);
            found.extend(named.filter(|locator| locators.contains(locator)));
        }
        Ok(())
    });
    unread.await?.0.map_or(Ok(found), Err)
}

async fn exists(location: &Location, blob: &Listed) -> Result<bool> {
    let nothing = ByteRange { offset: 0, length: 0 };
    match location.store.get(&blob.locator, blob.length, nothing).next().await {
        Some(Err(DataError::NotFound)) => Ok(false),
        Some(Err(error @ DataError::Unavailable(_))) => Err(Error::Unavailable(error.to_string())),
        // What is damaged is there, too.
        _ => Ok(true),
    }
}

/// Whether the blob is in use, or may be about to be.
///
/// The order matters. A writer has its content among the writers' before its first byte, until its name is committed or certainly
/// never will be: a blob that was listed, and whose content is no writer's after that, is named by the index now, or by nobody ever.
/// A reader pins a content and reads its record again: where the record is gone before a pin is asked for, either the pin is there,
/// or the reader finds the record gone.
async fn is_named(service: &ObjectService, location: &Location, blob: &Listed) -> Result<bool> {
    let content = blob.origin.content;
    if service.inner.writers.is_pinned(content) {
        return Ok(true);
    }
    Ok(index_names(service, location, blob).await? || service.inner.pins.is_pinned(content))
}

async fn index_names(service: &ObjectService, location: &Location, blob: &Listed) -> Result<bool> {
    let at = [
        (Table::Index, keys::content(blob.origin.content)),
        (Table::Index, keys::page(blob.origin.content, blob.origin.page)),
    ];
    let (_, values) = service.store().get_many(&at).await?;
    if let Some(value) = &values[0] {
        let record = ContentRecord::decode(value)?;
        if let Layout::Extents(extents) = &record.layout
            && record.location == location.name
            && extents.iter().any(|extent| extent.locator == blob.locator)
        {
            return Ok(true);
        }
    }
    match &values[1] {
        Some(value) => {
            let page = ExtentPage::decode(value)?;
            Ok(page.extents().iter().any(|extent| extent.locator == blob.locator))
        }
        None => Ok(false),
    }
}
