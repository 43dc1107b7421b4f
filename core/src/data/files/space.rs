//! How much room a place has, and how much of it may be written.
//!
//! Always holds: writes stop while a reserve is still free, so that the index, which lives in the same place, can go on, and what is
//! deleted can be recorded.

use std::io;
use std::path::Path;

use crate::data::Space;
use crate::limits::{SPACE_RESERVE_BYTES, SPACE_RESERVE_DIVISOR};

/// What a place of this size keeps free, unless it is told otherwise.
pub fn default_reserve(total_bytes: u64) -> u64 {
    SPACE_RESERVE_BYTES.min(total_bytes / SPACE_RESERVE_DIVISOR)
}

/// The room of a file system at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Headroom {
    free_bytes: u64,
    total_bytes: u64,
}

impl Headroom {
    pub fn of(path: &Path) -> io::Result<Self> {
        let found = nix::sys::statvfs::statvfs(path)?;
        let unit = found.fragment_size();
        Ok(Self {
            free_bytes: found.blocks_available().saturating_mul(unit),
            total_bytes: found.blocks().saturating_mul(unit),
        })
    }

    pub fn total_bytes(self) -> u64 {
        self.total_bytes
    }

    /// Bytes that may be written before only the reserve is left.
    pub fn writable_bytes(self, reserve_bytes: u64) -> u64 {
        self.free_bytes.saturating_sub(reserve_bytes)
    }

    /// What a place tells that keeps so much free.
    pub fn space(self, reserve_bytes: u64) -> Space {
        let Self { free_bytes, total_bytes } = self;
        Space { free_bytes, writable_bytes: self.writable_bytes(reserve_bytes), total_bytes }
    }
}

#[cfg(test)]
mod tests;
