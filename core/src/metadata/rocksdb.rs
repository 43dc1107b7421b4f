//! The embedded engine: RocksDB, one process to a directory, grouped synced commits.
//!
//! Always holds (T6): RocksDB is known to this file and those under it, and to nobody else. (T9) A write or sync that failed stops the
//! engine: that commit, every later one and every read fail.
//!
//! # Why reads are validated rightly
//!
//! Whoever holds the *pen* (`commit.rs`: the commit thread, or a caller) gives each transaction that it admits the next *sequence*, and
//! marks the slots of the keys that it writes with it (`validation.rs`), then writes a group of them to RocksDB as one batch, then *publishes* the group's last sequence, then
//! answers. RocksDB shows a batch at once and as a whole, and batches in their order: what a reader sees, its *view*, is a prefix of
//! the commits.
//!
//! A read takes as its stamp S what is published, and only then its view. Published commits can be seen, so the view is no shorter
//! than S; it may be longer.
//!
//! * *No change is missed.* Let commit c write key k, and let a transaction have read k with stamp S in a view without c. Then c > S,
//!   because the view has all up to S. If the transaction is validated by the commit thread after c was admitted, the slot of k is at
//!   least c > S: conflict. If it is validated before, it stands before c in the order, and its read is right. So at the instant of
//!   its admission everything it read is what the commits before it left, and that is the order in which RocksDB applies them.
//! * *A view longer than S* has commits whose slots are above S: a conflict where there was none. It costs another attempt, no more.
//! * *Commits without writes* are checked on the caller's thread. Take the longest of the views that the transaction read, ending with
//!   commit m. All slots up to m were marked before m was written, so before it was seen, so the check sees the marks (RocksDB's own
//!   release and acquire of its sequence order them). If no slot is above its stamp, then no commit up to m changed a key after its
//!   read: all values are those of the prefix that ends with m, which was the present at an instant within the transaction.
//! * *Real time.* A commit is published before it is answered, so whoever begins after an answer has a stamp and a view that include it.
//!
//! Reads of several keys are one view: RocksDB's newest, if nothing was committed while they were made, else a snapshot's. What was
//! read lately need not be read again, as long as the slots say that it has not changed (`hot.rs`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::Sender;
use futures::future::{BoxFuture, FutureExt};
use parking_lot::{Mutex, RwLock};
use rocksdb::{ColumnFamily, DBWithThreadMode, SingleThreaded};
use tokio::sync::{Notify, Semaphore, oneshot};

use super::locks::LockTable;
use super::{
    Batch, CommitError, Durability, EngineLimits, Key, LockGuard, LockMode, MetadataStore, Read, ReadError, Snapshot,
    Stamp, Table, keys,
};
use crate::limits::{COMMIT_QUEUE_BYTES_MAX, COMMIT_QUEUE_MAX};

mod commit;
mod counters;
mod directory;
mod hot;
mod log_mark;
mod merge;
mod open;
mod operations;
mod read;
mod snapshot;
pub(crate) mod space;
mod sync;
mod validation;

pub use open::{OpenError, Options};
pub use operations::Statistics;

/// Its tables are fixed at opening, so looking one up takes no lock.
type Db = DBWithThreadMode<SingleThreaded>;

/// The engine. Dropping it finishes the commits on their way and frees the directory once nobody reads any more.
pub struct RocksDb {
    inner: Arc<Inner>,
    /// Room in the queue, in bytes.
    room: Arc<Semaphore>,
    jobs: RwLock<Option<Sender<commit::Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the commit thread, callers and readers share.
struct Inner {
    // The order of the fields is the order of their drops: the database is closed before the directory is free.
    db: Db,
    /// How the newest state is read.
    newest: read::Tiers,
    directory: PathBuf,
    cache: rocksdb::Cache,
    mark: log_mark::LogMark,
    space: space::Space,
    validation: validation::Validation,
    pen: Mutex<commit::Pen>,
    /// Transactions whose turn it is after they have lost often.
    turns: AtomicUsize,
    turn_over: Notify,
    hot: hot::Hot,
    /// The last commit that every new view includes.
    published: AtomicU64,
    /// RocksDB's own sequence number up to which the log is on stable storage.
    synced: AtomicU64,
    syncing: sync::Syncing,
    stopped: std::sync::OnceLock<String>,
    stopping: Notify,
    locks: Arc<LockTable>,
    meters: operations::Meters,
    #[cfg(test)]
    hooks: Hooks,
    _lock: directory::DirectoryLock,
}

/// What tests reach in by.
#[cfg(test)]
#[derive(Default)]
struct Hooks {
    /// Makes the next group's write, or sync of the log, fail as a failed sync would.
    sync_error: std::sync::atomic::AtomicBool,
    /// Makes whoever writes next panic.
    panic: std::sync::atomic::AtomicBool,
    /// While it is held, the commit thread waits with the first job of a group in its hand, callers write nothing and the queue fills.
    gate: Mutex<()>,
    /// While it is held, what was written can't be seen yet.
    publish: Mutex<()>,
}

impl Inner {
    fn family(&self, table: Table) -> &ColumnFamily {
        let name = match table {
            Table::Index => rocksdb::DEFAULT_COLUMN_FAMILY_NAME,
            Table::Inline => open::INLINE,
        };
        self.db.cf_handle(name).expect("both tables are there since the opening and are never dropped")
    }

    fn stopped(&self) -> Option<&str> {
        self.stopped.get().map(String::as_str)
    }

    fn running(&self) -> Result<(), ReadError> {
        match self.stopped() {
            Some(reason) => Err(ReadError::Failed(reason.to_owned())),
            None => Ok(()),
        }
    }

    /// From now on every call fails.
    fn stop(&self, reason: &str) {
        if self.stopped.set(reason.to_owned()).is_ok() {
            tracing::error!(reason, "the index has stopped; the process must restart");
        }
        self.stopping.notify_waiters();
    }
}

impl RocksDb {
    /// Opens the store in `directory`, made where it does not exist, and replays its log. Blocks while it does.
    pub fn open(directory: &Path, options: &Options) -> Result<Arc<Self>, OpenError> {
        let opened = open::open(directory, options)?;
        let synced = opened.db.latest_sequence_number();
        let inner = Arc::new(Inner {
            db: opened.db,
            newest: read::Tiers::new(None),
            directory: directory.to_owned(),
            cache: opened.cache,
            mark: opened.mark,
            space: space::Space::new(directory, options),
            validation: validation::Validation::new(),
            pen: Mutex::default(),
            turns: AtomicUsize::new(0),
            turn_over: Notify::new(),
            hot: hot::Hot::new(),
            published: AtomicU64::new(0),
            synced: AtomicU64::new(synced),
            syncing: sync::Syncing::default(),
            stopped: std::sync::OnceLock::new(),
            stopping: Notify::new(),
            locks: LockTable::new(),
            meters: operations::Meters::default(),
            #[cfg(test)]
            hooks: Hooks::default(),
            _lock: opened.lock,
        });
        let (sender, receiver) = crossbeam_channel::bounded(COMMIT_QUEUE_MAX);
        let shared = Arc::clone(&inner);
        let thread = std::thread::Builder::new()
            .name("commit".to_owned())
            .spawn(move || {
                if catch_unwind(AssertUnwindSafe(|| commit::run(&shared, &receiver))).is_err() {
                    // It left its group half done: no better than a write that failed.
                    shared.stop("the commit thread panicked");
                    commit::refuse(&shared, &receiver);
                }
            })
            .map_err(|source| OpenError::Io { path: directory.to_owned(), source })?;
        Ok(Arc::new(Self {
            inner,
            room: Arc::new(Semaphore::new(COMMIT_QUEUE_BYTES_MAX)),
            jobs: RwLock::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        }))
    }

    async fn commit_queued(&self, mut batch: Batch, durability: Durability) -> Result<(), CommitError> {
        batch.check(&EngineLimits::EMBEDDED)?;
        let failed = || CommitError::Failed(self.inner.stopped().unwrap_or("the store is closed").to_owned());
        if self.inner.stopped().is_some() {
            return Err(failed());
        }
        if batch.writes.is_empty() && self.inner.validation.unchanged(&batch.reads) {
            return Ok(());
        }
        // A check that fails goes the way of a commit, and is refused once what it has met can be seen: another attempt at once would read the
        // same as this one, and be refused again, as often as it comes.
        if !batch.has_turn {
            commit::give_way(&self.inner).await;
        }
        let bytes = batch.bytes();
        // Each takes at least its share, so that the queue's bytes bound its length too.
        let room = u32::try_from(bytes.max(COMMIT_QUEUE_BYTES_MAX / COMMIT_QUEUE_MAX)).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.room).acquire_many_owned(room).await.map_err(|_| failed())?;
        let (answer, outcome) = oneshot::channel();
        let job = commit::Job {
            claims: self.inner.validation.claims(&batch),
            frees: space::frees(&batch),
            writes: std::mem::take(&mut batch.writes),
            held: std::mem::take(&mut batch.held),
            durability,
            bytes,
            answer,
            permit,
        };
        {
            let jobs = self.jobs.read();
            let jobs = jobs.as_ref().ok_or_else(failed)?;
            // Those who came before go first.
            let queued = if jobs.is_empty() { commit::here(&self.inner, job) } else { Some(job) };
            if let Some(job) = queued {
                // There is room for whoever has a permit, so this never waits.
                jobs.try_send(job).map_err(|_| failed())?;
            }
        }
        crate::failpoint!("commit.queued");
        outcome.await.map_err(|_| failed())?
    }

    /// Refuses new commits, finishes those on their way and ends the commit thread.
    fn drain(&self) {
        self.room.close();
        drop(self.jobs.write().take());
        if let Some(thread) = self.thread.lock().take() {
            // If it panicked, it has stopped the engine and said so.
            let _ = thread.join();
        }
    }
}

impl Drop for RocksDb {
    fn drop(&mut self) {
        self.drain();
    }
}

impl std::fmt::Debug for RocksDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let published = self.inner.published.load(Ordering::Relaxed);
        f.debug_struct("RocksDb").field("directory", &self.inner.directory).field("published", &published).finish()
    }
}

impl MetadataStore for RocksDb {
    fn limits(&self) -> EngineLimits {
        EngineLimits::EMBEDDED
    }

    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Read, ReadError>> {
        async move {
            self.inner.running()?;
            // The stamp first, the view after it: see the module.
            let stamp = Stamp(self.inner.published.load(Ordering::Acquire));
            Ok((stamp, self.inner.read_now(keys, stamp)?))
        }
        .boxed()
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, ReadError> {
        self.inner.running()?;
        Ok(Box::new(snapshot::RocksSnapshot { inner: &self.inner, snapshot: self.inner.db.snapshot() }))
    }

    fn lock<'a>(&'a self, key: &'a [u8], mode: LockMode) -> BoxFuture<'a, Result<Box<dyn LockGuard>, ReadError>> {
        async move {
            self.inner.running()?;
            let guard = Box::new(self.inner.locks.lock(key, mode).await) as Box<dyn LockGuard>;
            match key == keys::locks::TURN {
                true => Ok(Box::new(commit::Turn::taken(&self.inner, guard)) as Box<dyn LockGuard>),
                false => Ok(guard),
            }
        }
        .boxed()
    }

    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, Result<(), CommitError>> {
        self.commit_queued(batch, durability).boxed()
    }

    fn sync(&self) -> BoxFuture<'_, Result<(), CommitError>> {
        sync::wait(&self.inner).boxed()
    }
}

#[cfg(test)]
pub(crate) mod tests;
