//! The threads that hash long bodies beside their I/O.
//!
//! Always holds: the groups of one [`Lane`] are hashed in their order, by one thread at a time; where several wait, lanes take turns, one
//! group each, so that no body starves another. A lane stands in the pool's queue at most once. Nothing here waits while it holds a lock, and
//! nothing blocks a caller: where the queue is full, or no thread could be made, the caller hashes the group itself.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;

use super::digest::Digests;
use crate::error::{Error, Result};
use crate::limits::{
    HASH_HOPS_WAITING_MAX, HASH_HOPS_WAITING_MIN, HASH_HOPS_WAITING_TOTAL, HASH_QUEUE_MAX, HASH_THREADS_MAX,
};
use crate::shares::{Share, Shares};

/// Chunks that are hashed in one go, shared by the lanes of a body.
pub(super) type Group = Arc<Vec<Bytes>>;

/// One set of digests of one body. Dropping it gives up what still waits.
pub(super) struct Lane {
    shared: Arc<Shared>,
    /// Of groups that may wait.
    share: Share<'static>,
}

/// A body that is alone may have more waiting than one of many, so that hashing goes on while its I/O stands still for a moment.
static WAITING: Shares = Shares::new(HASH_HOPS_WAITING_TOTAL, HASH_HOPS_WAITING_MIN, HASH_HOPS_WAITING_MAX);

struct Shared {
    state: Mutex<State>,
}

struct State {
    waiting: VecDeque<Group>,
    /// Absent while a thread works on it, after `poll_finish` gave it out, and after a panic.
    digests: Option<Digests>,
    /// Queued in the pool or being worked on.
    busy: bool,
    failed: bool,
    waker: Option<Waker>,
    /// Whoever waits for room is woken once so few wait: not for each group, for a wake costs as much as hashing a part of one.
    wake_at: usize,
}

impl Lane {
    pub(super) fn new(digests: Digests) -> Self {
        let waiting = VecDeque::new();
        let state = State { waiting, digests: Some(digests), busy: false, failed: false, waker: None, wake_at: 0 };
        Self { shared: Arc::new(Shared { state: Mutex::new(state) }), share: WAITING.begin() }
    }

    /// Adds the next group. Ask for room before.
    pub(super) fn push(&self, group: Group) {
        let start = {
            let mut state = self.shared.state.lock();
            state.waiting.push_back(group);
            !std::mem::replace(&mut state.busy, true)
        };
        if start {
            submit(self.shared.clone());
        }
    }

    /// Ready when another group may be pushed.
    pub(super) fn poll_room(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.shared.state.lock();
        let share = self.share.get();
        if state.waiting.len() < share || state.failed {
            return Poll::Ready(());
        }
        state.wake_at = share / 2;
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Ready when all that was pushed is hashed; gives the digests out, once.
    pub(super) fn poll_finish(&self, context: &mut Context<'_>) -> Poll<Result<Digests>> {
        let mut state = self.shared.state.lock();
        if state.busy {
            state.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(state.digests.take().ok_or_else(|| Error::Internal("hashing a body failed".into())))
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let waiting = std::mem::take(&mut self.shared.state.lock().waiting);
        drop(waiting);
    }
}

impl Shared {
    fn take(&self) -> Option<(Group, Digests)> {
        let mut state = self.state.lock();
        if let (Some(group), Some(digests)) = (state.waiting.pop_front(), state.digests.take()) {
            return Some((group, digests));
        }
        self.rest(&mut state);
        None
    }

    /// Puts the digests back. Whether there is more to do.
    fn put_back(&self, digests: Option<Digests>) -> bool {
        let mut state = self.state.lock();
        state.failed = digests.is_none();
        state.digests = digests;
        if state.failed {
            state.waiting.clear();
        }
        if state.waiting.is_empty() {
            self.rest(&mut state);
            return false;
        }
        if state.waiting.len() <= state.wake_at
            && let Some(waker) = state.waker.take()
        {
            waker.wake();
        }
        true
    }

    fn rest(&self, state: &mut State) {
        state.busy = false;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }
}

/// Hashes group after group until another lane waits for its turn.
fn work(mut lane: Arc<Shared>, queue: &Sender<Arc<Shared>>) {
    while let Some((group, mut digests)) = lane.take() {
        let hashed = catch_unwind(AssertUnwindSafe(|| {
            for chunk in group.iter() {
                digests.update(chunk);
            }
            digests
        }));
        // Its bytes are let go before the body is told to go on.
        drop(group);
        if !lane.put_back(hashed.ok()) {
            return;
        }
        // Where nobody waits for a turn, a lane stays with its thread.
        if queue.is_empty() {
            continue;
        }
        match queue.try_send(lane) {
            Ok(()) => return,
            Err(full) => lane = full.into_inner(),
        }
    }
}

fn submit(lane: Arc<Shared>) {
    static POOL: OnceLock<Sender<Arc<Shared>>> = OnceLock::new();
    let queue = POOL.get_or_init(start);
    if let Err(full) = queue.try_send(lane) {
        work(full.into_inner(), queue);
    }
}

/// Starts the threads. Where not one can be made, the receiver is gone and every `try_send` gives its lane back.
fn start() -> Sender<Arc<Shared>> {
    let (queue, lanes) = crossbeam_channel::bounded::<Arc<Shared>>(HASH_QUEUE_MAX);
    let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(HASH_THREADS_MAX));
    for number in 0..threads {
        let (lanes, queue): (Receiver<_>, _) = (lanes.clone(), queue.clone());
        let thread = std::thread::Builder::new().name(format!("hash-{number}"));
        let made = thread.spawn(move || {
            for lane in &lanes {
                work(lane, &queue);
            }
        });
        if let Err(error) = made {
            tracing::warn!(%error, number, "a hashing thread could not be made; bodies are hashed with fewer");
        }
    }
    queue
}

#[cfg(test)]
mod tests;
