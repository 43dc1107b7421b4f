//! Making, linking, removing and moving.

use futures::FutureExt;

use super::between::{Between, Moment};
use super::*;
use crate::metadata::keys;

#[tokio::test]
async fn a_name_is_made_once() {
    let files = Files::new().await;
    let root = files.view.root;
    let file = files.file(root, "a").await;
    assert_eq!(error(files.make(root, "a", Make::File(Exclusive::Yes)).await), FileError::Exists);
    assert_eq!(files.make(root, "a", Make::File(Exclusive::No)).await.unwrap().node, file);
    assert_eq!(error(files.make(root, "a", Make::Directory).await), FileError::Exists);
    let directory = files.directory(root, "d").await;
    assert_eq!(error(files.make(root, "d", Make::File(Exclusive::No)).await), FileError::Exists);
    assert_eq!(files.lookup(root, "a").await.unwrap().node, file);
    assert_eq!(files.lookup(root, "d").await.unwrap().node, directory);
    assert_eq!(error(files.lookup(root, "x").await), FileError::NoSuchName);
    assert_eq!(error(files.lookup(file, "x").await), FileError::NotADirectory);
    assert_eq!(files.lookup(directory, "..").await.unwrap().node, root);
    assert_eq!(files.keys().await, ["a", "d/"]);
    files.check().await;
}

#[tokio::test]
async fn the_same_verifier_makes_the_same_file() {
    let files = Files::new().await;
    let make = |verifier| files.make(files.view.root, "a", Make::File(Exclusive::Verifier([verifier; 8])));
    let made = make(1).await.unwrap();
    assert_eq!(make(1).await.unwrap().node, made.node);
    assert_eq!(error(make(2).await), FileError::Exists);
}

#[tokio::test]
async fn a_link_is_another_name_of_the_same() {
    let files = Files::new().await;
    let root = files.view.root;
    let (file, directory) = (files.file(root, "a").await, files.directory(root, "d").await);
    for name in ["b", "c"] {
        let linked = files.service.link(&files.view, &files.root, file, directory, name.as_bytes()).await.unwrap();
        assert_eq!(linked.0.node, file);
    }
    assert_eq!(files.stat(file).await.links, 3);
    assert_eq!(files.keys().await, ["a", "d/", "d/b", "d/c"]);
    files.check().await;
    assert_eq!(files.names_in_pages(directory, 1).await, ["b", "c"]);

    files.unlink(root, "a").await.unwrap();
    files.delete_key("d/b").await;
    assert_eq!(files.stat(file).await.links, 1);
    files.check().await;
    files.rename((directory, "c"), (root, "last"), RenameMode::Replace).await.unwrap();
    assert_eq!(files.lookup(root, "last").await.unwrap().node, file);
    files.check().await;
    files.unlink(root, "last").await.unwrap();
    assert_eq!(error(files.service.attributes(&files.view, file).await), FileError::Stale);
    let refused = files.service.link(&files.view, &files.root, directory, root, b"x").await;
    assert_eq!(error(refused), FileError::NotPermitted);
    files.check().await;
}

#[tokio::test]
async fn an_open_file_lives_without_a_name() {
    let files = Files::new().await;
    let root = files.view.root;
    for by_s3 in [false, true] {
        let file = files.file(root, "a").await;
        let hold = files.service.tree().opens().hold(file).await;
        match by_s3 {
            true => files.delete_key("a").await,
            false => files.unlink(root, "a").await.unwrap(),
        }
        assert_eq!(files.stat(file).await.links, 0);
        assert!(files.keys().await.is_empty());
        files.check().await;
        drop(hold);
        files.service.recover().await.unwrap();
        files.check().await;
    }
}

#[tokio::test]
async fn a_file_that_is_closed_while_its_name_goes_is_gone_with_it() {
    for by_s3 in [false, true] {
        let (files, store) = Between::files().await;
        let file = files.file(files.view.root, "a").await;
        let open = files.service.open(&files.view, &files.root, file, Access::READ, false).await.unwrap();
        let closing = async move {
            drop(open);
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        };
        store.arm(Moment::BeforeCommit, keys::orphan(file), closing.boxed());
        match by_s3 {
            true => files.delete_key("a").await,
            false => files.unlink(files.view.root, "a").await.unwrap(),
        }
        assert!(store.is_over());
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(error(files.service.attributes(&files.view, file).await), FileError::Stale, "by S3: {by_s3}");
        assert_eq!(files.service.recover().await.unwrap(), 0, "the next start finds nothing");
        files.check().await;
    }
}

#[tokio::test]
async fn what_a_kernel_knows_lives_until_it_is_forgotten() {
    let files = Files::new().await;
    let root = files.view.root;
    let file = files.file(root, "a").await;
    let known = files.service.know(file, true).await.unwrap();
    files.s3.put("a", &crate::objects::tests::bytes(1, 10)).await;
    assert_eq!(files.stat(file).await.links, 0);
    drop(known);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(error(files.service.attributes(&files.view, file).await), FileError::Stale);
    assert_eq!(error(files.service.know(file, true).await), FileError::Stale);
    files.check().await;
}

#[tokio::test]
async fn rename_replaces_what_is_alike() {
    let files = Files::new().await;
    let root = files.view.root;
    let (a, _) = (files.file(root, "a").await, files.file(root, "b").await);
    let (d, e) = (files.directory(root, "d").await, files.directory(root, "e").await);
    files.rename((root, "a"), (root, "b"), RenameMode::Replace).await.unwrap();
    assert_eq!(files.lookup(root, "b").await.unwrap().node, a);
    assert_eq!(error(files.rename((root, "b"), (root, "d"), RenameMode::Replace).await), FileError::IsADirectory);
    assert_eq!(error(files.rename((root, "d"), (root, "b"), RenameMode::Replace).await), FileError::NotADirectory);
    files.file(e, "x").await;
    assert_eq!(error(files.rename((root, "d"), (root, "e"), RenameMode::Replace).await), FileError::NotEmpty);
    files.rename((root, "e"), (root, "d"), RenameMode::Replace).await.unwrap();
    assert_eq!(files.lookup(root, "d").await.unwrap().node, e);
    assert_eq!(error(files.service.attributes(&files.view, d).await), FileError::Stale);
    assert_eq!(files.keys().await, ["b", "d/", "d/x"]);
    assert_eq!(files.stat(root).await.links, 3);
    assert_eq!(error(files.rename((root, "b"), (root, "d"), RenameMode::NoReplace).await), FileError::Exists);
    files.check().await;
}

#[tokio::test]
async fn a_directory_never_lies_in_itself() {
    let files = Files::new().await;
    let root = files.view.root;
    let a = files.directory(root, "a").await;
    let b = files.directory(a, "b").await;
    let c = files.directory(b, "c").await;
    for into in [a, b, c] {
        let moved = files.rename((root, "a"), (into, "x"), RenameMode::Replace).await;
        assert!(matches!(error(moved), FileError::Invalid(_)));
    }
    let exchanged = files.rename((root, "a"), (b, "c"), RenameMode::Exchange).await;
    assert!(matches!(error(exchanged), FileError::Invalid(_)));
    files.rename((b, "c"), (root, "a2"), RenameMode::Replace).await.unwrap();
    assert_eq!(files.lookup(c, "..").await.unwrap().node, root);
    assert_eq!((files.stat(root).await.links, files.stat(b).await.links), (4, 2));
    files.check().await;
}

#[tokio::test]
async fn exchange_swaps_file_and_directory() {
    let files = Files::new().await;
    let root = files.view.root;
    let (a, d) = (files.file(root, "a").await, files.directory(root, "d").await);
    let x = files.file(d, "x").await;
    files.rename((root, "a"), (root, "d"), RenameMode::Exchange).await.unwrap();
    assert_eq!(files.lookup(root, "d").await.unwrap().node, a);
    assert_eq!(files.lookup(root, "a").await.unwrap().node, d);
    files.rename((root, "a"), (d, "x"), RenameMode::Exchange).await.unwrap_err();
    assert_eq!(files.keys().await, ["a/", "a/x", "d"]);
    files.rename((root, "d"), (d, "x"), RenameMode::Exchange).await.unwrap();
    assert_eq!(files.lookup(d, "x").await.unwrap().node, a);
    assert_eq!(files.lookup(root, "d").await.unwrap().node, x);
    assert_eq!(error(files.rename((root, "d"), (root, "no"), RenameMode::Exchange).await), FileError::NoSuchName);
    files.check().await;
}

#[tokio::test]
async fn symbolic_links_and_special_files_are_objects() {
    let files = Files::new().await;
    let root = files.view.root;
    let link = files.make(root, "l", Make::Symlink(b"to/there".to_vec())).await.unwrap();
    assert_eq!((link.kind, link.size, link.mode), (Kind::Symlink, 8, 0o777));
    let device = files.make(root, "c", Make::CharacterDevice(0x501)).await.unwrap();
    assert_eq!((device.kind, device.device), (Kind::CharacterDevice, 0x501));
    files.make(root, "p", Make::Fifo).await.unwrap();
    let body = files.s3.get(files.s3.request("l")).await.unwrap();
    assert_eq!(&body[..], b"to/there");
    let head = files.s3.service.head(&files.s3.root, files.s3.request("p")).await.unwrap();
    assert_eq!(head.info.headers.content_type.as_deref(), Some("inode/fifo"));
    files.s3.put("l", &crate::objects::tests::bytes(1, 10)).await;
    assert_eq!(files.lookup(root, "l").await.unwrap().kind, Kind::File);
    files.check().await;
}
