//! Ends, clean and not, and what the next start finds.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{open, options};
use crate::data::conformance::{body, bytes_of, expect, locators, origin};
use crate::data::files::place::{FILES, FileId, FileKind, INCOMING, Place, VOLUMES};
use crate::data::files::{FilesOptions, FilesStore, record};
use crate::data::{DataError, DataStore as _, Entry, Span, Stored};
use crate::limits::VOLUME_BLOB_BYTES_MAX;

async fn put(store: &FilesStore, length: u64, content: u64) -> Stored {
    store.put(origin(content), Some(length), body(length, content)).await.unwrap()
}

/// The directory as a killed process would leave it: a copy, while the store is in full swing.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            // With its holes, which an ordinary copy would fill.
            let (bytes, copy) =
                (fs::read(entry.path()).unwrap(), fs::File::create(to.join(entry.file_name())).unwrap());
            copy.set_len(bytes.len() as u64).unwrap();
            for (block, at) in bytes.chunks(4096).zip((0..).step_by(4096)) {
                if block.iter().any(|byte| *byte != 0) {
                    copy.write_all_at(block, at).unwrap();
                }
            }
        }
    }
}

fn names(directory: &Path) -> Vec<String> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t4_what_was_answered_is_there_after_a_kill() {
    let (root, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(root.path(), 1);
    let mut stored = Vec::new();
    for (content, length) in (1..).zip([0, 1, 5000, 70_000, 3_000_000, VOLUME_BLOB_BYTES_MAX + 1, 12 << 20]) {
        stored.push((put(&store, length, content).await, content));
    }
    // And one that is not finished.
    let half = |length| body(length, 1).chain(stream::pending()).boxed();
    // Only borrowed by the select: it would drop what it owns, and the put with it, before it runs the other arm.
    let mut half = store.put(origin(90), Some(20 << 20), half(10 << 20));
    tokio::select! {
        _ = &mut half => unreachable!("the body never ends"),
        () = tokio::time::sleep(std::time::Duration::from_millis(300)) => {
            assert_eq!(names(&root.path().join(INCOMING)).len(), 1);
            copy(root.path(), after.path());
        }
    }

    let store = open(after.path(), 2);
    assert_eq!(names(&after.path().join(INCOMING)), [""; 0], "what was not whole is gone");
    for (stored, content) in &stored {
        expect(&*store, stored, *content).await;
    }
    assert_eq!(locators(&*store).await.unwrap().len(), stored.len());
    // What the kill left reserved in the last volume was given back.
    let length = fs::metadata(after.path().join(VOLUMES).join(&names(&after.path().join(VOLUMES))[0])).unwrap().len();
    assert!(length < 5_000_000, "{length}");
    for (stored, _) in &stored {
        store.delete(&stored.locator).await.unwrap();
    }
    assert_eq!(names(&after.path().join(VOLUMES)), [""; 0]);
    assert_eq!(names(&after.path().join(FILES)), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t3_locators_are_never_used_again() {
    let root = tempfile::tempdir().unwrap();
    let mut seen = BTreeSet::new();
    // Even where the index has forgotten and allots an epoch again.
    for epoch in [1, 2, 2, 3] {
        let store = open(root.path(), epoch);
        for length in [10, 10, 5000, VOLUME_BLOB_BYTES_MAX + 1] {
            let stored = put(&store, length, 5).await;
            assert!(seen.insert(stored.locator.clone()));
            store.delete(&stored.locator).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_store_at_a_time_has_the_directory() {
    let root = tempfile::tempdir().unwrap();
    let store = open(root.path(), 1);
    let path = root.path().to_owned();
    let second = tokio::task::spawn_blocking(move || FilesStore::open(&path, options(2))).await.unwrap();
    let Err(DataError::Unavailable(message)) = second else { panic!("{second:?}") };
    assert!(message.contains("in use"));
    drop(store);
    open(root.path(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_torn_record_is_an_orphan_and_its_space_comes_back() {
    let root = tempfile::tempdir().unwrap();
    let stored = {
        let store = open(root.path(), 1);
        let torn = put(&store, 200_000, 1).await;
        (torn, put(&store, 5000, 2).await)
    };
    let place = Place::from_locator(&stored.0.locator).unwrap();
    // As a power cut leaves it where the header reached the disk, and the rest did not.
    let file = fs::OpenOptions::new().write(true).open(place.id.file.path(root.path())).unwrap();
    file.write_all_at(&vec![0; 200_000], place.id.offset + 4096).unwrap();
    let store = open(root.path(), 2);
    assert_eq!(locators(&*store).await.unwrap().len(), 2);
    let found = crate::data::conformance::read(&*store, &stored.0, 0, 10).await;
    assert!(matches!(found, Err(DataError::Corrupt(_))));
    store.delete(&stored.0.locator).await.unwrap();
    assert_eq!(locators(&*store).await.unwrap(), BTreeSet::from([stored.1.locator.clone()]));
    expect(&*store, &stored.1, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_power_cut_left_without_a_header_is_a_remnant_and_its_space_comes_back() {
    for punch_holes in [true, false] {
        let root = tempfile::tempdir().unwrap();
        let kept = put(&open(root.path(), 1), 5000, 1).await;
        // The store before has ended when the next is open.
        let store = FilesStore::open(root.path(), FilesOptions { punch_holes, ..options(2) }).unwrap();
        let place = Place::from_locator(&kept.locator).unwrap();
        let end = place.id.offset + record::record_bytes(5000);
        let file = fs::OpenOptions::new().read(true).write(true).open(place.id.file.path(root.path())).unwrap();
        // Its pages reached the disk in any order, and that of the header never did.
        file.write_all_at(&bytes_of(65_536, 9), end + 4096).unwrap();
        file.write_all_at(&bytes_of(4096, 10), end + 4096 + 2 * 65_536).unwrap();
        let own = FileId { kind: FileKind::Own, number: 99, ..place.id.file };
        fs::create_dir_all(own.directory(root.path())).unwrap();
        fs::write(own.path(root.path()), [0; 10_000]).unwrap();

        let entries: Vec<Entry> = store.list().unwrap().try_collect().await.unwrap();
        let remnants: Vec<Span> = entries
            .into_iter()
            .filter_map(|entry| match entry {
                Entry::Remnant(remnant) => Some(remnant),
                Entry::Blob(blob) => {
                    assert_eq!(blob.locator, kept.locator);
                    None
                }
            })
            .collect();
        let span = |file: FileId, begin, end| Span { file: file.name(), begin, end };
        let expected = [
            span(own, 0, 10_000),
            span(place.id.file, end + 4096, end + 4096 + 65_536),
            span(place.id.file, end + 4096 + 131_072, end + 8192 + 131_072),
        ];
        assert_eq!(remnants.len(), 3, "{remnants:?}");
        assert!(expected.iter().all(|span| remnants.contains(span)), "{remnants:?}");
        assert_eq!(store.span(&kept.locator), Some(span(place.id.file, place.id.offset, end)));
        for remnant in &remnants {
            store.clear(remnant).await.unwrap();
            store.clear(remnant).await.unwrap();
        }
        assert_eq!(locators(&*store).await.unwrap(), BTreeSet::from([kept.locator.clone()]));
        assert_eq!(names(&root.path().join(FILES)), [""; 0]);
        let mut zeros = vec![1; 65_536];
        file.read_exact_at(&mut zeros, end + 4096).unwrap();
        assert!(zeros.iter().all(|byte| *byte == 0), "punching: {punch_holes}");
        expect(&*store, &kept, 1).await;
        // Of the present start nothing is cleared: somebody may be writing it.
        let own = put(&store, 5000, 3).await;
        store.clear(&store.span(&own.locator).unwrap()).await.unwrap_err();
        expect(&*store, &own, 3).await;
        for stored in [kept, own] {
            store.delete(&stored.locator).await.unwrap();
        }
    }
}
