//! The volume that takes the next blob, and what happens to volumes that took their last.
//!
//! Always holds: a volume is unlinked only when it holds no data and nobody can write to it any more. Of this start, that is when
//! its [`Volume`] is gone; of earlier starts, always.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use parking_lot::{Condvar, Mutex};

use super::metrics::add;
use super::place::{FileId, FileKind, Run};
use super::shared::Shared;
use super::space::Headroom;
use super::volume::Volume;
use super::{list, syscalls};
use crate::limits::{BLOB_ALIGN_BYTES, VOLUME_ROOM_DIVISOR};

/// Volumes that this start has made.
#[derive(Debug, Default)]
pub struct Volumes {
    state: Mutex<State>,
    made: Condvar,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Arc<Volume>>,
    /// Made while the current one fills, as making one takes as long as some hundred puts.
    next: Option<Arc<Volume>>,
    /// Whether a disk thread was asked to make the next, and has not begun.
    asked: bool,
    /// Whether a thread makes one now: without the lock, so that what still fits into the current one need not wait.
    making: bool,
    /// Every volume somebody may still write to, by number.
    written: HashMap<u64, Weak<Volume>>,
}

/// A thread makes a volume. However that ends, the others go on.
struct Making<'a>(&'a Volumes);

impl Drop for Making<'_> {
    fn drop(&mut self) {
        self.0.state.lock().making = false;
        self.0.made.notify_all();
    }
}

impl State {
    fn begin(&mut self, next: Arc<Volume>) {
        self.written.retain(|_, volume| volume.strong_count() > 0);
        self.written.insert(next.id.number, Arc::downgrade(&next));
        if let Some(full) = self.current.replace(next) {
            full.close();
        }
    }
}

impl Volumes {
    /// Reserves `bytes` in the current volume, or in the next. On a disk thread only: making a volume waits for the disk.
    pub fn reserve(shared: &Arc<Shared>, bytes: u64) -> io::Result<(Arc<Volume>, u64)> {
        let volumes = &shared.volumes;
        let mut state = volumes.state.lock();
        loop {
            if let Some((volume, offset)) = state.current.as_ref().and_then(|volume| volume.take(bytes)) {
                let is_provided_for = state.next.is_some() || state.making || state.asked;
                if volume.is_half_full(offset) && !is_provided_for {
                    state.asked = true;
                    drop(state);
                    Self::ask_for_next(shared);
                }
                return Ok((volume, offset));
            }
            if let Some(next) = state.next.take_if(|next| next.has_room(bytes)) {
                state.begin(next);
            } else if state.making {
                volumes.made.wait(&mut state);
            } else {
                state.making = true;
                drop(state);
                let making = Making(volumes);
                let made = Self::make(shared, Self::size_of_next(shared, bytes)?)?;
                volumes.state.lock().next = Some(made);
                drop(making);
                state = volumes.state.lock();
            }
        }
    }

    /// Lets a disk thread make the next volume. Where it can't, whoever needs the volume makes it, and hears why it can't be.
    fn ask_for_next(shared: &Arc<Shared>) {
        let job = shared.clone();
        let work = move || {
            let volumes = &job.volumes;
            {
                let mut state = volumes.state.lock();
                state.asked = false;
                if state.making || state.next.is_some() {
                    return;
                }
                state.making = true;
            }
            let _making = Making(volumes);
            let made = Self::size_of_next(&job, 0).and_then(|size| match size == job.volume_bytes {
                true => Self::make(&job, size),
                // Near the end of the room, nothing is taken before it is needed.
                false => Err(io::Error::from_raw_os_error(libc::ENOSPC)),
            });
            match made {
                Ok(made) => volumes.state.lock().next = Some(made),
                Err(error) => tracing::debug!("no volume was made ahead: {error}"),
            }
        };
        if shared.writes.try_post(Box::new(work)).is_err() {
            shared.volumes.state.lock().asked = false;
        }
    }

    fn make(shared: &Shared, size: u64) -> io::Result<Arc<Volume>> {
        let id = FileId { kind: FileKind::Volume, run: shared.run, number: shared.next_number() };
        let volume = Volume::create(&shared.root, &shared.descriptors, id, size)?;
        add(&shared.metrics.volumes_created_total, 1);
        Ok(Arc::new(volume))
    }

    /// A whole volume where the place has room for several; else a share of the room, so that some is left for others, and at
    /// least `bytes`.
    fn size_of_next(shared: &Shared, bytes: u64) -> io::Result<u64> {
        let free = Headroom::of(&shared.root)?.writable_bytes(shared.reserve_bytes);
        size_of_next(free, shared.volume_bytes, bytes).ok_or_else(|| io::Error::from_raw_os_error(libc::ENOSPC))
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

fn size_of_next(free: u64, volume_bytes: u64, bytes: u64) -> Option<u64> {
    let share = free / VOLUME_ROOM_DIVISOR;
    let size = volume_bytes.min(bytes.max(share - share % BLOB_ALIGN_BYTES));
    (size >= bytes && size <= free).then_some(size)
}

/// Whether nothing in the volume may be in use.
fn is_empty(shared: &Shared, id: FileId, file: &File) -> io::Result<bool> {
    if shared.punches.load(Ordering::Relaxed) {
        return Ok(syscalls::seek_data(file, 0)?.is_none());
    }
    // Deleted blobs are still there. What was found deleted stays so: each is looked at once, and no more than one that is kept.
    let from = shared.buried.lock().get(&id).copied().unwrap_or_default();
    let kept = list::first_kept(id, file, from)?;
    let mut buried = shared.buried.lock();
    match kept {
        Some(kept) => buried.insert(id, kept),
        None => buried.remove(&id),
    };
    Ok(kept.is_none())
}

/// Unlinks the volume if it holds nothing and takes nothing more.
pub fn unlink_if_empty(shared: &Shared, id: FileId, file: &File) -> io::Result<()> {
    if shared.volumes.is_written(id, shared.run) || !is_empty(shared, id, file)? {
        return Ok(());
    }
    unlink(shared, id)
}

fn unlink(shared: &Shared, id: FileId) -> io::Result<()> {
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
    if list::first_kept(id, &file, 0)?.is_none() {
        return unlink(shared, id);
    }
    match end.next_multiple_of(BLOB_ALIGN_BYTES) {
        end if end < size => file.set_len(end),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
