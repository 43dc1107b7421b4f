//! Names: finding, making, moving and removing them.
//!
//! Always holds: what is made has the mode that the kernel sent. The umask is applied to it once: by the kernel, or with the directory's
//! default list by the core.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use fuser::{Errno, INodeNo, RenameFlags};
use trefoil_core::error::{Error, Result};
use trefoil_core::files::{
    Access, Attributes, Caller, Exclusive, FileError, Made, Make, Open, RenameMode, SetAttributes,
};

use crate::door::Door;
use crate::limits::LOOKUP_ATTEMPTS_MAX;
use crate::process;
use crate::shapes::long_device;

/// A name in a directory, as a request has it.
pub struct Place {
    pub directory: u64,
    pub name: Vec<u8>,
}

impl Place {
    pub fn new(door: &Door, directory: INodeNo, name: &OsStr) -> Self {
        Self { directory: door.node(directory), name: name.as_bytes().to_vec() }
    }
}

/// What `mknod(2)` is to make. `None` where the mode has no kind that a name can have.
pub fn special(mode: u32, device: u32) -> Option<Make> {
    match mode & libc::S_IFMT {
        libc::S_IFREG | 0 => Some(Make::File(Exclusive::Yes)),
        libc::S_IFIFO => Some(Make::Fifo),
        libc::S_IFSOCK => Some(Make::Socket),
        libc::S_IFBLK => Some(Make::BlockDevice(long_device(device))),
        libc::S_IFCHR => Some(Make::CharacterDevice(long_device(device))),
        _ => None,
    }
}

/// Makes a name. `mode` is `None` for a symlink, which has none of its own.
pub async fn make(door: &Door, caller: &Caller, place: &Place, make: Make, mode: Option<u32>) -> Result<Made> {
    let attributes = SetAttributes { mode: mode.map(|mode| mode & 0o7777), ..SetAttributes::default() };
    let (made, _) = door.files.make(&door.view, caller, place.directory, &place.name, make, attributes).await?;
    Ok(made)
}

/// `open(2)` of a name that the kernel did not know: makes the file, or finds one that another door has made meanwhile.
pub async fn create(
    door: &Door,
    caller: &Caller,
    thread: u32,
    place: &Place,
    mode: u32,
    flags: i32,
) -> Result<(Attributes, Open)> {
    let exclusive = if flags & libc::O_EXCL != 0 { Exclusive::Yes } else { Exclusive::No };
    // In a directory that hands its group on, it matters which groups the maker is in. (For mknod(2), its first one alone.)
    let groups = if mode & libc::S_ISGID != 0 { process::groups(thread) } else { Vec::new() };
    let caller = &Caller { groups, ..caller.clone() };
    for _ in 0..LOOKUP_ATTEMPTS_MAX {
        let made = make(door, caller, place, Make::File(exclusive), Some(mode)).await?;
        match open_made(door, caller, thread, made, flags).await {
            // Another door has removed or replaced it between the two: so it is made, or found, again.
            Err(Error::File(FileError::Stale)) => {}
            done => return done,
        }
    }
    Err(FileError::Stale.into())
}

async fn open_made(door: &Door, caller: &Caller, thread: u32, made: Made, flags: i32) -> Result<(Attributes, Open)> {
    let node = made.attributes.node;
    let access = access_of(flags);
    if made.created {
        let open = door.files.open(&door.view, caller, node, access, false).await?;
        return Ok((made.attributes, open));
    }
    // The kernel has checked nothing of a file that it took for absent.
    let caller = Caller { groups: process::groups(thread), checked: false, ..caller.clone() };
    let truncate = flags & libc::O_TRUNC != 0;
    let open = door.files.open(&door.view, &caller, node, access, truncate).await?;
    let attributes = if truncate { door.files.attributes(&door.view, node).await? } else { made.attributes };
    Ok((attributes, open))
}

/// What an open file may be used for.
pub fn access_of(flags: i32) -> Access {
    let mode = flags & libc::O_ACCMODE;
    Access { read: mode != libc::O_WRONLY, write: mode != libc::O_RDONLY, execute: false }
}

/// How a rename treats what has the new name (renameat2(2)).
pub fn rename_mode(flags: RenameFlags) -> Result<RenameMode, Errno> {
    match flags {
        flags if flags.is_empty() => Ok(RenameMode::Replace),
        RenameFlags::RENAME_NOREPLACE => Ok(RenameMode::NoReplace),
        RenameFlags::RENAME_EXCHANGE => Ok(RenameMode::Exchange),
        _ => Err(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests;
