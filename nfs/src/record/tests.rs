//! Records in one and many fragments, split at every place, and lengths that can't be.

use std::sync::Arc;

use bytes::BufMut;
use tokio::sync::Semaphore;

use super::{Broken, Next, Record, Records};
use crate::limits::{FRAGMENTS_MAX, RECORD_BYTES_MAX, SMALL_RECORD_BYTES_MAX};

fn fragment(bytes: &[u8], is_last: bool) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("short") | if is_last { 1 << 31 } else { 0 };
    [&length.to_be_bytes()[..], bytes].concat()
}

/// Feeds the stream in pieces and gives the records, with room for all of them.
fn read(stream: &[u8], piece: usize) -> Result<Vec<Record>, Broken> {
    let room = Arc::new(Semaphore::new(64));
    let (mut records, mut found, mut left) = (Records::default(), Vec::new(), stream);
    loop {
        match records.next()? {
            Next::Record(record) => found.push(record),
            Next::NeedsRoom(bytes) => {
                assert!(bytes <= RECORD_BYTES_MAX);
                records.give_room(Arc::clone(&room).try_acquire_owned().expect("there is room"));
            }
            Next::NeedsBytes if left.is_empty() => return Ok(found),
            Next::NeedsBytes => {
                let mut place = records.place();
                let count = piece.min(left.len()).min(place.remaining_mut());
                assert!(count > 0, "no place for what it needs");
                place.put_slice(&left[..count]);
                records.filled(count);
                left = &left[count..];
            }
        }
    }
}

#[test]
fn records_come_whole_however_the_stream_is_cut() {
    let large: Vec<u8> = (0..=250).cycle().take(300_000).collect();
    let mut stream = fragment(b"one", true);
    stream.extend(fragment(b"", true));
    stream.extend(fragment(&large, true));
    stream.extend(fragment(b"th", false));
    stream.extend(fragment(b"", false));
    stream.extend(fragment(b"ree", true));
    stream.extend(fragment(&large[..SMALL_RECORD_BYTES_MAX], true));
    stream.extend(fragment(b"four", true));
    let expected: Vec<&[u8]> = vec![b"one", b"", &large, b"three", &large[..SMALL_RECORD_BYTES_MAX], b"four"];
    for piece in [1, 2, 3, 4, 5, 7, 1000, 65_536, stream.len()] {
        let records = read(&stream, piece).expect("it is a stream of records");
        assert_eq!(records.len(), expected.len());
        for (record, expected) in records.iter().zip(&expected) {
            assert!(record.bytes == *expected, "pieces of {piece}");
        }
        assert_eq!(records.iter().filter(|record| record.room.is_some()).count(), 2);
    }
}

#[test]
fn lengths_beyond_the_bound_are_refused_before_anything_is_made() {
    let too_large = u32::try_from(RECORD_BYTES_MAX + 1).expect("short");
    for mark in [too_large, too_large | 1 << 31, u32::MAX, 0x7fff_ffff] {
        assert_eq!(read(&mark.to_be_bytes(), 4).expect_err("too large"), Broken::TooLarge);
    }
    // Each fragment is within the bound, together they are not.
    let mut stream = fragment(&vec![0; RECORD_BYTES_MAX - 10], false);
    stream.extend(fragment(&[0; 11], true));
    assert_eq!(read(&stream, 65_536).expect_err("too large"), Broken::TooLarge);
    let many: Vec<u8> = (0..=FRAGMENTS_MAX).flat_map(|_| fragment(b"", false)).collect();
    assert_eq!(read(&many, 65_536).expect_err("too many"), Broken::TooManyFragments);
}

#[test]
fn nothing_is_made_for_a_large_record_without_room() {
    let mut records = Records::default();
    let mark = (1 << 31) | (1 << 20);
    records.place().put_slice(&u32::to_be_bytes(mark));
    assert!(matches!(records.next(), Ok(Next::NeedsRoom(bytes)) if bytes == 1 << 20));
    assert!(matches!(records.next(), Ok(Next::NeedsRoom(_))));
    assert!(records.is_within());
    assert_eq!(records.large.as_ref().map(|large| large.bytes.capacity()), Some(0));
}
