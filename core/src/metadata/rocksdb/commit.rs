//! Commits: many transactions, one synced write.
//!
//! Always holds: whoever holds the pen validates, numbers and writes, nobody else does; those of a group are validated in the order of
//! their coming, each against the group's earlier ones; an answer is given after the group's write, and after it can be seen. The commit
//! thread takes the pen for a group. While one group is synced the next one gathers, so the number of syncs is bounded by the disk and
//! not by the callers. A transaction that need not be synced is written by its caller, where the pen is free and RocksDB does not delay
//! writes: to wake two threads costs many times what its write costs. Callers wait for room in the queue without holding a thread. A
//! write that fails stops the engine: what became of it is unknown.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use crossbeam_channel::Receiver;
use rocksdb::{WriteBatch, WriteOptions, properties};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::super::{CommitError, Durability, Key, LockGuard, Stamp, Table, Write};
use super::counters::Counters;
use super::validation::Claims;
use super::{Inner, merge};
use crate::limits::{COMMIT_GROUP_BYTES_MAX, COMMIT_GROUP_MAX, COMMITS_BETWEEN_LOOKS, TURN_WAIT_MAX};

/// A transaction on its way.
pub(super) struct Job {
    pub(super) claims: Claims,
    pub(super) writes: Vec<Write>,
    pub(super) held: Vec<Box<dyn LockGuard>>,
    pub(super) durability: Durability,
    /// Of keys and values.
    pub(super) bytes: usize,
    /// Whether it may use the last of the space.
    pub(super) frees: bool,
    pub(super) answer: oneshot::Sender<Result<(), CommitError>>,
    /// Its room in the queue.
    pub(super) permit: OwnedSemaphorePermit,
}

impl Job {
    /// Lets the locks go, then tells the caller, who may have stopped waiting.
    fn answer(self, outcome: Result<(), CommitError>) {
        drop(self.held);
        drop(self.permit);
        let _ = self.answer.send(outcome);
    }
}

/// The turn of a transaction that has lost often (`transaction/retry.rs`), until it is dropped.
pub(super) struct Turn {
    inner: Arc<Inner>,
    _guard: Box<dyn LockGuard>,
}

impl Turn {
    pub(super) fn taken(inner: &Arc<Inner>, guard: Box<dyn LockGuard>) -> Self {
        inner.turns.fetch_add(1, Ordering::Relaxed);
        Self { inner: Arc::clone(inner), _guard: guard }
    }
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn").finish_non_exhaustive()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.inner.turns.fetch_sub(1, Ordering::AcqRel);
        self.inner.turn_over.notify_waiters();
    }
}

impl LockGuard for Turn {}

/// Waits while a transaction that has lost often has its turn: or those who write on the spot, and come back at once, change what it reads
/// again and again. Not for long, for it may be waiting for a lock of the caller's.
pub(super) async fn give_way(inner: &Inner) {
    if inner.turns.load(Ordering::Acquire) == 0 {
        return;
    }
    let turn_over = async {
        loop {
            let mut over = std::pin::pin!(inner.turn_over.notified());
            over.as_mut().enable();
            if inner.turns.load(Ordering::Acquire) == 0 {
                return;
            }
            over.await;
        }
    };
    // Over or not: the caller has waited long enough.
    let _ = tokio::time::timeout(TURN_WAIT_MAX, turn_over).await;
}

/// What whoever writes must hold.
#[derive(Default)]
pub(super) struct Pen {
    /// Of the last transaction admitted.
    sequence: u64,
    /// Callers' commits until it is looked again whether writes are delayed.
    until_look: u32,
    delayed: bool,
    counters: Counters,
}

impl Pen {
    /// Whether RocksDB delays writes, or did when it was last looked: its flushes or compactions are behind.
    fn is_delayed(&mut self, inner: &Inner) -> bool {
        match self.until_look.checked_sub(1) {
            Some(left) => self.until_look = left,
            None => {
                let is_set = |name| !matches!(inner.db.property_int_value(name), Ok(None | Some(0)));
                self.delayed = is_set(properties::IS_WRITE_STOPPED) || is_set(properties::ACTUAL_DELAYED_WRITE_RATE);
                self.until_look = COMMITS_BETWEEN_LOOKS;
            }
        }
        self.delayed
    }
}

/// Runs until every sender of jobs is gone and the queue is empty.
pub(super) fn run(inner: &Arc<Inner>, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        #[cfg(test)]
        drop(inner.hooks.gate.lock());
        let mut pen = inner.pen.lock();
        let mut writer = Writer::new(inner, &mut pen);
        let mut count = 1;
        let mut bytes = first.bytes;
        let mut batch = writer.begin();
        let free = inner.space.free();
        writer.take(first, &mut batch, free);
        while count < COMMIT_GROUP_MAX
            && bytes < COMMIT_GROUP_BYTES_MAX
            && let Ok(next) = jobs.try_recv()
        {
            count += 1;
            bytes += next.bytes;
            writer.take(next, &mut batch, free);
        }
        writer.write(batch);
    }
}

/// Carries out a transaction on its caller's thread. Gives it back where it has to be queued.
pub(super) fn here(inner: &Arc<Inner>, job: Job) -> Option<Job> {
    #[cfg(test)]
    if inner.hooks.gate.is_locked() {
        return Some(job);
    }
    // Who has lost often has its turn: nobody is to win again and again on the spot meanwhile.
    if job.durability == Durability::Synced || inner.turns.load(Ordering::Relaxed) > 0 {
        return Some(job);
    }
    let Some(mut pen) = inner.pen.try_lock() else { return Some(job) };
    if pen.is_delayed(inner) {
        return Some(job);
    }
    let done = catch_unwind(AssertUnwindSafe(|| {
        let mut writer = Writer::new(inner, &mut pen);
        let mut batch = writer.begin();
        writer.take(job, &mut batch, inner.space.free());
        writer.write(batch);
    }));
    if done.is_err() {
        // Half done: no better than a write that failed.
        inner.stop("a commit panicked");
    }
    None
}

/// After a panic: tells everybody who still comes that the engine has stopped, until no sender is left. A job that nobody takes
/// would be waited for in vain.
pub(super) fn refuse(inner: &Inner, jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        job.answer(Err(CommitError::Failed(inner.stopped().unwrap_or_default().to_owned())));
    }
}

struct Writer<'a> {
    inner: &'a Arc<Inner>,
    pen: &'a mut Pen,
    group: Vec<Job>,
    /// What the group makes of the index's keys, in order; `None`: that is not known here.
    made: Vec<(Key, Stamp, Option<Bytes>)>,
    /// Answered with the group: before its write, another attempt would read the same as the first.
    refused: Vec<(Job, CommitError)>,
}

impl<'a> Writer<'a> {
    fn new(inner: &'a Arc<Inner>, pen: &'a mut Pen) -> Self {
        pen.counters.next_batch();
        Self { inner, pen, group: Vec::new(), made: Vec::new(), refused: Vec::new() }
    }

    fn begin(&self) -> WriteBatch {
        let mut batch = WriteBatch::default();
        batch.put_log_data(self.inner.mark.mark(self.inner.synced.load(Ordering::Relaxed)));
        batch
    }

    /// Admits a transaction to the group, or refuses it.
    fn take(&mut self, job: Job, batch: &mut WriteBatch, free: u64) {
        // What writes nothing is only here where it was refused already.
        if !job.writes.is_empty()
            && let Err(reason) = self.inner.space.admit(job.frees, free)
        {
            self.refused.push((job, CommitError::Full(reason)));
            return;
        }
        if job.writes.is_empty() || !self.inner.validation.admit(&job.claims, self.pen.sequence + 1) {
            self.inner.meters.conflicts.fetch_add(1, Ordering::Relaxed);
            self.refused.push((job, CommitError::Conflict));
            return;
        }
        self.pen.sequence += 1;
        for write in &job.writes {
            let (table, key) = write.target();
            let family = self.inner.family(table);
            let counters = &mut self.pen.counters;
            let made = match (write, merge::operand(write)) {
                (change, Some(operand)) => {
                    let index = self.inner.family(Table::Index);
                    let stored = || Ok::<_, rocksdb::Error>(self.inner.db.get_cf(index, key)?.map(Bytes::from));
                    let value = counters.change(key, change, stored);
                    match &value {
                        Some(value) => batch.put_cf(index, key, value),
                        None => batch.merge_cf(index, key, operand),
                    }
                    value
                }
                (Write::Put { value, .. }, None) => {
                    counters.forget(key);
                    batch.put_cf(family, key, value);
                    Some(value.clone())
                }
                (_, None) => {
                    counters.forget(key);
                    batch.delete_cf(family, key);
                    None
                }
            };
            if table == Table::Index {
                self.made.push((key.to_vec(), Stamp(self.pen.sequence), made));
            }
        }
        self.group.push(job);
    }

    fn write(&mut self, batch: WriteBatch) {
        let group = std::mem::take(&mut self.group);
        if !group.is_empty() {
            // The fault that a crash test must find: an answer before its write.
            #[cfg(feature = "failpoints")]
            let group = if crate::failpoint::armed("commit.answer_early") { answer_early(group) } else { group };
            let sync = group.iter().any(|job| job.durability == Durability::Synced);
            let outcome = self.write_synced(batch, sync).map_err(|reason| {
                self.inner.stop(&reason);
                CommitError::Failed(reason)
            });
            if outcome.is_ok() {
                // Before any stamp that asks for these: so nobody is given what an earlier write of the same commit made.
                self.made.drain(..).for_each(|(key, stamp, value)| self.inner.hot.made(key, stamp, value));
                #[cfg(test)]
                drop(self.inner.hooks.publish.lock());
                // Only now may a stamp claim to have seen these commits.
                self.inner.published.store(self.pen.sequence, Ordering::Release);
                self.inner.meters.group(group.len(), sync);
                crate::failpoint!("commit.after_write");
            }
            for job in group {
                job.answer(outcome.clone());
            }
        }
        for (job, error) in self.refused.drain(..) {
            job.answer(Err(error));
        }
    }

    fn write_synced(&self, batch: WriteBatch, sync: bool) -> Result<(), String> {
        if let Some(reason) = self.inner.stopped() {
            return Err(reason.to_owned());
        }
        crate::failpoint!("commit.before_write");
        injected_error(self.inner).map_err(|error| error.to_string())?;
        let mut options = WriteOptions::default();
        options.set_sync(sync);
        self.inner.db.write_opt(batch, &options).map_err(|error| error.into_string())?;
        if sync {
            self.inner.synced.fetch_max(self.inner.db.latest_sequence_number(), Ordering::Release);
        }
        Ok(())
    }
}

/// The error of a sync that a test asks for.
#[cfg_attr(not(test), expect(unused_variables, reason = "only tests reach in"))]
pub(super) fn injected_error(inner: &Inner) -> std::io::Result<()> {
    crate::failpoint!("commit.sync_error", io);
    #[cfg(test)]
    assert!(!inner.hooks.panic.load(Ordering::SeqCst), "a test asked for it");
    #[cfg(test)]
    if inner.hooks.sync_error.load(Ordering::SeqCst) {
        return Err(std::io::Error::from_raw_os_error(libc::EIO));
    }
    Ok(())
}

#[cfg(feature = "failpoints")]
fn answer_early(group: Vec<Job>) -> Vec<Job> {
    let early = |mut job: Job| {
        let (nobody, _) = oneshot::channel();
        let caller = std::mem::replace(&mut job.answer, nobody);
        let _ = caller.send(Ok(()));
        job
    };
    group.into_iter().map(early).collect()
}
