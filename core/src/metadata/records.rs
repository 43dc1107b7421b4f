//! What the index keeps: records, their versions, and how they become bytes.
//!
//! Always holds: every record stands behind a version byte and a CRC (`seal.rs`), and is decoded under a size limit. A record's
//! layout never changes: a new one gets a new version number and a migration here, and a fixture of each released version is
//! opened by a test for ever.

mod old;

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
            (version, record) => match Self::migrate(version, record) {
                Some(migrated) => migrated.map_err(damaged),
                None => Err(damaged(ReadError::Corrupt(format!(
                    "version {version} is not known to this release; was a newer one run here?"
                )))),
            },
        }
    }

    /// What a record of an older version is in the present one. `None` for a version that never was.
    fn migrate(_version: u8, _record: &[u8]) -> Option<Result<Self, ReadError>> {
        None
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
    /// The number that its id is told with, where it is not that of the node that has it now: a version keeps its id when the file that it
    /// was made of is written to again, and another node has its state from then on.
    pub minted: Option<Id>,
}

impl Version {
    pub fn new(sequence: u64, null: bool) -> Self {
        Self { sequence, null, minted: None }
    }

    /// The id of this version, which `node` has, in a bucket with versions.
    pub fn id(self, node: Id) -> VersionId {
        match self.null {
            true => VersionId::Null,
            false => VersionId::Sequence { sequence: self.sequence, node: self.minted.unwrap_or(node) },
        }
    }

    /// The same version where another node than `node` is to have it.
    pub fn away_from(self, node: Id) -> Self {
        Self { minted: Some(self.minted.unwrap_or(node)), ..self }
    }
}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum Dentry {
    /// Its name ends in `/`.
    Directory {
        node: Id,
        /// Tells this name from those that the node had before, for whoever reads the directory and stands at one.
        moves: u32,
    },
    Object {
        node: Id,
        kind: NodeKind,
        version: Version,
        /// `None` where the node has several names or extended attributes: then the node itself tells.
        summary: Option<Summary>,
        /// As in the node, where there is a summary.
        posix: Option<Posix>,
        moves: u32,
    },
}

impl Dentry {
    /// Whether it is the name of this node.
    pub fn leads_to(&self, id: Id) -> bool {
        match self {
            Self::Directory { node, .. } | Self::Object { node, .. } => *node == id,
        }
    }
}

impl Record for Dentry {
    const NAME: &'static str = "dentry";
    const VERSION: u8 = 3;

    fn migrate(version: u8, record: &[u8]) -> Option<Result<Self, ReadError>> {
        match version {
            1 => Some(seal::decode::<old::DentryV1>(record).map(Into::into)),
            2 => Some(seal::decode::<old::DentryV2>(record).map(Into::into)),
            _ => None,
        }
    }
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
    const VERSION: u8 = 2;

    fn migrate(version: u8, record: &[u8]) -> Option<Result<Self, ReadError>> {
        (version == 1).then(|| seal::decode::<old::VersionRecordV1>(record).map(Into::into))
    }
}

/// What a file door has set; an object that never met one has the defaults of whoever looks.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Posix {
    /// Permission bits: 0o7777.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub accessed: Timestamp,
    pub changed: Timestamp,
    /// Of a device, as Linux encodes it; else 0.
    pub device: u64,
}

/// The name of a node that has one only. Of several, each is a record of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Home {
    pub parent: Id,
    /// As in the dentry's key.
    pub name: Vec<u8>,
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
    /// Where its dentry is, while `links` is 1: set by the namespace whenever it writes that dentry.
    pub home: Home,
    /// Number of extended attributes. A node that has any has no summary in its dentry, so that whoever removes it sees them.
    pub xattrs: u32,
    /// How often it got a name after the first: each name knows its number.
    pub moves: u32,
}

impl NodeRecord {
    /// A node without bytes that has no name yet.
    pub fn empty(kind: NodeKind, owner: AccountId, now: Timestamp) -> Self {
        Self {
            kind,
            links: 1,
            posix: None,
            size: 0,
            modified: now,
            content: ContentRef::Empty,
            etag: ETag::EMPTY,
            owner,
            headers: ObjectHeaders::default(),
            user_metadata: Vec::new(),
            tags: TagSet::default(),
            checksum: None,
            acl: None,
            parts: None,
            home: Home::default(),
            xattrs: 0,
            moves: 0,
        }
    }
}

impl Record for NodeRecord {
    const NAME: &'static str = "node";
    const VERSION: u8 = 2;

    fn migrate(version: u8, record: &[u8]) -> Option<Result<Self, ReadError>> {
        (version == 1).then(|| seal::decode::<old::NodeRecordV1>(record).map(Into::into))
    }
}

/// A directory: every one has such a record, beside its dentry.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct DirectoryRecord {
    pub home: Home,
    pub made: Timestamp,
    pub posix: Option<Posix>,
    /// A time of modification that was set, and when. Names that came or went later count more.
    pub modified: Option<(Timestamp, Timestamp)>,
    pub xattrs: u32,
    pub moves: u32,
}

impl Record for DirectoryRecord {
    const NAME: &'static str = "directory";
}

/// A draft that waits to be sealed.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct DraftRecord {
    /// The name of the bucket that it is in.
    pub bucket: String,
}

impl Record for DraftRecord {
    const NAME: &'static str = "draft";
}

/// The value of an extended attribute.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Xattr(pub Vec<u8>);

impl Record for Xattr {
    const NAME: &'static str = "extended attribute";
}

impl Record for Home {
    const NAME: &'static str = "name of a node";
}

/// Bytes that one or several nodes share. Never changes but for its count.
#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct ContentRecord {
    /// Number of nodes that use it, of contents that are written over it, and of reclaim tasks that have yet to give such a use back.
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
    /// Of one node only (`uses` is 1) while it is written. A page covers [`MAPPED_PAGE_BYTES`](crate::limits::MAPPED_PAGE_BYTES) of it and
    /// stands under its number; where there is none, and where a page says so, the bytes are those of `base`, up to its `length`, and zeros
    /// behind.
    Mapped {
        base: Option<Base>,
        /// The next of its inline slots; none is used twice.
        next_slot: u32,
        /// Number of changes so far: by it a reader that goes on later tells whether what it reads is still the same.
        changes: u64,
    },
}

/// A content that another is written over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Base {
    pub content: Id,
    /// Bytes of it that still count: truncation takes them away for good.
    pub length: u64,
}

/// What stands in one page of a mapped content, in order from its first byte; what is missing at the end is zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct MappedPage {
    /// How many changes the content had had when this page last changed, that one included.
    pub changed: u64,
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Piece {
    pub length: u32,
    pub source: PieceSource,
}

#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum PieceSource {
    Zeros,
    /// The same offset of the base.
    Base,
    /// Part of a blob that belongs to this page alone.
    Blob {
        extent: Extent,
        at: u32,
    },
    /// Part of inline bytes that belong to this page alone: in the inline table under the content and this slot.
    Inline {
        slot: u32,
        at: u32,
    },
}

impl Record for MappedPage {
    const NAME: &'static str = "mapped page";
    /// Far from those of [`PartRecord`], which stands under the same kind of key.
    const VERSION: u8 = 0x41;
}

/// What stands under the key of a page, whichever layout it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtentPage {
    Part(PartRecord),
    Mapped(MappedPage),
}

impl ExtentPage {
    /// Told apart by the version.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReadError> {
        match bytes.first() {
            Some(&MappedPage::VERSION) => MappedPage::decode(bytes).map(Self::Mapped),
            _ => PartRecord::decode(bytes).map(Self::Part),
        }
    }

    /// The blobs that it names, each once or several times.
    pub fn extents(&self) -> Vec<&Extent> {
        match self {
            Self::Part(part) => part.extents.iter().collect(),
            Self::Mapped(page) => page
                .pieces
                .iter()
                .filter_map(|piece| match &piece.source {
                    PieceSource::Blob { extent, .. } => Some(extent),
                    PieceSource::Zeros | PieceSource::Base | PieceSource::Inline { .. } => None,
                })
                .collect(),
        }
    }
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
    /// Every page of a mapped content, and its blobs and inline bytes, once nobody reads the content.
    MappedPages { content: Id, location: String },
    /// What pages of a mapped content no longer name, once nobody reads the content.
    Pieces { content: Id, location: String, extents: Vec<Extent>, slots: Vec<u32> },
    /// The use of `base` that `content` had, once nobody reads the content.
    Use { content: Id, base: Id },
}

impl ReclaimTask {
    /// The content whose readers it waits for.
    pub fn content(&self) -> Option<Id> {
        match self {
            Self::Blobs { content, .. }
            | Self::Pages { content, .. }
            | Self::MappedPages { content, .. }
            | Self::Pieces { content, .. }
            | Self::Use { content, .. } => Some(*content),
            Self::Uploads { .. } => None,
        }
    }
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
