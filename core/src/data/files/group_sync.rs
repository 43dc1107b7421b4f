//! One fdatasync for many writers of one file.
//!
//! Always holds: a writer is answered `Ok` by an fdatasync that began after its last write ended. After a sync that failed the file
//! is never synced again (T9): the kernel may have dropped what it could not write, and a second sync would call that clean. A
//! writer is answered also where the thread that syncs panics.

use std::fs::File;

use parking_lot::Mutex;

use super::metrics::{FilesMetrics, add};
use crate::data::DataError;

/// Called with the outcome, on a disk thread, once.
pub type Waiter = Box<dyn FnOnce(Result<(), DataError>) + Send>;

/// Gathers the writers of one file. Their number is bounded by that of the puts that are under way.
#[derive(Default)]
pub struct GroupSync {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Waiter>,
    running: bool,
    failed: Option<DataError>,
}

impl std::fmt::Debug for GroupSync {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state.lock();
        f.debug_struct("GroupSync").field("waiting", &state.waiting.len()).field("failed", &state.failed).finish()
    }
}

impl GroupSync {
    /// Whether a sync of this file has failed.
    pub fn has_failed(&self) -> bool {
        self.state.lock().failed.is_some()
    }

    /// To be called when the writes are done. `waiter` hears of the sync that covers them. If none is running, this thread runs it,
    /// and those of the writers that gather meanwhile.
    pub fn join(&self, file: &File, metrics: &FilesMetrics, waiter: Waiter) {
        let mut state = self.state.lock();
        if let Some(reason) = state.failed.clone() {
            drop(state);
            return waiter(Err(reason));
        }
        state.waiting.push(waiter);
        if state.running {
            return;
        }
        state.running = true;
        let running = Running(self);
        while state.failed.is_none() && !state.waiting.is_empty() {
            let group = std::mem::take(&mut state.waiting);
            drop(state);
            let outcome = sync(file).map_err(failure);
            add(&metrics.volume_syncs_total, 1);
            match &outcome {
                Ok(()) => add(&metrics.volume_synced_blobs_total, group.len() as u64),
                Err(reason) => {
                    add(&metrics.failed_syncs_total, 1);
                    tracing::error!("{reason}; nothing more is written to it");
                    self.state.lock().failed = Some(reason.clone());
                }
            }
            group.into_iter().for_each(|waiter| waiter(outcome.clone()));
            state = self.state.lock();
        }
        state.running = false;
        drop(state);
        drop(running);
    }
}

/// Somebody syncs. However that ends, nobody waits for it any longer.
struct Running<'a>(&'a GroupSync);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        if std::thread::panicking() {
            // The outcome of the sync is unknown then: the file takes no more.
            state.running = false;
            state.failed.get_or_insert_with(|| DataError::Failed("a thread that synced the volume panicked".into()));
        }
        let Some(reason) = state.failed.clone() else { return };
        let late = std::mem::take(&mut state.waiting);
        drop(state);
        late.into_iter().for_each(|waiter| waiter(Err(reason.clone())));
    }
}

/// Space that runs out at the sync (where a file system allots it late) is no damage.
fn failure(error: std::io::Error) -> DataError {
    match DataError::from(error) {
        DataError::Full(reason) => DataError::Full(format!("the volume could not be synced: {reason}")),
        error => DataError::Failed(format!("the volume could not be synced: {error}")),
    }
}

fn sync(file: &File) -> std::io::Result<()> {
    crate::failpoint!("volume.before_sync", io);
    file.sync_data()?;
    crate::failpoint!("volume.synced", io);
    Ok(())
}

#[cfg(test)]
mod tests;
