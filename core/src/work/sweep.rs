//! The sweep: blobs that a crash left without a name.
//!
//! Always holds: a blob is an orphan only if no process that still runs may be about to name it (its epoch is not the present one),
//! its content does not name it, and no reader has the content pinned. A blob whose records can't be read is kept. A blob that a
//! reclaim task names too may be deleted twice: that succeeds.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt;

use crate::data::{DataError, Listed, Location};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::CHECK_PROBLEMS_MAX;
use crate::metadata::Table;
use crate::metadata::keys;
use crate::metadata::records::{ContentRecord, Layout, PartRecord, Record};
use crate::objects::ObjectService;

/// What a sweep found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub blobs_seen: u64,
    pub orphans_found: u64,
    pub orphans_deleted: u64,
    pub bytes_freed: u64,
    /// Blobs, or records that would say whether a blob is an orphan, that are damaged: one sentence each, the first
    /// [`CHECK_PROBLEMS_MAX`]. They were stepped over.
    pub damaged: Vec<String>,
}

impl Swept {
    fn damaged(&mut self, what: String) {
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
        let Some(mut blobs) = location.store.list() else { continue };
        while let Some(blob) = blobs.next().await {
            let blob = match blob {
                Ok(blob) => blob,
                Err(error @ DataError::Corrupt(_)) => {
                    swept.damaged(format!("location {}: {error}", location.name));
                    continue;
                }
                Err(error) => return Err(Error::Unavailable(error.to_string())),
            };
            swept.blobs_seen += 1;
            seen.fetch_add(1, Ordering::Relaxed);
            match is_named(service, location, &blob).await {
                Ok(false) => {}
                Ok(true) => continue,
                Err(error @ Error::Corrupt(_)) => {
                    swept.damaged(format!("content {}: {error}", blob.origin.content));
                    continue;
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
        }
    }
    Ok(swept)
}

/// Whether the blob is in use, or may be about to be.
pub(super) async fn is_named(service: &ObjectService, location: &Location, blob: &Listed) -> Result<bool> {
    if blob.current_epoch || service.inner.pins.is_pinned(blob.origin.content) {
        return Ok(true);
    }
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
        Some(value) => Ok(PartRecord::decode(value)?.extents.iter().any(|extent| extent.locator == blob.locator)),
        None => Ok(false),
    }
}
