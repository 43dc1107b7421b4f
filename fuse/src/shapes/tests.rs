//! Numbers there and back.

use std::time::{Duration, UNIX_EPOCH};

use fuser::{INodeNo, TimeOrNow};
use proptest::prelude::{any, proptest};
use trefoil_core::clock::Timestamp;
use trefoil_core::files::SetTime;

use super::{Inodes, long_device, set_time, short_device};

proptest! {
    #[test]
    fn each_node_has_a_number_of_its_own(root in 1_u64.., node in 1_u64..) {
        let inodes = Inodes::new(root);
        proptest::prop_assert_eq!(inodes.node(INodeNo(inodes.of(node))), node);
        proptest::prop_assert_eq!(inodes.of(node) == 1, node == root);
    }

    #[test]
    fn devices_come_back(short in any::<u32>()) {
        proptest::prop_assert_eq!(short_device(long_device(short)), short);
    }
}

#[test]
fn the_root_and_the_first_node_change_places() {
    let inodes = Inodes::new(40);
    assert_eq!((inodes.of(40), inodes.of(1), inodes.of(2)), (1, 40, 2));
    let inodes = Inodes::new(1);
    assert_eq!((inodes.of(1), inodes.of(2)), (1, 2));
}

#[test]
fn times_before_the_epoch_are_its_beginning() {
    let early = TimeOrNow::SpecificTime(UNIX_EPOCH - Duration::from_secs(7));
    assert_eq!(set_time(early), SetTime::To(Timestamp(0)));
    let late = TimeOrNow::SpecificTime(UNIX_EPOCH + Duration::from_secs(1 << 40));
    assert_eq!(set_time(late), SetTime::To(Timestamp(u64::MAX)));
    let known = TimeOrNow::SpecificTime(UNIX_EPOCH + Duration::new(5, 6));
    assert_eq!(set_time(known), SetTime::To(Timestamp(5_000_000_006)));
    assert_eq!(set_time(TimeOrNow::Now), SetTime::Now);
}
