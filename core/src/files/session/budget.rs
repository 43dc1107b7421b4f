//! Memory of all sessions.
//!
//! Always holds: what is charged is given back when its [`Charge`] is dropped; [`Budget::try_charge`] goes beyond neither bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::limits::{SESSION_BYTES_MAX, SESSIONS_BYTES_MAX};

#[derive(Debug, Default)]
pub(crate) struct Budget {
    used: AtomicUsize,
    freed: Notify,
}

/// Memory of one session.
pub(super) type Used = Arc<AtomicUsize>;

/// Bytes of memory that are taken.
#[derive(Debug)]
pub(super) struct Charge {
    budget: Arc<Budget>,
    session: Used,
    bytes: usize,
}

impl Budget {
    #[cfg(test)]
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    /// Takes memory for a write, where there is some.
    pub(super) fn try_charge(self: &Arc<Self>, session: &Used, bytes: usize) -> Option<Charge> {
        let fits = |used: usize, max: usize| used.checked_add(bytes).filter(|sum| *sum <= max);
        session.fetch_update(Ordering::AcqRel, Ordering::Acquire, |used| fits(used, SESSION_BYTES_MAX)).ok()?;
        if self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, |used| fits(used, SESSIONS_BYTES_MAX)).is_err() {
            session.fetch_sub(bytes, Ordering::AcqRel);
            return None;
        }
        Some(Charge { budget: Arc::clone(self), session: Arc::clone(session), bytes })
    }

    /// A charge of nothing yet.
    pub(super) fn charge(self: &Arc<Self>, session: &Used) -> Charge {
        Charge { budget: Arc::clone(self), session: Arc::clone(session), bytes: 0 }
    }

    /// Whoever waits looks again.
    pub(super) fn wake(&self) {
        self.freed.notify_waiters();
    }

    /// Resolves when memory was given back after it was made.
    pub(super) fn freed(&self) -> tokio::sync::futures::Notified<'_> {
        self.freed.notified()
    }
}

impl Charge {
    /// Makes it as many bytes as there are now. What was reserved for them is given back after that.
    pub(super) fn set(&mut self, bytes: usize) {
        if bytes >= self.bytes {
            let more = bytes - self.bytes;
            self.session.fetch_add(more, Ordering::AcqRel);
            self.budget.used.fetch_add(more, Ordering::AcqRel);
        } else {
            let less = self.bytes - bytes;
            self.session.fetch_sub(less, Ordering::AcqRel);
            self.budget.used.fetch_sub(less, Ordering::AcqRel);
            self.budget.freed.notify_waiters();
        }
        self.bytes = bytes;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.set(0);
    }
}
