//! The vocabulary of files: who asks, of which tree, for what, and what a file looks like.
//!
//! Always holds: modes, ids and times are POSIX's; nothing here is of one door.

use super::AccessTimes;
use crate::clock::Timestamp;
use crate::metadata::keys::Id;
use crate::types::{AccountId, BucketName};

/// A bucket, or what is below a prefix of it, as one mount or export shows it.
#[derive(Clone, Debug)]
pub struct View {
    pub bucket: BucketName,
    pub bucket_id: Id,
    /// The directory that is shown as the root.
    pub root: Id,
    pub bucket_owner: AccountId,
    /// The account that owns what is made here.
    pub owner: AccountId,
    /// The name of the location that new bytes go to.
    pub location: String,
    pub read_only: bool,
    /// Whether every change is on stable storage before it is answered. Otherwise a change is in the log: ordered, safe from kill -9, and
    /// from power cuts at the next sync.
    pub strict: bool,
    /// What objects without attributes of their own show.
    pub defaults: Defaults,
    /// Which reads change the time of the last access; none where it is read-only.
    pub access_times: AccessTimes,
    /// The watcher that changes through this view are not told to: the mount that they came through.
    pub watcher: Option<u64>,
}

/// Owner and mode of what was made by S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    pub uid: u32,
    pub gid: u32,
    /// Permission bits, without those of the kind.
    pub file_mode: u32,
    pub directory_mode: u32,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { uid: 0, gid: 0, file_mode: 0o644, directory_mode: 0o755 }
    }
}

/// No user's and no group's id: chown(2) takes it for "leave it", and Linux lets nobody, root neither, change what has it.
pub const NO_ID: u32 = u32::MAX;

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    pub uid: u32,
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Bits that what it makes does not get, where no default ACL says otherwise.
    pub umask: u32,
    /// Permissions were checked by whoever passes the request on (a kernel with `default_permissions`): ids are used for what is made, and
    /// not for decisions.
    pub checked: bool,
    /// Whoever checked leaves it to the store to take what a file may not keep when its bytes or its owner change, and says whether this caller is
    /// one whose changes take its set-id bits. Without it, that is asked for by changes of its own. Counts for a checked caller alone.
    pub takes_set_id: Option<bool>,
}

impl Caller {
    /// Whoever a kernel has checked.
    pub fn checked() -> Self {
        Self { checked: true, ..Self::default() }
    }

    pub fn root() -> Self {
        Self::default()
    }

    /// Whether what a file may not keep is the store's to take.
    pub(super) fn is_ours_to_strip(&self) -> bool {
        !self.checked || self.takes_set_id.is_some()
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Directory,
    Symlink,
    Fifo,
    Socket,
    BlockDevice,
    CharacterDevice,
}

/// What `stat` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Never reused, so a file has no generation.
    pub node: Id,
    pub kind: Kind,
    /// Permission bits, suid, sgid, sticky: 0o7777.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub links: u32,
    pub size: u64,
    /// Bytes that take room, with the holes: how much of a file is stored is not counted.
    pub used: u64,
    /// `makedev` of a device, as Linux encodes it in 64 bits; else 0.
    pub device: u64,
    pub accessed: Timestamp,
    pub modified: Timestamp,
    pub changed: Timestamp,
}

impl Attributes {
    /// As much of them as is told of the time before a change (RFC 1813, 2.6: wcc_attr).
    pub fn on_one_side(&self) -> (u64, Timestamp, Timestamp) {
        (self.size, self.modified, self.changed)
    }
}

/// A time to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetTime {
    Now,
    To(Timestamp),
}

/// Attributes to be set; `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetAttributes {
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub size: Option<u64>,
    pub accessed: Option<SetTime>,
    pub modified: Option<SetTime>,
    /// The file must have changed last then, or it is `NotInSync` (NFS's guard).
    pub unchanged_since: Option<Timestamp>,
}

/// What is made under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Make {
    File(Exclusive),
    Directory,
    Symlink(Vec<u8>),
    Fifo,
    Socket,
    BlockDevice(u64),
    CharacterDevice(u64),
}

/// What is done where a file that is to be made exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusive {
    /// It is the answer.
    No,
    /// `Exists`.
    Yes,
    /// `Exists`, but for a file that the same verifier made (NFS's EXCLUSIVE, RFC 1813 3.3.8).
    Verifier([u8; 8]),
}

/// A file that was made, or found where that was allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub attributes: Attributes,
    pub created: bool,
}

/// How a rename treats what has the new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenameMode {
    Replace,
    NoReplace,
    Exchange,
}

/// A name in a directory, as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: Vec<u8>,
    pub node: Id,
    pub kind: Kind,
    /// Reading on from this cookie gives what follows, whatever was removed meanwhile. 1 is `.` and 2 is `..`; those are the doors'.
    pub cookie: u64,
    /// Where they were asked for.
    pub attributes: Option<Attributes>,
}

/// A page of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntriesPage {
    pub entries: Vec<Entry>,
    /// Nothing follows.
    pub end: bool,
}

/// What may be done with a node, as it is asked for (access(2), NFS ACCESS).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    pub read: bool,
    pub write: bool,
    /// Search, of a directory.
    pub execute: bool,
}

/// Attributes of a node on both sides of a change, from the transaction that made it, or from under the lock of the write session that
/// took it (RFC 1813, 2.6: wcc_data). `None` where they could not be had at that instant: so whoever is told both can take all
/// between them for its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    pub before: Option<(u64, Timestamp, Timestamp)>,
    pub after: Option<Attributes>,
}

/// How stable a write is to be when it is answered (RFC 1813 3.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stability {
    /// In memory, visible to every file door.
    Unstable,
    /// Bytes, and what is needed to find them again.
    Data,
    /// Everything.
    File,
}

#[derive(Clone, Debug)]
pub struct Written {
    pub count: u64,
    /// At least what was asked for.
    pub stability: Stability,
    pub around: Around,
}

/// What `fallocate` is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocate {
    /// The range is there, and reads as zeros where nothing was written. `keep_size`: beyond the end it is not shown.
    Reserve { keep_size: bool },
    /// The range becomes a hole; the size stays.
    Punch,
    /// The range becomes zeros.
    Zero { keep_size: bool },
}

/// What `lseek` looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seek {
    Data,
    Hole,
}

/// What `statfs` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    pub total_bytes: u64,
    pub free_bytes: u64,
    pub name_bytes_max: u32,
}

/// How an extended attribute is set (setxattr(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetXattr {
    Any,
    Create,
    Replace,
}

/// A lock on a range of a file (fcntl(2)), or on the whole (flock(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    pub kind: LockKind,
    /// First byte, and the last, inclusive; `u64::MAX` is beyond any end.
    pub first: u64,
    pub last: u64,
    /// As F_GETLK tells it.
    pub process: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    Read,
    Write,
    Unlock,
}

/// The two families of locks do not see each other (as Linux has it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockFamily {
    Range,
    Whole,
}

/// Who holds a lock: an opaque number that the door gives, unique together with the door's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LockOwner {
    pub door: u64,
    pub owner: u64,
}
