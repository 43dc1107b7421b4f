//! Bytes at rest: places for immutable, opaquely named blobs, behind one narrow trait.
//!
//! Always holds (T1, T3): a blob never changes; its locator is never reused; a blob whose `put` answered `Ok` is on stable
//! storage, with the directory entry that leads to it. Retry, limits, breakers and meters are wrappers around a store, never
//! branches in one; `conformance.rs` runs against every store and every wrapper.
//!
//! # Contract for implementers
//!
//! * [`DataStore::put`] takes the bytes from a stream. After `Ok` the blob is durable and [`DataStore::get`] gives exactly these
//!   bytes; after `Err`, and after a crash before the answer, it is whole or absent, never half: what is left behind is found and
//!   reclaimed as an orphan by its header. Where the stream itself fails, the answer is that error and nothing is kept.
//! * [`DataStore::get`] verifies every block it reads against a checksum that is bound to the blob's id and the block's position,
//!   before it gives out a single byte of the block. A mismatch is [`DataError::Corrupt`]: never bad bytes, never a panic.
//! * [`DataStore::delete`] of what is absent succeeds. Deleted space is reclaimed without moving what stays.
//! * [`DataStore::list`] is a capability that not all have. It shows every blob whose put was answered and that was not deleted,
//!   with its origin, so that orphans can be told; and what earlier starts left behind, whole or not. A put that is under way is
//!   not shown. What is damaged is an error in its place, and the list goes on behind it.
//! * A failed sync is final for the bytes it concerned (T9): the put fails, and is not tried again on the same file.

pub mod blocks;
#[cfg(test)]
pub mod conformance;
pub mod disk_pool;
pub mod faulty;
pub mod files;
pub mod histogram;
pub mod memory;
pub mod metered;

use std::fmt::Debug;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;

use crate::types::ByteRange;

/// Bytes on their way. The chunks may have any size; an error ends the stream.
pub type ByteStream<E = DataError> = BoxStream<'static, Result<Bytes, E>>;

/// What a store gives for a blob, opaque to all but that store: at most 64 bytes. Kept in the extent that names the blob.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, bincode::Encode, bincode::Decode)]
pub struct Locator(pub Vec<u8>);

/// Why a blob exists, written into its header where the store has one: by this an orphan is told from a blob in use, and an index
/// could be built anew.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Origin {
    /// The content that will name the blob (see `content/`), allotted before the first byte is written. Never reused.
    pub content: u64,
    /// The extent page within the content: the part number of a multipart upload, else 0.
    pub page: u32,
    pub bucket: String,
    /// As it was when the blob was written. A store may cut what is longer than S3 allows.
    pub key: String,
}

/// What [`DataStore::list`] finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Blob(Listed),
    /// Bytes behind which no header stands: what a power cut left of a blob whose put was never answered, or a stored blob whose
    /// header is damaged. Which of the two, only the index can tell.
    Remnant(Span),
}

/// A blob as [`DataStore::list`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub locator: Locator,
    pub origin: Origin,
    pub length: u64,
}

/// Bytes of one of the files that a store keeps blobs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub file: String,
    pub begin: u64,
    pub end: u64,
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "bytes {} to {} of {}", self.begin, self.end, self.file)
    }
}

/// A stored blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub locator: Locator,
    /// Bytes of content, without headers and checksums.
    pub length: u64,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum DataError {
    /// The blob is not there. For a read this means that the index names what is gone.
    #[error("no blob at this locator")]
    NotFound,
    /// The stored bytes are not those that were written.
    #[error("{0}")]
    Corrupt(String),
    #[error("no space left: {0}")]
    Full(String),
    /// Worth another try later.
    #[error("{0}")]
    Unavailable(String),
    /// The stream that was to be stored failed; this is its error, given back whole.
    #[error("{0}")]
    Source(Box<crate::error::Error>),
    #[error("{0}")]
    Failed(String),
}

impl From<std::io::Error> for DataError {
    fn from(error: std::io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ENOSPC | libc::EDQUOT) => Self::Full(error.to_string()),
            Some(libc::EMFILE | libc::ENFILE) => Self::Unavailable(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// A place for blobs. See the module for the contract.
pub trait DataStore: Send + Sync + Debug + 'static {
    /// Stores what `body` gives. `length` is the exact number of bytes where the sender said so; a stream that gives another
    /// number fails. Bytes arrive in `Bytes` of any size; a store gathers and writes them without holding the whole.
    fn put(
        &self,
        origin: Origin,
        length: Option<u64>,
        body: ByteStream<crate::error::Error>,
    ) -> BoxFuture<'_, Result<Stored, DataError>>;

    /// The bytes of `range`, in chunks of at most [`crate::limits::DISK_HOP_BYTES`], each verified. `length` is the blob's length
    /// as the extent keeps it.
    fn get(&self, locator: &Locator, length: u64, range: ByteRange) -> ByteStream;

    fn delete<'a>(&'a self, locator: &'a Locator) -> BoxFuture<'a, Result<(), DataError>>;

    /// Every blob and every remnant, in no order; `None` where the store can't tell.
    fn list(&self) -> Option<BoxStream<'_, Result<Entry, DataError>>>;

    /// The bytes that a blob takes, in the terms of a remnant. `None` in a store that has no remnants, and for a locator that is
    /// none of this store. A wrapper passes this on.
    fn span(&self, _locator: &Locator) -> Option<Span> {
        None
    }

    /// Gives a remnant's bytes back. The caller knows that no blob in use has its own there. A wrapper passes this on.
    fn clear<'a>(&'a self, _remnant: &'a Span) -> BoxFuture<'a, Result<(), DataError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// The room of the place, where it can tell.
    fn space(&self) -> Option<Space>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    pub free_bytes: u64,
    /// Free bytes but for those that the place keeps free: more is refused.
    pub writable_bytes: u64,
    pub total_bytes: u64,
}

/// A configured data store with its name (Zenko's word *location*).
#[derive(Clone, Debug)]
pub struct Location {
    pub name: String,
    pub store: Arc<dyn DataStore>,
    /// Whether small contents may be kept in the index instead: a bucket on the RING has its bytes on the RING.
    pub inline: bool,
}
