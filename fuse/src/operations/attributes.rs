//! Attributes, and the space of the store.
//!
//! Always holds: what was set is answered as it is after the change. A directory that was removed while a program had it open has attributes.

use fuser::{AccessFlags, Errno, ReplyStatfs};
use trefoil_core::error::{Error, Result};
use trefoil_core::files::{Attributes, Caller, FileError, SetAttributes, Space};

use crate::door::{Changer, Door};
use crate::errno::errno;
use crate::limits::SPACE_BLOCK_BYTES;
use crate::operations::privileges::{strip_ahead, strip_by_id};

pub async fn get(door: &Door, node: u64) -> Result<Attributes> {
    match door.files.attributes(&door.view, node).await {
        Err(Error::File(FileError::Stale)) => door.known.gone(node).ok_or(FileError::Stale.into()),
        found => found,
    }
}

pub async fn set(door: &Door, changer: &Changer, node: u64, set: SetAttributes) -> Result<Attributes> {
    match set.size {
        Some(_) => strip_by_id(door, changer, node).await?,
        None if set == SetAttributes::default() => strip_ahead(door, changer, node).await?,
        None => {}
    }
    match door.files.set_attributes(&door.view, &changer.caller, node, set).await?.after {
        Some(attributes) => Ok(attributes),
        None => door.files.attributes(&door.view, node).await,
    }
}

/// `access(2)`, which the kernel asks for where it does not check permissions itself.
pub async fn access(door: &Door, caller: &Caller, node: u64, mask: AccessFlags) -> Result<(), Errno> {
    let (may, _) = door.files.access(&door.view, caller, node).await.map_err(|error| errno(&error))?;
    let denied = (mask.contains(AccessFlags::R_OK) && !may.read)
        || (mask.contains(AccessFlags::W_OK) && !may.write)
        || (mask.contains(AccessFlags::X_OK) && !may.execute);
    if denied { Err(Errno::EACCES) } else { Ok(()) }
}

/// Answers `statfs(2)`. There is no bound on the number of files, so none is told.
pub fn space(space: &Space, reply: ReplyStatfs) {
    let block = u64::from(SPACE_BLOCK_BYTES);
    let (total, free) = (space.total_bytes / block, space.free_bytes / block);
    reply.statfs(total, free, free, 0, 0, SPACE_BLOCK_BYTES, space.name_bytes_max, SPACE_BLOCK_BYTES);
}
