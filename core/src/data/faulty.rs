//! A store that fails when it is told to: for tests of what stands above.
//!
//! Always holds: without an armed fault nothing is changed. Each armed fault strikes once. Faults strike above the verification of
//! the store behind: [`Fault::Flip`] shows what a reader would do with bytes that no store may ever give. Damage below it comes
//! from `MemoryStore::damage`, or from writing to a store's files.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};
use parking_lot::Mutex;

use super::{ByteStream, DataError, DataStore, Entry, Locator, Origin, Space, Span, Stored};
use crate::error::Error;
use crate::types::ByteRange;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Put,
    Get,
    Delete,
}

#[derive(Clone, Debug)]
pub enum Fault {
    /// The call fails and does nothing. A get gives its first chunk before it fails, where it has more than one.
    Fail(DataError),
    /// The call does its work, and then says that it failed: an answer that was lost on its way. A get gives all its bytes first.
    FailAfter(DataError),
    /// The call waits, then goes on.
    Delay(Duration),
    /// A get ends early and says nothing. Of no effect on others.
    Short,
    /// A get gives a wrong bit in its first chunk. Of no effect on others.
    Flip,
}

#[derive(Debug)]
struct Armed {
    verb: Verb,
    /// Calls of the verb that still go by.
    skip: u64,
    fault: Fault,
}

/// A wrapper. See the module.
#[derive(Debug)]
pub struct Faulty {
    store: Arc<dyn DataStore>,
    armed: Mutex<Vec<Armed>>,
}

impl Faulty {
    pub fn new(store: Arc<dyn DataStore>) -> Arc<Self> {
        Arc::new(Self { store, armed: Mutex::default() })
    }

    /// Makes the `nth` call of `verb` from now on (1 is the next) meet `fault`.
    pub fn arm(&self, verb: Verb, nth: u64, fault: Fault) {
        self.armed.lock().push(Armed { verb, skip: nth.saturating_sub(1), fault });
    }

    /// Lets go of those that have not struck.
    pub fn disarm(&self) {
        self.armed.lock().clear();
    }

    /// Faults that have not struck yet.
    pub fn armed(&self) -> usize {
        self.armed.lock().len()
    }

    /// The fault that strikes this call. Of several for one call, the one armed first; the others strike the calls after it.
    fn strike(&self, verb: Verb) -> Option<Fault> {
        let mut armed = self.armed.lock();
        let due = armed.iter().position(|armed| armed.verb == verb && armed.skip == 0);
        let struck = due.map(|due| armed.remove(due).fault);
        armed.iter_mut().filter(|armed| armed.verb == verb).for_each(|armed| armed.skip = armed.skip.saturating_sub(1));
        struck
    }
}

impl DataStore for Faulty {
    fn put(
        &self,
        origin: Origin,
        length: Option<u64>,
        body: ByteStream<Error>,
    ) -> BoxFuture<'_, Result<Stored, DataError>> {
        async move {
            let fault = self.strike(Verb::Put);
            match before(fault.as_ref()).await {
                Some(error) => Err(error),
                None => after(fault, self.store.put(origin, length, body).await),
            }
        }
        .boxed()
    }

    fn get(&self, locator: &Locator, length: u64, range: ByteRange) -> ByteStream {
        let chunks = self.store.get(locator, length, range);
        match self.strike(Verb::Get) {
            None => chunks,
            Some(Fault::Fail(error)) if range.length > crate::limits::DISK_HOP_BYTES as u64 => {
                chunks.take(1).chain(stream::iter([Err(error)])).boxed()
            }
            Some(Fault::Fail(error)) => stream::iter([Err(error)]).boxed(),
            Some(Fault::FailAfter(error)) => chunks.chain(stream::iter([Err(error)])).boxed(),
            Some(Fault::Delay(time)) => {
                stream::once(tokio::time::sleep(time)).flat_map(|()| stream::empty()).chain(chunks).boxed()
            }
            Some(Fault::Short) => shortened(chunks, range.length / 2),
            Some(Fault::Flip) => {
                chunks.enumerate().map(|(index, chunk)| if index == 0 { chunk.map(flipped) } else { chunk }).boxed()
            }
        }
    }

    fn delete<'a>(&'a self, locator: &'a Locator) -> BoxFuture<'a, Result<(), DataError>> {
        async move {
            let fault = self.strike(Verb::Delete);
            match before(fault.as_ref()).await {
                Some(error) => Err(error),
                None => after(fault, self.store.delete(locator).await),
            }
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

async fn before(fault: Option<&Fault>) -> Option<DataError> {
    match fault {
        Some(Fault::Fail(error)) => Some(error.clone()),
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(*time).await;
            None
        }
        _ => None,
    }
}

fn after<T>(fault: Option<Fault>, outcome: Result<T, DataError>) -> Result<T, DataError> {
    match fault {
        Some(Fault::FailAfter(error)) => outcome.and(Err(error)),
        _ => outcome,
    }
}

fn flipped(bytes: Bytes) -> Bytes {
    let mut bytes = BytesMut::from(&bytes[..]);
    if let Some(byte) = bytes.first_mut() {
        *byte ^= 1;
    }
    bytes.freeze()
}

/// The first `bytes` of a stream, and a clean end.
fn shortened(chunks: ByteStream, bytes: u64) -> ByteStream {
    let cut = chunks.scan(bytes, |left, chunk| {
        let chunk = chunk.map(|mut chunk| {
            chunk.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= chunk.len() as u64;
            chunk
        });
        std::future::ready(match &chunk {
            Ok(chunk) if chunk.is_empty() => None,
            _ => Some(chunk),
        })
    });
    cut.boxed()
}

#[cfg(test)]
mod tests;
