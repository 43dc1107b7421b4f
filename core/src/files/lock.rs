//! Advisory locks: ranges (fcntl(2)) and whole files (flock(2)).
//!
//! Always holds: two locks of one family that overlap have one owner, or are both for reading; an owner's own locks never overlap and are
//! merged where they touch. Waiters are asked anew whenever a lock of the file goes; one that is no longer waited for holds nothing. A wait
//! for a range that would close a circle is refused (`Deadlock`), as POSIX asks; who waits for a whole file has let go of it, as flock(2)
//! has it. What a door's owners hold goes with the door. They are advice: no read or write looks at them.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{FileError, FileService, Lock, LockFamily, LockKind, LockOwner};
use crate::error::Result;
use crate::limits::{LOCKS_MAX, LOCKS_PER_FILE_MAX};
use crate::metadata::keys::Id;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    owner: LockOwner,
    lock: Lock,
}

/// The locks of one file, of one family.
#[derive(Debug, Default)]
struct File {
    held: Vec<Held>,
    freed: Arc<Notify>,
    waiting: usize,
}

/// All locks of the process. Shared by every file door.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    files: HashMap<(Id, LockFamily), File>,
    /// Locks of all files.
    held: usize,
    /// Which range an owner waits for: whom for is looked up when it is asked, for who was woken may not have looked again. A circle of waits
    /// for whole files is nobody's to find: flock(2) knows no such error.
    waits: HashMap<LockOwner, ((Id, LockFamily), Lock)>,
}

fn overlap(a: &Lock, b: &Lock) -> bool {
    a.first <= b.last && b.first <= a.last
}

impl File {
    fn conflict(&self, owner: LockOwner, lock: &Lock) -> Option<&Held> {
        self.held.iter().find(|held| {
            held.owner != owner
                && overlap(&held.lock, lock)
                && (held.lock.kind == LockKind::Write || lock.kind == LockKind::Write)
        })
    }

    /// Takes away what such owners hold. Who waits hears of it. How many locks went.
    fn release(&mut self, of: impl Fn(LockOwner) -> bool) -> usize {
        let before = self.held.len();
        self.held.retain(|held| !of(held.owner));
        let freed = before - self.held.len();
        if freed > 0 {
            self.freed.notify_waiters();
        }
        freed
    }

    /// Takes the range from what the owner holds, and gives it back with its new kind. The file may have `max` locks after that, or as many as
    /// it has.
    fn set(&mut self, owner: LockOwner, lock: Lock, max: usize) -> Result<(), FileError> {
        let mut kept = Vec::with_capacity(self.held.len() + 2);
        let mut new = lock;
        for held in &self.held {
            let touches = held.owner == owner
                && (overlap(&held.lock, &new)
                    || held.lock.kind == new.kind
                        && (held.lock.last.checked_add(1) == Some(new.first)
                            || new.last.checked_add(1) == Some(held.lock.first)));
            if !touches {
                kept.push(*held);
            } else if held.lock.kind == new.kind {
                new.first = new.first.min(held.lock.first);
                new.last = new.last.max(held.lock.last);
            } else {
                if held.lock.first < lock.first {
                    kept.push(Held { owner, lock: Lock { last: lock.first - 1, ..held.lock } });
                }
                if held.lock.last > lock.last {
                    kept.push(Held { owner, lock: Lock { first: lock.last + 1, ..held.lock } });
                }
            }
        }
        if lock.kind != LockKind::Unlock {
            kept.push(Held { owner, lock: new });
        }
        if kept.len() > max && kept.len() > self.held.len() {
            return Err(FileError::TooManyLocks);
        }
        self.held = kept;
        Ok(())
    }
}

impl Table {
    /// Who has what the owner waits for now.
    fn waits_for(&self, owner: LockOwner) -> Option<LockOwner> {
        let (at, lock) = self.waits.get(&owner)?;
        self.files.get(at)?.conflict(owner, lock).map(|held| held.owner)
    }

    fn closes_a_circle(&self, owner: LockOwner, holder: LockOwner) -> bool {
        let mut next = Some(holder);
        for _ in 0..=self.waits.len() {
            match next {
                None => return false,
                Some(at) if at == owner => return true,
                Some(at) => next = self.waits_for(at),
            }
        }
        false
    }

    /// Tries; who is to be waited for where it can't be had.
    fn try_set(&mut self, at: (Id, LockFamily), owner: LockOwner, lock: Lock) -> Result<Option<LockOwner>, FileError> {
        let Self { files, held, .. } = self;
        let file = files.entry(at).or_default();
        if lock.kind != LockKind::Unlock
            && let Some(other) = file.conflict(owner, &lock)
        {
            let holder = other.owner;
            // flock(2) lets go of a lock before it is made another one. Or two that read and both want to write would wait for each other
            // for ever.
            if at.1 == LockFamily::Whole {
                *held -= file.release(|of| of == owner);
            }
            return Ok(Some(holder));
        }
        let others = *held - file.held.len();
        let set = file.set(owner, lock, LOCKS_PER_FILE_MAX.min(LOCKS_MAX.saturating_sub(others)));
        *held = others + file.held.len();
        // Less may be held than before: those who wait look again.
        file.freed.notify_waiters();
        self.tidy(at);
        set.map(|()| None)
    }

    fn tidy(&mut self, at: (Id, LockFamily)) {
        if self.files.get(&at).is_some_and(|file| file.held.is_empty() && file.waiting == 0) {
            self.files.remove(&at);
        }
    }
}

/// A place in the queue, given up when it is dropped.
struct Waiting<'a> {
    locks: &'a Locks,
    at: (Id, LockFamily),
    owner: LockOwner,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut table = self.locks.table.lock();
        if self.at.1 == LockFamily::Range {
            table.waits.remove(&self.owner);
        }
        if let Some(file) = table.files.get_mut(&self.at) {
            file.waiting -= 1;
        }
        table.tidy(self.at);
    }
}

impl Locks {
    fn test(&self, at: (Id, LockFamily), owner: LockOwner, lock: &Lock) -> Option<Lock> {
        let table = self.table.lock();
        table.files.get(&at).and_then(|file| file.conflict(owner, lock)).map(|held| held.lock)
    }

    async fn set(&self, at: (Id, LockFamily), owner: LockOwner, lock: Lock, wait: bool) -> Result<(), FileError> {
        let mut waiting: Option<Waiting<'_>> = None;
        loop {
            // Under one lock with the look: whatever is freed after it is heard, and the file stays in the table for as long as it is
            // waited for.
            let heard = {
                let mut table = self.table.lock();
                let Some(holder) = table.try_set(at, owner, lock)? else { return Ok(()) };
                if !wait {
                    return Err(FileError::Locked);
                }
                if at.1 == LockFamily::Range {
                    if table.closes_a_circle(owner, holder) {
                        return Err(FileError::Deadlock);
                    }
                    table.waits.insert(owner, (at, lock));
                }
                let file = table.files.entry(at).or_default();
                if waiting.is_none() {
                    file.waiting += 1;
                    waiting = Some(Waiting { locks: self, at, owner });
                }
                Arc::clone(&file.freed).notified_owned()
            };
            heard.await;
        }
    }

    fn unlock_door(&self, door: u64) {
        let mut table = self.table.lock();
        let Table { files, held, .. } = &mut *table;
        files.retain(|_, file| {
            *held -= file.release(|owner| owner.door == door);
            !file.held.is_empty() || file.waiting > 0
        });
    }
}

impl FileService {
    /// A lock of another that stands in the way of this one.
    pub fn test_lock(&self, node: Id, family: LockFamily, owner: LockOwner, lock: Lock) -> Option<Lock> {
        self.inner.locks.test((node, family), owner, &lock)
    }

    /// Takes, changes or gives back a lock. `Locked` where another stands in its way and it is not to wait; `Deadlock`. A wait ends when this
    /// is dropped.
    pub async fn set_lock(&self, node: Id, family: LockFamily, owner: LockOwner, lock: Lock, wait: bool) -> Result<()> {
        Ok(self.inner.locks.set((node, family), owner, lock, wait).await?)
    }

    /// Gives back all that the owner holds of the file.
    pub fn unlock_all(&self, node: Id, family: LockFamily, owner: LockOwner) {
        let all = Lock { kind: LockKind::Unlock, first: 0, last: u64::MAX, process: 0 };
        // To give back never fails: it makes no lock more than there were.
        let _ = self.inner.locks.table.lock().try_set((node, family), owner, all);
    }

    /// Gives back all that owners of a door hold, of every file: to be called when nobody can ask through it any more.
    pub fn unlock_door(&self, door: u64) {
        self.inner.locks.unlock_door(door);
    }
}

#[cfg(test)]
mod tests;
