//! The doors on the same names.

use super::*;
use crate::objects::tests::{bytes, key};
use crate::objects::{ReadConditions, RenameObject, WriteConditions};

#[tokio::test]
async fn s3_puts_a_new_file_under_the_name() {
    let files = Files::new().await;
    let root = files.view.root;
    let old = files.file(root, "a").await;
    let mode = SetAttributes { mode: Some(0o600), ..SetAttributes::default() };
    files.service.set_attributes(&files.view, &files.root, old, mode).await.unwrap();
    files.s3.put("a", &bytes(1, 100)).await;
    let new = files.lookup(root, "a").await.unwrap();
    assert!(new.node != old && new.mode == 0o644 && new.size == 100);
    files.check().await;
}

#[tokio::test]
async fn s3_renames_what_files_made() {
    let files = Files::new().await;
    let root = files.view.root;
    let directory = files.directory(root, "d").await;
    let file = files.file(directory, "a").await;
    for (source, target) in [("d/a", "d/b"), ("d/", "e/f/")] {
        let rename = RenameObject {
            bucket: files.s3.bucket.clone(),
            source: key(source),
            target: key(target),
            source_conditions: ReadConditions::default(),
            conditions: WriteConditions::default(),
            client_token: None,
        };
        files.s3.service.rename(&files.s3.root, rename).await.unwrap();
    }
    let e = files.lookup(root, "e").await.unwrap().node;
    let f = files.lookup(e, "f").await.unwrap();
    assert_eq!(f.node, directory);
    assert_eq!(files.lookup(directory, "..").await.unwrap().node, e);
    assert_eq!(files.lookup(directory, "b").await.unwrap().node, file);
    files.unlink(directory, "b").await.unwrap();
    assert_eq!(files.keys().await, ["e/f/"]);
    files.check().await;
}

#[tokio::test]
async fn a_view_that_is_read_only_changes_nothing() {
    let files = Files::new().await;
    let root = files.view.root;
    files.file(root, "a").await;
    let request = ViewRequest { read_only: true, ..Files::request(&files.s3) };
    let view = files.service.view(&files.s3.root, request).await.unwrap();
    let made = files.service.make(&view, &files.root, root, b"b", Make::Directory, SetAttributes::default()).await;
    assert_eq!(error(made), FileError::ReadOnly);
    assert_eq!(error(files.service.remove_file(&view, &files.root, root, b"a").await), FileError::ReadOnly);
    assert!(files.service.lookup(&view, &files.root, root, b"a").await.is_ok());
}

#[tokio::test]
async fn what_an_nfs_client_keeps_of_an_open_file_is_no_key() {
    let files = Files::new().await;
    let root = files.view.root;
    let file = files.file(root, "a").await;
    files.rename((root, "a"), (root, ".nfs000000000000002a00000001"), RenameMode::Replace).await.unwrap();
    assert!(files.keys().await.is_empty());
    assert_eq!(files.names(root).await, [".nfs000000000000002a00000001"]);
    assert_eq!(files.lookup(root, ".nfs000000000000002a00000001").await.unwrap().node, file);
    files.check().await;
    files.unlink(root, ".nfs000000000000002a00000001").await.unwrap();
    assert!(files.names(root).await.is_empty());
}

#[tokio::test]
async fn a_prefix_is_a_root() {
    let files = Files::new().await;
    files.s3.put("a/b/c", &bytes(1, 1)).await;
    let request = |prefix: &str| ViewRequest { prefix: prefix.into(), ..Files::request(&files.s3) };
    let view = files.service.view(&files.s3.root, request("a/b")).await.unwrap();
    assert!(files.service.lookup(&view, &files.root, view.root, b"c").await.is_ok());
    assert_eq!(files.service.parent(&view, view.root).await.unwrap(), view.root);
    assert_eq!(error(files.service.view(&files.s3.root, request("a/x")).await), FileError::NoSuchName);
    assert_eq!(error(files.service.view(&files.s3.root, request("a/b/c")).await), FileError::NotADirectory);
}
