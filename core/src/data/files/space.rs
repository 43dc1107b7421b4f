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
    space: Space,
}

impl Headroom {
    pub fn of(path: &Path) -> io::Result<Self> {
        let found = nix::sys::statvfs::statvfs(path)?;
        let unit = found.fragment_size();
        let space = Space {
            free_bytes: found.blocks_available().saturating_mul(unit),
            total_bytes: found.blocks().saturating_mul(unit),
        };
        Ok(Self { space })
    }

    pub fn space(self) -> Space {
        self.space
    }

    /// Bytes that may be written before only the reserve is left.
    pub fn writable_bytes(self, reserve_bytes: u64) -> u64 {
        writable(self.space, reserve_bytes)
    }
}

fn writable(space: Space, reserve_bytes: u64) -> u64 {
    space.free_bytes.saturating_sub(reserve_bytes)
}

#[cfg(test)]
mod tests;
