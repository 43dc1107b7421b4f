//! How a blob lies in a file: header, bytes, table of checks, trailer.
//!
//! ```text
//! 0                 4096                    4096+length        …+8*blocks      …+48     next multiple of 4096
//! | header, 4 KiB   | the bytes, raw        | table of checks | trailer       | zeros  |
//! ```
//!
//! Always holds: a header says whose it is: the file and offset it was written for. One that is found elsewhere (within the bytes of
//! a blob that is itself a copy of a volume, say) is none. Header and trailer carry their own CRC64/NVME; each check of the table is
//! bound to the blob and the block's index (see `blocks.rs`).

use crc_fast::CrcAlgorithm;

use super::place::{BlobId, FileKind, Place};
use crate::data::Origin;
use crate::data::blocks::{CHECK_BYTES, block_count};
use crate::limits::BLOB_ALIGN_BYTES;

pub const HEADER: usize = 4096;
pub const HEADER_BYTES: u64 = HEADER as u64;
pub const TRAILER_BYTES: u64 = 48;
const HEADER_MAGIC: [u8; 8] = *b"TREFOILB";
const TRAILER_MAGIC: [u8; 8] = *b"TREFOILE";
const VERSION: u16 = 1;
/// The blob was deleted where no hole could be punched: the space is still taken.
const FLAG_DELETED: u16 = 1;
/// The key was longer than the header has room for, and was cut.
const FLAG_KEY_CUT: u16 = 2;
const STRINGS_AT: usize = 72;
const CRC_AT: usize = HEADER - 8;

/// Bytes of the table of a blob of `length` bytes.
pub const fn table_bytes(length: u64) -> u64 {
    block_count(length) * CHECK_BYTES as u64
}

/// Offset of the table, from the header's start.
pub const fn table_at(length: u64) -> u64 {
    HEADER_BYTES + length
}

/// Offset behind the trailer, from the header's start.
pub const fn record_end(length: u64) -> u64 {
    table_at(length) + table_bytes(length) + TRAILER_BYTES
}

/// Bytes that the whole record takes in a volume.
pub const fn record_bytes(length: u64) -> u64 {
    record_end(length).next_multiple_of(BLOB_ALIGN_BYTES)
}

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub place: Place,
    pub origin: Origin,
    pub deleted: bool,
}

/// The header's block. A bucket and key that do not fit are cut at a character: they are there for people and for rebuilding an
/// index; blobs are told apart by content and page.
pub fn header(place: Place, origin: &Origin, deleted: bool) -> Vec<u8> {
    let mut flags = if deleted { FLAG_DELETED } else { 0 };
    let bucket = cut(&origin.bucket, 255);
    let key = cut(&origin.key, CRC_AT - STRINGS_AT - bucket.len());
    if key.len() < origin.key.len() || bucket.len() < origin.bucket.len() {
        flags |= FLAG_KEY_CUT;
    }
    let mut block = Vec::with_capacity(HEADER);
    block.extend_from_slice(&HEADER_MAGIC);
    block.extend_from_slice(&VERSION.to_le_bytes());
    block.extend_from_slice(&flags.to_le_bytes());
    let file = place.id.file;
    block.extend_from_slice(&file.run.salt.to_le_bytes());
    for word in [file.run.epoch, file.number, place.id.offset, place.length, origin.content] {
        block.extend_from_slice(&word.to_le_bytes());
    }
    block.extend_from_slice(&origin.page.to_le_bytes());
    block.extend_from_slice(&u32::from(file.kind.code()).to_le_bytes());
    block.extend_from_slice(&length16(bucket));
    block.extend_from_slice(&length16(key));
    block.extend_from_slice(&[0; 4]);
    debug_assert_eq!(block.len(), STRINGS_AT);
    block.extend_from_slice(bucket.as_bytes());
    block.extend_from_slice(key.as_bytes());
    block.resize(CRC_AT, 0);
    block.extend_from_slice(&crc64(&block).to_le_bytes());
    block
}

/// Reads a header's block that was found at `id`'s place. `None` where it is damaged or was not written for that place.
pub fn parse_header(block: &[u8], id: BlobId) -> Option<Header> {
    let block: &[u8; HEADER] = block.try_into().ok()?;
    let word = |at: usize| block.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    let half = |at: usize| block.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    let short = |at: usize| block.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes);
    if block[..8] != HEADER_MAGIC || word(CRC_AT)? != crc64(&block[..CRC_AT]) || short(8)? != VERSION {
        return None;
    }
    let file = id.file;
    let written_here = half(12)? == file.run.salt
        && word(16)? == file.run.epoch
        && word(24)? == file.number
        && word(32)? == id.offset
        && half(60)? == u32::from(file.kind.code());
    if !written_here {
        return None;
    }
    let bucket_end = STRINGS_AT + usize::from(short(64)?);
    let key_end = bucket_end + usize::from(short(66)?);
    let text = |range: std::ops::Range<usize>| {
        (range.end <= CRC_AT).then(|| std::str::from_utf8(&block[range]).ok().map(str::to_owned)).flatten()
    };
    let origin = Origin {
        content: word(48)?,
        page: half(56)?,
        bucket: text(STRINGS_AT..bucket_end)?,
        key: text(bucket_end..key_end)?,
    };
    // A length that no file can have was never written: the locator's rule says which.
    let place = Place::from_locator(&Place { id, length: word(40)? }.to_locator()).ok()?;
    Some(Header { place, origin, deleted: short(10)? & FLAG_DELETED != 0 })
}

/// The table and what follows it up to the record's end.
pub fn tail(place: Place, mut table: Vec<u8>) -> Vec<u8> {
    let crc = crc64(&table);
    let at = table.len();
    table.extend_from_slice(&place.length.to_le_bytes());
    table.extend_from_slice(&identity(place.id).to_le_bytes());
    table.extend_from_slice(&crc.to_le_bytes());
    table.extend_from_slice(&[0; 8]);
    let own = crc64(&table[at..]);
    table.extend_from_slice(&own.to_le_bytes());
    table.extend_from_slice(&TRAILER_MAGIC);
    debug_assert_eq!((table.len() - at) as u64, TRAILER_BYTES);
    table
}

/// Whether `tail` is the table and trailer of the blob at `place`, undamaged.
pub fn tail_is_whole(place: Place, tail: &[u8]) -> bool {
    let Some(at) = usize::try_from(table_bytes(place.length)).ok().filter(|at| *at <= tail.len()) else { return false };
    let (table, _) = tail.split_at(at);
    tail == self::tail(place, table.to_vec())
}

/// Kind, run, number and offset as one word that another place has only by a chance of one in 2^64.
fn identity(id: BlobId) -> u64 {
    id.binding().bind(0, u64::MAX)
}

fn crc64(bytes: &[u8]) -> u64 {
    crc_fast::checksum(CrcAlgorithm::Crc64Nvme, bytes)
}

fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

fn length16(text: &str) -> [u8; 2] {
    u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes()
}

/// The kinds that a walk over a volume's blocks meets.
#[derive(Debug)]
pub enum Found {
    Record(Header),
    /// All zeros: never written, or a hole.
    Nothing,
    /// Neither: a damaged header, or the remains of a write that a power cut tore.
    Unreadable,
}

/// What a header-sized block found at `id`'s place is.
pub fn classify(block: &[u8], id: BlobId) -> Found {
    match parse_header(block, id) {
        Some(header) => Found::Record(header),
        None if block.iter().all(|byte| *byte == 0) => Found::Nothing,
        None => Found::Unreadable,
    }
}

/// The only blob of an own file, or the blob at `offset` of a volume.
pub fn id_in(file: super::place::FileId, offset: u64) -> BlobId {
    debug_assert!(file.kind == FileKind::Volume || offset == 0);
    BlobId { file, offset }
}

#[cfg(test)]
mod tests;
