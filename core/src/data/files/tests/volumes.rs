//! Volumes: what they give back, when they go, and what a failed sync does.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::sync::atomic::Ordering;

use futures::StreamExt as _;

use super::{open, options};
use crate::data::conformance::{body, expect, locators, origin};
use crate::data::files::place::Place;
use crate::data::files::volumes::Volumes;
use crate::data::files::{FilesOptions, FilesStore};
use crate::data::{DataError, DataStore as _, Stored};
use crate::limits::{DISK_DELETE_THREADS, VOLUME_BLOB_BYTES_MAX};

async fn put(store: &FilesStore, length: u64, content: u64) -> Stored {
    store.put(origin(content), Some(length), body(length, content)).await.unwrap()
}

fn file_of(stored: &Stored) -> crate::data::files::place::FileId {
    Place::from_locator(&stored.locator).unwrap().id.file
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleted_bytes_are_given_back_and_empty_volumes_go() {
    let root = tempfile::tempdir().unwrap();
    let store = open(root.path(), 1);
    let mut stored = Vec::new();
    // Three volumes: each takes two of these.
    for content in 0..5 {
        stored.push(put(&store, VOLUME_BLOB_BYTES_MAX, content).await);
    }
    let files: BTreeSet<_> = stored.iter().map(|stored| file_of(stored).path(root.path())).collect();
    assert_eq!(files.len(), 3);
    let path = file_of(&stored[0]).path(root.path());
    let before = std::fs::metadata(&path).unwrap();
    assert!(before.len() < options(1).volume_bytes, "a full volume ends with its last blob");
    store.delete(&stored[0].locator).await.unwrap();
    let given_back = (before.blocks() - std::fs::metadata(&path).unwrap().blocks()) * 512;
    assert!(given_back >= VOLUME_BLOB_BYTES_MAX, "{given_back}");
    expect(&*store, &stored[1], 1).await;
    store.delete(&stored[1].locator).await.unwrap();
    assert!(!path.exists());
    // The current volume stays, however empty: the next blob goes there.
    store.delete(&stored[4].locator).await.unwrap();
    assert!(file_of(&stored[4]).path(root.path()).exists());
    let next = put(&store, 100, 9).await;
    assert_eq!(file_of(&next), file_of(&stored[4]));
    assert_ne!(next.locator, stored[4].locator);
    expect(&*store, &next, 9).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_volume_stays_while_somebody_may_write_to_it() {
    let root = tempfile::tempdir().unwrap();
    let store = open(root.path(), 1);
    let first = put(&store, 1000, 1).await;
    let path = file_of(&first).path(root.path());
    // A writer that has its range, and has not written yet: his volume holds nothing, and is not the current one any more.
    let (reserved, _) = Volumes::reserve(&store.shared, 8192).unwrap();
    for content in 10..13 {
        let other = put(&store, VOLUME_BLOB_BYTES_MAX, content).await;
        store.delete(&other.locator).await.unwrap();
    }
    store.delete(&first.locator).await.unwrap();
    assert_ne!(store.shared.volumes.current().unwrap().id, file_of(&first));
    assert_eq!(reserved.id, file_of(&first));
    assert!(path.exists(), "his bytes would go to a file without a name");
    drop(reserved);
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t9_a_failed_sync_fails_its_puts_and_closes_its_volume() {
    let root = tempfile::tempdir().unwrap();
    let store = open(root.path(), 1);
    let good = put(&store, 1000, 1).await;
    let (send, receive) = futures::channel::mpsc::unbounded();
    let mut chunks = body(3 << 20, 2);
    let slow = store.put(origin(2), Some(3 << 20), receive.boxed());
    let failure = async {
        while let Some(chunk) = chunks.next().await {
            send.unbounded_send(chunk).unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let volume = store.shared.volumes.current().unwrap();
        // A pipe can't be synced: this is the sync that fails.
        let broken = File::from(OwnedFd::from(std::io::pipe().unwrap().0));
        volume.sync.join(&broken, &store.shared.metrics, Box::new(|outcome| assert!(outcome.is_err())));
        drop(send);
    };
    let (refused, ()) = tokio::join!(slow, failure);
    assert!(matches!(refused, Err(DataError::Failed(_))), "{refused:?}");
    let next = put(&store, 1000, 3).await;
    assert_ne!(file_of(&next), file_of(&good), "nothing more goes into that volume");
    expect(&*store, &good, 1).await;
    expect(&*store, &next, 3).await;
    assert_eq!(locators(&*store).await.unwrap().len(), 2, "what failed is not kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_hole_can_be_punched_the_space_is_counted() {
    let root = tempfile::tempdir().unwrap();
    let store = FilesStore::open(root.path(), FilesOptions { punch_holes: false, ..options(1) }).unwrap();
    let stored = put(&store, 100_000, 1).await;
    let other = put(&store, 5000, 2).await;
    store.delete(&stored.locator).await.unwrap();
    assert!(store.metrics().unpunched_bytes_total.load(Ordering::Relaxed) >= 100_000);
    expect(&*store, &other, 2).await;
    assert_eq!(locators(&*store).await.unwrap().len(), 1);
    drop(store);
    // Deleted remains deleted.
    let store = open(root.path(), 2);
    assert_eq!(locators(&*store).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_small_blobs_share_their_syncs() {
    let root = tempfile::tempdir().unwrap();
    let store = open(root.path(), 1);
    let puts = (0..64).map(|content| store.put(origin(content), Some(5000), body(5000, content)));
    for stored in futures::future::join_all(puts).await {
        stored.unwrap();
    }
    let metrics = store.metrics();
    let (syncs, blobs) = (&metrics.volume_syncs_total, &metrics.volume_synced_blobs_total);
    assert_eq!(blobs.load(Ordering::Relaxed), 64);
    assert!(syncs.load(Ordering::Relaxed) < 64, "{}", syncs.load(Ordering::Relaxed));
    let locators = locators(&*store).await.unwrap();
    assert_eq!(locators.len(), 64);
    // One behind the other, none over another.
    let mut ranges: Vec<_> = locators.iter().map(|locator| Place::from_locator(locator).unwrap().id.offset).collect();
    ranges.sort_unstable();
    assert!(ranges.windows(2).all(|pair| pair[1] - pair[0] == 12_288), "{ranges:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_place_refuses_writes_and_goes_on_reading_and_deleting() {
    let root = tempfile::tempdir().unwrap();
    let stored = {
        let store = open(root.path(), 1);
        [put(&store, 1000, 1).await, put(&store, VOLUME_BLOB_BYTES_MAX + 1, 2).await]
    };
    // All that is free is kept free.
    let store = FilesStore::open(root.path(), FilesOptions { reserve_bytes: Some(u64::MAX), ..options(2) }).unwrap();
    for (length, declared) in
        [(1000, Some(1000)), (1000, None), (VOLUME_BLOB_BYTES_MAX + 1, None), (20 << 20, Some(20 << 20))]
    {
        let refused = store.put(origin(3), declared, body(length, 3)).await;
        assert!(matches!(refused, Err(DataError::Full(_))), "{length}: {refused:?}");
    }
    assert_eq!(store.metrics().full_total.load(Ordering::Relaxed), 4);
    assert!(store.space().unwrap().free_bytes > 0);
    for (stored, content) in stored.iter().zip(1..) {
        expect(&*store, stored, content).await;
        store.delete(&stored.locator).await.unwrap();
    }
    assert_eq!(locators(&*store).await.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_hole_can_be_punched_a_volume_goes_with_its_last_blob() {
    let root = tempfile::tempdir().unwrap();
    let store = FilesStore::open(root.path(), FilesOptions { punch_holes: false, ..options(1) }).unwrap();
    let volumes = || std::fs::read_dir(root.path().join("volumes")).unwrap().count();
    // Deleted while the volume takes more, and after it was closed; in order and not.
    let first = put(&store, 100_000, 1).await;
    let second = put(&store, 100_000, 2).await;
    let third = put(&store, 100_000, 3).await;
    store.delete(&second.locator).await.unwrap();
    let path = file_of(&first).path(root.path());
    let mut others = Vec::new();
    while store.shared.volumes.current().unwrap().id == file_of(&first) {
        others.push(put(&store, VOLUME_BLOB_BYTES_MAX, 4).await);
    }
    let last = others.pop().unwrap();
    for stored in others.iter().chain([&third]) {
        store.delete(&stored.locator).await.unwrap();
        assert!(path.exists());
    }
    expect(&*store, &first, 1).await;
    store.delete(&first.locator).await.unwrap();
    assert!(!path.exists());
    // The current one, all of whose blobs are gone, goes when it is closed.
    store.delete(&last.locator).await.unwrap();
    drop(store);
    assert_eq!(volumes(), 0);
    // And one that a start left so, at the next.
    let store = FilesStore::open(root.path(), FilesOptions { punch_holes: false, ..options(2) }).unwrap();
    let stored = put(&store, 100_000, 5).await;
    let other = put(&store, 5000, 6).await;
    let path = file_of(&stored).path(root.path());
    store.delete(&stored.locator).await.unwrap();
    let copy = std::fs::read(&path).unwrap();
    store.delete(&other.locator).await.unwrap();
    let all_deleted = std::fs::read(&path).unwrap();
    drop(store);
    // With its holes, as a killed process leaves it.
    let leave = |bytes: &[u8]| {
        let file = File::create(&path).unwrap();
        file.set_len(bytes.len() as u64).unwrap();
        for (block, at) in bytes.chunks(4096).zip((0..).step_by(4096)) {
            if block.iter().any(|byte| *byte != 0) {
                file.write_all_at(block, at).unwrap();
            }
        }
    };
    leave(&copy);
    drop(open(root.path(), 3));
    assert_eq!(volumes(), 1, "one blob is left");
    leave(&all_deleted);
    drop(open(root.path(), 4));
    assert_eq!(volumes(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn puts_go_on_while_deletes_take_long() {
    let root = tempfile::tempdir().unwrap();
    let store = open(root.path(), 1);
    let (release, wait) = crossbeam_channel::bounded::<()>(0);
    let mut slow = Vec::new();
    for _ in 0..2 * crate::limits::DISK_WRITE_THREADS {
        let wait = wait.clone();
        slow.push(store.shared.deletes.submit(move || wait.recv()).await.unwrap());
    }
    let stored = tokio::time::timeout(std::time::Duration::from_secs(30), put(&store, 100_000, 1)).await.unwrap();
    expect(&*store, &stored, 1).await;
    // Each thread of the pool takes one, in its own time.
    let waiting = ("delete", 2 * crate::limits::DISK_WRITE_THREADS - DISK_DELETE_THREADS);
    let all_taken = async {
        while !store.queued().contains(&waiting) {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), all_taken).await.unwrap();
    drop(release);
    futures::future::join_all(slow).await;
    store.delete(&stored.locator).await.unwrap();
}
