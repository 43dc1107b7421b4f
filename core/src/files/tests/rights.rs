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
