//! Locks of fcntl(2).
//!
//! Always holds: a lock that reaches to the end of the file has [`u64::MAX`] as its last byte in the store, and the largest offset in
//! the kernel. A wait ends with the lock, with a signal to who waits, or with the mount.

use fuser::{Errno, ReplyLock};
use trefoil_core::files::{Lock, LockFamily, LockKind, LockOwner};

use crate::door::Door;
use crate::errno::errno;
use crate::process;

/// The last byte of a lock without an end (`OFFSET_MAX` of the kernel).
const OFFSET_MAX: u64 = i64::MAX as u64;

/// A lock as the kernel sends it.
pub fn lock(first: u64, last: u64, kind: i32, process: u32) -> Result<Lock, Errno> {
    let kind = match kind {
        libc::F_RDLCK => LockKind::Read,
        libc::F_WRLCK => LockKind::Write,
        libc::F_UNLCK => LockKind::Unlock,
        _ => return Err(Errno::EINVAL),
    };
    let last = if last >= OFFSET_MAX { u64::MAX } else { last };
    if first > last { Err(Errno::EINVAL) } else { Ok(Lock { kind, first, last, process }) }
}

/// Answers with the lock that stands in the way, or with none.
pub fn send(found: Option<Lock>, asked: &Lock, reply: ReplyLock) {
    let Lock { kind, first, last, process } = found.unwrap_or(Lock { kind: LockKind::Unlock, ..*asked });
    let kind = match kind {
        LockKind::Read => libc::F_RDLCK,
        LockKind::Write => libc::F_WRLCK,
        LockKind::Unlock => libc::F_UNLCK,
    };
    reply.locked(first, last.min(OFFSET_MAX), kind, process);
}

/// Sets or clears a lock. `thread` waits for it where `wait`.
pub async fn set(door: &Door, node: u64, owner: LockOwner, lock: Lock, thread: u32, wait: bool) -> Result<(), Errno> {
    let set = door.files.set_lock(node, LockFamily::Range, owner, lock, wait);
    if !wait {
        return set.await.map_err(|error| errno(&error));
    }
    let mut ended = door.ended.clone();
    tokio::select! {
        biased;
        set = set => set.map_err(|error| errno(&error)),
        () = process::signalled(thread) => Err(Errno::EINTR),
        // An error means that the mount has gone, too.
        _ = ended.wait_for(|ended| *ended) => Err(Errno::EINTR),
    }
}

#[cfg(test)]
mod tests;
