//! Ranges as clients write them, and where they lie.

use super::{ByteRange, RangeRequest};

fn resolved(header: &str, size: u64) -> Option<Option<(u64, u64)>> {
    let range = RangeRequest::parse(header).expect(header).resolve(size).ok()?;
    Some(range.map(|ByteRange { offset, length }| (offset, length)))
}

#[test]
fn a_range_lies_inside_and_has_bytes() {
    assert_eq!(resolved("bytes=0-0", 10), Some(Some((0, 1))));
    assert_eq!(resolved("bytes=7-", 10), Some(Some((7, 3))));
    assert_eq!(resolved("bytes=5-99999999999999999999", 10), Some(Some((5, 5))));
    assert_eq!(resolved("bytes=-3", 10), Some(Some((7, 3))));
    assert_eq!(resolved("bytes=-11", 10), Some(Some((0, 10))));
    assert_eq!(resolved("bytes=10-", 10), None);
    assert_eq!(resolved("bytes=-0", 10), None);
}

#[test]
fn the_last_bytes_of_nothing_are_all_of_it() {
    assert_eq!(resolved("bytes=-5", 0), Some(None));
    assert_eq!(resolved("bytes=-0", 0), None);
    assert_eq!(resolved("bytes=0-0", 0), None);
    assert_eq!(resolved("bytes=0-", 0), None);
}
