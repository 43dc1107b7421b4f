//! What can go wrong below a door, said once.
//!
//! Always holds: each variant tells the caller what to do and maps to exactly one answer of each door (`s3/src/error.rs` and
//! later `fuse/src/errno.rs`, `nfs/src/status.rs` are exhaustive matches). Nothing here knows HTTP, XML or errno (T7). A message
//! says what happened, to what, and what to try; none holds a secret.

use crate::clock::Timestamp;
use crate::types::{ETag, VersionId};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A request that was not carried out. Unless a variant says otherwise, nothing was changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    #[error("the bucket {0} does not exist")]
    NoSuchBucket(String),
    #[error("the bucket {0} already exists and belongs to you")]
    BucketAlreadyOwnedByYou(String),
    #[error("the bucket {0} already exists and belongs to another account; choose another name")]
    BucketAlreadyExists(String),
    #[error("the bucket {0} is not empty; delete its objects, versions and uploads first")]
    BucketNotEmpty(String),
    #[error("the account has as many buckets as it may have ({0})")]
    TooManyBuckets(usize),
    #[error("the key {0} does not exist")]
    NoSuchKey(String),
    /// The key's latest version is a delete marker and no version was named.
    #[error("the key {key} was deleted")]
    Deleted { key: String, version: VersionId, modified: Timestamp },
    /// The named version is a delete marker, which has no content.
    #[error("the version {version} is a delete marker")]
    IsDeleteMarker { version: VersionId, modified: Timestamp },
    #[error("the version {version} of {key} does not exist")]
    NoSuchVersion { key: String, version: String },
    #[error("the upload {0} does not exist; it may have been completed or aborted")]
    NoSuchUpload(String),
    /// The bucket or object has no configuration of this kind.
    #[error("there is no {0} configuration")]
    NotConfigured(Configuration),
    #[error("access denied: {0}")]
    AccessDenied(String),

    #[error("the condition {0} does not hold")]
    PreconditionFailed(&'static str),
    #[error("not modified")]
    NotModified(Box<NotModified>),
    /// Another writer changed the key while this request was on its way. Try again.
    #[error("another request changed the same key at the same time; try again")]
    ConditionalConflict,
    #[error("the range lies beyond the object's {size} bytes")]
    InvalidRange { size: u64 },
    #[error("the object has no part {requested}; it has {count}")]
    InvalidPartNumber { requested: u32, count: u32 },
    /// The token of a request that is done came with another request.
    #[error("the client token was used for another request; take a new one")]
    IdempotencyMismatch,

    /// A named argument has a value that can't be.
    #[error("{message}")]
    InvalidArgument { name: &'static str, value: String, message: String },
    /// The request as a whole can't be.
    #[error("{0}")]
    InvalidRequest(String),
    #[error("{0}")]
    MalformedAcl(String),
    /// A configuration that lacks what each has.
    #[error("{0}")]
    MalformedConfiguration(&'static str),
    #[error("{0}")]
    InvalidTag(String),
    #[error("the key is longer than {max} bytes")]
    KeyTooLong { size: usize, max: usize },
    #[error("the metadata headers take {size} bytes, more than {max}")]
    MetadataTooLarge { size: usize, max: usize },
    #[error("no account has the e-mail address {0}")]
    UnresolvableGrantByEmail(String),
    #[error("the version of the bucket does not allow this: {0}")]
    InvalidBucketState(String),
    /// What was asked for is not built, and so refused rather than ignored.
    #[error("{0}")]
    NotImplemented(String),

    #[error("the {0} sent does not match the content received")]
    BadDigest(&'static str),
    #[error("the Content-MD5 sent does not match the content received")]
    BadMd5 { sent: [u8; 16], computed: [u8; 16] },
    /// Of a part that a completion names.
    #[error("the {algorithm} sent for part {part} does not match the part")]
    BadPartDigest { algorithm: &'static str, part: u32 },
    #[error("the Content-MD5 sent is not a valid digest")]
    InvalidMd5 { sent: String },
    #[error("the content does not match x-amz-content-sha256")]
    PayloadHashMismatch { sent: String, computed: String },
    /// A chunk's or trailer's signature is wrong.
    #[error("a signature inside the body does not match")]
    BodySignature,
    #[error("the body ended early or its framing is broken: {0}")]
    IncompleteBody(String),
    /// What was announced to follow the body did not, or is not what was announced.
    #[error("the trailers behind the body are malformed: {0}")]
    MalformedTrailer(String),
    /// The sender stopped sending for too long.
    #[error("the body did not arrive in time")]
    BodyTimeout,
    #[error("{size} bytes are more than the {max} allowed")]
    EntityTooLarge { size: u64, max: u64 },
    #[error("{size} bytes are fewer than the {min} needed")]
    /// Of a part, its number and tag.
    EntityTooSmall { size: u64, min: u64, part: Option<(u32, ETag)> },
    /// A completion names a part that is not there, or is another. The tag is as sent.
    #[error("the upload {upload} has no part {part} with the tag {etag}")]
    InvalidPart { upload: String, part: u32, etag: String },
    #[error("the parts of the upload {upload} are not in ascending order")]
    InvalidPartOrder { upload: String },

    /// A request for a file, in the words of files. No verb of objects gives it.
    #[error("{0}")]
    File(#[from] crate::files::FileError),

    /// The store is out of space. Reads and deletes go on.
    #[error("the store is full: {0}")]
    StorageFull(String),
    /// Too much at once, or a place that does not answer now. Try again later.
    #[error("not available now: {0}")]
    Unavailable(String),
    /// Stored bytes or records are not what was written. No bad byte was given out.
    #[error("stored data is damaged: {0}")]
    Corrupt(String),
    /// A fault of the machine or of this program; the log says more.
    #[error("internal error: {0}")]
    Internal(String),
}

/// What is told of a version that the reader has already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotModified {
    pub etag: ETag,
    pub modified: Timestamp,
    pub version: Option<VersionId>,
    pub cache_control: Option<String>,
    pub expires: Option<String>,
}

/// A kind of configuration that a bucket or object may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Configuration {
    Cors,
    BucketTags,
}

impl std::fmt::Display for Configuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Configuration::Cors => "CORS",
            Configuration::BucketTags => "tag",
        })
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ENOSPC | libc::EDQUOT) => Error::StorageFull(error.to_string()),
            Some(libc::EMFILE | libc::ENFILE) => Error::Unavailable(error.to_string()),
            _ => Error::Internal(error.to_string()),
        }
    }
}
