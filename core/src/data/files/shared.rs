//! What the parts of a files store have in common, shared with its disk threads.
//!
//! Always holds: the directory is locked for as long as this lives, so no two stores ever write to it.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::descriptors::Descriptors;
use super::metrics::{FilesMetrics, add};
use super::place::{BlobId, FileId, FileKind, Place, Run};
use super::volumes::{Volumes, unlink_if_empty};
use super::{place, record, syscalls};
use crate::data::Span;
use crate::data::disk_pool::DiskPool;
use crate::kernel::Kernel;
use crate::shares::Shares;

#[derive(Debug)]
pub struct Shared {
    pub root: PathBuf,
    pub run: Run,
    pub kernel: Kernel,
    pub volume_bytes: u64,
    pub reserve_bytes: u64,
    /// Cleared at the first sign that the file system can't punch holes.
    pub punches: AtomicBool,
    pub writes: DiskPool,
    pub reads: DiskPool,
    /// Deletes have threads of their own: removing a large file takes long, and no put is to wait for it.
    pub deletes: DiskPool,
    pub volumes: Volumes,
    /// The first directory of own files that may take one: a sync of those before failed.
    pub sound_group: AtomicU64,
    /// Blobs that are being put. They are not stored yet, whatever stands at their place.
    pub under_way: Mutex<HashSet<BlobId>>,
    /// Where no hole can be punched: how far from its start a volume has only deleted blobs.
    pub buried: Mutex<HashMap<FileId, u64>>,
    pub descriptors: Arc<Descriptors>,
    pub metrics: FilesMetrics,
    /// The directories of own files that this start has made durable: at most one in [`crate::limits::FILES_PER_DIRECTORY`] files.
    pub durable_group: Mutex<Option<u64>>,
    pub numbers: AtomicU64,
    /// Pieces of one blob that are being written at once.
    pub pieces_ahead: Shares,
    /// Held, never used: closing it gives the lock back.
    pub _lock: File,
}

impl Shared {
    /// A number for a new file: no other file of this start has it.
    pub fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether a put of the blob is under way.
    pub fn is_under_way(&self, id: BlobId) -> bool {
        self.under_way.lock().contains(&id)
    }

    /// Gives back `bytes` of a volume, from a record's start on.
    pub fn punch(&self, file: &File, place: Place, bytes: u64) -> io::Result<()> {
        if self.punches.load(Ordering::Relaxed) {
            if syscalls::punch_hole(file, place.id.offset, bytes)? {
                add(&self.metrics.punched_bytes_total, bytes);
                return Ok(());
            }
            self.punches.store(false, Ordering::Relaxed);
            tracing::warn!(
                "the file system can't punch holes: deleted blobs keep their space until their volume is empty"
            );
        }
        self.bury(file, place, bytes)
    }

    /// Marks a record of a volume as deleted where its space can't be given back.
    fn bury(&self, file: &File, place: Place, bytes: u64) -> io::Result<()> {
        let id = place.id;
        let mut block = Vec::new();
        syscalls::read_at(file, &mut block, record::HEADER, id.offset)?;
        let header = match record::parse_header(&block, id) {
            Some(header) if header.deleted => return Ok(()),
            Some(header) => record::header(header.place, &header.origin, true),
            // Never written whole, or damaged: what a walk needs is the length.
            None => {
                let nobody = crate::data::Origin { content: 0, page: 0, bucket: String::new(), key: String::new() };
                record::header(place, &nobody, true)
            }
        };
        syscalls::write_all_at(file, &[header.into()], id.offset)?;
        // Without its table no block verifies: a reader looks at the header then, and learns why.
        let tail = record::table_bytes(place.length) + record::TRAILER_BYTES;
        let zeros = vec![0; usize::try_from(tail).map_err(io::Error::other)?];
        syscalls::write_all_at(file, &[zeros.into()], id.offset + record::table_at(place.length))?;
        add(&self.metrics.unpunched_bytes_total, bytes);
        Ok(())
    }

    /// Removes a blob. What is not there counts as removed. No sync: a blob that a power cut brings back is an orphan, which the
    /// sweep finds.
    pub fn remove(&self, place: Place) -> io::Result<()> {
        crate::failpoint!("blob.before_delete", io);
        let path = place.id.file.path(&self.root);
        let removed = match place.id.file.kind {
            FileKind::Volume => OpenOptions::new().read(true).write(true).open(path).and_then(|file| {
                self.punch(&file, place, record::record_bytes(place.length))?;
                unlink_if_empty(self, place.id.file, &file)
            }),
            FileKind::Own => self.remove_own_file(place.id.file),
        };
        or_absent(removed)?;
        crate::failpoint!("blob.deleted", io);
        Ok(())
    }

    fn remove_own_file(&self, file: FileId) -> io::Result<()> {
        std::fs::remove_file(file.path(&self.root))?;
        // Behind the removal: a reader who opened the file before it then either finds it forgotten, or without a name.
        self.descriptors.forget(file);
        self.remove_old_directory(file);
        Ok(())
    }

    /// Gives a remnant's bytes back. Those of this start's files are somebody's who is writing.
    pub fn clear(&self, remnant: &Span) -> io::Result<()> {
        let Some(id) = FileId::parse(&remnant.file).filter(|id| id.run != self.run) else {
            return Err(io::Error::other(format!("{remnant} are not of an earlier start")));
        };
        let cleared = match id.kind {
            FileKind::Own => self.remove_own_file(id),
            FileKind::Volume => OpenOptions::new().read(true).write(true).open(id.path(&self.root)).and_then(|file| {
                let length = remnant.end.saturating_sub(remnant.begin);
                let punched =
                    self.punches.load(Ordering::Relaxed) && syscalls::punch_hole(&file, remnant.begin, length)?;
                if !punched {
                    syscalls::write_zeros_at(&file, remnant.begin, length)?;
                }
                unlink_if_empty(self, id, &file)
            }),
        };
        or_absent(cleared)
    }

    /// Removes the directories of own files of an earlier start once they are empty. Those of this start stay: somebody may be
    /// about to put a file there.
    fn remove_old_directory(&self, file: FileId) {
        if file.run != self.run {
            // Not empty, most of the time: the error says nothing new.
            let _ = std::fs::remove_dir(file.directory(&self.root));
            let _ = std::fs::remove_dir(place::run_directory(&self.root, file.run));
        }
    }
}

/// What is not there counts as removed.
fn or_absent(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
