//! Whether the kernel may keep what it is about to be told.
//!
//! Always holds: an answer that was read before or during a change that came through another door is kept for no time. An answer
//! that may be kept is with the kernel before the kernel is told of any such change: so the notice takes back what the answer gave.
//! A mount that is not alone on its bucket keeps nothing, for no mount may wait for another's kernel (two that wait for each other
//! would wait for ever).

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;

use crate::limits::LIFETIME;

#[derive(Debug)]
pub struct Freshness {
    /// Grows with the beginning of each change, and before the kernel is told of it.
    generation: AtomicU64,
    /// Changes that are being committed.
    under_way: AtomicU64,
    alone: AtomicBool,
    /// Answers are sent under it, shared; taken alone, it waits until those that were found fresh have been sent.
    sending: RwLock<()>,
}

/// When a request began to read.
#[derive(Clone, Copy, Debug)]
pub struct Stamp(u64);

impl Freshness {
    pub fn new() -> Self {
        Self {
            generation: AtomicU64::new(0),
            under_way: AtomicU64::new(0),
            alone: AtomicBool::new(true),
            sending: RwLock::new(()),
        }
    }

    /// To be taken before a request reads what it will answer.
    pub fn stamp(&self) -> Stamp {
        Stamp(self.generation.load(Ordering::SeqCst))
    }

    /// Sends an answer, with the time that the kernel may keep it.
    pub fn send<T>(&self, stamp: Stamp, send: impl FnOnce(&Duration) -> T) -> T {
        let _sending = self.sending.read();
        let fresh = self.is_alone()
            && self.under_way.load(Ordering::SeqCst) == 0
            && self.generation.load(Ordering::SeqCst) == stamp.0;
        send(if fresh { &LIFETIME } else { &Duration::ZERO })
    }

    /// Another door's change is about to be committed, or was settled.
    pub fn changing(&self, begins: bool) {
        if begins {
            self.under_way.fetch_add(1, Ordering::SeqCst);
            self.generation.fetch_add(1, Ordering::SeqCst);
        } else {
            self.under_way.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// To be called after a change that this kernel has not asked for and before the kernel is told of it: every answer that was fresh before is with the
    /// kernel, every later one was read after the change.
    pub fn changed(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        drop(self.sending.write());
    }

    /// Whether no other mount of this process shows the same bucket.
    pub fn is_alone(&self) -> bool {
        self.alone.load(Ordering::SeqCst)
    }

    pub fn set_alone(&self, alone: bool) {
        self.alone.store(alone, Ordering::SeqCst);
        self.changed();
    }
}
