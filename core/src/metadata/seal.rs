//! The envelope of every record in the index: a version, the record in bincode, a checksum.
//!
//! Always holds: `version (1 byte) ‖ bincode ‖ CRC32C of all before it (4 bytes, little endian)`. A record is decoded only after
//! its checksum was found right, must use all of its bytes, and can't make the decoder reserve more than
//! [`RECORD_DECODE_BYTES_MAX`]. Damage of any kind is [`ReadError::Corrupt`], never a panic. The version says which type the bytes
//! are: readers match on it before they decode, and refuse one they do not know.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::{Decode, Encode};
use bytes::{BufMut, Bytes};
use crc_fast::CrcAlgorithm;

use super::ReadError;
use crate::limits::RECORD_DECODE_BYTES_MAX;

/// Bytes that the envelope adds to a record.
pub const SEAL_BYTES: usize = 1 + CHECKSUM_BYTES;
const CHECKSUM_BYTES: usize = 4;

const CONFIG: Configuration<LittleEndian, Varint, Limit<RECORD_DECODE_BYTES_MAX>> =
    bincode::config::standard().with_limit::<RECORD_DECODE_BYTES_MAX>();

/// Encodes a record under the version of its type.
///
/// # Panics
/// Where `T` is a type that bincode can't encode at all (a poisoned mutex, a path that is not UTF-8): no record holds one.
pub fn seal<T: Encode>(version: u8, record: &T) -> Bytes {
    let mut sealed = Vec::with_capacity(128).writer();
    sealed.get_mut().push(version);
    bincode::encode_into_std_write(record, &mut sealed, CONFIG).expect("a record's fields can all be encoded");
    let mut sealed = sealed.into_inner();
    let checksum = crc32c(&sealed);
    sealed.extend_from_slice(&checksum.to_le_bytes());
    sealed.into()
}

/// Opens a sealed record of whatever version, taking it for a `T`. Types that have had several versions use [`verify`], and
/// [`decode`] what the version names.
pub fn open<T: Decode<()>>(sealed: &[u8]) -> Result<(u8, T), ReadError> {
    let (version, record) = verify(sealed)?;
    Ok((version, decode(record)?))
}

/// Checks the envelope: the version and the record's bytes, to be given to [`decode`] with the type that the version names.
pub fn verify(sealed: &[u8]) -> Result<(u8, &[u8]), ReadError> {
    let (covered, checksum) =
        sealed.split_last_chunk::<CHECKSUM_BYTES>().ok_or_else(|| corrupt("a record is cut short", sealed.len()))?;
    let (version, record) = covered.split_first().ok_or_else(|| corrupt("a record is cut short", sealed.len()))?;
    if crc32c(covered) != u32::from_le_bytes(*checksum) {
        return Err(corrupt("a record does not match its checksum", sealed.len()));
    }
    Ok((*version, record))
}

/// Decodes a record's bytes, all of them.
pub fn decode<T: Decode<()>>(record: &[u8]) -> Result<T, ReadError> {
    let (value, used) = bincode::decode_from_slice(record, CONFIG)
        .map_err(|error| ReadError::Corrupt(format!("a record can't be decoded: {error}")))?;
    if used != record.len() {
        return Err(corrupt("a record has bytes behind its end", record.len()));
    }
    Ok(value)
}

fn corrupt(what: &str, size: usize) -> ReadError {
    ReadError::Corrupt(format!("{what} ({size} bytes)"))
}

fn crc32c(bytes: &[u8]) -> u32 {
    // The value has 32 bits; the crate's type has 64 for its wider algorithms.
    u32::try_from(crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, bytes)).expect("a CRC of 32 bits fits 32 bits")
}

#[cfg(test)]
mod tests;
