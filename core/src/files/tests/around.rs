//! Attributes on both sides of a change: of one state each, and of this change alone.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use super::*;
use crate::clock::Timestamp;

async fn written(files: &Files, node: Id, offset: u64, body: &'static [u8], stability: Stability) -> Around {
    let (at, body) = (WriteAt::Offset(offset), Bytes::from_static(body));
    files.service.write(&files.view, &files.root, node, at, body, stability).await.unwrap().around
}

/// The attributes after, where both sides are told.
#[track_caller]
fn both(around: Around, before: &Attributes) -> Attributes {
    assert_eq!(around.before, Some(before.on_one_side()));
    around.after.expect("attributes")
}

#[tokio::test]
async fn of_a_write_from_under_the_sessions_lock() {
    let files = Files::new().await;
    let node = files.file(files.view.root, "f").await;
    let mut before = files.stat(node).await;
    for (number, stability) in
        [Stability::Unstable, Stability::Data, Stability::Unstable, Stability::File].into_iter().enumerate()
    {
        let after = both(written(&files, node, number as u64 * 5, b"bytes", stability).await, &before);
        assert_eq!((after.size, after.used), ((number as u64 + 1) * 5, 512));
        assert!(after.modified > before.modified && after.changed > before.changed);
        assert_eq!(files.stat(node).await, after);
        before = after;
    }
    let around = written(&files, node, 0, b"", Stability::Unstable).await;
    assert_eq!(both(around, &before), before, "nothing was written");
    let around = files.service.around_nothing(&files.view, node).await.unwrap();
    assert_eq!(both(around, &before), before);
}

#[tokio::test]
async fn of_writes_side_by_side_are_links_of_one_chain() {
    let files = Arc::new(Files::new().await);
    let node = files.file(files.view.root, "f").await;
    let first = files.stat(node).await.on_one_side();
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let files = Arc::clone(&files);
            tokio::spawn(async move {
                let mut pairs = Vec::new();
                for number in 0..25 {
                    let (at, body) = (WriteAt::End, Bytes::from_static(b"x"));
                    let stability = if number % 5 == 0 { Stability::File } else { Stability::Unstable };
                    let written =
                        files.service.write(&files.view, &files.root, node, at, body, stability).await.unwrap();
                    let Around { before: Some(before), after: Some(after) } = written.around else {
                        panic!("both sides")
                    };
                    pairs.push((before, after.on_one_side()));
                }
                pairs
            })
        })
        .collect();
    let mut pairs = Vec::new();
    for writer in writers {
        pairs.extend(writer.await.unwrap());
    }
    pairs.sort();
    let mut last = first;
    for (before, after) in pairs {
        assert_eq!(before, last, "what one leaves is what the next finds");
        last = after;
    }
    assert_eq!(last, files.stat(node).await.on_one_side());
}

#[tokio::test]
async fn of_a_change_of_size() {
    let files = Files::new().await;
    let node = files.file(files.view.root, "f").await;
    written(&files, node, 0, b"bytes", Stability::Unstable).await;
    let before = files.stat(node).await;
    let size = SetAttributes { size: Some(2), ..SetAttributes::default() };
    let around = files.service.set_attributes(&files.view, &files.root, node, size).await.unwrap();
    let after = both(around, &before);
    assert_eq!((after.size, &after), (2, &files.stat(node).await));
    // With more than the size: both changes are one to whoever is told.
    let more = SetAttributes { size: Some(1), mode: Some(0o600), modified: Some(SetTime::To(Timestamp(5))), ..size };
    let around = files.service.set_attributes(&files.view, &files.root, node, more).await.unwrap();
    let last = both(around, &after);
    assert_eq!((last.size, last.mode, last.modified), (1, 0o600, Timestamp(5)));
    assert_eq!(last, files.stat(node).await);
}

#[tokio::test]
async fn of_attributes_while_bytes_wait() {
    let files = Files::new().await;
    let node = files.file(files.view.root, "f").await;
    written(&files, node, 0, b"bytes", Stability::Unstable).await;
    let before = files.stat(node).await;
    let mode = SetAttributes { mode: Some(0o600), ..SetAttributes::default() };
    let after = both(files.service.set_attributes(&files.view, &files.root, node, mode).await.unwrap(), &before);
    assert_eq!((after.size, after.modified, after.mode), (5, before.modified, 0o600));
    assert_eq!(files.stat(node).await, after);
}

#[tokio::test]
async fn of_a_directory_from_the_transaction() {
    let files = Files::new().await;
    let root = files.view.root;
    let d = files.directory(root, "d").await;
    let file = files.file(root, "f").await;
    let mut top = files.stat(root).await;
    let set = SetAttributes::default();
    let made = files.service.make(&files.view, &files.root, root, b"e", Make::Directory, set).await.unwrap();
    let after = both(made.1, &top);
    assert_eq!((after.links, files.stat(root).await), (top.links + 1, after.clone()));
    top = after;
    let (from, to) =
        files.service.rename(&files.view, &files.root, (root, b"e"), (d, b"e"), RenameMode::Replace).await.unwrap();
    top = both(from, &top);
    assert_eq!((top.clone(), to.after), (files.stat(root).await, Some(files.stat(d).await)));
    let linked = files.service.link(&files.view, &files.root, file, root, b"g").await.unwrap();
    top = both(linked.1, &top);
    assert_eq!(top, files.stat(root).await);
    let removed = files.service.remove_file(&files.view, &files.root, root, b"g").await.unwrap();
    assert_eq!(both(removed, &top), files.stat(root).await);
}

/// Two who change one directory at a time: whoever is told both sides is told of no change but its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_directory_that_many_change() {
    let files = Arc::new(Files::new().await);
    let root = files.view.root;
    let makers: Vec<_> = (0..4)
        .map(|maker| {
            let files = Arc::clone(&files);
            tokio::spawn(async move {
                let mut told = Vec::new();
                for number in 0..100 {
                    let (name, set) = (format!("{maker}-{number}"), SetAttributes::default());
                    let made =
                        files.service.make(&files.view, &files.root, root, name.as_bytes(), Make::Directory, set).await;
                    if let Around { before: Some(before), after: Some(after) } = made.unwrap().1 {
                        told.push((before, after.links, after.on_one_side()));
                    }
                }
                told
            })
        })
        .collect();
    let mut told = Vec::new();
    for maker in makers {
        told.extend(maker.await.unwrap());
    }
    // Each has made one directory: no two leave the same number of links.
    told.sort();
    assert!(told.windows(2).all(|pair| pair[0].1 < pair[1].1 && pair[0].2 <= pair[1].0), "{told:?}");
    assert!(!told.is_empty());
}

/// What is committed while somebody asks is neither in the record that was read nor in what waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_sees_a_file_become_what_it_was() {
    let files = Arc::new(Files::new().await);
    let node = files.file(files.view.root, "f").await;
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (files, done) = (Arc::clone(&files), Arc::clone(&done));
            tokio::spawn(async move {
                let mut last = 0;
                while !done.load(Ordering::Relaxed) {
                    let size = files.stat(node).await.size;
                    assert!(size >= last, "{size} after {last}");
                    last = size;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for number in 0..500 {
        written(&files, node, number, b"x", Stability::Unstable).await;
        files.service.publish(&files.view, node).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
}
