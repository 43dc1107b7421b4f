//! Inline bytes as the index keeps them: the bytes, and a checksum that binds them to their place.
//!
//! Always holds: no inline byte is given out unverified; bytes of another node or part never verify.

use bytes::{BufMut, Bytes, BytesMut};
use crc_fast::{CrcAlgorithm, Digest};

use crate::error::Result;

const CHECKSUM_BYTES: usize = 4;

fn checksum(id: u64, page: u32, bytes: &[u8]) -> u32 {
    let mut digest = Digest::new(CrcAlgorithm::Crc32Iscsi);
    digest.update(&id.to_be_bytes());
    digest.update(&page.to_be_bytes());
    digest.update(bytes);
    u32::try_from(digest.finalize()).expect("a CRC of 32 bits fits 32 bits")
}

/// The stored form of a node's (page 0) or part's bytes.
pub fn seal_inline(id: u64, page: u32, bytes: &[u8]) -> Bytes {
    let mut sealed = BytesMut::with_capacity(bytes.len() + CHECKSUM_BYTES);
    sealed.put_slice(bytes);
    sealed.put_u32_le(checksum(id, page, bytes));
    sealed.freeze()
}

/// The bytes of a stored form, verified; without a copy.
pub fn open_inline(id: u64, page: u32, mut sealed: Bytes) -> Result<Bytes> {
    let damaged = || super::corrupt(format!("the inline bytes of {id} page {page} do not match their checksum"));
    let split = sealed.len().checked_sub(CHECKSUM_BYTES).ok_or_else(damaged)?;
    let stored = sealed.split_off(split);
    match stored[..] == checksum(id, page, &sealed).to_le_bytes() {
        true => Ok(sealed),
        false => Err(damaged()),
    }
}

#[cfg(test)]
mod tests;
