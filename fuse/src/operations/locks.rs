//! Locks of fcntl(2) and flock(2).
//!
//! Always holds: a lock that reaches to the end of the file has [`u64::MAX`] as its last byte in the store, and the largest offset in
//! the kernel. A wait ends with the lock, with a signal to who waits, or with the mount. What is held is noted in
//! [`Lockers`](crate::lockers::Lockers) before it is answered. flock(2) and fcntl(2) do not meet, as Linux has it; where they can't be
//! told apart, a lock is one of fcntl(2).

use std::sync::atomic::{AtomicU64, Ordering};

use fuser::{Errno, ReplyLock};
use trefoil_core::files::{Lock, LockFamily, LockKind};

use crate::door::Door;
use crate::errno::errno;
use crate::lockers::Locker;
use crate::process;

/// The last byte of a lock without an end (`OFFSET_MAX` of the kernel).
const OFFSET_MAX: u64 = i64::MAX as u64;

/// A lock that is asked for, changed or given back.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub node: u64,
    /// The open file.
    pub handle: u64,
    pub owner: u64,
    pub lock: Lock,
    /// Who asks.
    pub thread: u32,
    pub wait: bool,
    /// Whether flock(2) comes through this mount at all.
    pub flocks: bool,
}

/// Locks of whole files that could not be told apart.
#[derive(Debug, Default)]
pub struct Undecided(AtomicU64);

impl Undecided {
    fn count(&self, thread: u32) {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        // Told of the first, and of ever fewer.
        if count.is_power_of_two() {
            tracing::warn!(
                count,
                thread,
                "it can't be seen which system call asks for the lock of a whole file; flock is taken for one of fcntl"
            );
        }
    }
}

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

/// Sets or clears a lock.
pub async fn set(door: &Door, asked: Asked) -> Result<(), Errno> {
    let Asked { node, handle, owner, lock, thread, wait, .. } = asked;
    if lock.kind == LockKind::Unlock && !door.lockers.knows(node, owner) {
        return Ok(());
    }
    let family = family(door, &asked).await;
    let set = door.files.set_lock(node, family, door.owner(owner), lock, wait);
    if wait {
        let mut ended = door.ended.clone();
        tokio::select! {
            biased;
            set = set => set.map_err(|error| errno(&error))?,
            () = process::signalled(thread) => return Err(Errno::EINTR),
            // An error means that the mount has gone, too.
            _ = ended.wait_for(|ended| *ended) => return Err(Errno::EINTR),
        }
    } else {
        set.await.map_err(|error| errno(&error))?;
    }
    if lock.kind != LockKind::Unlock {
        door.lockers.note(node, Locker { handle, owner, family });
        // One that was given while the mount ended: what its end takes away may have been looked for before.
        if *door.ended.borrow() {
            door.files.unlock_all(node, family, door.owner(owner));
        }
    }
    Ok(())
}

/// What the lock is one of. Only one of a whole file can be flock's, and the kernel says no more of it.
async fn family(door: &Door, asked: &Asked) -> LockFamily {
    let is_whole = asked.lock.first == 0 && asked.lock.last == u64::MAX;
    if !asked.flocks || !is_whole {
        return LockFamily::Range;
    }
    match process::is_in_flock(asked.thread).await {
        Some(true) => LockFamily::Whole,
        Some(false) => LockFamily::Range,
        None => {
            door.undecided.count(asked.thread);
            LockFamily::Range
        }
    }
}

/// A process has closed a descriptor of the file: its locks go (fcntl(2)).
pub fn closed(door: &Door, node: u64, owner: u64) {
    if door.lockers.closed_by(node, owner) {
        door.files.unlock_all(node, LockFamily::Range, door.owner(owner));
    }
}

/// An open file is gone, and with it what was locked through it and not given back.
pub fn released(door: &Door, node: u64, handle: u64) {
    for Locker { owner, family, .. } in door.lockers.released(node, handle) {
        door.files.unlock_all(node, family, door.owner(owner));
    }
}

#[cfg(test)]
mod tests;
