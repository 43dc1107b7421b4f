//! A store for this layer's tests: a map, with faults on demand.
//!
//! Always holds: without a fault it keeps the contract of [`DataStore`], but for durability.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use parking_lot::Mutex;

use crate::data::{ByteStream, DataError, DataStore, Entry, Location, Locator, Origin, Space, Stored};
use crate::error::Error;
use crate::types::ByteRange;

#[derive(Debug, Default)]
pub(super) struct FakeStore {
    pub(super) blobs: Mutex<HashMap<Locator, Bytes>>,
    /// What each put was told of its length.
    pub(super) lengths: Mutex<Vec<Option<u64>>>,
    pub(super) fault: Mutex<Fault>,
    pub(super) deleted: AtomicU64,
    next: AtomicU64,
}

#[derive(Debug, Default, Clone)]
pub(super) enum Fault {
    #[default]
    None,
    /// Counts bytes and keeps none.
    Null,
    /// Put answers this.
    Put(DataError),
    /// Put makes its own error of a stream's error.
    HideSource,
    /// Put answers `Ok` without having read the stream's end.
    NoEnd,
    /// Put gives up after this many bytes.
    GiveUp(u64),
    /// Put says that it kept one byte less.
    Short,
    /// Get gives this many bytes more or less.
    GetMore(i64),
    Delete,
}

impl FakeStore {
    pub(super) fn location(self: &Arc<Self>, inline: bool) -> Location {
        Location { name: "fake".into(), store: self.clone(), inline }
    }

    pub(super) fn set(&self, fault: Fault) {
        *self.fault.lock() = fault;
    }

    /// Keeps bytes as a blob.
    pub(super) fn keep(&self, bytes: Bytes) -> Locator {
        let locator = Locator(self.next.fetch_add(1, Ordering::SeqCst).to_be_bytes().to_vec());
        self.blobs.lock().insert(locator.clone(), bytes);
        locator
    }
}

impl DataStore for FakeStore {
    fn put(
        &self,
        _origin: Origin,
        length: Option<u64>,
        mut body: ByteStream<Error>,
    ) -> BoxFuture<'_, Result<Stored, DataError>> {
        Box::pin(async move {
            let fault = self.fault.lock().clone();
            self.lengths.lock().push(length);
            if let Fault::Put(error) = fault {
                return Err(error);
            }
            let (mut bytes, mut size) = (BytesMut::new(), 0);
            while let Some(chunk) = body.next().await {
                let chunk = chunk.map_err(|error| match fault {
                    Fault::HideSource => DataError::Failed("something".into()),
                    _ => DataError::Source(Box::new(error)),
                })?;
                size += chunk.len() as u64;
                if !matches!(fault, Fault::Null) {
                    bytes.extend_from_slice(&chunk);
                }
                if matches!(fault, Fault::GiveUp(after) if size >= after) {
                    return Err(DataError::Full("no space".into()));
                }
                if matches!(fault, Fault::NoEnd) && Some(size) == length {
                    break;
                }
            }
            if length.is_some_and(|length| length != size) {
                return Err(DataError::Failed("another length than announced".into()));
            }
            if matches!(fault, Fault::Short) {
                size -= 1;
            }
            Ok(Stored { locator: self.keep(bytes.freeze()), length: size })
        })
    }

    fn get(&self, locator: &Locator, length: u64, range: ByteRange) -> ByteStream {
        let Some(bytes) = self.blobs.lock().get(locator).cloned() else {
            return stream::iter([Err(DataError::NotFound)]).boxed();
        };
        assert_eq!(length, bytes.len() as u64, "the extent's length");
        let from = usize::try_from(range.offset).unwrap();
        let mut range = from..from + usize::try_from(range.length).unwrap();
        if let Fault::GetMore(more) = *self.fault.lock() {
            range.end = range.end.saturating_add_signed(isize::try_from(more).unwrap());
        }
        let pieces: Vec<_> = bytes.slice(range).chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        stream::iter(pieces).boxed()
    }

    fn delete<'a>(&'a self, locator: &'a Locator) -> BoxFuture<'a, Result<(), DataError>> {
        Box::pin(async move {
            if matches!(*self.fault.lock(), Fault::Delete) {
                return Err(DataError::Unavailable("no".into()));
            }
            self.blobs.lock().remove(locator);
            self.deleted.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
    }

    fn list(&self) -> Option<BoxStream<'_, Result<Entry, DataError>>> {
        None
    }

    fn space(&self) -> Option<Space> {
        None
    }
}
