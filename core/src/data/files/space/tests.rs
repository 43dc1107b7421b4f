//! The reserve of places of every size.

use super::{default_reserve, writable};
use crate::data::Space;

#[test]
fn the_reserve_is_kept_in_large_and_small_places() {
    let (mib, gib) = (1 << 20, 1 << 30);
    assert_eq!(default_reserve(1000 * gib), 512 * mib);
    assert_eq!(default_reserve(gib), 256 * mib);
    let space = |free_bytes| Space { free_bytes, total_bytes: gib };
    assert_eq!(writable(space(600 * mib), 512 * mib), 88 * mib);
    assert_eq!(writable(space(100 * mib), 512 * mib), 0);
}
