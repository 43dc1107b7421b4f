//! What a program may not keep when its bytes change, where the kernel leaves that to us (`FUSE_HANDLE_KILLPRIV_V2`): set-id bits and
//! capabilities.
//!
//! Always holds: it is taken before the bytes change. Whose change takes set-id bits is said by WRITE's flag, else by the uid, and of root by
//! `CAP_FSETID`. So somebody else who has that capability loses bits that Linux would leave at truncate(2), fallocate(2) and copy_file_range(2). Where
//! the kernel did not ask for it ahead, it hears of it without being waited for.

use fuser::WriteFlags;
use trefoil_core::error::Result;
use trefoil_core::files::{Attributes, CAPABILITY, Caller, Kind, NO_ID};

use crate::door::{Changer, Door};
use crate::process::{self, CAP_FSETID, CAP_SETFCAP};

const SET_ID: u32 = 0o6000;

/// Whether a write takes the file's set-id bits. A page of a mapped file is written when the kernel pleases: what was set meanwhile stays.
pub fn takes_set_id(strips: bool, flags: WriteFlags) -> Option<bool> {
    let ours = strips && !flags.contains(WriteFlags::FUSE_WRITE_CACHE);
    ours.then(|| flags.contains(WriteFlags::FUSE_WRITE_KILL_SUIDGID))
}

/// Before bytes change, by a caller who says what that takes.
pub async fn strip(door: &Door, caller: &Caller, node: u64) -> Result<()> {
    if caller.takes_set_id.is_some() && !door.view.read_only && door.files.written_by(&door.view, caller, node).await? {
        door.membership.tell_own(node);
    }
    Ok(())
}

/// The same, where the caller's uid is all that is known.
pub async fn strip_by_id(door: &Door, changer: &Changer, node: u64) -> Result<()> {
    let mut caller = changer.caller.clone();
    if caller.takes_set_id == Some(false) && door.files.attributes(&door.view, node).await?.mode & SET_ID != 0 {
        // Linux asks for it in the first namespace of users, which knows all ids.
        caller.takes_set_id = Some(process::is_capable(changer.thread, CAP_FSETID, [NO_ID - 1; 2]) == Some(false));
    }
    strip(door, &caller, node).await
}

/// Before a change of nothing. Linux asks for one ahead of a change of bytes that takes set-id bits, so that it knows the mode after that; and
/// for chown(2) of nothing, by whomever. So nothing is taken for who neither owns the file nor may write to it, while nobody has it open for that.
pub async fn strip_ahead(door: &Door, changer: &Changer, node: u64) -> Result<()> {
    if changer.caller.takes_set_id.is_none() {
        return Ok(());
    }
    let (may_take, attributes) = may_take(door, changer, node).await?;
    match may_take && attributes.kind != Kind::Directory {
        true => strip_by_id(door, changer, node).await,
        false => Ok(()),
    }
}

/// Whether an extended attribute is one that this caller only seems to remove: Linux removes capabilities ahead of a write(2), which takes them
/// by itself here, and of chown(2) of nothing, by whomever. Whoever removes them on purpose may set them.
pub async fn stays(door: &Door, changer: &Changer, node: u64, name: &[u8]) -> Result<bool> {
    let Changer { caller, thread } = changer;
    if caller.takes_set_id.is_none() || name != CAPABILITY || caller.uid == 0 {
        return Ok(false);
    }
    let (may_take, Attributes { uid, gid, .. }) = may_take(door, changer, node).await?;
    Ok(!may_take && process::is_capable(*thread, CAP_SETFCAP, [uid, gid]) != Some(true))
}

async fn may_take(door: &Door, changer: &Changer, node: u64) -> Result<(bool, Attributes)> {
    let Changer { caller, thread } = changer;
    let groups = if caller.uid == 0 { Vec::new() } else { process::groups(*thread) };
    let writer = Caller { groups, checked: false, ..caller.clone() };
    let (may, attributes) = door.files.access(&door.view, &writer, node).await?;
    let may_take = may.write || attributes.uid == caller.uid || door.files.is_open_for_writing(node);
    Ok((may_take, attributes))
}

#[cfg(test)]
mod tests;
