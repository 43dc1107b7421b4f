//! How large the next volume is, and who waits for it.

use std::time::Duration;

use super::{Making, Volumes, size_of_next};
use crate::data::files::tests::open;

const MIB: u64 = 1 << 20;

#[test]
fn a_volume_takes_a_share_of_the_room_and_what_its_first_blob_needs() {
    let size = |free, bytes| size_of_next(free, 256 * MIB, bytes);
    assert_eq!(size(10_000 * MIB, 8 * MIB), Some(256 * MIB));
    assert_eq!(size(1024 * MIB, 8 * MIB), Some(256 * MIB));
    assert_eq!(size(260 * MIB, 8 * MIB), Some(65 * MIB), "the rest is for others");
    assert_eq!(size(20 * MIB, 8 * MIB), Some(8 * MIB));
    assert_eq!(size(8 * MIB, 8 * MIB), Some(8 * MIB));
    assert_eq!(size(8 * MIB - 1, 8 * MIB), None);
    assert_eq!(size(0, 8192), None);
    assert_eq!(size(100_001, 8192).unwrap() % 4096, 0);
    assert_eq!(size(100 * MIB, 0), Some(25 * MIB));
}

#[test]
fn what_fits_does_not_wait_for_a_volume_that_is_being_made() {
    let root = tempfile::tempdir().unwrap();
    let store = open(root.path(), 1);
    let (first, _) = Volumes::reserve(&store.shared, store.shared.volume_bytes - MIB).unwrap();
    {
        let mut state = store.shared.volumes.state.lock();
        while state.asked || state.making {
            store.shared.volumes.made.wait_for(&mut state, Duration::from_millis(10));
        }
        state.next = None;
        state.making = true;
    }
    let making = Making(&store.shared.volumes);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| Volumes::reserve(&store.shared, 2 * MIB).unwrap().0.id);
        let (fits, _) = Volumes::reserve(&store.shared, 8192).unwrap();
        assert_eq!(fits.id, first.id);
        std::thread::sleep(Duration::from_millis(50));
        assert!(!waiting.is_finished(), "one volume is made at a time");
        drop(making);
        assert_ne!(waiting.join().unwrap(), first.id);
    });
}
