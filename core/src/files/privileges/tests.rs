//! What a file keeps of the rights that it lends when its bytes change.

use bytes::Bytes;

use super::super::tests::{Files, error, user};
use super::super::{Access, Allocate, Caller, FileError, SetAttributes, SetXattr, Stability, WriteAt};
use super::*;

const OWNER: u32 = 1001;

/// A program that everybody may write to, whose owner and group are [`OWNER`].
async fn program(files: &Files, mode: u32) -> Id {
    let name = format!("program-{mode:o}-{}", files.names(files.view.root).await.len());
    let node = files.file(files.view.root, &name).await;
    let (mode, uid, gid) = (Some(mode), Some(OWNER), Some(OWNER));
    let own = SetAttributes { uid, gid, ..SetAttributes::default() };
    files.service.set_attributes(&files.view, &files.root, node, own).await.unwrap();
    let set = SetAttributes { mode, ..SetAttributes::default() };
    files.service.set_attributes(&files.view, &files.root, node, set).await.unwrap();
    let capability = files.service.set_xattr(&files.view, &files.root, node, CAPABILITY, b"caps", SetXattr::Any);
    capability.await.unwrap();
    node
}

async fn write(files: &Files, caller: &Caller, node: Id) -> crate::error::Result<()> {
    let bytes = Bytes::from_static(b"bytes");
    let written = files.service.write(&files.view, caller, node, WriteAt::Offset(0), bytes, Stability::File);
    written.await.map(|_| ())
}

async fn has_capability(files: &Files, node: Id) -> bool {
    match files.service.get_xattr(&files.view, &files.root, node, CAPABILITY).await {
        Ok(_) => true,
        Err(found) => {
            assert_eq!(error::<()>(Err(found)), FileError::NoAttribute);
            false
        }
    }
}

#[tokio::test]
async fn a_write_takes_set_id_bits() {
    let files = Files::new().await;
    let member = Caller { groups: vec![OWNER], ..user(7) };
    for (before, caller, after) in [
        (0o6777, user(7), 0o777),
        (0o6777, user(OWNER), 0o777),
        (0o2767, member.clone(), 0o2767),
        (0o2767, user(7), 0o767),
        (0o2777, member, 0o777),
        (0o6777, Caller::root(), 0o6777),
        (0o6777, Caller::checked(), 0o6777),
        (0o1777, user(7), 0o1777),
    ] {
        let node = program(&files, before).await;
        let changed = files.stat(node).await.changed;
        write(&files, &caller, node).await.unwrap();
        let now = files.stat(node).await;
        assert_eq!(now.mode, after, "{before:o} {caller:?}");
        assert!(now.changed >= changed && now.uid == OWNER);
        assert_eq!(has_capability(&files, node).await, caller.checked, "{before:o} {caller:?}");
    }
    files.check().await;
}

#[tokio::test]
async fn a_kernel_may_leave_them_to_the_store() {
    let files = Files::new().await;
    let asks = |takes_set_id| Caller { uid: 7, gid: 7, takes_set_id, ..Caller::checked() };
    for (before, takes_set_id, after) in [
        (0o6777, Some(true), 0o777),
        (0o2767, Some(true), 0o2767),
        (0o6777, Some(false), 0o6777),
        (0o6777, None, 0o6777),
    ] {
        let (caller, has_it_still) = (asks(takes_set_id), takes_set_id.is_none());
        let node = program(&files, before).await;
        let took = files.service.written_by(&files.view, &caller, node).await.unwrap();
        assert_eq!(files.stat(node).await.mode, after, "{before:o} {takes_set_id:?}");
        assert_eq!(has_capability(&files, node).await, has_it_still, "{before:o} {takes_set_id:?}");
        assert_eq!(took, !has_it_still);
        assert!(!files.service.written_by(&files.view, &caller, node).await.unwrap(), "there is nothing left to take");
        let node = program(&files, before).await;
        let hands = SetAttributes { uid: Some(5), ..SetAttributes::default() };
        files.service.set_attributes(&files.view, &caller, node, hands).await.unwrap();
        let after = match (takes_set_id, before) {
            (None, mode) => mode,
            (Some(_), 0o6777) => 0o777,
            (Some(_), mode) => mode,
        };
        assert_eq!(files.stat(node).await.mode, after, "whoever changes hands loses them: {before:o} {takes_set_id:?}");
        assert_eq!(has_capability(&files, node).await, has_it_still, "{before:o} {takes_set_id:?}");
    }
    files.check().await;
}

#[tokio::test]
async fn so_does_each_other_change_of_the_bytes() {
    let files = Files::new().await;
    let (view, caller) = (&files.view, user(7));
    let source = program(&files, 0o777).await;
    write(&files, &files.root, source).await.unwrap();
    for what in 0..4 {
        let node = program(&files, 0o6777).await;
        let service = &files.service;
        match what {
            0 => {
                let set = SetAttributes { size: Some(10), ..SetAttributes::default() };
                service.set_attributes(view, &caller, node, set).await.map(|_| ())
            }
            1 => service.allocate(view, &caller, node, Allocate::Reserve { keep_size: false }, 0, 10).await,
            2 => service.copy_range(view, &caller, (source, 0), (node, 0), 5).await.map(|_| ()),
            _ => service.open(view, &caller, node, Access::WRITE, true).await.map(drop),
        }
        .unwrap();
        assert_eq!(files.stat(node).await.mode, 0o777, "{what}");
        assert!(!has_capability(&files, node).await, "{what}");
    }
}

#[tokio::test]
async fn a_guard_is_looked_at_before() {
    let files = Files::new().await;
    let node = program(&files, 0o6777).await;
    let guard = |time| SetAttributes { size: Some(3), unchanged_since: Some(time), ..SetAttributes::default() };
    let changed = files.stat(node).await.changed;
    let late = guard(crate::clock::Timestamp(1));
    let refused = files.service.set_attributes(&files.view, &user(7), node, late).await;
    assert_eq!(error(refused), FileError::NotInSync);
    assert_eq!(files.stat(node).await.mode, 0o6777);
    files.service.set_attributes(&files.view, &user(7), node, guard(changed)).await.unwrap();
    let now = files.stat(node).await;
    assert_eq!((now.mode, now.size), (0o777, 3));
}

#[tokio::test]
async fn whoever_may_not_write_takes_nothing() {
    let files = Files::new().await;
    let node = program(&files, 0o6755).await;
    assert_eq!(error(write(&files, &user(7), node).await), FileError::PermissionDenied);
    files.service.read(&files.view, &user(7), node, 0, 1).await.unwrap();
    files.service.open(&files.view, &user(7), node, Access::READ, false).await.unwrap();
    assert_eq!(files.stat(node).await.mode, 0o6755);
    assert!(has_capability(&files, node).await);
}

#[tokio::test]
async fn a_change_of_hands_takes_capabilities_too() {
    let files = Files::new().await;
    let node = program(&files, 0o6755).await;
    let set = SetAttributes { uid: Some(5), ..SetAttributes::default() };
    files.service.set_attributes(&files.view, &files.root, node, set).await.unwrap();
    assert_eq!(files.stat(node).await.mode, 0o755);
    assert!(!has_capability(&files, node).await);
    assert!(files.service.list_xattrs(&files.view, &files.root, node).await.unwrap().is_empty());
    files.check().await;
}

#[tokio::test]
async fn a_kernel_may_take_capabilities_for_a_writer() {
    let files = Files::new().await;
    let node = program(&files, 0o777).await;
    let writer = Caller { uid: 7, gid: 7, ..Caller::checked() };
    files.service.remove_xattr(&files.view, &writer, node, CAPABILITY).await.unwrap();
    let stranger = files.service.set_xattr(&files.view, &user(7), node, CAPABILITY, b"caps", SetXattr::Any).await;
    assert_eq!(error(stranger), FileError::NotPermitted);
}
