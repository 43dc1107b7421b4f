//! What every request of one mount shares.
//!
//! Always holds: the same for the mount's whole life.

use std::sync::Arc;

use fuser::{FileAttr, FileHandle, INodeNo, Request};
use tokio::sync::watch;
use trefoil_core::files::{Attributes, Caller, FileService, LockOwner, View};

use crate::freshness::Freshness;
use crate::handles::Handles;
use crate::known::KnownNodes;
use crate::lockers::Lockers;
use crate::operations::directory::Fits;
use crate::operations::locks::Undecided;
use crate::reopening::Reopening;
use crate::shapes::Inodes;
use crate::siblings::Membership;

pub struct Door {
    pub files: FileService,
    pub view: View,
    pub inodes: Inodes,
    pub fresh: Arc<Freshness>,
    pub handles: Handles,
    pub known: KnownNodes,
    /// How many names went into the last answers to a directory's readers.
    pub fits: Fits,
    /// Tells this mount's owners of locks from those of others.
    pub lock_door: u64,
    pub lockers: Lockers,
    pub undecided: Undecided,
    pub reopening: Reopening,
    /// Until the last request is answered: what it changes after the mount's end, nobody else is told of.
    pub membership: Membership,
    /// Turns true when the mount has ended.
    pub ended: watch::Receiver<bool>,
}

impl Door {
    pub fn node(&self, inode: INodeNo) -> u64 {
        self.inodes.node(inode)
    }

    pub fn shape(&self, attributes: &Attributes) -> FileAttr {
        self.inodes.attributes(attributes)
    }

    /// An owner of locks, as the kernel numbers it.
    pub fn owner(&self, owner: u64) -> LockOwner {
        LockOwner { door: self.lock_door, owner }
    }
}

/// Who changes a file, and by which thread.
pub struct Changer {
    pub caller: Caller,
    pub thread: u32,
}

/// Who changes a file through one of its openings, which goes on, though a descriptor of it was closed. `strips`: the kernel leaves it to us to
/// take set-id bits, and where it does not say whether, the uid does.
pub fn changer(door: &Door, request: &Request, through: Option<FileHandle>, strips: bool) -> Changer {
    if let Some(handle) = through.and_then(|through| door.handles.get(through)) {
        door.files.written_through(&handle.open);
    }
    let caller = Caller { takes_set_id: strips.then(|| request.uid() != 0), ..caller(request) };
    Changer { caller, thread: request.pid() }
}

/// Who asks. The kernel has checked permissions (`default_permissions`): the ids are those of what is made.
pub fn caller(request: &Request) -> Caller {
    Caller { uid: request.uid(), gid: request.gid(), ..Caller::checked() }
}
