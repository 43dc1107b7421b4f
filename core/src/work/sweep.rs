//! The sweep: what a place holds and no name leads to.
//!
//! Always holds: a blob is an orphan only if nobody may be about to name it (its content is no writer's), its content does not name
//! it, and no reader has the content pinned; in this order, which [`is_named`] explains. A blob whose records can't be read is kept.
//! A blob that a reclaim task names too may be deleted twice: that succeeds.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt;

use super::remnants;
use crate::data::{DataError, Entry, Listed, Location};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{CHECK_PROBLEMS_MAX, REMNANTS_MAX};
use crate::metadata::Table;
use crate::metadata::keys;
use crate::metadata::records::{ContentRecord, ExtentPage, Layout, Record};
use crate::objects::ObjectService;

/// What a sweep found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub blobs_seen: u64,
    /// Blobs without a name, and remnants of blobs.
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
        let (mut found, mut more) = (Vec::new(), 0_u64);
        while let Some(entry) = entries.next().await {
            match entry {
                Ok(Entry::Blob(blob)) => {
                    seen.fetch_add(1, Ordering::Relaxed);
                    look_at(service, location, &blob, repair, &mut swept).await?;
                }
                Ok(Entry::Remnant(remnant)) if found.len() < REMNANTS_MAX => found.push(remnant),
                Ok(Entry::Remnant(_)) => more += 1,
                Err(error @ DataError::Corrupt(_)) => swept.damaged(format!("location {}: {error}", location.name)),
                Err(error) => return Err(Error::Unavailable(error.to_string())),
            }
        }
        drop(entries);
        if more > 0 {
            swept.damaged(format!("location {}: {more} remnants are left to the next search", location.name));
        }
        remnants::sort_out(service, location, found, repair, &mut swept).await?;
    }
    Ok(swept)
}

async fn look_at(
    service: &ObjectService,
    location: &Location,
    blob: &Listed,
    repair: bool,
    swept: &mut Swept,
) -> Result<()> {
    swept.blobs_seen += 1;
    match is_named(service, location, blob).await {
        Ok(false) => {}
        Ok(true) => return Ok(()),
        Err(error @ Error::Corrupt(_)) => {
            swept.damaged(format!("content {}: {error}", blob.origin.content));
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    swept.orphans_found += 1;
    if repair {
        failpoint!("sweep.before_delete", io);
        location.store.delete(&blob.locator).await.map_err(|error| Error::Unavailable(error.to_string()))?;
        swept.orphans_deleted += 1;
        swept.bytes_freed += blob.length;
    }
    Ok(())
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
