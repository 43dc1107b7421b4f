//! What is asked of new, old and pretended kernels.

use fuser::InitFlags;

use super::{choose, protocol_of};
use crate::limits::{OLD_TRANSFER_BYTES_MAX, TRANSFER_BYTES_MAX};

#[test]
fn nothing_that_fuser_does_not_know_is_asked_for() {
    let chosen = choose(InitFlags::all(), None, true).capabilities;
    let broken = InitFlags::FUSE_SETXATTR_EXT
        | InitFlags::FUSE_SECURITY_CTX
        | InitFlags::FUSE_CREATE_SUPP_GROUP
        | InitFlags::FUSE_ALLOW_IDMAP
        | InitFlags::FUSE_OVER_IO_URING
        | InitFlags::FUSE_HAS_RESEND
        | InitFlags::FUSE_REQUEST_TIMEOUT;
    assert!(!chosen.intersects(broken), "{chosen:?}");
    assert!(!chosen.contains(InitFlags::FUSE_WRITEBACK_CACHE));
    assert!(!chosen.contains(InitFlags::FUSE_ATOMIC_O_TRUNC), "it empties files that are being executed");
    assert!(chosen.contains(InitFlags::FUSE_PARALLEL_DIROPS | InitFlags::FUSE_AUTO_INVAL_DATA));
}

#[test]
fn only_what_is_offered_is_asked_for() {
    assert_eq!(choose(InitFlags::empty(), None, true).capabilities, InitFlags::empty());
    let offered = InitFlags::FUSE_BIG_WRITES | InitFlags::FUSE_WRITEBACK_CACHE;
    assert_eq!(choose(offered, None, true).capabilities, InitFlags::FUSE_BIG_WRITES);
}

#[test]
fn a_pretended_old_kernel_has_nothing_newer() {
    let chosen = choose(InitFlags::all(), Some((3, 10)), true);
    let newer = InitFlags::FUSE_PARALLEL_DIROPS | InitFlags::FUSE_MAX_PAGES;
    assert!(!chosen.capabilities.intersects(newer), "{chosen:?}");
    assert!(chosen.capabilities.contains(InitFlags::FUSE_DO_READDIRPLUS | InitFlags::FUSE_AUTO_INVAL_DATA));
    assert_eq!(chosen.transfer_bytes_max, OLD_TRANSFER_BYTES_MAX);
    assert_eq!(choose(InitFlags::all(), Some((4, 20)), true).transfer_bytes_max, TRANSFER_BYTES_MAX);
}

#[test]
fn lists_come_with_the_umask_or_not_at_all() {
    let both = InitFlags::FUSE_POSIX_ACL | InitFlags::FUSE_DONT_MASK;
    for (offered, pretended, lists) in [
        (InitFlags::all(), None, true),
        (InitFlags::all(), Some((4, 9)), true),
        (InitFlags::all(), Some((4, 8)), false),
        (InitFlags::all() - InitFlags::FUSE_POSIX_ACL, None, false),
        (InitFlags::all() - InitFlags::FUSE_DONT_MASK, None, false),
    ] {
        let chosen = choose(offered, pretended, true);
        assert_eq!((chosen.lists, chosen.capabilities.intersects(both)), (lists, lists), "{pretended:?}");
    }
}

#[test]
fn flock_is_asked_for_where_it_can_be_told_from_other_locks() {
    for (offered, sees_calls, flocks) in [
        (InitFlags::all(), true, true),
        (InitFlags::all(), false, false),
        (InitFlags::all() - InitFlags::FUSE_FLOCK_LOCKS, true, false),
    ] {
        let chosen = choose(offered, None, sees_calls);
        let asked = chosen.capabilities.contains(InitFlags::FUSE_FLOCK_LOCKS);
        assert_eq!((chosen.flocks, asked), (flocks, flocks), "{offered:?} {sees_calls}");
    }
    assert!(choose(InitFlags::all(), Some((3, 10)), true).flocks, "since 3.1");
}

#[test]
fn what_a_write_takes_is_ours_to_take_where_the_kernel_leaves_it_to_us() {
    for (offered, pretended, strips) in [
        (InitFlags::all(), None, true),
        (InitFlags::all(), Some((5, 11)), true),
        (InitFlags::all(), Some((5, 10)), false),
        (InitFlags::all() - InitFlags::FUSE_HANDLE_KILLPRIV_V2, None, false),
    ] {
        let chosen = choose(offered, pretended, true);
        let asked = chosen.capabilities.contains(InitFlags::FUSE_HANDLE_KILLPRIV_V2);
        assert_eq!((chosen.strips, asked), (strips, strips), "{pretended:?}");
    }
}

#[test]
fn versions_lie_between_those_that_brought_something() {
    let minors = [
        ((2, 5), 0),
        ((3, 10), 22),
        ((3, 16), 22),
        ((4, 6), 22),
        ((4, 7), 25),
        ((4, 8), 25),
        ((4, 18), 26),
        ((5, 10), 28),
        ((5, 11), 33),
        ((6, 18), 33),
    ];
    for (kernel, minor) in minors {
        assert_eq!(protocol_of(kernel), minor, "{kernel:?}");
    }
}
