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
    /// Made while the current one fills, as making one takes as long as some hundred puts.
    next: Option<Arc<Volume>>,
    making: bool,
    /// Every volume somebody may still write to, by number.
    written: HashMap<u64, Weak<Volume>>,
}

impl Volumes {
    /// Reserves `bytes` in the current volume, or in the next. On a disk thread only: making a volume waits for the disk.
    pub fn reserve(shared: &Arc<Shared>, bytes: u64) -> io::Result<(Arc<Volume>, u64)> {
        let mut state = shared.volumes.state.lock();
        if let Some((volume, offset)) = state.current.as_ref().and_then(|volume| volume.take(bytes)) {
            let soon_full = volume.is_half_full(offset) && state.next.is_none() && !state.making;
            if soon_full {
                state.making = true;
                drop(state);
                Self::make_next(shared);
            }
            return Ok((volume, offset));
        }
        let next = match state.next.take() {
            Some(next) if next.has_room(bytes) => next,
            _ => Self::make(shared, Self::size_of_next(shared, bytes)?)?,
        };
        state.written.retain(|_, volume| volume.strong_count() > 0);
        state.written.insert(next.id.number, Arc::downgrade(&next));
        if let Some(full) = state.current.replace(next.clone()) {
            full.close();
        }
        next.take(bytes).ok_or_else(|| io::Error::other("a new volume has no room for its first blob"))
    }

    /// Lets a disk thread make the next volume. Where it can't, whoever needs the volume makes it, and hears why it can't be.
    fn make_next(shared: &Arc<Shared>) {
        let job = shared.clone();
        let work = move || {
            let made = Self::size_of_next(&job, job.volume_bytes).and_then(|size| Self::make(&job, size));
            let mut state = job.volumes.state.lock();
            state.making = false;
            state.next = made.inspect_err(|error| tracing::debug!("no volume was made ahead: {error}")).ok();
        };
        if shared.writes.try_post(Box::new(work)).is_err() {
            shared.volumes.state.lock().making = false;
        }
    }

    fn make(shared: &Shared, size: u64) -> io::Result<Arc<Volume>> {
        let id = FileId { kind: FileKind::Volume, run: shared.run, number: shared.next_number() };
        let volume = Volume::create(&shared.root, id, size)?;
        add(&shared.metrics.volumes_created_total, 1);
        Ok(Arc::new(volume))
    }

    /// A whole volume where the place has room for one, else what the room allows.
    fn size_of_next(shared: &Shared, bytes: u64) -> io::Result<u64> {
        let free = match Headroom::of(&shared.root)?.writable_bytes(shared.reserve_bytes) {
            free if free >= shared.volume_bytes => shared.volume_bytes,
            free => free - free % BLOB_ALIGN_BYTES,
        };
        if free < bytes { Err(io::Error::from_raw_os_error(libc::ENOSPC)) } else { Ok(free) }
    }

    #[cfg(test)]
    pub fn current(&self) -> Option<Arc<Volume>> {
        self.state.lock().current.clone()
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
