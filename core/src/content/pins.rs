//! Pins: contents that a reader is using, and whose bytes therefore stay.
//!
//! Always holds: a content is pinned from [`Pins::pin`] until its last [`Pin`] is dropped. The pin alone does not say that the
//! content still exists. A reader finds a content by its record, pins it, and reads the record **again**: where it still names the
//! content, the bytes stay for as long as the pin is held. Reclaim commits the removal first and asks [`Pins::is_pinned`] after
//! that; so one of the two always sees the other. Content ids are never reused (T3), so that a pin never holds a stranger.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::limits::PIN_SHARDS;

/// The contents in use by this process. Cheap to clone; clones share one table.
#[derive(Clone, Debug)]
pub struct Pins {
    shards: Arc<[Mutex<HashMap<u64, usize>>; PIN_SHARDS]>,
}

/// Keeps one content's bytes until it is dropped.
#[derive(Debug)]
#[must_use = "a dropped pin holds nothing"]
pub struct Pin {
    pins: Pins,
    content: u64,
}

impl Pins {
    pub fn new() -> Self {
        Self { shards: Arc::new(std::array::from_fn(|_| Mutex::default())) }
    }

    pub fn pin(&self, content: u64) -> Pin {
        *self.shard(content).lock().entry(content).or_insert(0) += 1;
        Pin { pins: self.clone(), content }
    }

    pub fn is_pinned(&self, content: u64) -> bool {
        self.shard(content).lock().contains_key(&content)
    }

    /// Number of contents pinned now.
    pub fn count(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    fn shard(&self, content: u64) -> &Mutex<HashMap<u64, usize>> {
        // Ids are drawn in sequence: their low bits spread evenly.
        &self.shards[usize::try_from(content % PIN_SHARDS as u64).expect("less than the number of shards")]
    }
}

impl Default for Pins {
    fn default() -> Self {
        Self::new()
    }
}

impl Pin {
    pub fn content(&self) -> u64 {
        self.content
    }

    /// Leaves the content pinned for as long as the process runs.
    pub fn keep(self) {
        std::mem::forget(self);
    }
}

impl Clone for Pin {
    fn clone(&self) -> Self {
        self.pins.pin(self.content)
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.pins.shard(self.content).lock().entry(self.content) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests;
