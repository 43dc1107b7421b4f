//! The kernel that is found, and the older one that is pretended.

use std::io::Write as _;
use std::os::fd::AsFd as _;

use super::Kernel;

#[test]
fn a_pretended_old_kernel_reads_nothing_without_waiting() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"some bytes").unwrap();
    let kernel = Kernel::pretending("3.10").unwrap();
    assert!(!kernel.read_nowait(file.as_fd(), &mut Vec::new(), 4, 0));
}

#[test]
fn what_the_page_cache_holds_is_read_or_refused_but_never_wrong() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"some bytes").unwrap();
    let kernel = Kernel::pretending("9.9").unwrap();
    let mut buffer = vec![7; 3];
    if kernel.read_nowait(file.as_fd(), &mut buffer, 5, 5) {
        assert_eq!(buffer, b"bytes");
    }
    // Past the end there are fewer bytes than asked for.
    assert!(!kernel.read_nowait(file.as_fd(), &mut buffer, 50, 5));
}

#[test]
fn versions_are_checked() {
    assert!(Kernel::pretending("3.10.0-1160.el7").is_ok());
    assert!(Kernel::pretending("three").is_err());
    assert!(Kernel::pretending("3").is_err());
}
