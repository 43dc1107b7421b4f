//! Refusing writes before the disk is full, because RocksDB can't be asked what became of a write that met a full disk.
//!
//! Always holds: below the first reserve only what frees space is taken, below the second nothing; so deletes and reads go on when
//! creating no longer can. The numbers that the store hands out are taken as what frees is, for a deletion may need one. Writes of
//! others to the same file system can still use up the reserves: then the log can't be written and the engine stops.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::super::{Batch, Table, Write, keys};
use super::open::Options;
use crate::limits::{
    INDEX_RESERVE_BYTES, INDEX_RESERVE_DIVISOR, INDEX_RESERVE_FREEING_BYTES, INDEX_RESERVE_FREEING_DIVISOR,
    SPACE_FREEING_BYTES_MAX,
};

pub(super) struct Space {
    directory: PathBuf,
    opened: Option<File>,
    reserve: u64,
    reserve_freeing: u64,
}

impl Space {
    pub(super) fn new(directory: &Path, options: &Options) -> Self {
        // Asked by its descriptor, the system has no path to look up: each commit asks.
        let opened = File::open(directory).and_then(|opened| Ok((nix::sys::statvfs::fstatvfs(&opened)?, opened)));
        let (total, opened) = match opened {
            Ok((stat, opened)) => (stat.blocks().saturating_mul(stat.fragment_size()), Some(opened)),
            Err(error) => {
                tracing::warn!(directory = %directory.display(), %error, "the size of the place can't be asked for");
                (u64::MAX, None)
            }
        };
        let reserve = INDEX_RESERVE_BYTES.min(total / INDEX_RESERVE_DIVISOR);
        let reserve_freeing = INDEX_RESERVE_FREEING_BYTES.min(total / INDEX_RESERVE_FREEING_DIVISOR);
        Self {
            directory: directory.to_owned(),
            opened,
            reserve: options.reserve_bytes.unwrap_or(reserve),
            reserve_freeing: options.reserve_freeing_bytes.unwrap_or(reserve_freeing),
        }
    }

    /// Bytes free for this process now. Where the system does not say, there is no telling, and the write is tried.
    pub(super) fn free(&self) -> u64 {
        let Some(opened) = &self.opened else { return u64::MAX };
        match nix::sys::statvfs::fstatvfs(opened) {
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

/// Whether the batch is one that deletes: it makes nothing, removes something and puts little (what is recorded for a reclaimer, a
/// delete marker, a count that went down) and no content; or is one that hands out a number.
pub(crate) fn frees(batch: &Batch) -> bool {
    if batch.makes {
        return false;
    }
    let mut deletes = false;
    let mut numbers_only = true;
    let mut put = 0;
    for write in &batch.writes {
        match write {
            Write::Put { table: Table::Inline, .. } => return false,
            Write::Put { key, value, .. } => {
                numbers_only &= key == keys::NEXT_ID || key == keys::EPOCH;
                put += value.len();
            }
            Write::Delete { .. } => deletes = true,
            Write::Add { .. } | Write::Max { .. } => numbers_only = false,
        }
    }
    put <= SPACE_FREEING_BYTES_MAX && (deletes || numbers_only)
}
