//! A bound that those who are active share: one alone gets much, many get little each, and all together about the same.
//!
//! Always holds: a share is at least `least` and at most `most`. It may change while it is held, for others come and go: ask each time.

use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(test)]
mod tests;

#[derive(Debug)]
pub struct Shares {
    active: AtomicUsize,
    total: usize,
    least: usize,
    most: usize,
}

/// One of the active, until it is dropped.
#[derive(Debug)]
pub struct Share<'a>(&'a Shares);

impl Shares {
    pub const fn new(total: usize, least: usize, most: usize) -> Self {
        Self { active: AtomicUsize::new(0), total, least, most }
    }

    pub fn begin(&self) -> Share<'_> {
        self.active.fetch_add(1, Ordering::Relaxed);
        Share(self)
    }
}

impl Share<'_> {
    /// What it is now.
    pub fn get(&self) -> usize {
        let Shares { active, total, least, most } = self.0;
        (total / active.load(Ordering::Relaxed).max(1)).clamp(*least, *most)
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}
