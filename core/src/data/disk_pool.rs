//! Threads that may wait for a disk, and the bounded queue in front of them.
//!
//! Always holds: the queue has a bound, and whoever finds it full waits without blocking a thread of the runtime. Work that was
//! accepted is run, also when nobody waits for its answer any more. A panic in one work loses that work only.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::DataError;

type Work = Box<dyn FnOnce() + Send>;

/// A number of threads and their queue. Dropped, it lets the threads finish what is queued and end.
#[derive(Debug)]
pub struct DiskPool {
    queue: Sender<Queued>,
    /// As many as the queue has places: taken before a work is queued, given back when a thread takes the work up.
    places: Arc<Semaphore>,
    capacity: usize,
}

struct Queued {
    work: Work,
    place: OwnedSemaphorePermit,
}

/// The answer of a queued work, to be awaited. Dropping it does not stop the work: its answer is then dropped on the disk thread.
#[derive(Debug)]
pub struct Pending<T>(oneshot::Receiver<T>);

impl<T> Future for Pending<T> {
    type Output = Result<T, DataError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = Pin::new(&mut self.0).poll(context);
        answer.map_err(|_| DataError::Failed("a disk thread gave its work up".into()))
    }
}

thread_local! {
    static ON_DISK_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread may wait for a disk.
pub fn on_disk_thread() -> bool {
    ON_DISK_THREAD.get()
}

/// Stack of a disk thread: the works are shallow, and no buffer lives there.
const STACK_BYTES: usize = 512 << 10;

impl DiskPool {
    /// Starts `threads` threads with a queue of `capacity` places. `name` shows in `top -H`; 15 bytes of it.
    pub fn new(name: &str, threads: usize, capacity: usize) -> io::Result<Self> {
        let (queue, works) = crossbeam_channel::bounded(capacity);
        for number in 0..threads {
            let works = works.clone();
            std::thread::Builder::new()
                .name(format!("{name}-{number}"))
                .stack_size(STACK_BYTES)
                .spawn(move || run(&works))?;
        }
        Ok(Self { queue, places: Arc::new(Semaphore::new(capacity)), capacity })
    }

    /// Queues `work` as soon as there is a place; what it returns gives the answer.
    pub async fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Pending<T>, DataError> {
        self.submit_with(move |answer: oneshot::Sender<T>| {
            let result = work();
            drop(answer.send(result));
        })
        .await
    }

    /// Like [`DiskPool::submit`], for work that answers later than it ends.
    pub async fn submit_with<T: Send + 'static>(
        &self,
        work: impl FnOnce(oneshot::Sender<T>) + Send + 'static,
    ) -> Result<Pending<T>, DataError> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| gone())?;
        let (sender, receiver) = oneshot::channel();
        self.queue.try_send(Queued { work: Box::new(move || work(sender)), place }).map_err(|_| gone())?;
        Ok(Pending(receiver))
    }

    /// Queues `work` and waits for its answer.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, DataError> {
        self.submit(work).await?.await
    }

    /// Queues work that nobody waits for, if there is a place now; else gives it back.
    pub fn try_post(&self, work: Work) -> Result<(), Work> {
        match self.places.clone().try_acquire_owned() {
            Ok(place) => self.queue.try_send(Queued { work, place }).map_err(|error| error.into_inner().work),
            Err(_) => Err(work),
        }
    }

    /// Works that wait for a thread.
    pub fn queued(&self) -> usize {
        self.capacity - self.places.available_permits().min(self.capacity)
    }
}

fn gone() -> DataError {
    DataError::Unavailable("the store is closing: its disk threads have ended".into())
}

fn run(works: &Receiver<Queued>) {
    ON_DISK_THREAD.set(true);
    while let Ok(Queued { work, place }) = works.recv() {
        drop(place);
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            tracing::error!("a work on a disk thread panicked; its request fails");
        }
    }
}

#[cfg(test)]
mod tests;
