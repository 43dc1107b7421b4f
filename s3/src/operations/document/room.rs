//! Room for the documents that are held at the same time.
//!
//! Always holds: documents, and what they are parsed into, take at most [`limits::XML_TOTAL_BYTES_MAX`], those of requesters without
//! credentials [`limits::XML_STRANGERS_BYTES_MAX`] beside it, so that no stranger keeps an account waiting. Room is taken as bytes
//! arrive, not as they are announced. Where there is none left, one document at a time may go on beyond it, so that those which hold
//! a part of the room and wait for the rest do not wait for each other. Nobody waits longer than [`limits::XML_ROOM_TIMEOUT`].

use http::StatusCode;
use tokio::sync::{Semaphore, SemaphorePermit};
use trefoil_core::types::Principal;

use crate::error::Failure;
use crate::limits;

#[cfg(test)]
mod tests;

/// The rooms of accounts and of strangers.
#[derive(Debug)]
pub struct Rooms {
    accounts: Shared,
    strangers: Shared,
}

#[derive(Debug)]
struct Shared {
    /// A permit is a step of [`limits::XML_ROOM_STEP_BYTES`].
    steps: Semaphore,
    /// Whose is the only one, may go on without room.
    beyond: Semaphore,
}

impl Shared {
    fn new(bytes: usize) -> Self {
        Self { steps: Semaphore::new(bytes / limits::XML_ROOM_STEP_BYTES), beyond: Semaphore::new(1) }
    }
}

impl Default for Rooms {
    fn default() -> Self {
        Self {
            accounts: Shared::new(limits::XML_TOTAL_BYTES_MAX),
            strangers: Shared::new(limits::XML_STRANGERS_BYTES_MAX),
        }
    }
}

impl Rooms {
    /// For a document of this requester's, which takes nothing yet.
    pub fn enter(&self, principal: &Principal) -> Room<'_> {
        let all = match principal {
            Principal::Account(_) => &self.accounts,
            Principal::Anonymous => &self.strangers,
        };
        Room { all, bytes: 0, taken: None, beyond: None }
    }
}

/// What one document takes, until it is dropped.
#[derive(Debug)]
pub struct Room<'a> {
    all: &'a Shared,
    bytes: usize,
    taken: Option<SemaphorePermit<'a>>,
    beyond: Option<SemaphorePermit<'a>>,
}

impl Room<'_> {
    /// Waits for room for so many bytes more.
    pub async fn grow(&mut self, bytes: usize) -> Result<(), Failure> {
        self.bytes += bytes;
        let steps = self.bytes.div_ceil(limits::XML_ROOM_STEP_BYTES);
        let more = steps.saturating_sub(self.taken.as_ref().map_or(0, SemaphorePermit::num_permits));
        if more == 0 || self.beyond.is_some() {
            return Ok(());
        }
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        // Neither is ever closed.
        tokio::select! {
            biased;
            Ok(permit) = self.all.steps.acquire_many(more) => match &mut self.taken {
                None => self.taken = Some(permit),
                Some(taken) => taken.merge(permit),
            },
            Ok(permit) = self.all.beyond.acquire() => self.beyond = Some(permit),
            () = tokio::time::sleep(limits::XML_ROOM_TIMEOUT) => return Err(slow_down()),
        }
        Ok(())
    }
}

fn slow_down() -> Failure {
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "Please reduce your request rate.")
}
