//! Records as earlier releases wrote them.
//!
//! Always holds: nothing here changes; each becomes the present form where it is read.

use super::{ContentRef, Dentry, Home, NodeKind, NodeRecord, Posix, Summary, Version, VersionRecord};
use crate::clock::Timestamp;
use crate::metadata::keys::Id;
use crate::objects::ObjectHeaders;
use crate::types::{AccountId, Acl, Checksum, ETag, TagSet};

/// Its id was always told with its node.
#[derive(bincode::Decode)]
#[cfg_attr(test, derive(bincode::Encode))]
pub(super) struct VersionV1 {
    sequence: u64,
    null: bool,
}

impl From<VersionV1> for Version {
    fn from(VersionV1 { sequence, null }: VersionV1) -> Self {
        Version::new(sequence, null)
    }
}

/// Without cookies, and without what files have.
#[derive(bincode::Decode)]
pub(super) enum DentryV1 {
    Directory { node: Id },
    Object { node: Id, kind: NodeKind, version: VersionV1, summary: Option<Summary> },
}

impl From<DentryV1> for Dentry {
    fn from(old: DentryV1) -> Self {
        match old {
            DentryV1::Directory { node } => Dentry::Directory { node, moves: 0 },
            DentryV1::Object { node, kind, version, summary } => {
                Dentry::Object { node, kind, version: version.into(), summary, posix: None, moves: 0 }
            }
        }
    }
}

#[derive(bincode::Decode)]
#[cfg_attr(test, derive(bincode::Encode))]
pub(super) enum DentryV2 {
    Directory { node: Id, moves: u32 },
    Object { node: Id, kind: NodeKind, version: VersionV1, summary: Option<Summary>, posix: Option<Posix>, moves: u32 },
}

impl From<DentryV2> for Dentry {
    fn from(old: DentryV2) -> Self {
        match old {
            DentryV2::Directory { node, moves } => Dentry::Directory { node, moves },
            DentryV2::Object { node, kind, version, summary, posix, moves } => {
                Dentry::Object { node, kind, version: version.into(), summary, posix, moves }
            }
        }
    }
}

#[derive(bincode::Decode)]
#[cfg_attr(test, derive(bincode::Encode))]
pub(super) enum VersionRecordV1 {
    Object { node: Id, kind: NodeKind, version: VersionV1, summary: Summary },
    DeleteMarker { node: Id, version: VersionV1, owner: Option<AccountId>, modified: Timestamp },
}

impl From<VersionRecordV1> for VersionRecord {
    fn from(old: VersionRecordV1) -> Self {
        match old {
            VersionRecordV1::Object { node, kind, version, summary } => {
                VersionRecord::Object { node, kind, version: version.into(), summary }
            }
            VersionRecordV1::DeleteMarker { node, version, owner, modified } => {
                VersionRecord::DeleteMarker { node, version: version.into(), owner, modified }
            }
        }
    }
}

/// Never written: no door for files was there.
#[derive(bincode::Decode)]
struct PosixV1 {
    mode: u32,
    uid: u32,
    gid: u32,
    accessed: Timestamp,
    changed: Timestamp,
}

/// Without its name, which the migration of the index adds (`work/start.rs`).
#[derive(bincode::Decode)]
pub(super) struct NodeRecordV1 {
    kind: NodeKind,
    links: u32,
    posix: Option<PosixV1>,
    size: u64,
    modified: Timestamp,
    content: ContentRef,
    etag: ETag,
    owner: AccountId,
    headers: ObjectHeaders,
    user_metadata: Vec<(String, String)>,
    tags: TagSet,
    checksum: Option<Checksum>,
    acl: Option<Acl>,
    parts: Option<u32>,
}

impl From<NodeRecordV1> for NodeRecord {
    fn from(old: NodeRecordV1) -> Self {
        let posix = old.posix.map(|PosixV1 { mode, uid, gid, accessed, changed }| super::Posix {
            mode,
            uid,
            gid,
            accessed,
            changed,
            device: 0,
        });
        NodeRecord {
            kind: old.kind,
            links: old.links,
            posix,
            size: old.size,
            modified: old.modified,
            content: old.content,
            etag: old.etag,
            owner: old.owner,
            headers: old.headers,
            user_metadata: old.user_metadata,
            tags: old.tags,
            checksum: old.checksum,
            acl: old.acl,
            parts: old.parts,
            home: Home::default(),
            xattrs: 0,
            moves: 0,
        }
    }
}

#[cfg(test)]
mod tests;
