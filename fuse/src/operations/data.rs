//! Bytes: reading, writing, allotting and copying them.
//!
//! Always holds: what is appended goes to the end as the store has it, whatever the kernel took it for.

use bytes::Bytes;
use fuser::{Errno, FileHandle, INodeNo, ReplyData};
use trefoil_core::error::Result;
use trefoil_core::files::{Allocate, Caller, Seek, Stability, WriteAt};

use crate::door::{Changer, Door};
use crate::limits::COPY_BYTES_MAX;
use crate::operations::privileges::{strip, strip_by_id};
use crate::process;

/// Answers with bytes that lie in several pieces.
pub fn send(pieces: &[Bytes], reply: ReplyData) {
    match pieces {
        [] => reply.data(&[]),
        [piece] => reply.data(piece),
        pieces => reply.data(&pieces.concat()),
    }
}

/// Where a write to a file with these flags goes.
pub fn place(offset: u64, flags: i32) -> WriteAt {
    if flags & libc::O_APPEND != 0 { WriteAt::End } else { WriteAt::Offset(offset) }
}

/// How stable a write is to be before it is answered (open(2)).
pub fn stability(flags: i32) -> Stability {
    match flags {
        flags if flags & libc::O_SYNC == libc::O_SYNC => Stability::File,
        flags if flags & libc::O_DSYNC == libc::O_DSYNC => Stability::Data,
        _ => Stability::Unstable,
    }
}

/// A descriptor is closed by `thread`; there may be copies of it.
pub async fn close(door: &Door, node: u64, handle: FileHandle, thread: u32) -> Result<()> {
    match door.handles.get(handle).filter(|handle| handle.open.writes()) {
        // A child that was given the descriptor ends; it goes on where it was opened, or RELEASE comes.
        Some(handle) if !process::may_be_same(handle.opener, thread) => {
            door.files.publish_for(&door.view, node, handle.open.told()).await
        }
        Some(handle) => door.files.close(&door.view, &handle.open).await,
        // Whoever only reads has lost nothing: what could not be stored is told to those who wrote it.
        None => {
            if let Err(error) = door.files.publish(&door.view, node).await {
                tracing::warn!(%error, node, "what others wrote could not be stored when a reader closed the file");
            }
            Ok(())
        }
    }
}

/// What `fallocate(2)` is to do.
pub fn allocation(mode: i32) -> Result<Allocate, Errno> {
    let keep_size = mode & libc::FALLOC_FL_KEEP_SIZE != 0;
    match mode & !libc::FALLOC_FL_KEEP_SIZE {
        0 => Ok(Allocate::Reserve { keep_size }),
        libc::FALLOC_FL_PUNCH_HOLE if keep_size => Ok(Allocate::Punch),
        libc::FALLOC_FL_ZERO_RANGE => Ok(Allocate::Zero { keep_size }),
        _ => Err(Errno::EOPNOTSUPP),
    }
}

/// What `lseek(2)` looks for; the kernel asks for nothing else.
pub fn seek(whence: i32) -> Result<Seek, Errno> {
    match whence {
        libc::SEEK_DATA => Ok(Seek::Data),
        libc::SEEK_HOLE => Ok(Seek::Hole),
        _ => Err(Errno::EINVAL),
    }
}

/// Writes; as many bytes as it took.
pub async fn write(door: &Door, caller: &Caller, node: u64, at: WriteAt, bytes: Bytes, flags: i32) -> Result<u32> {
    strip(door, caller, node).await?;
    let done = door.files.write(&door.view, caller, node, at, bytes, stability(flags)).await?;
    Ok(u32::try_from(done.count).unwrap_or(u32::MAX))
}

/// `fallocate(2)`.
pub async fn allocate(
    door: &Door,
    changer: &Changer,
    node: u64,
    how: Allocate,
    (offset, length): (u64, u64),
) -> Result<()> {
    strip_by_id(door, changer, node).await?;
    door.files.allocate(&door.view, &changer.caller, node, how, offset, length).await
}

/// Copies a range; may copy less than was asked for, as `copy_file_range(2)` may.
pub async fn copy(
    door: &Door,
    changer: &Changer,
    from: (INodeNo, u64),
    to: (INodeNo, u64),
    length: u64,
) -> Result<u32> {
    let (from, to) = ((door.node(from.0), from.1), (door.node(to.0), to.1));
    strip_by_id(door, changer, to.0).await?;
    let copied = door.files.copy_range(&door.view, &changer.caller, from, to, length.min(COPY_BYTES_MAX)).await?;
    Ok(u32::try_from(copied).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
