//! Content: how bytes arrive, are hashed, are kept, and are read again. The only way to write and read bytes, for every door.
//!
//! Always holds (T1): a [`Written`] content is durable, or inline and waiting to be committed with its name. A content is
//! published only after every digest that the sender gave (in front of or behind the body) was compared. Nothing holds a whole
//! object in memory: at most a few hops of [`crate::limits::DISK_HOP_BYTES`] per body.

mod combine;
mod digest;
mod expected;
#[cfg(test)]
mod fake_store;
mod hash_pool;
mod hashed_body;
mod inline;
pub mod mapped;
mod md5;
mod metrics;
mod pins;
mod reader;
mod running;
mod uncommitted;
mod writer;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

pub use crate::data::ByteStream;
use crate::data::Locator;
use crate::error::Error;
use crate::types::{Checksum, ChecksumAlgorithm};

pub use combine::{Composite, FullObject, combine, multipart_etag};
pub use digest::{Digests, Finished, checksum_of};
pub use inline::{open_inline, seal_inline};
pub use md5::Md5;
pub(crate) use metrics::corrupt;
pub use metrics::{Metrics, metrics};
pub use pins::{Pin, Pins};
pub(crate) use reader::get_error;
pub use reader::{Held, Pages, read, read_inline};
pub(crate) use running::RunningMd5;
pub use uncommitted::Uncommitted;
pub(crate) use writer::put_error;
pub use writer::write;

/// A body on its way in, with what its sender said about it.
pub struct Upload {
    /// The decoded bytes: no transfer or chunk framing. Its error, if it has one, is the request's error.
    pub body: ByteStream<Error>,
    /// Exact length in bytes where the sender gave one. A body of another length is `IncompleteBody`.
    pub length: Option<u64>,
    pub expected: Expected,
}

/// Digests that the sender gave. Each is compared before the content is published.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Content-MD5. A difference is `BadMd5`.
    pub md5: Option<[u8; 16]>,
    /// x-amz-content-sha256 of a signed payload. A difference is `PayloadHashMismatch`.
    pub sha256: Option<[u8; 32]>,
    pub checksum: ExpectedChecksum,
}

/// The additional checksum that the sender gave or asked for. A difference is `BadDigest` with the algorithm's name.
#[derive(Clone, Debug, Default)]
pub enum ExpectedChecksum {
    /// None named. Whole objects and parts then get a CRC64NVME of our own, as S3 does.
    #[default]
    None,
    /// Named, to be computed and kept, with no value to compare.
    Compute(ChecksumAlgorithm),
    Value(ChecksumAlgorithm, Vec<u8>),
    /// The value comes behind the body: the stream fills the slot before it ends. A slot still empty then is `IncompleteBody`.
    Trailing(ChecksumAlgorithm, TrailerSlot),
}

/// Where a body's decoder leaves the checksum that stood behind the body.
pub type TrailerSlot = Arc<OnceLock<Vec<u8>>>;

/// One stored run of bytes: a blob, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Extent {
    pub locator: Locator,
    /// Bytes of the blob.
    pub length: u64,
}

/// Where a body's bytes went.
#[derive(Clone, Debug)]
pub enum Body {
    Empty,
    /// To be committed with the name, in the index.
    Inline(Bytes),
    /// Durable in the location.
    Extents(Vec<Extent>),
}

/// A body that has arrived whole, was compared with what its sender said, and waits for its name.
#[derive(Debug)]
pub struct Written {
    pub body: Body,
    pub size: u64,
    pub md5: [u8; 16],
    /// Of the algorithm that the sender named; else of the one that the writer's caller named; else a CRC64NVME. Always `FullObject`.
    pub checksum: Checksum,
    /// Of the algorithm that the writer's caller named, where it named one: the same as `checksum`, or one besides. Always `FullObject`.
    pub extra: Option<Checksum>,
    /// Deletes the blobs when it is dropped before the name was committed.
    pub uncommitted: Uncommitted,
}
