//! Nodes as the kernel has them: inode numbers, attributes, kinds, devices, times.
//!
//! Always holds: each node has one inode number and each number one node, the root's being 1 as FUSE demands.

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{FileAttr, FileType, INodeNo, TimeOrNow};
use trefoil_core::clock::Timestamp;
use trefoil_core::files::{Attributes, Kind, SetTime};

use crate::limits::BLOCK_BYTES;

/// FUSE_ROOT_ID
const ROOT: u64 = 1;
/// Unit of `st_blocks` (stat(3type)).
const STAT_BLOCK_BYTES: u64 = 512;

/// Which node has which inode number in one mount.
#[derive(Clone, Copy, Debug)]
pub struct Inodes {
    root: u64,
}

impl Inodes {
    pub fn new(root: u64) -> Self {
        Self { root }
    }

    /// The inode number of a node. Ids are numbers, but for the root's and the node's whose id is the root's number: those change
    /// places.
    pub fn of(self, node: u64) -> u64 {
        match node {
            node if node == self.root => ROOT,
            ROOT => self.root,
            node => node,
        }
    }

    /// The node of an inode number.
    pub fn node(self, inode: INodeNo) -> u64 {
        // An exchange undoes itself.
        self.of(inode.0)
    }

    pub fn attributes(self, attributes: &Attributes) -> FileAttr {
        FileAttr {
            ino: INodeNo(self.of(attributes.node)),
            size: attributes.size,
            blocks: attributes.used.div_ceil(STAT_BLOCK_BYTES),
            atime: system_time(attributes.accessed),
            mtime: system_time(attributes.modified),
            ctime: system_time(attributes.changed),
            crtime: UNIX_EPOCH,
            kind: file_type(attributes.kind),
            perm: u16::try_from(attributes.mode & 0o7777).unwrap_or_default(),
            nlink: attributes.links,
            uid: attributes.uid,
            gid: attributes.gid,
            rdev: short_device(attributes.device),
            blksize: BLOCK_BYTES,
            flags: 0,
        }
    }
}

pub fn file_type(kind: Kind) -> FileType {
    match kind {
        Kind::File => FileType::RegularFile,
        Kind::Directory => FileType::Directory,
        Kind::Symlink => FileType::Symlink,
        Kind::Fifo => FileType::NamedPipe,
        Kind::Socket => FileType::Socket,
        Kind::BlockDevice => FileType::BlockDevice,
        Kind::CharacterDevice => FileType::CharDevice,
    }
}

/// A device's numbers in the 32 bits that FUSE has for them (`new_encode_dev` of the kernel).
pub fn short_device(device: u64) -> u32 {
    let (major, minor) = (libc::major(device), libc::minor(device));
    (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12)
}

/// The same, back (`new_decode_dev`).
pub fn long_device(device: u32) -> u64 {
    let (major, minor) = ((device & 0x000f_ff00) >> 8, (device & 0xff) | ((device >> 12) & 0x000f_ff00));
    libc::makedev(major, minor)
}

fn system_time(time: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(time.0)
}

/// A time to be set. What lies before 1970 or after 2554 becomes the nearest that can be kept.
pub fn set_time(time: TimeOrNow) -> SetTime {
    match time {
        TimeOrNow::Now => SetTime::Now,
        TimeOrNow::SpecificTime(time) => {
            let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
            SetTime::To(Timestamp(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)))
        }
    }
}
