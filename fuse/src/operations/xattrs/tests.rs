//! Names and flags.

use fuser::Errno;
use trefoil_core::files::SetXattr;

use super::{is_list, joined, mode};

#[test]
fn names_are_ended_by_nul() {
    assert_eq!(joined(&[b"user.a".to_vec(), b"user.b".to_vec()]), b"user.a\0user.b\0");
    assert!(joined(&[]).is_empty());
}

#[test]
fn flags_are_read() {
    assert_eq!(mode(0), Ok(SetXattr::Any));
    assert_eq!(mode(libc::XATTR_CREATE), Ok(SetXattr::Create));
    assert_eq!(mode(libc::XATTR_REPLACE), Ok(SetXattr::Replace));
    assert_eq!(mode(3), Err(Errno::EINVAL));
}

#[test]
fn lists_are_known_by_their_names() {
    assert!(is_list(b"system.posix_acl_access") && is_list(b"system.posix_acl_default"));
    assert!(!is_list(b"user.posix_acl_access"));
}
