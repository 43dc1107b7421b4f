//! Whom a mode lets do what.
//!
//! Always holds: the rules are those of POSIX (Base Definitions 4.5) with Linux's sticky bit and set-id bits, and the access ACLs of acl(5); root may do all but
//! execute what nobody may. A caller that was checked already is not checked again.

use super::acl::Acl;
use super::{Access, Attributes, Caller, FileError, Kind, View};

pub(crate) const SET_UID: u32 = 0o4000;
pub(crate) const SET_GID: u32 = 0o2000;
pub(crate) const STICKY: u32 = 0o1000;
/// All bits that a mode may have.
pub(crate) const MODE_BITS: u32 = 0o7777;

impl Access {
    pub const READ: Self = Self { read: true, write: false, execute: false };
    pub const WRITE: Self = Self { read: false, write: true, execute: false };
    pub const SEARCH: Self = Self { read: false, write: false, execute: true };
    pub const ALL: Self = Self { read: true, write: true, execute: true };
    /// To change a directory's names.
    pub const CHANGE: Self = Self { read: false, write: true, execute: true };

    pub(crate) fn from_bits(bits: u32) -> Self {
        Self { read: bits & 4 != 0, write: bits & 2 != 0, execute: bits & 1 != 0 }
    }

    pub(crate) fn covers(self, wanted: Self) -> bool {
        (self.read || !wanted.read) && (self.write || !wanted.write) && (self.execute || !wanted.execute)
    }
}

impl Caller {
    pub(crate) fn is_root(&self) -> bool {
        self.uid == 0
    }

    pub(crate) fn is_in(&self, group: u32) -> bool {
        self.gid == group || self.groups.contains(&group)
    }

    /// Whether it may do what only the owner may.
    pub(crate) fn owns(&self, attributes: &Attributes) -> bool {
        self.checked || self.is_root() || self.uid == attributes.uid
    }
}

/// Whether the caller may do all that is wanted with the node.
fn allows(caller: &Caller, attributes: &Attributes, acl: Option<&Acl>, wanted: Access) -> bool {
    if caller.checked {
        return true;
    }
    if caller.is_root() {
        return !wanted.execute || attributes.kind == Kind::Directory || attributes.mode & 0o111 != 0;
    }
    if let Some(acl) = acl {
        return acl.allows(caller, attributes, wanted);
    }
    let shift = match () {
        () if caller.uid == attributes.uid => 6,
        () if caller.is_in(attributes.gid) => 3,
        () => 0,
    };
    Access::from_bits(attributes.mode >> shift & 7).covers(wanted)
}

/// What the caller may do with the node. To write to a directory is to change its names, which takes the right to search it as well.
pub(crate) fn allowed(caller: &Caller, attributes: &Attributes, acl: Option<&Acl>) -> Access {
    let may = |wanted| allows(caller, attributes, acl, wanted);
    let write = if attributes.kind == Kind::Directory { Access::CHANGE } else { Access::WRITE };
    Access { read: may(Access::READ), write: may(write), execute: may(Access::SEARCH) }
}

/// Refuses what the caller may not do.
pub(crate) fn require(
    caller: &Caller,
    attributes: &Attributes,
    acl: Option<&Acl>,
    wanted: Access,
) -> Result<(), FileError> {
    match allows(caller, attributes, acl, wanted) {
        true => Ok(()),
        false => Err(FileError::PermissionDenied),
    }
}

/// Refuses every change through a view that is read-only.
pub(crate) fn require_writable(view: &View) -> Result<(), FileError> {
    if view.read_only { Err(FileError::ReadOnly) } else { Ok(()) }
}

/// In a sticky directory a name goes by its owner, the directory's, or root only.
pub(crate) fn require_removable(caller: &Caller, directory: &Attributes, node: &Attributes) -> Result<(), FileError> {
    let sticky = directory.mode & STICKY != 0;
    match !sticky || caller.owns(directory) || caller.uid == node.uid {
        true => Ok(()),
        false => Err(FileError::NotPermitted),
    }
}
