//! Counts what goes into a store and comes out of it.
//!
//! Always holds: the store behind is not changed in any way; each call is counted once, when it ends or is given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};

use super::histogram::{Buckets, Histogram};
use super::{ByteStream, DataError, DataStore, Entry, Locator, Origin, Space, Span, Stored};
use crate::clock::Clock;
use crate::error::Error;
use crate::types::ByteRange;

#[derive(Debug)]
pub struct Metered {
    store: Arc<dyn DataStore>,
    clock: Arc<dyn Clock>,
    put: Arc<Meter>,
    get: Arc<Meter>,
    delete: Arc<Meter>,
}

/// What is counted of one verb.
#[derive(Debug, Default)]
struct Meter {
    ended: AtomicU64,
    under_way: AtomicU64,
    abandoned: AtomicU64,
    bytes: AtomicU64,
    errors: [AtomicU64; ERRORS.len()],
    latency: Histogram,
}

/// The kinds of error, as a metric's label says them.
const ERRORS: [&str; 6] = ["not_found", "corrupt", "full", "unavailable", "source", "failed"];

fn kind_of(error: &DataError) -> usize {
    match error {
        DataError::NotFound => 0,
        DataError::Corrupt(_) => 1,
        DataError::Full(_) => 2,
        DataError::Unavailable(_) => 3,
        DataError::Source(_) => 4,
        DataError::Failed(_) => 5,
    }
}

/// A reading of one verb.
#[derive(Clone, Debug)]
pub struct Reading {
    pub verb: &'static str,
    /// Calls that ended, well or not; that are under way; and that their caller gave up.
    pub ended: u64,
    pub under_way: u64,
    pub abandoned: u64,
    /// Bytes of content that were stored or given out.
    pub bytes: u64,
    /// Errors by kind.
    pub errors: Vec<(&'static str, u64)>,
    /// Of a put and a delete the whole call; of a get the time to the first bytes, as the rest depends on who takes them.
    pub latency: Buckets,
}

impl Metered {
    pub fn new(store: Arc<dyn DataStore>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { store, clock, put: Arc::default(), get: Arc::default(), delete: Arc::default() })
    }

    pub fn read(&self) -> [Reading; 3] {
        [self.put.read("put"), self.get.read("get"), self.delete.read("delete")]
    }

    fn begin(&self, meter: &Arc<Meter>) -> Call {
        meter.under_way.fetch_add(1, Ordering::Relaxed);
        Call {
            meter: meter.clone(),
            clock: self.clock.clone(),
            started: self.clock.now().0,
            timed: false,
            ended: false,
        }
    }
}

impl Meter {
    fn read(&self, verb: &'static str) -> Reading {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Reading {
            verb,
            ended: load(&self.ended),
            under_way: load(&self.under_way),
            abandoned: load(&self.abandoned),
            bytes: load(&self.bytes),
            errors: ERRORS.into_iter().zip(self.errors.iter().map(load)).collect(),
            latency: self.latency.read(),
        }
    }
}

/// One call under way.
struct Call {
    meter: Arc<Meter>,
    clock: Arc<dyn Clock>,
    started: u64,
    timed: bool,
    ended: bool,
}

impl Call {
    fn time(&mut self) {
        if !std::mem::replace(&mut self.timed, true) {
            // The clock may have been set back meanwhile.
            self.meter.latency.observe(self.clock.now().0.saturating_sub(self.started));
        }
    }

    fn add_bytes(&self, bytes: u64) {
        self.meter.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn end(&mut self, error: Option<&DataError>) {
        self.time();
        self.ended = true;
        self.meter.ended.fetch_add(1, Ordering::Relaxed);
        if let Some(error) = error {
            self.meter.errors[kind_of(error)].fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.meter.under_way.fetch_sub(1, Ordering::Relaxed);
        if !self.ended {
            self.meter.abandoned.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl DataStore for Metered {
    fn put(
        &self,
        origin: Origin,
        length: Option<u64>,
        body: ByteStream<Error>,
    ) -> BoxFuture<'_, Result<Stored, DataError>> {
        async move {
            let mut call = self.begin(&self.put);
            let outcome = self.store.put(origin, length, body).await;
            call.end(outcome.as_ref().err());
            call.add_bytes(outcome.as_ref().map_or(0, |stored| stored.length));
            outcome
        }
        .boxed()
    }

    fn get(&self, locator: &Locator, length: u64, range: ByteRange) -> ByteStream {
        let call = self.begin(&self.get);
        let chunks = self.store.get(locator, length, range);
        stream::unfold((call, chunks), |(mut call, mut chunks)| async move {
            let chunk = chunks.next().await;
            match &chunk {
                Some(Ok(bytes)) => {
                    call.time();
                    call.add_bytes(bytes.len() as u64);
                }
                Some(Err(error)) => call.end(Some(error)),
                None if !call.ended => call.end(None),
                None => {}
            }
            chunk.map(|chunk| (chunk, (call, chunks)))
        })
        .boxed()
    }

    fn delete<'a>(&'a self, locator: &'a Locator) -> BoxFuture<'a, Result<(), DataError>> {
        async move {
            let mut call = self.begin(&self.delete);
            let outcome = self.store.delete(locator).await;
            call.end(outcome.as_ref().err());
            outcome
        }
        .boxed()
    }

    fn list(&self) -> Option<BoxStream<'_, Result<Entry, DataError>>> {
        self.store.list()
    }

    fn span(&self, locator: &Locator) -> Option<Span> {
        self.store.span(locator)
    }

    fn clear<'a>(&'a self, remnant: &'a Span) -> BoxFuture<'a, Result<(), DataError>> {
        self.store.clear(remnant)
    }

    fn space(&self) -> Option<Space> {
        self.store.space()
    }
}

#[cfg(test)]
mod tests;
