//! The reserve of places of every size.

use super::{Headroom, default_reserve};

#[test]
fn the_reserve_is_kept_in_large_and_small_places() {
    let (mib, gib) = (1 << 20, 1 << 30);
    assert_eq!(default_reserve(1000 * gib), 512 * mib);
    assert_eq!(default_reserve(gib), 256 * mib);
    let room = |free_bytes| Headroom { free_bytes, total_bytes: gib };
    assert_eq!(room(600 * mib).writable_bytes(512 * mib), 88 * mib);
    assert_eq!(room(100 * mib).writable_bytes(512 * mib), 0);
    let told = room(600 * mib).space(512 * mib);
    assert_eq!((told.free_bytes, told.writable_bytes, told.total_bytes), (600 * mib, 88 * mib, gib));
}
