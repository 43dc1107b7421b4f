//! Maps whose keys are ids of the store.
//!
//! Always holds: for ids that the store drew itself, one after the other: nobody outside can choose them so that they meet. Neighbours
//! lie side by side in memory, for what is looked at together was often made together.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::metadata::keys::Id;

pub type IdMap<V> = HashMap<Id, V, BuildHasherDefault<IdHasher>>;

/// Of an id, tables are parted by these bits: they are the same for all keys of one part.
const PART_BITS: u32 = 6;
/// 2^64 through the golden ratio: spreads neighbours over all numbers.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
/// Those bits of a hash that tell keys of neighbouring buckets apart.
const TAG: u64 = 0x7f << 57;

#[derive(Debug, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write_u64(&mut self, id: u64) {
        self.0 = (id >> PART_BITS & !TAG) | (id.wrapping_mul(SPREAD) & TAG);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((self.0 ^ u64::from(*byte)).rotate_left(8));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests;
