//! A blob that is being written.
//!
//! Always holds: unless it was kept, whatever it has taken is given back when the last hand lets it go: after an error, after the
//! sender has gone, and after an answer that nobody was there to take.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use super::metrics::add;
use super::place::{BlobId, FILES, FileId, FileKind, Place, run_directory};
use super::shared::Shared;
use super::space::Headroom;
use super::volume::Volume;
use super::volumes::Volumes;
use super::{record, syscalls};
use crate::data::disk_pool::on_disk_thread;
use crate::limits::FILES_PER_DIRECTORY;

#[derive(Debug)]
pub struct Draft {
    shared: Arc<Shared>,
    id: BlobId,
    home: Home,
    kept: AtomicBool,
}

#[derive(Debug)]
enum Home {
    /// A range of a volume; `length` is the blob's.
    Volume {
        volume: Arc<Volume>,
        length: u64,
    },
    Own {
        file: File,
    },
}

impl Draft {
    /// A range of a volume for a blob of exactly `length` bytes. Waits for the disk.
    pub fn in_volume(shared: &Arc<Shared>, length: u64) -> io::Result<Self> {
        let (volume, offset) = Volumes::reserve(shared, record::record_bytes(length))?;
        let id = BlobId { file: volume.id, offset };
        let draft = Self::begin(shared, id, Home::Volume { volume, length });
        crate::failpoint!("volume.reserved", io);
        Ok(draft)
    }

    /// A file of its own. `length`, where it is known, is only used to refuse what has no room. Waits for the disk.
    pub fn in_own_file(shared: &Arc<Shared>, length: Option<u64>) -> io::Result<Self> {
        if Headroom::of(&shared.root)?.writable_bytes(shared.reserve_bytes)
            < record::record_bytes(length.unwrap_or_default())
        {
            return Err(io::Error::from_raw_os_error(libc::ENOSPC));
        }
        let id = FileId { kind: FileKind::Own, run: shared.run, number: shared.next_number() };
        let path = id.incoming_path(&shared.root);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        let id = BlobId { file: id, offset: 0 };
        let draft = Self::begin(shared, id, Home::Own { file });
        add(&shared.metrics.own_files_total, 1);
        crate::failpoint!("file.created", io);
        Ok(draft)
    }

    /// From here until it is dropped, and gone where it is not kept, the blob is under way.
    fn begin(shared: &Arc<Shared>, id: BlobId, home: Home) -> Self {
        shared.under_way.lock().insert(id);
        Self { shared: shared.clone(), id, home, kept: AtomicBool::new(false) }
    }

    pub fn id(&self) -> BlobId {
        self.id
    }

    pub fn volume(&self) -> Option<&Arc<Volume>> {
        match &self.home {
            Home::Volume { volume, .. } => Some(volume),
            Home::Own { .. } => None,
        }
    }

    fn file(&self) -> &File {
        match &self.home {
            Home::Volume { volume, .. } => &volume.file,
            Home::Own { file } => file,
        }
    }

    /// Writes `parts` at `at`, counted from the header's start.
    pub fn write(&self, parts: &[Bytes], at: u64) -> io::Result<()> {
        syscalls::write_all_at(self.file(), parts, self.id.offset + at)
    }

    /// Lets the device begin with a range, counted from the header's start. See [`syscalls::start_writeback`].
    pub fn start_writeback(&self, at: u64, length: u64, wait: bool) -> io::Result<()> {
        syscalls::start_writeback(self.file(), self.id.offset + at, length, wait)
    }

    /// Makes an own file durable under its name: bytes first, then the name. A failure is final.
    pub fn publish_own_file(&self) -> io::Result<()> {
        let (file, root) = (self.id.file, &self.shared.root);
        crate::failpoint!("file.written", io);
        self.file().sync_data().inspect_err(|_| add(&self.shared.metrics.failed_syncs_total, 1))?;
        crate::failpoint!("file.synced", io);
        self.make_directory_durable()?;
        let directory = file.directory(root);
        std::fs::rename(file.incoming_path(root), file.path(root))?;
        crate::failpoint!("file.linked", io);
        self.sync_directory(&directory)?;
        crate::failpoint!("file.directory_synced", io);
        Ok(())
    }

    /// Makes the file's directory and the names that lead to it, once a directory. Directories of this start are never removed
    /// while it lives.
    fn make_directory_durable(&self) -> io::Result<()> {
        let (file, root) = (self.id.file, &self.shared.root);
        let mut durable = self.shared.durable_group.lock();
        if durable.is_some_and(|group| group == file.group()) {
            return Ok(());
        }
        std::fs::create_dir_all(file.directory(root))?;
        let run = run_directory(root, file.run);
        if let Err(error) = self.sync_directory(&run).and_then(|()| self.sync_directory(&root.join(FILES))) {
            // Taken away, so that the next file makes it anew rather than syncs what the kernel may have dropped.
            let _ = std::fs::remove_dir(file.directory(root));
            if durable.is_none() && std::fs::remove_dir(run).is_err() {
                self.shared.sound_group.store(u64::MAX, Ordering::Release);
            }
            return Err(error);
        }
        crate::failpoint!("file.directory_made", io);
        *durable = Some(file.group());
        Ok(())
    }

    /// Syncs a directory on the way to the file. Where that fails, no file of the same directory is stored any more: what the kernel
    /// dropped of it, a further sync would call clean (T9).
    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        let (shared, group) = (&self.shared, self.id.file.group());
        syscalls::sync_directory(directory).inspect_err(|_| {
            add(&shared.metrics.failed_syncs_total, 1);
            shared.sound_group.fetch_max(group + 1, Ordering::AcqRel);
            shared.numbers.fetch_max((group + 1) * FILES_PER_DIRECTORY, Ordering::AcqRel);
        })?;
        match shared.sound_group.load(Ordering::Acquire) {
            sound if group < sound => Err(io::Error::other("the file's directory could not be synced")),
            _ => Ok(()),
        }
    }

    /// The blob is stored, and somebody knows its locator.
    pub fn keep(&self) {
        self.kept.store(true, Ordering::Release);
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let (shared, id) = (self.shared.clone(), self.id);
        if self.kept.load(Ordering::Acquire) {
            shared.under_way.lock().remove(&id);
            return;
        }
        let volume = match &self.home {
            Home::Volume { volume, length } => Some((volume.clone(), *length)),
            Home::Own { .. } => None,
        };
        let discard = move || discard(&shared, id, volume);
        if on_disk_thread() {
            discard();
        } else if let Err(work) = self.shared.writes.try_post(Box::new(discard)) {
            // The queue is full or the store is closing: better a short wait here than space that nobody gives back.
            work();
        }
    }
}

fn discard(shared: &Shared, id: BlobId, volume: Option<(Arc<Volume>, u64)>) {
    let result = match volume {
        Some((volume, length)) => shared.punch(&volume.file, Place { id, length }, record::record_bytes(length)),
        // It has one of the two names.
        None => [id.file.incoming_path(&shared.root), id.file.path(&shared.root)].into_iter().try_for_each(|path| {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        }),
    };
    if let Err(error) = result {
        add(&shared.metrics.failed_discards_total, 1);
        tracing::warn!("a blob that was not stored could not be removed; it is left to the sweep: {error}");
    }
    shared.under_way.lock().remove(&id);
}

#[cfg(test)]
mod tests;
