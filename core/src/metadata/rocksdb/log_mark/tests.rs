//! Marks are found wherever they lie, and nothing else is taken for one.

use super::{LogMark, MARK_BYTES};
use crate::limits::LOG_SCAN_BYTES;

#[test]
fn the_highest_whole_mark_is_found_across_reads() {
    let directory = tempfile::tempdir().unwrap();
    let marks = LogMark::load(directory.path()).unwrap();
    for offset in [0, 1, LOG_SCAN_BYTES - MARK_BYTES + 1, LOG_SCAN_BYTES - 1, LOG_SCAN_BYTES, 3 * LOG_SCAN_BYTES - 5] {
        let mut log = vec![b'x'; offset];
        log.extend_from_slice(&marks.mark(77));
        log.extend_from_slice(&[b'y'; 100]);
        log.extend_from_slice(&marks.mark(5));
        assert_eq!(marks.highest_in(&log[..]).unwrap(), 77, "at {offset}");
        // Damaged, cut off, or of another directory: no mark.
        log[offset + 20] ^= 1;
        assert_eq!(marks.highest_in(&log[..]).unwrap(), 5);
        assert_eq!(marks.highest_in(&log[..offset + MARK_BYTES - 1]).unwrap(), 0);
    }
    let again = LogMark::load(directory.path()).unwrap();
    assert_eq!(again.mark(1), marks.mark(1));
    let other = LogMark::load(tempfile::tempdir().unwrap().path()).unwrap();
    assert_eq!(marks.highest_in(&other.mark(9)[..]).unwrap(), 0);
}
