//! Extended attributes.
//!
//! Always holds: a size of 0 asks how long the answer would be (getxattr(2)); one that is too small is ERANGE. Where the kernel does not go
//! by access control lists, their names are refused rather than stored without effect.

use fuser::{Errno, ReplyXattr};
use trefoil_core::error::Result;
use trefoil_core::files::SetXattr;

use crate::door::{Changer, Door};
use crate::operations::privileges::stays;

/// Names under which the kernel keeps access control lists (acl(5)).
const LISTS: &[&[u8]] = &[b"system.posix_acl_access", b"system.posix_acl_default"];

pub fn is_list(name: &[u8]) -> bool {
    LISTS.contains(&name)
}

pub fn mode(flags: i32) -> Result<SetXattr, Errno> {
    match flags {
        0 => Ok(SetXattr::Any),
        libc::XATTR_CREATE => Ok(SetXattr::Create),
        libc::XATTR_REPLACE => Ok(SetXattr::Replace),
        _ => Err(Errno::EINVAL),
    }
}

/// Removes one.
pub async fn remove(door: &Door, changer: &Changer, node: u64, name: &[u8]) -> Result<()> {
    match stays(door, changer, node, name).await? {
        true => Ok(()),
        false => door.files.remove_xattr(&door.view, &changer.caller, node, name).await,
    }
}

/// Answers with a value, or with its length where that was asked for.
pub fn send(value: &[u8], size: u32, reply: ReplyXattr) {
    match u32::try_from(value.len()) {
        Ok(length) if size == 0 => reply.size(length),
        Ok(length) if length <= size => reply.data(value),
        _ => reply.error(Errno::ERANGE),
    }
}

/// Names one after the other, each ended by NUL (listxattr(2)).
pub fn joined(names: &[Vec<u8>]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(names.iter().map(|name| name.len() + 1).sum());
    for name in names {
        joined.extend_from_slice(name);
        joined.push(0);
    }
    joined
}

#[cfg(test)]
mod tests;
