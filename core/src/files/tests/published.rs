//! What is read while a write session is published shows what was written: a mount's kernel keeps what it is told.

use futures::FutureExt;
use futures::future::BoxFuture;

use super::between::{Between, Moment};
use super::semantics::{publish, write};
use super::*;
use crate::metadata::keys;

/// The file is published, as a close does it that was begun by another.
fn publishing(files: &Files, node: Id) -> BoxFuture<'static, ()> {
    let (service, view) = (files.service.clone(), files.view.clone());
    async move { service.publish(&view, node).await.unwrap() }.boxed()
}

/// A file of which five bytes wait; with an extended attribute its name tells nothing, so that the node is read for it.
async fn waiting(files: &Files, name: &str, with_xattr: bool) -> Id {
    let node = files.file(files.view.root, name).await;
    if with_xattr {
        files.service.set_xattr(&files.view, &files.root, node, b"user.x", b"1", SetXattr::Any).await.unwrap();
    }
    write(files, node, 0, b"bytes").await;
    node
}

#[tokio::test]
async fn a_name_that_is_looked_up() {
    for with_xattr in [false, true] {
        let (files, store) = Between::files().await;
        let root = files.view.root;
        let node = waiting(&files, "a", with_xattr).await;
        let read = if with_xattr { keys::node(node) } else { keys::dentry(root, b"a") };
        store.arm(Moment::AfterRead, read, publishing(&files, node));
        assert_eq!(files.lookup(root, "a").await.unwrap().size, 5);
        assert!(store.is_over());
        files.check().await;
    }
}

#[tokio::test]
async fn names_of_a_directory_with_their_attributes() {
    for with_xattr in [false, true] {
        let (files, store) = Between::files().await;
        let root = files.view.root;
        files.directory(root, "0").await;
        let node = waiting(&files, "a", with_xattr).await;
        publish(&files, waiting(&files, "b", false).await).await;
        let read_at = [keys::dentry(root, b"a"), keys::node(node)];
        // A name that tells all is all that is read.
        for (number, read) in read_at.into_iter().enumerate().take(if with_xattr { 2 } else { 1 }) {
            let body = &b"BYTES and more"[..10 + number];
            write(&files, node, 0, body).await;
            store.arm(Moment::AfterRead, read, publishing(&files, node));
            let read = files.service.read_directory(&files.view, &files.root, root, 0, 100, true).await.unwrap();
            assert!(store.is_over());
            let sizes: Vec<u64> = read.entries.into_iter().map(|entry| entry.attributes.unwrap().size).collect();
            assert_eq!(sizes[1..], [body.len() as u64, 5]);
        }
        files.check().await;
    }
}

#[tokio::test]
async fn a_file_that_is_made_and_was_there() {
    let (files, store) = Between::files().await;
    let root = files.view.root;
    let node = waiting(&files, "a", false).await;
    store.arm(Moment::AfterRead, keys::dentry(root, b"a"), publishing(&files, node));
    assert_eq!(files.make(root, "a", Make::File(Exclusive::No)).await.unwrap().size, 5);
    assert!(store.is_over());
    files.check().await;
}

#[tokio::test]
async fn a_file_that_gets_another_name() {
    let (files, store) = Between::files().await;
    let root = files.view.root;
    let node = waiting(&files, "a", false).await;
    store.arm(Moment::AfterCommit, keys::node(node), publishing(&files, node));
    let (linked, _) = files.service.link(&files.view, &files.root, node, root, b"b").await.unwrap();
    assert!(store.is_over());
    assert_eq!((linked.links, linked.size), (2, 5));
    files.check().await;
}
