//! Places for connections: who has one, and who gives way.
//!
//! Always holds: at most [`CONNECTIONS_MAX`] connections. Those from addresses that no export lets in have a few places of their own beside
//! them ([`STRANGERS_MAX`]), where the oldest gives way to the next: so strangers, however many they are, keep out each other and nobody else.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::limits::{CONNECTIONS_MAX, STRANGERS_MAX};

#[derive(Debug)]
pub struct Places {
    guests: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    /// Strangers that are there, the oldest first.
    queue: Mutex<VecDeque<Weak<Notify>>>,
}

/// A connection's place, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    /// Whether it is one of the strangers'.
    pub is_stranger: bool,
    /// Told that the place is needed for another.
    leave: Arc<Notify>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Places {
    pub fn new() -> Self {
        Self::of(CONNECTIONS_MAX, STRANGERS_MAX)
    }

    fn of(guests: usize, strangers: usize) -> Self {
        let semaphore = |places| Arc::new(Semaphore::new(places));
        Self { guests: semaphore(guests), strangers: semaphore(strangers), queue: Mutex::default() }
    }

    /// Waits for a place.
    pub async fn take(&self, is_stranger: bool) -> Place {
        let leave = Arc::new(Notify::new());
        let semaphore = if is_stranger { &self.strangers } else { &self.guests };
        let permit = match Arc::clone(semaphore).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) => {
                if is_stranger {
                    self.send_away_the_oldest();
                }
                // Never closed.
                Arc::clone(semaphore).acquire_owned().await.ok()
            }
        };
        if is_stranger {
            let mut queue = self.queue.lock();
            queue.retain(|there| there.strong_count() > 0);
            queue.push_back(Arc::downgrade(&leave));
        }
        Place { is_stranger, leave, _permit: permit }
    }

    fn send_away_the_oldest(&self) {
        let mut queue = self.queue.lock();
        while let Some(oldest) = queue.pop_front() {
            if let Some(oldest) = oldest.upgrade() {
                return oldest.notify_one();
            }
        }
    }
}

impl Place {
    /// Waits until it is needed for another; for ever where it is nobody else's.
    pub async fn is_needed(&self) {
        self.leave.notified().await;
    }
}
