//! What the index keeps: records, their versions, and how they become bytes.
//!
//! Always holds: every record stands behind a version byte and a CRC (`seal.rs`), and is decoded under a size limit. A record's
//! layout never changes: a new one gets a new version number and a migration here, and a fixture of each released version is
//! opened by a test for ever.

use bytes::Bytes;

use super::ReadError;
use super::keys::Id;
use super::seal;
use crate::clock::Timestamp;
use crate::content::Extent;
use crate::objects::{CorsConfiguration, ObjectHeaders};
use crate::types::{AccountId, Acl, Checksum, ChecksumAlgorithm, ChecksumKind, ETag, TagSet, VersionId, Versioning};

/// A kind of record: its name for messages and its present version.
pub trait Record: bincode::Encode + bincode::Decode<()> {
    const NAME: &'static str;
    const VERSION: u8 = 1;

    fn encode(&self) -> Bytes {
        seal::seal(Self::VERSION, self)
    }

    /// Decodes a stored value. One that is damaged, or of a version that this program does not know, is `Corrupt`.
    fn decode(bytes: &[u8]) -> Result<Self, ReadError> {
        let damaged = |error| match error {
            ReadError::Corrupt(message) => ReadError::Corrupt(format!("{}: {message}", Self::NAME)),
            other => other,
        };
        match seal::verify(bytes).map_err(damaged)? {
            (version, record) if version == Self::VERSION => seal::decode(record).map_err(damaged),
            (version, _) => Err(damaged(ReadError::Corrupt(format!(
                "version {version} is not known to this release; was a newer one run here?"
            )))),
        }
    }
}

#[derive(Clone, Debug, PartialEq, bincode::Encode, bincode::Decode)]
pub struct BucketRecord {
    pub id: Id,
    pub root: Id,
    pub owner: AccountId,
    pub created: Timestamp,
    /// What the client gave as the location constraint.
    pub location_constraint: Option<String>,
    pub location: String,
    pub versioning: Versioning,
    pub acl: Option<Acl>,
}

impl Record for BucketRecord {
    const NAME: &'static str = "bucket";
}

/// What a node is. Doors for files bring the others with them; an object made by S3 is a `File`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum NodeKind {
    File,
    Symlink,
    Fifo,
    Socket,
    BlockDevice,
    CharacterDevice,
}

/// Where a node's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum ContentRef {
    /// No bytes.
    Empty,
    /// Beside the node, in the inline table.
    Inline,
    /// In a content that others may share.
    Shared(Id),
}

/// What a listing shows of an object without opening its node.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Summary {
    pub size: u64,
    pub modified: Timestamp,
    pub etag: ETag,
    /// `None`: the bucket's owner.
    pub owner: Option<AccountId>,
    pub checksum: Option<(ChecksumAlgorithm, ChecksumKind)>,
    pub content: ContentRef,
}

/// An object's place in the order of its key's versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Version {
    pub sequence: u64,
    /// Made while the bucket kept no versions: shows as `null`.
    pub null: bool,
}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum Dentry {
    /// Its name ends in `/`.
    Directory { node: Id },
    Object {
        node: Id,
        kind: NodeKind,
        version: Version,
        /// `None` where the node has several names: then the node itself tells.
        summary: Option<Summary>,
    },
}

impl Record for Dentry {
    const NAME: &'static str = "dentry";
}

/// In the version space: a noncurrent version, or a delete marker.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum VersionRecord {
    Object { node: Id, kind: NodeKind, version: Version, summary: Summary },
    DeleteMarker { node: Id, version: Version, owner: Option<AccountId>, modified: Timestamp },
}

impl VersionRecord {
    pub fn version(&self) -> Version {
        match self {
            Self::Object { version, .. } | Self::DeleteMarker { version, .. } => *version,
        }
    }

    pub fn node(&self) -> Id {
        match self {
            Self::Object { node, .. } | Self::DeleteMarker { node, .. } => *node,
        }
    }
}

impl Record for VersionRecord {
    const NAME: &'static str = "version";
}

/// What a file door has set; an object that never met one has its bucket's defaults.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Posix {
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub accessed: Timestamp,
    pub changed: Timestamp,
}

/// A thing that has a name, or several.
#[derive(Clone, Debug, PartialEq, bincode::Encode, bincode::Decode)]
pub struct NodeRecord {
    pub kind: NodeKind,
    /// Number of names.
    pub links: u32,
    pub posix: Option<Posix>,
    pub size: u64,
    pub modified: Timestamp,
    pub content: ContentRef,
    pub etag: ETag,
    pub owner: AccountId,
    pub headers: ObjectHeaders,
    pub user_metadata: Vec<(String, String)>,
    pub tags: TagSet,
    pub checksum: Option<Checksum>,
    pub acl: Option<Acl>,
    /// Number of parts, of an object made by a multipart upload.
    pub parts: Option<u32>,
}

impl Record for NodeRecord {
    const NAME: &'static str = "node";
}

/// Bytes that one or several nodes share. Never changes but for its count.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct ContentRecord {
    /// Number of nodes that use it.
    pub uses: u32,
    pub size: u64,
    /// The location that holds its blobs.
    pub location: String,
    pub layout: Layout,
}

#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum Layout {
    /// All extents, in order.
    Extents(Vec<Extent>),
    /// The extents are in pages, one a part, where the upload left them. `index` has the first of every so many parts with its
    /// offset, ascending, so that a range is found without reading all pages.
    Parts { index: Vec<(u32, u64)> },
}

impl Record for ContentRecord {
    const NAME: &'static str = "content";
}

/// A part, of an upload or of what it became.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct PartRecord {
    pub size: u64,
    pub md5: [u8; 16],
    pub modified: Timestamp,
    pub checksum: Option<Checksum>,
    /// Empty: the bytes are in the inline table under the content and the part's number (or there are none).
    pub extents: Vec<Extent>,
}

impl Record for PartRecord {
    const NAME: &'static str = "part";
}

/// A multipart upload on its way: all that its object will be, but for the bytes.
#[derive(Clone, Debug, PartialEq, bincode::Encode, bincode::Decode)]
pub struct UploadRecord {
    pub owner: AccountId,
    pub initiator: AccountId,
    pub location: String,
    pub headers: ObjectHeaders,
    pub user_metadata: Vec<(String, String)>,
    pub tags: TagSet,
    pub acl: Option<Acl>,
    pub checksum: Option<(ChecksumAlgorithm, ChecksumKind)>,
}

impl Record for UploadRecord {
    const NAME: &'static str = "upload";
}

/// An upload that was completed: what a repetition of the request is answered.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct CompletedRecord {
    pub bucket: Id,
    pub initiator: AccountId,
    /// Digest of the request.
    pub request: [u8; 16],
    pub etag: ETag,
    pub version: Option<VersionId>,
    pub checksum: Option<Checksum>,
}

impl Record for CompletedRecord {
    const NAME: &'static str = "completed upload";
}

impl Record for CorsConfiguration {
    const NAME: &'static str = "CORS";
}

impl Record for TagSet {
    const NAME: &'static str = "tags";
}

/// A rename that carried a client token.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct RenameToken {
    /// SHA-256 of all that it asked for.
    pub request: [u8; 32],
    pub at: Timestamp,
}

impl Record for RenameToken {
    const NAME: &'static str = "rename token";
}

/// Bytes that nothing names any more.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum ReclaimTask {
    /// These blobs, once nobody reads the content.
    Blobs { content: Id, location: String, extents: Vec<Extent> },
    /// Every page of the content, and its blobs and inline bytes.
    Pages { content: Id, location: String },
    /// The uploads of a bucket that is gone.
    Uploads { bucket: Id },
}

impl Record for ReclaimTask {
    const NAME: &'static str = "reclaim task";
}

/// What is not to be remembered any longer than until the task is due.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum ForgetTask {
    RenameToken {
        bucket: Id,
        token: String,
    },
    /// What a completed upload left.
    CompletedUpload {
        content: Id,
    },
}

impl Record for ForgetTask {
    const NAME: &'static str = "forget task";
}

/// A bare number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Number(pub u64);

impl Record for Number {
    const NAME: &'static str = "number";
}
