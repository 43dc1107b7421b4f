//! When a draft becomes a version, and what is written after that.

use std::time::Duration;

use super::super::between::{Between, Moment};
use super::*;

/// A client of NFS has nothing open. What it wrote before another door gave the name a new version is in none; it hears of that.
#[tokio::test(start_paused = true)]
async fn t9_what_is_written_to_a_version_that_was_followed_is_not_called_stable() {
    let files = Files::versioned(Versioning::Enabled).await;
    let file = files.file(files.view.root, "a").await;
    files.save(file, &bytes(1, 10)).await;
    for replaced in [true, false] {
        let file = files.lookup(files.view.root, "a").await.unwrap().node;
        let verifier = files.service.write_verifier();
        files.write_at(file, 0, &bytes(2, 10)).await;
        match replaced {
            true => drop(files.s3.put("a", &bytes(3, 20)).await),
            false => assert!(files.s3.delete("a").await.delete_marker),
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        files.service.publish_idle_once().await;
        let synced = files.service.sync(&files.view, file).await;
        assert!(matches!(synced, Err(Error::File(FileError::Stale))), "{synced:?}");
        assert_ne!(files.service.write_verifier(), verifier);
        // Nor is what it sends again.
        files.write_at(file, 0, &bytes(2, 10)).await;
        let synced = files.service.sync(&files.view, file).await;
        assert!(matches!(synced, Err(Error::File(FileError::Stale))), "{synced:?}");
    }
    assert_eq!(files.sizes("a").await, [None, Some(20), Some(10)]);
    // Once it is the name's file again, it is written to as before.
    let marker = files.versions().await.remove(0);
    assert!(marker.is_delete_marker);
    let request = DeleteObject { version: Some(marker.version), ..files.s3.delete_request("a") };
    files.s3.service.delete(&files.s3.root, request).await.unwrap();
    let file = files.lookup(files.view.root, "a").await.unwrap().node;
    files.write_at(file, 0, &bytes(4, 30)).await;
    files.service.sync(&files.view, file).await.unwrap();
    assert_eq!(files.read(file).await, bytes(4, 30));
    // That something was lost before is not forgotten with that.
    let open = files.open(file).await;
    let told = files.service.publish_for(&files.view, file, open.told()).await;
    assert!(matches!(told, Err(Error::File(FileError::Stale))), "{told:?}");
    files.service.publish_for(&files.view, file, open.told()).await.unwrap();
    files.close(open).await;
    files.service.settle().await.unwrap();
    files.check().await;
}

/// A shell has opened it, copied the descriptor and closed its own; what it starts goes on to write.
#[tokio::test]
async fn who_goes_on_to_write_through_a_copy_of_a_descriptor_is_not_sealed_by_others() {
    let files = Files::versioned(Versioning::Enabled).await;
    let file = files.file(files.view.root, "a").await;
    let shell = files.open(file).await;
    files.service.close(&files.view, &shell).await.unwrap();
    files.service.written_through(&shell);
    files.write_at(file, 0, &bytes(1, 10)).await;
    let other = files.open(file).await;
    files.write_at(file, 10, &bytes(2, 10)).await;
    files.close(other).await;
    assert_eq!(files.sizes("a").await, [Some(0)], "of the shell's own close");
    files.close(shell).await;
    assert_eq!(files.sizes("a").await, [Some(20), Some(0)]);
    tokio::task::yield_now().await;
    files.check().await;
}

/// Only versions are left of it, and it has its record: but no name leads to it.
#[tokio::test]
async fn nothing_is_made_in_a_directory_that_is_gone() {
    let files = Files::versioned(Versioning::Enabled).await;
    let root = files.view.root;
    files.s3.put("d/x", &bytes(1, 10)).await;
    let directory = files.lookup(root, "d").await.unwrap().node;
    files.s3.delete("d/x").await;
    for make in [Make::File(Exclusive::No), Make::Directory, Make::Symlink(b"target".to_vec())] {
        let set = SetAttributes::default();
        let made = files.service.make(&files.view, &files.root, directory, b"y", make, set).await;
        assert!(matches!(made, Err(Error::File(FileError::Stale))), "{made:?}");
    }
    assert!(files.names(root).await.is_empty());
    files.check().await;
}

#[tokio::test]
async fn of_two_that_are_closed_at_once_the_second_makes_the_version() {
    let files = Files::versioned(Versioning::Enabled).await;
    let file = files.file(files.view.root, "a").await;
    let (one, other) = (files.open(file).await, files.open(file).await);
    files.write_at(file, 0, &bytes(1, 10)).await;
    // Both are answered before either is let go of.
    files.service.close(&files.view, &one).await.unwrap();
    assert!(files.versions().await.is_empty());
    files.service.close(&files.view, &other).await.unwrap();
    assert_eq!(files.sizes("a").await, [Some(10)]);
    // A copy of a descriptor that is closed counts once.
    files.write_at(file, 0, &bytes(2, 20)).await;
    drop(one);
    files.service.close(&files.view, &other).await.unwrap();
    assert_eq!(files.sizes("a").await, [Some(20), Some(10)]);
    drop(other);
    let (one, other) = (files.open(file).await, files.open(file).await);
    files.write_at(file, 0, &bytes(3, 30)).await;
    for _ in 0..3 {
        files.service.close(&files.view, &one).await.unwrap();
    }
    assert_eq!(files.sizes("a").await, [Some(20), Some(10)], "the other is still open");
    drop(one);
    files.service.close(&files.view, &other).await.unwrap();
    assert_eq!(files.sizes("a").await, [Some(30), Some(20), Some(10)]);
    drop(other);
    tokio::task::yield_now().await;
    files.check().await;
}

/// Both are at it at the same time, and the second finds that the first has begun.
#[tokio::test(start_paused = true)]
async fn no_close_is_answered_before_the_version_is_there() {
    let (files, between) = Between::files().await;
    files.set_versioning(Versioning::Enabled).await;
    let root = files.view.root;
    let file = files.file(root, "a").await;
    let opens = [files.open(file).await, files.open(file).await];
    files.write_at(file, 0, &bytes(1, 10)).await;
    // While the first publishes what was written, the second begins.
    let key = crate::metadata::keys::node(file);
    between.arm(Moment::BeforeCommit, key, Box::pin(tokio::time::sleep(Duration::from_millis(100))));
    let name = crate::metadata::keys::locks::name(root, b"a");
    let held = files.s3.service.store().lock(&name, crate::metadata::LockMode::Exclusive).await.unwrap();
    let closing = opens.map(|open| {
        let (service, view) = (files.service.clone(), files.view.clone());
        tokio::spawn(async move { service.close(&view, &open).await })
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(closing.iter().all(|close| !close.is_finished()), "the name is another's");
    assert!(files.sizes("a").await.is_empty() && between.is_over());
    drop(held);
    for close in closing {
        close.await.unwrap().unwrap();
        assert_eq!(files.sizes("a").await, [Some(10)]);
    }
    files.check().await;
}
