//! Opening a directory of blobs.
//!
//! Always holds: one store at a time has the directory. Files that never became whole are removed, and what an unclean end left
//! reserved is given back, before the first blob is taken.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use parking_lot::Mutex;

use super::FilesStore;
use super::metrics::FilesMetrics;
use super::place::{FILES, FileId, FileKind, INCOMING, Run, VOLUMES};
use super::shared::Shared;
use super::space::{Headroom, default_reserve};
use super::syscalls;
use super::volumes::{Volumes, trim_abandoned};
use crate::data::DataError;
use crate::data::disk_pool::DiskPool;
use crate::kernel::Kernel;
use crate::limits::{
    DISK_DELETE_THREADS, DISK_PIECES_AHEAD_MAX, DISK_PIECES_AHEAD_TOTAL, DISK_QUEUE_MAX, DISK_READ_THREADS,
    DISK_WRITE_THREADS, STORE_LOCK_WAIT_MILLIS, VOLUME_BLOB_BYTES_MAX, VOLUME_FILE_BYTES,
};
use crate::random::Random;
use crate::shares::Shares;

/// What a start of the store needs to know.
#[derive(Debug)]
pub struct FilesOptions {
    /// Allotted by the index, in a synced record: larger than that of every earlier start.
    pub epoch: u64,
    pub random: Arc<dyn Random>,
    pub kernel: Kernel,
    /// Size of a volume file; at least twice [`VOLUME_BLOB_BYTES_MAX`].
    pub volume_bytes: u64,
    /// Bytes that stay free: writes are refused before. `None`: [`SPACE_RESERVE_BYTES`](crate::limits::SPACE_RESERVE_BYTES), or
    /// a share of a small place.
    pub reserve_bytes: Option<u64>,
    /// Whether to give the space of deleted blobs back. Where the file system can't, that is noticed.
    pub punch_holes: bool,
}

impl FilesOptions {
    pub fn new(epoch: u64, random: Arc<dyn Random>, kernel: Kernel) -> Self {
        Self { epoch, random, kernel, volume_bytes: VOLUME_FILE_BYTES, reserve_bytes: None, punch_holes: true }
    }
}

impl FilesStore {
    /// Opens or makes the store in `root`. Waits for the disk; to be called outside the runtime or at start.
    pub fn open(root: &Path, options: FilesOptions) -> Result<Arc<Self>, DataError> {
        let mut salt = [0; 4];
        options.random.fill(&mut salt);
        let run = Run { epoch: options.epoch, salt: u32::from_le_bytes(salt) };
        make_directories(root)?;
        let shared = Shared {
            root: root.to_owned(),
            run,
            kernel: options.kernel,
            volume_bytes: options.volume_bytes.max(2 * VOLUME_BLOB_BYTES_MAX),
            reserve_bytes: match options.reserve_bytes {
                Some(bytes) => bytes,
                None => default_reserve(Headroom::of(root)?.total_bytes()),
            },
            punches: AtomicBool::new(options.punch_holes),
            writes: DiskPool::new("disk-write", DISK_WRITE_THREADS, DISK_QUEUE_MAX)?,
            reads: DiskPool::new("disk-read", DISK_READ_THREADS, DISK_QUEUE_MAX)?,
            deletes: DiskPool::new("disk-delete", DISK_DELETE_THREADS, DISK_QUEUE_MAX)?,
            volumes: Volumes::default(),
            sound_group: AtomicU64::new(0),
            under_way: Mutex::default(),
            buried: Mutex::default(),
            descriptors: Arc::default(),
            metrics: FilesMetrics::default(),
            durable_group: Mutex::new(None),
            pieces_ahead: Shares::new(DISK_PIECES_AHEAD_TOTAL, 1, DISK_PIECES_AHEAD_MAX),
            numbers: AtomicU64::new(1),
            _lock: lock(root)?,
        };
        remove_unfinished(root)?;
        for id in files_in(&root.join(VOLUMES))?.filter(|id| id.kind == FileKind::Volume) {
            // One that is damaged costs its own blobs, and nothing else: the check tells it.
            if let Err(error) = trim_abandoned(&shared, id) {
                tracing::warn!("{} is left as it is: {error}", id.path(root).display());
            }
        }
        Ok(Arc::new(Self { shared: Arc::new(shared) }))
    }
}

/// Makes what is missing, and makes the names durable.
fn make_directories(root: &Path) -> io::Result<()> {
    for name in [VOLUMES, FILES, INCOMING] {
        std::fs::create_dir_all(root.join(name))?;
    }
    syscalls::sync_directory(root)?;
    match root.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => syscalls::sync_directory(parent),
        _ => syscalls::sync_directory(Path::new(".")),
    }
}

/// Locks the directory for this process. The store that had it before may still be ending.
fn lock(root: &Path) -> Result<File, DataError> {
    const STEP_MILLIS: u64 = 10;
    let directory = File::open(root)?;
    for _ in 0..STORE_LOCK_WAIT_MILLIS / STEP_MILLIS {
        match directory.try_lock() {
            Ok(()) => return Ok(directory),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(STEP_MILLIS)),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Err(DataError::Unavailable(format!("{} is in use by another store; stop that one first", root.display())))
}

fn files_in(directory: &Path) -> io::Result<impl Iterator<Item = FileId>> {
    let names: Vec<_> = std::fs::read_dir(directory)?.collect::<io::Result<_>>()?;
    Ok(names.into_iter().filter_map(|entry| FileId::parse(entry.file_name().to_str()?)))
}

/// Removes files that were not whole when an earlier start ended: nothing names them, and nothing will.
fn remove_unfinished(root: &Path) -> io::Result<()> {
    for id in files_in(&root.join(INCOMING))? {
        std::fs::remove_file(id.incoming_path(root))?;
    }
    Ok(())
}
