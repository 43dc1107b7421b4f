//! Ranges there.

use fuser::Errno;
use trefoil_core::files::{Lock, LockKind};

use super::lock;

#[test]
fn a_lock_without_an_end_has_none_in_the_store() {
    let whole = Lock { kind: LockKind::Write, first: 3, last: u64::MAX, process: 9 };
    assert_eq!(lock(3, i64::MAX as u64, libc::F_WRLCK, 9), Ok(whole));
    let some = Lock { kind: LockKind::Read, first: 3, last: 7, process: 9 };
    assert_eq!(lock(3, 7, libc::F_RDLCK, 9), Ok(some));
}

#[test]
fn what_is_no_lock_is_refused() {
    assert_eq!(lock(0, 1, 77, 9), Err(Errno::EINVAL));
    assert_eq!(lock(2, 1, libc::F_RDLCK, 9), Err(Errno::EINVAL));
}
