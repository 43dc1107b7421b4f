//! Syncing the log for what was committed in order.
//!
//! Always holds: one such sync runs at a time, and answers all who came before it began; commits go on meanwhile, for RocksDB writes to the
//! log while it is synced (a synced commit in its place would hold the pen for as long as the disk takes). One that fails stops the
//! engine (T9).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tokio::sync::Notify;

use super::super::CommitError;
use super::{Inner, commit};
use crate::limits::LOG_GATHER_MAX;

#[derive(Default)]
pub(super) struct Syncing {
    state: Mutex<State>,
    /// As many wait as the last sync answered.
    gathered: Condvar,
    done: Notify,
}

#[derive(Default)]
struct State {
    runs: bool,
    /// Who came since the last sync began.
    waiting: usize,
    /// How many the last sync answered, and how long it took.
    answered: usize,
    took: Duration,
}

/// A sync that runs, or is about to, until this is dropped.
struct Running(Arc<Inner>);

impl Running {
    /// `None` where one runs.
    fn begin(inner: &Arc<Inner>) -> Option<Self> {
        let runs = std::mem::replace(&mut inner.syncing.state.lock().runs, true);
        (!runs).then(|| Self(Arc::clone(inner)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.syncing.state.lock().runs = false;
        self.0.syncing.done.notify_waiters();
    }
}

impl Syncing {
    /// One more waits.
    fn join(&self) {
        let mut state = self.state.lock();
        state.waiting += 1;
        if state.waiting >= state.answered {
            self.gathered.notify_one();
        }
    }

    /// Those whom the last sync answered together often come back together, one a little after the other: one sync for all of them is worth
    /// a wait of half of its time. Whoever is alone never waits.
    fn gather(&self) {
        let mut state = self.state.lock();
        let until = Instant::now() + (state.took / 2).min(LOG_GATHER_MAX);
        while state.waiting < state.answered && !self.gathered.wait_until(&mut state, until).timed_out() {}
        state.answered = std::mem::take(&mut state.waiting);
    }
}

/// Waits until all that can be seen now is on stable storage.
pub(super) async fn wait(inner: &Arc<Inner>) -> Result<(), CommitError> {
    let upto = inner.db.latest_sequence_number();
    let mut joined = false;
    loop {
        let mut done = std::pin::pin!(inner.syncing.done.notified());
        done.as_mut().enable();
        if let Some(reason) = inner.stopped() {
            return Err(CommitError::Failed(reason.to_owned()));
        }
        if inner.synced.load(Ordering::Acquire) >= upto {
            return Ok(());
        }
        if !std::mem::replace(&mut joined, true) {
            inner.syncing.join();
        }
        if let Some(running) = Running::begin(inner) {
            // Goes on where nobody waits any more.
            tokio::task::spawn_blocking(move || sync(&running.0));
        }
        done.await;
    }
}

fn sync(inner: &Inner) {
    inner.syncing.gather();
    // What can be seen is in the log already.
    let upto = inner.db.latest_sequence_number();
    let failed = |error: String| inner.stop(&format!("the log can't be synced: {error}"));
    if let Err(error) = commit::injected_error(inner) {
        return failed(error.to_string());
    }
    let began = Instant::now();
    match inner.db.flush_wal(true) {
        Ok(()) => {
            inner.synced.fetch_max(upto, Ordering::Release);
            inner.syncing.state.lock().took = began.elapsed();
            inner.meters.sync();
        }
        Err(error) => failed(error.into_string()),
    }
}
