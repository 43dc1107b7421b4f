//! Checksums of stored blocks, each bound to its blob and its place in it.
//!
//! Always holds: the check of a block is its CRC64/NVME, mixed with a number made of the blob's identity and of the block's index.
//! So a block that was damaged, or that belongs to another blob or another position, does not verify: but for one chance in 2^64.

use crc_fast::{CrcAlgorithm, Digest};

use crate::limits::BLOCK_BYTES;

/// Bytes that one check takes in a table.
pub const CHECK_BYTES: usize = 8;

/// What binds checks to one blob: made of the blob's identity, never zero for all blobs alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding(u64);

impl Binding {
    /// A binding to the blob that `identity` names. The order of the words matters.
    pub fn new(identity: &[u64]) -> Self {
        Self(identity.iter().fold(0x5452_4546_4f49_4c21, |key, word| mix(key ^ mix(*word))))
    }

    /// The check of block `index` with the plain checksum `crc`.
    pub fn bind(self, crc: u64, index: u64) -> u64 {
        crc ^ mix(self.0.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// The check of the whole block `index`.
    pub fn check(self, block: &[u8], index: u64) -> u64 {
        self.bind(crc_fast::checksum(CrcAlgorithm::Crc64Nvme, block), index)
    }
}

/// The finalizer of SplitMix64: each bit of the argument changes about half of the result.
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Number of blocks of `length` bytes.
pub const fn block_count(length: u64) -> u64 {
    length.div_ceil(BLOCK_BYTES as u64)
}

/// Makes the table of checks while the bytes go by.
#[derive(Debug)]
pub struct TableBuilder {
    binding: Binding,
    /// Of the first block.
    first: u64,
    table: Vec<u8>,
    digest: Digest,
    /// Bytes in the block that is not full yet.
    filled: usize,
}

impl TableBuilder {
    /// Of a blob's first byte on.
    pub fn new(binding: Binding) -> Self {
        Self::starting_at(binding, 0)
    }

    /// Of the byte `offset` on, where a block begins.
    pub fn starting_at(binding: Binding, offset: u64) -> Self {
        debug_assert!(offset.is_multiple_of(BLOCK_BYTES as u64), "a table begins with a block");
        let first = offset / BLOCK_BYTES as u64;
        Self { binding, first, table: Vec::new(), digest: Digest::new(CrcAlgorithm::Crc64Nvme), filled: 0 }
    }

    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK_BYTES - self.filled));
            bytes = later;
            if self.filled == 0 && now.len() == BLOCK_BYTES {
                self.push(crc_fast::checksum(CrcAlgorithm::Crc64Nvme, now));
                continue;
            }
            self.digest.update(now);
            self.filled += now.len();
            if self.filled == BLOCK_BYTES {
                self.end_block();
            }
        }
    }

    /// The table, one check a block in order, little endian.
    pub fn finish(mut self) -> Vec<u8> {
        if self.filled > 0 {
            self.end_block();
        }
        self.table
    }

    fn end_block(&mut self) {
        let crc = self.digest.finalize_reset();
        self.filled = 0;
        self.push(crc);
    }

    fn push(&mut self, crc: u64) {
        let index = self.first + (self.table.len() / CHECK_BYTES) as u64;
        self.table.extend_from_slice(&self.binding.bind(crc, index).to_le_bytes());
    }
}

/// Whether `data`, which begins with block `first` and holds whole blocks but for the blob's last, agrees with `table`, whose first
/// entry is that of block `first`. `Err` names the first block that does not.
pub fn verify(binding: Binding, data: &[u8], first: u64, table: &[u8]) -> Result<(), u64> {
    let mut checks = table.chunks_exact(CHECK_BYTES);
    for (block, index) in data.chunks(BLOCK_BYTES).zip(first..) {
        let stored = checks.next().and_then(|check| check.try_into().ok()).map(u64::from_le_bytes);
        if stored != Some(binding.check(block, index)) {
            return Err(index);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
