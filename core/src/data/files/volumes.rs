//! The volume that takes the next blob, and what happens to volumes that took their last.
//!
//! Always holds: a volume is unlinked only when it holds no data and nobody can write to it any more. Of this start, that is when
//! its [`Volume`] is gone; of earlier starts, always.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::metrics::add;
use super::place::{FileId, FileKind, Run};
use super::shared::Shared;
use super::space::Headroom;
use super::syscalls;
use super::volume::Volume;
use crate::limits::BLOB_ALIGN_BYTES;

/// Volumes that this start has made.
#[derive(Debug, Default)]
pub struct Volumes {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Arc<Volume>>,
    /// Every volume somebody may still write to, by number.
    written: HashMap<u64, Weak<Volume>>,
}

impl Volumes {
    /// Reserves `bytes` in the current volume, or in a new one. On a disk thread only: making a volume waits for the disk.
    pub fn reserve(shared: &Shared, bytes: u64) -> io::Result<(Arc<Volume>, u64)> {
        let mut state = shared.volumes.state.lock();
        if let Some(volume) = &state.current
            && !volume.sync.has_failed()
            && let Some(offset) = volume.reserve(bytes)
        {
            return Ok((volume.clone(), offset));
        }
        let size = Self::size_of_next(shared, bytes)?;
        if let Some(full) = state.current.take() {
            full.close();
        }
        let id = FileId { kind: FileKind::Volume, run: shared.run, number: shared.next_number() };
        let volume = Arc::new(Volume::create(&shared.root, id, size)?);
        add(&shared.metrics.volumes_created_total, 1);
        state.written.retain(|_, volume| volume.strong_count() > 0);
        state.written.insert(id.number, Arc::downgrade(&volume));
        let offset =
            volume.reserve(bytes).ok_or_else(|| io::Error::other("a new volume has no room for its first blob"))?;
        state.current = Some(volume.clone());
        Ok((volume, offset))
    }

    /// A whole volume where the place has room for one, else what the room allows.
    fn size_of_next(shared: &Shared, bytes: u64) -> io::Result<u64> {
        let free = match Headroom::of(&shared.root)?.writable_bytes() {
            free if free >= shared.volume_bytes => shared.volume_bytes,
            free => free - free % BLOB_ALIGN_BYTES,
        };
        if free < bytes { Err(io::Error::from_raw_os_error(libc::ENOSPC)) } else { Ok(free) }
    }

    /// Whether somebody of this start may still write to the file.
    pub fn is_written(&self, id: FileId, run: Run) -> bool {
        id.run == run && self.state.lock().written.get(&id.number).is_some_and(|volume| volume.strong_count() > 0)
    }
}

/// Unlinks the volume if it holds nothing and takes nothing more.
pub fn unlink_if_empty(shared: &Shared, id: FileId, file: &File) -> io::Result<()> {
    if shared.volumes.is_written(id, shared.run) || syscalls::seek_data(file, 0)?.is_some() {
        return Ok(());
    }
    match std::fs::remove_file(id.path(&shared.root)) {
        Ok(()) => add(&shared.metrics.volumes_unlinked_total, 1),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    shared.descriptors.forget(id);
    Ok(())
}

/// Gives back what a start that ended unclean has reserved in a volume and never written.
pub fn trim_abandoned(shared: &Shared, id: FileId) -> io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(id.path(&shared.root))?;
    let size = file.metadata()?.len();
    // A volume that was closed ends with its last blob: one call tells.
    if syscalls::seek_data(&file, size.saturating_sub(BLOB_ALIGN_BYTES))?.is_some() {
        return Ok(());
    }
    let mut end = 0;
    while let Some(data) = syscalls::seek_data(&file, end)? {
        end = syscalls::seek_hole(&file, data)?.max(data + 1);
    }
    match end.next_multiple_of(BLOB_ALIGN_BYTES) {
        0 => unlink_if_empty(shared, id, &file),
        end if end < size => file.set_len(end),
        _ => Ok(()),
    }
}
