//! Refusing writes before the disk is full, because RocksDB can't be asked what became of a write that met a full disk.
//!
//! Always holds: below the first reserve only what frees space is taken, below the second nothing; so deletes and reads go on when
//! creating no longer can. Writes of others to the same file system can still use up the reserves: then the log can't be written and
//! the engine stops.

use std::path::{Path, PathBuf};

use super::super::{Batch, Write};
use super::open::Options;
use crate::limits::SPACE_FREEING_BYTES_MAX;

pub(super) struct Space {
    directory: PathBuf,
    reserve: u64,
    reserve_freeing: u64,
}

impl Space {
    pub(super) fn new(directory: &Path, options: &Options) -> Self {
        Self {
            directory: directory.to_owned(),
            reserve: options.reserve_bytes,
            reserve_freeing: options.reserve_freeing_bytes,
        }
    }

    /// Bytes free for this process now. Where the system does not say, there is no telling, and the write is tried.
    pub(super) fn free(&self) -> u64 {
        match nix::sys::statvfs::statvfs(&self.directory) {
            Ok(stat) => stat.blocks_available().saturating_mul(stat.fragment_size()),
            Err(errno) => {
                tracing::warn!(directory = %self.directory.display(), %errno, "free space can't be asked for");
                u64::MAX
            }
        }
    }

    /// Whether a batch may be written with so much space free; if not, why.
    pub(super) fn admit(&self, frees: bool, free: u64) -> Result<(), String> {
        let reserve = if frees { self.reserve_freeing } else { self.reserve };
        match free >= reserve {
            true => Ok(()),
            false => Err(format!(
                "{free} bytes are free in {}, fewer than the {reserve} kept in reserve",
                self.directory.display()
            )),
        }
    }
}

/// Whether the batch is one that deletes: it removes something and puts little (what is recorded for a reclaimer, say).
pub(super) fn frees(batch: &Batch) -> bool {
    let put: usize =
        batch.writes.iter().map(|write| if let Write::Put { value, .. } = write { value.len() } else { 0 }).sum();
    put <= SPACE_FREEING_BYTES_MAX && batch.writes.iter().any(|write| matches!(write, Write::Delete { .. }))
}
