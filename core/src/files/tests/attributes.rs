//! Modes, owners, times, extended attributes, and who may do what.

use super::*;
use crate::clock::Timestamp;
use crate::types::Versioning;

fn mode(mode: u32) -> SetAttributes {
    SetAttributes { mode: Some(mode), ..SetAttributes::default() }
}

#[tokio::test]
async fn the_mode_decides() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    service.set_attributes(view, &files.root, root, mode(0o777)).await.unwrap();
    let (alice, bob) = (user(1001), user(1002));
    let make = service.make(view, &alice, root, b"home", Make::Directory, mode(0o700)).await.unwrap();
    let home = make.0.attributes;
    assert_eq!((home.uid, home.gid, home.mode), (1001, 1001, 0o700));
    assert_eq!(error(service.lookup(view, &bob, home.node, b"x").await), FileError::PermissionDenied);
    assert_eq!(error(service.read_directory(view, &bob, home.node, 0, 1, false).await), FileError::PermissionDenied);
    assert_eq!(error(service.lookup(view, &alice, home.node, b"x").await), FileError::NoSuchName);
    assert_eq!(error(service.set_attributes(view, &bob, home.node, mode(0o777)).await), FileError::NotPermitted);
    let give = SetAttributes { uid: Some(1002), ..SetAttributes::default() };
    assert_eq!(error(service.set_attributes(view, &alice, home.node, give).await), FileError::NotPermitted);
    service.set_attributes(view, &files.root, home.node, give).await.unwrap();
    assert_eq!(files.stat(home.node).await.uid, 1002);
    files.check().await;
}

#[tokio::test]
async fn who_makes_something_is_told_what_it_is() {
    let files = Files::new().await;
    let root = files.view.root;
    let link = Make::Symlink(b"target".to_vec());
    let makes = [Make::File(Exclusive::Yes), Make::Directory, link, Make::Fifo, Make::Socket];
    for (number, make) in makes.into_iter().enumerate() {
        let made = files.make(root, &format!("made-{number}"), make).await.unwrap();
        // The times, too: what a client keeps of the answer would change by itself.
        assert_eq!(made, files.stat(made.node).await);
    }
    files.check().await;
}

#[tokio::test]
async fn a_sticky_directory_keeps_what_is_not_ones_own() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    service.set_attributes(view, &files.root, root, mode(0o1777)).await.unwrap();
    let (alice, bob) = (user(1001), user(1002));
    let file = Make::File(Exclusive::Yes);
    service.make(view, &alice, root, b"a", file, mode(0o666)).await.unwrap();
    assert_eq!(error(service.remove_file(view, &bob, root, b"a").await), FileError::NotPermitted);
    let moved = service.rename(view, &bob, (root, b"a"), (root, b"b"), RenameMode::Replace).await;
    assert_eq!(error(moved), FileError::NotPermitted);
    service.remove_file(view, &alice, root, b"a").await.unwrap();
}

#[tokio::test]
async fn a_group_is_inherited_where_the_directory_says_so() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    let set = SetAttributes { mode: Some(0o2777), gid: Some(50), ..SetAttributes::default() };
    service.set_attributes(view, &files.root, root, set).await.unwrap();
    let made = service.make(view, &user(7), root, b"d", Make::Directory, mode(0o755)).await.unwrap().0.attributes;
    assert_eq!((made.gid, made.mode), (50, 0o2755));
    let file = Make::File(Exclusive::Yes);
    let made = service.make(view, &user(7), root, b"f", file, mode(0o2755)).await.unwrap().0.attributes;
    assert_eq!((made.gid, made.mode), (50, 0o755), "no mark of a group that its maker is not in");
    // A kernel may leave that to us, and says which groups the maker is in.
    let caller = |groups| Caller { checked: true, groups, ..user(7) };
    for (name, groups, bits, is) in [
        ("stranger", vec![], 0o2755, 0o755),
        ("member", vec![50], 0o2755, 0o2755),
        ("for locking", vec![], 0o2745, 0o2745),
    ] {
        let file = Make::File(Exclusive::Yes);
        let made = service.make(view, &caller(groups), root, name.as_bytes(), file, mode(bits)).await.unwrap();
        assert_eq!((made.0.attributes.gid, made.0.attributes.mode), (50, is), "{name}");
    }
}

#[tokio::test]
async fn what_may_not_be_set_is_refused_before_anything_is() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    let file = files.file(root, "a").await;
    service.set_attributes(view, &files.root, file, mode(0o666)).await.unwrap();
    super::semantics::write(&files, file, 0, b"bytes").await;
    let empty = SetAttributes { size: Some(0), ..SetAttributes::default() };
    let bob = user(1002);
    let at = Some(SetTime::To(Timestamp::from_secs(5)));
    for set in [
        SetAttributes { mode: Some(0o777), ..empty },
        SetAttributes { uid: Some(1002), ..empty },
        SetAttributes { gid: Some(1002), ..empty },
        SetAttributes { accessed: at, ..empty },
        SetAttributes { modified: at, ..empty },
    ] {
        assert_eq!(error(service.set_attributes(view, &bob, file, set).await), FileError::NotPermitted, "{set:?}");
        assert_eq!(files.stat(file).await.size, 5, "{set:?}");
    }
    // What a program that writes may do: to empty a file now.
    service.set_attributes(view, &bob, file, SetAttributes { modified: Some(SetTime::Now), ..empty }).await.unwrap();
    assert_eq!(files.stat(file).await.size, 0);
    files.check().await;
}

#[tokio::test]
async fn a_directory_has_the_times_that_it_was_made_with() {
    for versioning in [Versioning::Unset, Versioning::Enabled] {
        let files = Files::new().await;
        if versioning != Versioning::Unset {
            files.s3.service.set_versioning(&files.s3.root, &files.s3.bucket, versioning).await.unwrap();
        }
        let at = |secs| Some(SetTime::To(Timestamp::from_secs(secs)));
        let set = SetAttributes { accessed: at(1), modified: at(2), ..SetAttributes::default() };
        let made = files.service.make(&files.view, &files.root, files.view.root, b"d", Make::Directory, set).await;
        let made = made.unwrap().0.attributes;
        assert_eq!((made.accessed.as_secs(), made.modified.as_secs()), (1, 2), "{versioning:?}");
        assert_eq!(files.stat(made.node).await, made);
        // And those that it is given: `cp -a` sets older ones.
        let set = SetAttributes { accessed: at(3), modified: at(4), ..SetAttributes::default() };
        files.service.set_attributes(&files.view, &files.root, made.node, set).await.unwrap();
        let now = files.stat(made.node).await;
        assert_eq!((now.accessed.as_secs(), now.modified.as_secs()), (3, 4), "{versioning:?}");
        files.check().await;
    }
}

#[tokio::test]
async fn times_are_what_was_set() {
    let files = Files::new().await;
    let file = files.file(files.view.root, "a").await;
    let at = |secs| Some(SetTime::To(Timestamp::from_secs(secs)));
    let set = SetAttributes { accessed: at(1), modified: at(2), ..SetAttributes::default() };
    files.service.set_attributes(&files.view, &files.root, file, set).await.unwrap();
    let now = files.stat(file).await;
    assert_eq!((now.accessed.as_secs(), now.modified.as_secs()), (1, 2));
    let head = files.s3.service.head(&files.s3.root, files.s3.request("a")).await.unwrap();
    assert_eq!(head.info.modified.as_secs(), 2);
    let guarded = SetAttributes { unchanged_since: Some(Timestamp(5)), ..mode(0o600) };
    let refused = files.service.set_attributes(&files.view, &files.root, file, guarded).await;
    assert_eq!(error(refused), FileError::NotInSync);
    files.check().await;
}

#[tokio::test]
async fn extended_attributes_come_and_go_with_their_node() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    let file = files.file(root, "a").await;
    let set =
        |name: &'static [u8], value: &'static [u8], mode| service.set_xattr(view, &files.root, file, name, value, mode);
    set(b"user.x", b"1", SetXattr::Create).await.unwrap();
    assert_eq!(error(set(b"user.x", b"2", SetXattr::Create).await), FileError::Exists);
    assert_eq!(error(set(b"user.y", b"2", SetXattr::Replace).await), FileError::NoAttribute);
    assert!(matches!(error(set(b"other.y", b"2", SetXattr::Any).await), FileError::NotSupported(_)));
    set(b"trusted.t", b"", SetXattr::Any).await.unwrap();
    let get = service.get_xattr(view, &files.root, file, b"user.x").await.unwrap();
    assert_eq!(&get[..], b"1");
    let list = service.list_xattrs(view, &files.root, file).await.unwrap();
    assert_eq!(list, [&b"trusted.t"[..], b"user.x"]);
    assert_eq!(service.list_xattrs(view, &user(5), file).await.unwrap().len(), 1);
    files.check().await;
    files.rename((root, "a"), (root, "b"), RenameMode::Replace).await.unwrap();
    service.remove_xattr(view, &files.root, file, b"trusted.t").await.unwrap();
    assert_eq!(error(service.remove_xattr(view, &files.root, file, b"trusted.t").await), FileError::NoAttribute);
    files.check().await;
    files.delete_key("b").await;
    files.check().await;
}

fn acl(entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let mut bytes = 2u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&permissions.to_le_bytes());
        bytes.extend_from_slice(&id.to_le_bytes());
    }
    bytes
}

#[tokio::test]
async fn acls_decide_and_are_inherited() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    let none = u32::MAX;
    let shared = acl(&[(1, 7, none), (2, 7, 1001), (4, 0, none), (0x10, 7, none), (0x20, 0, none)]);
    for name in [&b"system.posix_acl_access"[..], b"system.posix_acl_default"] {
        service.set_xattr(view, &files.root, root, name, &shared, SetXattr::Any).await.unwrap();
    }
    assert_eq!(files.stat(root).await.mode, 0o770);
    let file = Make::File(Exclusive::Yes);
    assert_eq!(
        error(service.make(view, &user(1002), root, b"no", file.clone(), mode(0o666)).await),
        FileError::PermissionDenied
    );
    let caller = Caller { umask: 0o077, ..user(1001) };
    let made = service.make(view, &caller, root, b"yes", file, mode(0o666)).await.unwrap().0.attributes;
    assert_eq!(made.mode, 0o660, "the default ACL stands in for the umask");
    let (access, _) = service.access(view, &user(1001), made.node).await.unwrap();
    assert!(access.read && access.write && !access.execute);
    // Names in any order, and none twice.
    for (list, ok) in [
        (acl(&[(1, 7, none), (2, 7, 1002), (2, 7, 1001), (4, 0, none), (0x10, 7, none), (0x20, 0, none)]), true),
        (
            acl(&[
                (1, 7, none),
                (2, 7, 1002),
                (2, 1, 1001),
                (2, 7, 1002),
                (4, 0, none),
                (0x10, 7, none),
                (0x20, 0, none),
            ]),
            false,
        ),
        (acl(&[(1, 7, none), (4, 0, none), (2, 7, 1002), (0x10, 7, none), (0x20, 0, none)]), false),
    ] {
        let set =
            service.set_xattr(view, &files.root, made.node, b"system.posix_acl_access", &list, SetXattr::Any).await;
        assert_eq!(set.is_ok(), ok, "{set:?}");
    }
    let simple = acl(&[(1, 6, none), (4, 4, none), (0x20, 4, none)]);
    service.set_xattr(view, &files.root, made.node, b"system.posix_acl_access", &simple, SetXattr::Any).await.unwrap();
    assert_eq!(files.stat(made.node).await.mode, 0o644);
    assert!(service.list_xattrs(view, &files.root, made.node).await.unwrap().is_empty());
    files.check().await;
}

#[tokio::test]
async fn what_two_groups_may_is_not_added_up() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    let none = u32::MAX;
    let directory = files.directory(root, "d").await;
    let file = files.file(root, "f").await;
    // Group 50 may write, 51 may search and read; others may all.
    let list = acl(&[(1, 7, none), (4, 0, none), (8, 2, 50), (8, 5, 51), (0x10, 7, none), (0x20, 7, none)]);
    for node in [directory, file] {
        service.set_xattr(view, &files.root, node, b"system.posix_acl_access", &list, SetXattr::Any).await.unwrap();
    }
    let both = Caller { groups: vec![50, 51], ..user(7) };
    let make = service.make(view, &both, directory, b"x", Make::Directory, mode(0o777)).await;
    assert_eq!(error(make), FileError::PermissionDenied, "no group has both rights");
    let (access, _) = service.access(view, &both, directory).await.unwrap();
    assert_eq!(access, Access { read: true, write: false, execute: true }, "nor is it said so");
    // Each right by itself is one of a group.
    let (access, _) = service.access(view, &both, file).await.unwrap();
    assert_eq!(access, Access::ALL);
    let open = async |access| service.open(view, &both, file, access, false).await;
    assert!(open(Access::READ).await.is_ok() && open(Access::WRITE).await.is_ok());
    let refused = open(Access { read: true, ..Access::WRITE }).await;
    assert_eq!(error(refused), FileError::PermissionDenied);
    // The mask is over each of them, and a group that is named stands before the others.
    let list = acl(&[(1, 7, none), (4, 0, none), (8, 7, 50), (0x10, 5, none), (0x20, 7, none)]);
    service.set_xattr(view, &files.root, directory, b"system.posix_acl_access", &list, SetXattr::Any).await.unwrap();
    let (access, _) = service.access(view, &both, directory).await.unwrap();
    assert_eq!(access, Access { read: true, write: false, execute: true });
    files.check().await;
}

/// The group's bits of the mode are the mask: by them, everybody of the group would come in.
#[tokio::test]
async fn an_acl_that_can_not_be_read_lets_nobody_in() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    let none = u32::MAX;
    let file = files.file(root, "f").await;
    let (name, list) = (
        b"system.posix_acl_access",
        acl(&[(1, 7, none), (2, 7, 1001), (4, 0, none), (0x10, 7, none), (0x20, 0, none)]),
    );
    service.set_xattr(view, &files.root, file, name, &list, SetXattr::Any).await.unwrap();
    let spoilt: crate::error::Result<()> = crate::transact!(service.store(), Durability::Ordered, |tx| {
        tx.put(Table::Index, keys::xattr(file, name), xattr::sealed(&list[..list.len() - 1]));
        Ok(())
    });
    spoilt.unwrap();
    let group = Caller { gid: 0, ..user(1002) };
    let opened = service.open(view, &group, file, Access::READ, false).await;
    assert!(matches!(opened, Err(Error::Corrupt(_))), "{opened:?}");
    assert!(service.access(view, &group, file).await.is_err());
    // Its owner sets another.
    service.set_xattr(view, &files.root, file, name, &list, SetXattr::Any).await.unwrap();
    assert_eq!(error(service.open(view, &group, file, Access::READ, false).await), FileError::PermissionDenied);
}
