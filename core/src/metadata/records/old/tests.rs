//! Records of earlier releases become what they meant.

use super::super::Record;
use super::*;
use crate::metadata::seal;
use crate::types::ETag;

fn summary() -> Summary {
    Summary {
        size: 7,
        modified: Timestamp(5),
        etag: ETag::EMPTY,
        owner: None,
        checksum: None,
        content: ContentRef::Inline,
    }
}

#[test]
fn a_name_without_a_mint_is_read() {
    let version = VersionV1 { sequence: 9, null: false };
    let old =
        DentryV2::Object { node: 3, kind: NodeKind::File, version, summary: Some(summary()), posix: None, moves: 2 };
    let new = Dentry::Object {
        node: 3,
        kind: NodeKind::File,
        version: Version::new(9, false),
        summary: Some(summary()),
        posix: None,
        moves: 2,
    };
    assert_eq!(Dentry::decode(&seal::seal(2, &old)).unwrap(), new);
    let directory = DentryV2::Directory { node: 4, moves: 1 };
    assert_eq!(Dentry::decode(&seal::seal(2, &directory)).unwrap(), Dentry::Directory { node: 4, moves: 1 });
}

#[test]
fn a_version_without_a_mint_is_read() {
    let version = || VersionV1 { sequence: 9, null: true };
    let old = VersionRecordV1::Object { node: 3, kind: NodeKind::File, version: version(), summary: summary() };
    let version_now = Version::new(9, true);
    let new = VersionRecord::Object { node: 3, kind: NodeKind::File, version: version_now, summary: summary() };
    assert_eq!(VersionRecord::decode(&seal::seal(1, &old)).unwrap(), new);
    let old = VersionRecordV1::DeleteMarker { node: 3, version: version(), owner: None, modified: Timestamp(1) };
    let new = VersionRecord::DeleteMarker { node: 3, version: version_now, owner: None, modified: Timestamp(1) };
    assert_eq!(VersionRecord::decode(&seal::seal(1, &old)).unwrap(), new);
}
