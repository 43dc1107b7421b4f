//! Flags of system calls.

use fuser::Errno;
use trefoil_core::files::{Allocate, Stability, WriteAt};

use super::{allocation, place, seek, stability};

#[test]
fn flags_of_an_open_file_say_where_and_how_it_is_written() {
    assert_eq!(place(7, libc::O_RDWR), WriteAt::Offset(7));
    assert_eq!(place(7, libc::O_WRONLY | libc::O_APPEND), WriteAt::End);
    assert_eq!(stability(libc::O_RDWR), Stability::Unstable);
    assert_eq!(stability(libc::O_RDWR | libc::O_DSYNC), Stability::Data);
    assert_eq!(stability(libc::O_RDWR | libc::O_SYNC), Stability::File);
}

#[test]
fn fallocate_does_what_it_can_and_refuses_the_rest() {
    assert_eq!(allocation(0), Ok(Allocate::Reserve { keep_size: false }));
    assert_eq!(allocation(libc::FALLOC_FL_KEEP_SIZE), Ok(Allocate::Reserve { keep_size: true }));
    assert_eq!(allocation(libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE), Ok(Allocate::Punch));
    assert_eq!(allocation(libc::FALLOC_FL_ZERO_RANGE), Ok(Allocate::Zero { keep_size: false }));
    for mode in [libc::FALLOC_FL_PUNCH_HOLE, libc::FALLOC_FL_COLLAPSE_RANGE, libc::FALLOC_FL_INSERT_RANGE] {
        assert_eq!(allocation(mode), Err(Errno::EOPNOTSUPP), "{mode:#x}");
    }
}

#[test]
fn only_data_and_holes_are_sought() {
    assert!(seek(libc::SEEK_DATA).is_ok() && seek(libc::SEEK_HOLE).is_ok());
    assert_eq!(seek(libc::SEEK_SET), Err(Errno::EINVAL));
}
