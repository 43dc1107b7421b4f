//! Bytes: reading, writing, allotting and copying them.
//!
//! Always holds: what is appended goes to the end as the store has it, whatever the kernel took it for.

use bytes::Bytes;
use fuser::{Errno, FileHandle, INodeNo, ReplyData, WriteFlags};
use trefoil_core::error::Result;
use trefoil_core::files::{Allocate, Caller, Seek, Stability, WriteAt};

use crate::door::Door;
use crate::limits::COPY_BYTES_MAX;
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

/// Whether a write takes the file's set-id bits, where that is ours to do. A page of a mapped file is written when the kernel pleases: what was set
/// meanwhile stays.
pub fn takes_set_id(strips: bool, flags: WriteFlags) -> Option<bool> {
    let ours = strips && !flags.contains(WriteFlags::FUSE_WRITE_CACHE);
    ours.then(|| flags.contains(WriteFlags::FUSE_WRITE_KILL_SUIDGID))
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

/// Copies a range; may copy less than was asked for, as `copy_file_range(2)` may.
pub async fn copy(door: &Door, caller: &Caller, from: (INodeNo, u64), to: (INodeNo, u64), length: u64) -> Result<u32> {
    let (from, to) = ((door.node(from.0), from.1), (door.node(to.0), to.1));
    let copied = door.files.copy_range(&door.view, caller, from, to, length.min(COPY_BYTES_MAX)).await?;
    Ok(u32::try_from(copied).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
