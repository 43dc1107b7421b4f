//! A volume: one preallocated file that takes many blobs of known length.
//!
//! Always holds (T3): a range is reserved by moving a cursor that only grows, so no two blobs ever share a byte and no offset is used
//! twice. A volume that is closed (full, or its sync failed) reserves nothing more. The struct lives as long as anybody may still
//! write to the file; only after that may the file be unlinked.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::descriptors::Descriptors;
use super::group_sync::GroupSync;
use super::place::{FileId, VOLUMES};
use super::{list, syscalls};

/// The cursor of a closed volume: nothing fits behind it.
const CLOSED: u64 = u64::MAX;

#[derive(Debug)]
pub struct Volume {
    pub id: FileId,
    pub file: File,
    pub sync: GroupSync,
    path: PathBuf,
    descriptors: Arc<Descriptors>,
    size: u64,
    cursor: AtomicU64,
}

impl Volume {
    /// Makes the file, reserves its space, and makes both durable: a blob's own sync then covers the blob's bytes only, and the
    /// name that leads to them stands already.
    pub fn create(root: &Path, descriptors: &Arc<Descriptors>, id: FileId, size: u64) -> io::Result<Self> {
        let path = id.path(root);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        let made = (|| {
            crate::failpoint!("volume.opened", io);
            // The length is set at once, too: growing it with each blob would add the inode to each sync.
            if !syscalls::preallocate(&file, size)? {
                file.set_len(size)?;
            }
            file.sync_all()?;
            syscalls::sync_directory(&root.join(VOLUMES))?;
            crate::failpoint!("volume.created", io);
            Ok(())
        })();
        if let Err(error) = made {
            // Nothing is in it yet. If it can't be removed either, it is an empty volume, which the next start removes.
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        let (sync, descriptors, cursor) = (GroupSync::default(), descriptors.clone(), AtomicU64::new(0));
        Ok(Self { id, file, sync, path, descriptors, size, cursor })
    }

    /// Reserves `bytes`: the volume and the offset, or `None` where it has no room, is closed, or failed to sync.
    pub fn take(self: &Arc<Self>, bytes: u64) -> Option<(Arc<Self>, u64)> {
        let fits = |cursor: u64| cursor.checked_add(bytes).filter(|end| *end <= self.size);
        if self.sync.has_failed() {
            return None;
        }
        let offset = self.cursor.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).ok()?;
        Some((self.clone(), offset))
    }

    pub fn has_room(&self, bytes: u64) -> bool {
        self.cursor.load(Ordering::Acquire).checked_add(bytes).is_some_and(|end| end <= self.size)
    }

    /// Whether a blob at `offset` lies in the second half.
    pub fn is_half_full(&self, offset: u64) -> bool {
        offset >= self.size / 2
    }

    /// Reserves nothing more, and gives the space behind the last blob back.
    pub fn close(&self) {
        let end = self.cursor.swap(CLOSED, Ordering::AcqRel);
        if end < self.size
            && let Err(error) = self.file.set_len(end)
        {
            tracing::warn!("the free end of a full volume could not be given back: {error}");
        }
    }
}

impl Drop for Volume {
    /// Nobody writes to the file any more. If all its blobs were deleted meanwhile, this is the last chance to notice.
    fn drop(&mut self) {
        self.close();
        if let Ok(None) = list::first_kept(self.id, &self.file, 0) {
            let _ = std::fs::remove_file(&self.path);
            self.descriptors.forget(self.id);
        }
    }
}
