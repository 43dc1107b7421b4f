//! What a door that checks nobody must be refused by the core: devices, and rights that are kept after the way to them is gone.

use super::*;

fn mode(mode: u32) -> SetAttributes {
    SetAttributes { mode: Some(mode), ..SetAttributes::default() }
}

#[tokio::test]
async fn devices_are_made_by_root_alone() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    service.set_attributes(view, &files.root, root, mode(0o777)).await.unwrap();
    for make in [Make::BlockDevice(1), Make::CharacterDevice(1)] {
        let made = service.make(view, &user(7), root, b"device", make.clone(), mode(0o666)).await;
        assert_eq!(error(made), FileError::NotPermitted);
        // A kernel has checked whom it asks for.
        let checked = Caller { checked: true, ..user(7) };
        service.make(view, &checked, root, b"device", make, mode(0o666)).await.unwrap();
        files.unlink(root, "device").await.unwrap();
    }
    for make in [Make::Fifo, Make::Socket] {
        service.make(view, &user(7), root, b"other", make, mode(0o666)).await.unwrap();
        files.unlink(root, "other").await.unwrap();
    }
    files.check().await;
}

#[tokio::test]
async fn what_has_left_a_views_root_is_not_shown() {
    let files = Files::new().await;
    let root = files.view.root;
    files.s3.put("in/d/x", &crate::objects::tests::bytes(1, 10)).await;
    let request = ViewRequest { prefix: "in".into(), ..Files::request(&files.s3) };
    let view = files.service.view(&files.s3.root, request).await.unwrap();
    let d = files.service.lookup(&view, &files.root, view.root, b"d").await.unwrap().node;
    let x = files.lookup(d, "x").await.unwrap().node;
    let shows = async |node| files.service.shows(&view, node).await.unwrap();
    assert!(shows(view.root).await && shows(d).await && shows(x).await && !shows(root).await);
    files.rename((view.root, "d"), (root, "d"), RenameMode::Replace).await.unwrap();
    assert!(!shows(d).await && !shows(x).await);
    // A second name within: where it lies is not asked any more.
    files.service.link(&files.view, &files.root, x, view.root, b"x").await.unwrap();
    assert!(shows(x).await);
    files.rename((root, "d"), (view.root, "e"), RenameMode::Replace).await.unwrap();
    assert!(shows(d).await);
    files.check().await;
}

#[tokio::test]
async fn a_file_is_no_directory_and_a_target_holds_no_nul() {
    let files = Files::new().await;
    let file = files.file(files.view.root, "f").await;
    assert_eq!(error(files.make(file, "x", Make::Directory).await), FileError::NotADirectory);
    let linked = files.service.link(&files.view, &files.root, file, file, b"x").await;
    assert_eq!(error(linked), FileError::NotADirectory);
    let made = files.make(files.view.root, "l", Make::Symlink(b"a\0b".to_vec())).await;
    assert!(matches!(error(made), FileError::Invalid(_)));
    files.check().await;
}

/// What may be made under a name; the last two find a file that is there.
fn makes() -> [Make; 6] {
    let link = Make::Symlink(b"target".to_vec());
    let exclusive = Make::File(Exclusive::Yes);
    [Make::Directory, link, Make::Fifo, exclusive, Make::File(Exclusive::Verifier([0; 8])), Make::File(Exclusive::No)]
}

#[tokio::test]
async fn whoever_may_not_search_a_directory_is_told_of_no_name_in_it() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    service.set_attributes(view, &files.root, root, mode(0o777)).await.unwrap();
    let (alice, bob) = (user(1001), user(1002));
    let home = service.make(view, &alice, root, b"home", Make::Directory, mode(0o700)).await.unwrap().0.attributes.node;
    service.make(view, &alice, home, b"there", Make::File(Exclusive::Yes), mode(0o666)).await.unwrap();
    let own = service.make(view, &bob, root, b"own", Make::File(Exclusive::Yes), mode(0o666)).await.unwrap();
    let own = own.0.attributes.node;
    for closed in [0o700, 0o722] {
        service.set_attributes(view, &alice, home, mode(closed)).await.unwrap();
        for name in [&b"there"[..], b"absent"] {
            for make in makes() {
                let made = service.make(view, &bob, home, name, make.clone(), mode(0o666)).await;
                assert_eq!(error(made), FileError::PermissionDenied, "{make:?}, {closed:o}");
            }
            assert_eq!(error(service.link(view, &bob, own, home, name).await), FileError::PermissionDenied);
            for how in [RenameMode::Replace, RenameMode::NoReplace, RenameMode::Exchange] {
                for (from, to) in [((home, name), (root, &b"x"[..])), ((root, &b"own"[..]), (home, name))] {
                    let moved = service.rename(view, &bob, from, to, how).await;
                    assert_eq!(error(moved), FileError::PermissionDenied, "{how:?}, {closed:o}");
                }
            }
        }
    }
    assert_eq!(files.names(home).await, ["there"]);
    files.check().await;
}

#[tokio::test]
async fn whoever_may_search_and_not_write_is_told_what_exists() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    service.set_attributes(view, &files.root, root, mode(0o777)).await.unwrap();
    let (alice, bob) = (user(1001), user(1002));
    let home = service.make(view, &alice, root, b"home", Make::Directory, mode(0o755)).await.unwrap().0.attributes.node;
    let there = service.make(view, &alice, home, b"there", Make::File(Exclusive::Yes), mode(0o600)).await.unwrap();
    let own = service.make(view, &bob, root, b"own", Make::File(Exclusive::Yes), mode(0o666)).await.unwrap();
    let own = own.0.attributes.node;
    for make in makes() {
        let absent = service.make(view, &bob, home, b"absent", make.clone(), mode(0o666)).await;
        assert_eq!(error(absent), FileError::PermissionDenied, "{make:?}");
        let found = service.make(view, &bob, home, b"there", make.clone(), mode(0o666)).await;
        match make {
            Make::File(Exclusive::No) => assert_eq!(found.unwrap().0.attributes.node, there.0.attributes.node),
            _ => assert_eq!(error(found), FileError::Exists, "{make:?}"),
        }
    }
    assert_eq!(error(service.link(view, &bob, own, home, b"there").await), FileError::Exists);
    assert_eq!(error(service.link(view, &bob, own, home, b"absent").await), FileError::PermissionDenied);
    let rename = async |from: (Id, &[u8]), to: (Id, &[u8]), how| error(service.rename(view, &bob, from, to, how).await);
    let (own, to) = ((root, &b"own"[..]), |name: &'static str| (home, name.as_bytes()));
    assert_eq!(rename(to("absent"), own, RenameMode::Replace).await, FileError::NoSuchName);
    assert_eq!(rename(own, to("there"), RenameMode::NoReplace).await, FileError::Exists);
    assert_eq!(rename(own, to("absent"), RenameMode::Exchange).await, FileError::NoSuchName);
    assert_eq!(rename(own, to("there"), RenameMode::Replace).await, FileError::PermissionDenied);
    assert_eq!(rename(own, to("absent"), RenameMode::Replace).await, FileError::PermissionDenied);
    files.check().await;
}

#[tokio::test]
async fn a_directory_that_gets_another_parent_is_written_to() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    service.set_attributes(view, &files.root, root, mode(0o777)).await.unwrap();
    let (alice, bob) = (user(1001), user(1002));
    let made = async |caller: &Caller, directory, name: &str, bits| {
        let made = service.make(view, caller, directory, name.as_bytes(), Make::Directory, mode(bits)).await;
        made.unwrap().0.attributes.node
    };
    let into = made(&bob, root, "into", 0o755).await;
    made(&alice, root, "hers", 0o755).await;
    made(&bob, root, "his", 0o755).await;
    made(&bob, into, "deep", 0o755).await;
    let rename = async |from: (Id, &[u8]), to: (Id, &[u8]), how| service.rename(view, &bob, from, to, how).await;
    let (hers, his) = ((root, &b"hers"[..]), (root, &b"his"[..]));
    assert_eq!(error(rename(hers, (into, b"x"), RenameMode::Replace).await), FileError::PermissionDenied);
    // As the partner of an exchange, too; one that is replaced goes, and only the directory that it is in is written to.
    assert_eq!(error(rename((into, b"deep"), hers, RenameMode::Exchange).await), FileError::PermissionDenied);
    assert_eq!(error(rename(hers, (into, b"deep"), RenameMode::Exchange).await), FileError::PermissionDenied);
    rename(hers, (root, b"renamed"), RenameMode::Replace).await.unwrap();
    rename((root, b"renamed"), hers, RenameMode::Replace).await.unwrap();
    rename((into, b"deep"), hers, RenameMode::Replace).await.unwrap();
    rename(his, (into, b"his"), RenameMode::Replace).await.unwrap();
    files.check().await;
}
