//! Damaged files: an error or the right bytes, never wrong ones, never a panic.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use super::open;
use crate::data::conformance::{body, bytes_of, expect, locators, origin, read};
use crate::data::files::FilesStore;
use crate::data::files::place::{FileId, Place};
use crate::data::files::record;
use crate::data::{DataError, DataStore as _, Entry, Stored};
use crate::limits::{BLOCK_BYTES, VOLUME_BLOB_BYTES_MAX};
use crate::random::{Random as _, SeededRandom};

fn path_of(root: &Path, stored: &Stored) -> PathBuf {
    Place::from_locator(&stored.locator).unwrap().id.file.path(root)
}

/// Flips bits of one byte of a record, counted from its header's start. Call twice to undo.
fn flip(root: &Path, stored: &Stored, at: u64, bits: u8) {
    let place = Place::from_locator(&stored.locator).unwrap();
    let file = OpenOptions::new().read(true).write(true).open(path_of(root, stored)).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, place.id.offset + at).unwrap();
    byte[0] ^= bits;
    file.write_all_at(&byte, place.id.offset + at).unwrap();
}

async fn put(store: &FilesStore, length: u64, content: u64) -> Stored {
    store.put(origin(content), Some(length), body(length, content)).await.unwrap()
}

/// Reads the blob with one byte flipped and says what came of it; undoes the flip.
async fn read_flipped(store: &FilesStore, root: &Path, stored: &Stored, at: u64, bits: u8) -> Result<(), DataError> {
    flip(root, stored, at, bits);
    let found = read(store, stored, 0, stored.length).await;
    // The listing survives it, too.
    if at < record::HEADER_BYTES {
        let listed: Vec<_> = futures::StreamExt::collect(store.list().unwrap()).await;
        assert!(!listed.is_empty());
        let own = store.span(&stored.locator).unwrap();
        for entry in listed {
            let Ok(Entry::Remnant(remnant)) = entry else { panic!("byte {at} flipped: {entry:?}") };
            assert!(remnant.file == own.file && remnant.begin >= own.begin && remnant.end <= own.end, "{remnant}");
        }
    }
    flip(root, stored, at, bits);
    found.map(|found| assert!(found == bytes_of(stored.length, 7), "wrong bytes given out: byte {at} flipped"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_anywhere_gives_an_error_or_the_right_bytes() {
    for length in [0, 1, 5000, 150_000, 3_000_000, VOLUME_BLOB_BYTES_MAX + 70_000] {
        let root = tempfile::tempdir().unwrap();
        let stored = put(&open(root.path(), 1), length, 7).await;
        // Of its own start, a store shows no header that can't be read: somebody may be writing it.
        let store = open(root.path(), 2);
        let (table, trailer) = (record::table_at(length), record::table_at(length) + record::table_bytes(length));
        // Each class of byte, at both of its ends.
        for at in [0, 8, 12, 40, 71, 72, 4000, 4088, 4095] {
            read_flipped(&store, root.path(), &stored, at, 0x40).await.unwrap();
        }
        if length > 0 {
            let block = BLOCK_BYTES as u64;
            let ends = [0, length - 1, length / 2, block.min(length - 1), (block - 1).min(length - 1)];
            for at in ends.into_iter().map(|at| record::HEADER_BYTES + at).chain([table, table + 7, trailer - 1]) {
                let found = read_flipped(&store, root.path(), &stored, at, 1).await;
                assert!(matches!(found, Err(DataError::Corrupt(_))), "byte {at} of {length}: {found:?}");
            }
        }
        for at in trailer..trailer + record::TRAILER_BYTES {
            let found = read_flipped(&store, root.path(), &stored, at, 0x80).await;
            assert!(matches!(found, Ok(()) | Err(DataError::Corrupt(_))));
        }
        let random = SeededRandom::new(length);
        for _ in 0..if length > 1_000_000 { 100 } else { 500 } {
            let at = random.next_u64() % trailer;
            let damaged = (record::HEADER_BYTES..trailer).contains(&at);
            let found = read_flipped(&store, root.path(), &stored, at, 1 << (random.next_u64() % 8)).await;
            assert_eq!(found.is_err(), damaged, "byte {at} of {length}");
        }
        if length > 0 {
            assert!(store.metrics().corrupt_reads_total.load(Ordering::Relaxed) > 0);
        }
        expect(&*store, &stored, 7).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_damaged_block_is_lost() {
    let root = tempfile::tempdir().unwrap();
    let store = open(root.path(), 1);
    let block = BLOCK_BYTES as u64;
    let stored = put(&store, 5 * block, 7).await;
    flip(root.path(), &stored, record::HEADER_BYTES + 2 * block + 9, 1);
    let whole = bytes_of(5 * block, 7);
    for index in 0..5 {
        let found = read(&*store, &stored, index * block, block).await;
        if index == 2 {
            assert!(matches!(found, Err(DataError::Corrupt(_))));
        } else {
            let at = usize::try_from(index * block).unwrap();
            assert!(found.unwrap() == whole[at..at + BLOCK_BYTES]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_changed_places_are_noticed() {
    for length in [9000, VOLUME_BLOB_BYTES_MAX + 1] {
        let root = tempfile::tempdir().unwrap();
        let store = open(root.path(), 1);
        let blobs = [put(&store, length, 7).await, put(&store, length, 8).await];
        let bytes = usize::try_from(record::record_end(length)).unwrap();
        let mut records = Vec::new();
        for stored in &blobs {
            let file = OpenOptions::new().read(true).open(path_of(root.path(), stored)).unwrap();
            let mut record = vec![0; bytes];
            file.read_exact_at(&mut record, Place::from_locator(&stored.locator).unwrap().id.offset).unwrap();
            records.push(record);
        }
        for (stored, record) in blobs.iter().zip(records.iter().rev()) {
            let file = OpenOptions::new().write(true).open(path_of(root.path(), stored)).unwrap();
            file.write_all_at(record, Place::from_locator(&stored.locator).unwrap().id.offset).unwrap();
        }
        for stored in &blobs {
            assert!(matches!(read(&*store, stored, 0, length).await, Err(DataError::Corrupt(_))));
            assert!(matches!(read(&*store, stored, 4500, 10).await, Err(DataError::Corrupt(_))));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blob_that_is_a_copy_of_a_volume_is_one_blob() {
    let root = tempfile::tempdir().unwrap();
    let store = open(root.path(), 1);
    let inner = put(&store, 100_000, 7).await;
    let volume = std::fs::read(path_of(root.path(), &inner)).unwrap();
    let volume = bytes::Bytes::from(volume).slice(..1 << 20);
    let copy = futures::StreamExt::boxed(futures::stream::iter([Ok(volume)]));
    let outer = store.put(origin(8), Some(1 << 20), copy).await.unwrap();
    drop(store);
    let store = open(root.path(), 2);
    // The outer header is lost: the walk goes on inside the outer blob's bytes, where there is a header of another place.
    flip(root.path(), &outer, 20, 1);
    let listed: Vec<_> = futures::StreamExt::collect(store.list().unwrap()).await;
    let blobs = listed.iter().filter_map(|entry| match entry {
        Ok(Entry::Blob(blob)) => Some(&blob.locator),
        _ => None,
    });
    assert_eq!(blobs.collect::<Vec<_>>(), [&inner.locator]);
    assert!(listed.iter().any(|entry| matches!(entry, Ok(Entry::Remnant(_)))));
    flip(root.path(), &outer, 20, 1);
    assert_eq!(locators(&*store).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_cut_short_are_noticed() {
    let root = tempfile::tempdir().unwrap();
    let store = open(root.path(), 1);
    let stored = put(&store, VOLUME_BLOB_BYTES_MAX + 100_000, 7).await;
    let file = OpenOptions::new().write(true).open(path_of(root.path(), &stored)).unwrap();
    for length in [record::record_end(stored.length) - record::TRAILER_BYTES - 1, 5_000_000, 4096, 10, 0] {
        file.set_len(length).unwrap();
        let found = read(&*store, &stored, 0, stored.length).await;
        assert!(matches!(found, Err(DataError::Corrupt(_) | DataError::NotFound)), "{length}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_device_can_not_read_is_told_and_stepped_over() {
    let root = tempfile::tempdir().unwrap();
    let (lost, kept) = {
        let store = open(root.path(), 1);
        (put(&store, VOLUME_BLOB_BYTES_MAX + 1, 7).await, put(&store, 5000, 8).await)
    };
    // The first page of a process's memory is no memory: whoever reads there gets the error of a bad sector.
    let path = path_of(root.path(), &lost);
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/proc/self/mem", &path).unwrap();
    // And a volume that is none keeps no other from being opened.
    let volume = FileId { number: 77, ..Place::from_locator(&kept.locator).unwrap().id.file };
    std::fs::create_dir(volume.path(root.path())).unwrap();
    let store = open(root.path(), 2);
    let entries: Vec<_> = futures::StreamExt::collect(store.list().unwrap()).await;
    assert!(entries.iter().any(|entry| matches!(entry, Ok(Entry::Blob(blob)) if blob.locator == kept.locator)));
    let errors: Vec<_> = entries.iter().filter_map(|entry| entry.as_ref().err()).collect();
    assert!(matches!(errors[..], [DataError::Corrupt(_)]), "{errors:?}");
    assert!(matches!(read(&*store, &lost, 0, 10).await, Err(DataError::Corrupt(_))));
    expect(&*store, &kept, 8).await;
}
