//! Blobs in memory: for tests, and for a place whose bytes need not outlive the process.
//!
//! Always holds: the contract of [`DataStore`], but for durability: nothing here survives the process. Blocks are verified as on a
//! disk, so that a test can damage a byte ([`MemoryStore::damage`]) and see what a reader does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};
use parking_lot::RwLock;

use super::blocks::{Binding, CHECK_BYTES, TableBuilder, verify};
use super::{ByteStream, DataError, DataStore, Entry, Listed, Locator, Origin, Space, Stored};
use crate::error::Error;
use crate::limits::{BLOCK_BYTES, DISK_HOP_BYTES};
use crate::types::ByteRange;

#[derive(Debug, Clone)]
struct Blob {
    origin: Origin,
    bytes: Bytes,
    table: Bytes,
}

/// A store of at most `capacity_bytes`.
#[derive(Debug)]
pub struct MemoryStore {
    blobs: RwLock<BTreeMap<u64, Blob>>,
    next: AtomicU64,
    used_bytes: AtomicU64,
    capacity_bytes: u64,
}

impl MemoryStore {
    pub fn new(capacity_bytes: u64) -> Arc<Self> {
        let (blobs, next, used_bytes) = (RwLock::default(), AtomicU64::new(1), AtomicU64::new(0));
        Arc::new(Self { blobs, next, used_bytes, capacity_bytes })
    }

    /// Flips bits of a stored byte, as a failing device would. `false` where there is no such byte.
    pub fn damage(&self, locator: &Locator, position: usize, bits: u8) -> bool {
        let mut blobs = self.blobs.write();
        let Some(blob) = number(locator).ok().and_then(|number| blobs.get_mut(&number)) else { return false };
        let mut bytes = BytesMut::from(&blob.bytes[..]);
        let Some(byte) = bytes.get_mut(position) else { return false };
        *byte ^= bits;
        blob.bytes = bytes.freeze();
        true
    }

    async fn store(
        &self,
        origin: Origin,
        length: Option<u64>,
        mut body: ByteStream<Error>,
    ) -> Result<Stored, DataError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut table = TableBuilder::new(binding(number));
        let mut taken = Taken { store: self, bytes: 0 };
        let mut bytes = BytesMut::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| DataError::Source(Box::new(error)))?;
            taken.add(chunk.len() as u64)?;
            if let Some(length) = length.filter(|length| taken.bytes > *length) {
                return Err(wrong_length(format!("more than the {length} bytes announced arrived")));
            }
            table.update(&chunk);
            bytes.extend_from_slice(&chunk);
        }
        if let Some(length) = length.filter(|length| taken.bytes < *length) {
            return Err(wrong_length(format!("{} of {length} bytes arrived", taken.bytes)));
        }
        let length = std::mem::take(&mut taken.bytes);
        let blob = Blob { origin, bytes: bytes.freeze(), table: table.finish().into() };
        self.blobs.write().insert(number, blob);
        Ok(Stored { locator: Locator(number.to_le_bytes().to_vec()), length })
    }

    fn blob(&self, locator: &Locator) -> Result<(u64, Blob), DataError> {
        let number = number(locator)?;
        let blob = self.blobs.read().get(&number).cloned().ok_or(DataError::NotFound)?;
        Ok((number, blob))
    }
}

/// Bytes that count as used; given back when dropped, but for those that were taken over.
struct Taken<'a> {
    store: &'a MemoryStore,
    bytes: u64,
}

impl Taken<'_> {
    fn add(&mut self, bytes: u64) -> Result<(), DataError> {
        let used = self.store.used_bytes.fetch_add(bytes, Ordering::AcqRel) + bytes;
        self.bytes += bytes;
        let full = || DataError::Full(format!("the {} bytes of memory are used", self.store.capacity_bytes));
        if used > self.store.capacity_bytes { Err(full()) } else { Ok(()) }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.store.used_bytes.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

fn number(locator: &Locator) -> Result<u64, DataError> {
    let bytes = locator.0.as_slice().try_into();
    bytes.map(u64::from_le_bytes).map_err(|_| DataError::Corrupt("the locator is none of the memory store".into()))
}

fn binding(number: u64) -> Binding {
    Binding::new(&[number])
}

fn wrong_length(message: String) -> DataError {
    DataError::Source(Box::new(Error::IncompleteBody(message)))
}

impl DataStore for MemoryStore {
    fn put(
        &self,
        origin: Origin,
        length: Option<u64>,
        body: ByteStream<Error>,
    ) -> BoxFuture<'_, Result<Stored, DataError>> {
        self.store(origin, length, body).boxed()
    }

    fn get(&self, locator: &Locator, length: u64, range: ByteRange) -> ByteStream {
        let (number, blob) = match self.blob(locator) {
            Ok(found) => found,
            Err(error) => return stream::iter([Err(error)]).boxed(),
        };
        if blob.bytes.len() as u64 != length {
            let message = format!("the index says {length} bytes of a blob that has {}", blob.bytes.len());
            return stream::iter([Err(DataError::Corrupt(message))]).boxed();
        }
        let (Ok(begin), Ok(count)) = (usize::try_from(range.offset), usize::try_from(range.length)) else {
            return stream::iter([Err(beyond(length))]).boxed();
        };
        let Some(end) = begin.checked_add(count).filter(|end| *end <= blob.bytes.len()) else {
            return stream::iter([Err(beyond(length))]).boxed();
        };
        let steps = stream::unfold(begin, move |at| {
            let blob = blob.clone();
            async move {
                let next = end.min((at / DISK_HOP_BYTES + 1) * DISK_HOP_BYTES);
                (at < end).then(|| (cut(number, &blob, at, next), next))
            }
        });
        steps.boxed()
    }

    fn delete<'a>(&'a self, locator: &'a Locator) -> BoxFuture<'a, Result<(), DataError>> {
        async move {
            let number = number(locator)?;
            if let Some(blob) = self.blobs.write().remove(&number) {
                self.used_bytes.fetch_sub(blob.bytes.len() as u64, Ordering::AcqRel);
            }
            Ok(())
        }
        .boxed()
    }

    fn list(&self) -> Option<BoxStream<'_, Result<Entry, DataError>>> {
        let blobs = self.blobs.read();
        let listed = blobs.iter().map(|(number, blob)| {
            let locator = Locator(number.to_le_bytes().to_vec());
            Ok(Entry::Blob(Listed { locator, origin: blob.origin.clone(), length: blob.bytes.len() as u64 }))
        });
        Some(stream::iter(listed.collect::<Vec<_>>()).boxed())
    }

    fn space(&self) -> Option<Space> {
        let free_bytes = self.capacity_bytes.saturating_sub(self.used_bytes.load(Ordering::Acquire));
        Some(Space { free_bytes, writable_bytes: free_bytes, total_bytes: self.capacity_bytes })
    }
}

fn beyond(length: u64) -> DataError {
    DataError::Failed(format!("a range beyond the blob's {length} bytes was asked for"))
}

/// The bytes `begin..end` of a blob, whose blocks are verified first.
fn cut(number: u64, blob: &Blob, begin: usize, end: usize) -> Result<Bytes, DataError> {
    let first = begin / BLOCK_BYTES;
    let blocks = &blob.bytes[first * BLOCK_BYTES..end.next_multiple_of(BLOCK_BYTES).min(blob.bytes.len())];
    let checks = blob.table.get(first * CHECK_BYTES..).unwrap_or_default();
    match verify(binding(number), blocks, first as u64, checks) {
        Ok(()) => Ok(blob.bytes.slice(begin..end)),
        Err(block) => Err(DataError::Corrupt(format!("block {block} of blob {number} is not what was written"))),
    }
}

#[cfg(test)]
mod tests;
