//! Who has locked what, through which open file.
//!
//! Always holds: whoever holds a lock through this mount is noted here, by the open file that it was taken through. So a process's
//! locks go with the first descriptor of the file that it closes (FLUSH, which names the process), and what belongs to the open file
//! itself, flock(2) and F_OFD_SETLK, with its last (RELEASE, after which nobody could give it back). Where nothing is noted, nothing
//! is locked.

#[cfg(test)]
mod tests;

use parking_lot::Mutex;
use trefoil_core::files::LockFamily;
use trefoil_core::id_map::IdMap;

/// A holder of locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locker {
    /// The open file.
    pub handle: u64,
    /// As the kernel numbers it: a process, or the open file.
    pub owner: u64,
    pub family: LockFamily,
}

#[derive(Debug, Default)]
pub struct Lockers {
    /// By node; few files are locked at a time, by few.
    by_node: Mutex<IdMap<Vec<Locker>>>,
}

impl Lockers {
    /// To be called after a lock was given, before that is answered: so what closes meanwhile misses none that its caller could know of.
    pub fn note(&self, node: u64, locker: Locker) {
        let mut by_node = self.by_node.lock();
        let lockers = by_node.entry(node).or_default();
        if !lockers.contains(&locker) {
            lockers.push(locker);
        }
    }

    /// Whether the owner may hold a lock of the file.
    pub fn knows(&self, node: u64, owner: u64) -> bool {
        self.by_node.lock().get(&node).is_some_and(|lockers| lockers.iter().any(|locker| locker.owner == owner))
    }

    /// Forgets a process that closes the file, through whatever it had it open: whether it may hold ranges of it.
    pub fn closed_by(&self, node: u64, owner: u64) -> bool {
        !self.take(node, |locker| locker.owner == owner && locker.family == LockFamily::Range).is_empty()
    }

    /// Forgets an open file that is gone: who is left of those that locked through it.
    pub fn released(&self, node: u64, handle: u64) -> Vec<Locker> {
        self.take(node, |locker| locker.handle == handle)
    }

    fn take(&self, node: u64, is_taken: impl Fn(&Locker) -> bool) -> Vec<Locker> {
        let mut by_node = self.by_node.lock();
        let Some(lockers) = by_node.get_mut(&node) else { return Vec::new() };
        let (taken, kept): (Vec<Locker>, Vec<Locker>) = lockers.iter().copied().partition(|locker| is_taken(locker));
        if kept.is_empty() {
            by_node.remove(&node);
        } else {
            *lockers = kept;
        }
        taken
    }
}
