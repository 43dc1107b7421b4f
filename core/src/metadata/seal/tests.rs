//! Sealed records come back as they were, and damage never gets through.

use super::*;

#[derive(Debug, Clone, PartialEq, bincode::Encode, bincode::Decode)]
struct Record {
    id: u64,
    name: String,
    parts: Vec<u32>,
    note: Option<String>,
}

fn record() -> Record {
    Record { id: 1 << 40, name: "a name".into(), parts: (0..300).collect(), note: None }
}

#[test]
fn what_was_sealed_opens() {
    let sealed = seal(3, &record());
    assert_eq!(sealed[0], 3);
    assert_eq!(open::<Record>(&sealed).unwrap(), (3, record()));
    let (version, bytes) = verify(&sealed).unwrap();
    assert_eq!((version, bytes.len() + SEAL_BYTES), (3, sealed.len()));
    assert_eq!(decode::<Record>(bytes).unwrap(), record());
}

#[test]
fn the_layout_stays() {
    // Records outlive releases: version, bincode's varints, CRC32C in little endian.
    let sealed = seal(1, &(7u64, "ab".to_owned()));
    assert_eq!(&sealed[..5], &[1, 7, 2, b'a', b'b']);
    assert_eq!(&sealed[5..], &crc_fast::crc32_iscsi(&[1, 7, 2, b'a', b'b']).to_le_bytes());
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let sealed = seal(1, &record());
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut damaged = sealed.to_vec();
            damaged[at] ^= 1 << bit;
            assert!(matches!(open::<Record>(&damaged), Err(ReadError::Corrupt(_))), "bit {bit} of byte {at}");
        }
        assert!(matches!(open::<Record>(&sealed[..at]), Err(ReadError::Corrupt(_))), "cut to {at} bytes");
    }
}

/// Puts a right envelope around bytes that are no record.
fn enveloped(record: &[u8]) -> Vec<u8> {
    let mut sealed = vec![1];
    sealed.extend_from_slice(record);
    let checksum = crc32c(&sealed);
    sealed.extend_from_slice(&checksum.to_le_bytes());
    sealed
}

#[test]
fn bytes_behind_the_record_are_refused() {
    assert_eq!(open::<u8>(&enveloped(&[5])).unwrap(), (1, 5));
    assert!(matches!(open::<u8>(&enveloped(&[5, 6])), Err(ReadError::Corrupt(_))));
}

#[test]
fn a_huge_length_reserves_nothing() {
    // 253 announces a u64: a vector of 2^62 bytes, then of just above the limit, with nothing behind.
    for length in [1u64 << 62, RECORD_DECODE_BYTES_MAX as u64 + 1] {
        let mut record = vec![253];
        record.extend_from_slice(&length.to_le_bytes());
        assert!(matches!(open::<Vec<u8>>(&enveloped(&record)), Err(ReadError::Corrupt(_))));
    }
}

#[test]
fn the_largest_value_of_the_index_opens() {
    // One byte encoded is 24 in memory: the decoder's bound must not be below what a legal record needs.
    let many: Vec<String> = vec![String::new(); crate::limits::METADATA_VALUE_BYTES_MAX - SEAL_BYTES - 8];
    let sealed = seal(1, &many);
    assert!(sealed.len() <= crate::limits::METADATA_VALUE_BYTES_MAX);
    assert_eq!(open::<Vec<String>>(&sealed).unwrap().1, many);
}
