//! Modes and flags of system calls.

use fuser::{Errno, RenameFlags};
use trefoil_core::files::{Access, Exclusive, Make, RenameMode};

use super::{access_of, rename_mode, special};

#[test]
fn mknod_makes_what_the_mode_says() {
    assert_eq!(special(libc::S_IFREG | 0o644, 0), Some(Make::File(Exclusive::Yes)));
    assert_eq!(special(libc::S_IFIFO | 0o644, 0), Some(Make::Fifo));
    assert_eq!(special(libc::S_IFSOCK | 0o644, 0), Some(Make::Socket));
    assert_eq!(special(libc::S_IFCHR, 0x105), Some(Make::CharacterDevice(libc::makedev(1, 5))));
    assert_eq!(special(libc::S_IFBLK, 0x800), Some(Make::BlockDevice(libc::makedev(8, 0))));
    assert_eq!(special(libc::S_IFDIR, 0), None);
}

#[test]
fn renames_with_flags_that_are_not_known_are_refused() {
    assert_eq!(rename_mode(RenameFlags::empty()), Ok(RenameMode::Replace));
    assert_eq!(rename_mode(RenameFlags::RENAME_NOREPLACE), Ok(RenameMode::NoReplace));
    assert_eq!(rename_mode(RenameFlags::RENAME_EXCHANGE), Ok(RenameMode::Exchange));
    for flags in [RenameFlags::RENAME_WHITEOUT, RenameFlags::RENAME_EXCHANGE | RenameFlags::RENAME_NOREPLACE] {
        assert_eq!(rename_mode(flags), Err(Errno::EINVAL));
    }
    assert_eq!(rename_mode(RenameFlags::from_bits_retain(64)), Err(Errno::EINVAL));
}

#[test]
fn the_mode_of_an_open_file() {
    let access = |read, write| Access { read, write, execute: false };
    assert_eq!(access_of(libc::O_RDONLY), access(true, false));
    assert_eq!(access_of(libc::O_WRONLY | libc::O_TRUNC), access(false, true));
    assert_eq!(access_of(libc::O_RDWR), access(true, true));
}
