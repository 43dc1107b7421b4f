//! What every store, and every wrapper around one, must do: the contract of [`DataStore`] as tests.
//!
//! Always holds: nothing here knows which store it runs against. Each store's own tests add what only it can show: damage,
//! crashes, space.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::{ByteStream, DataError, DataStore, Entry, Listed, Locator, Origin, Stored};
use crate::error::Error;
use crate::limits::{BLOCK_BYTES, DISK_HOP_BYTES, VOLUME_BLOB_BYTES_MAX};
use crate::random::{Random as _, SeededRandom};
use crate::types::ByteRange;

const BLOCK: u64 = BLOCK_BYTES as u64;
const HOP: u64 = DISK_HOP_BYTES as u64;

/// Lengths around every bound that a store may have.
pub const LENGTHS: &[u64] = &[
    0,
    1,
    4095,
    4096,
    4097,
    BLOCK - 1,
    BLOCK,
    BLOCK + 1,
    HOP - 1,
    HOP,
    HOP + 1,
    VOLUME_BLOB_BYTES_MAX - 1,
    VOLUME_BLOB_BYTES_MAX,
    VOLUME_BLOB_BYTES_MAX + 1,
    20 << 20,
];

pub fn origin(content: u64) -> Origin {
    Origin { content, page: 0, bucket: "photos".into(), key: format!("a/b/{content}.jpg") }
}

/// The bytes that stand for `content`: no two contents or positions look alike.
pub fn bytes_of(length: u64, content: u64) -> Bytes {
    let mut bytes = vec![0; usize::try_from(length).unwrap()];
    SeededRandom::new(content).fill(&mut bytes);
    bytes.into()
}

/// A body that arrives in chunks of many sizes.
pub fn body(length: u64, content: u64) -> ByteStream<Error> {
    const SIZES: [usize; 6] = [1, 700, 16_384, 100_000, 3, 2_000_000];
    let mut rest = bytes_of(length, content);
    let mut chunks = Vec::new();
    for size in SIZES.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        chunks.push(Ok(rest.split_to(rest.len().min(*size))));
    }
    stream::iter(chunks).boxed()
}

static CONTENTS: AtomicU64 = AtomicU64::new(1000);

/// A content number of its own.
pub fn fresh() -> u64 {
    CONTENTS.fetch_add(1, Ordering::Relaxed)
}

/// Puts `length` bytes that stand for content 1.
pub async fn put(store: &dyn DataStore, length: u64) -> Stored {
    put_content(store, length, Some(length), 1).await
}

async fn put_content(store: &dyn DataStore, length: u64, declared: Option<u64>, content: u64) -> Stored {
    let stored = store.put(origin(content), declared, body(length, content)).await.unwrap();
    assert_eq!(stored.length, length);
    assert!(stored.locator.0.len() <= 64);
    stored
}

/// Reads a range. Each chunk must keep to the bound.
pub async fn read(store: &dyn DataStore, stored: &Stored, offset: u64, length: u64) -> Result<Vec<u8>, DataError> {
    let mut all = Vec::new();
    let mut chunks = store.get(&stored.locator, stored.length, ByteRange { offset, length });
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        assert!(chunk.len() <= DISK_HOP_BYTES);
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

/// Reads all of a blob and compares it with `content`.
pub async fn expect(store: &dyn DataStore, stored: &Stored, content: u64) {
    let found = read(store, stored, 0, stored.length).await.unwrap();
    assert!(found == bytes_of(stored.length, content), "{} bytes are not those of {content}", stored.length);
}

/// The blobs of a store in which nothing is damaged.
pub async fn listed(store: &dyn DataStore) -> Option<Vec<Listed>> {
    let entries: Vec<_> = store.list()?.try_collect().await.unwrap();
    let blob = |entry| match entry {
        Entry::Blob(listed) => listed,
        Entry::Remnant(remnant) => panic!("{remnant} are no blob's"),
    };
    Some(entries.into_iter().map(blob).collect())
}

pub async fn locators(store: &dyn DataStore) -> Option<BTreeSet<Locator>> {
    Some(listed(store).await?.into_iter().map(|listed| listed.locator).collect())
}

/// The whole suite. The store must be empty, and is left so.
pub async fn run(store: Arc<dyn DataStore>) {
    every_length_comes_back(&*store).await;
    every_range_comes_back(&*store).await;
    a_wrong_length_keeps_nothing(&*store).await;
    a_failing_stream_keeps_nothing_and_its_error_comes_back(&*store).await;
    a_sender_who_leaves_keeps_nothing(&*store).await;
    deleting_twice_succeeds(&*store).await;
    foreign_locators_and_lengths_are_refused(&*store).await;
    listing_shows_what_is_there(&*store).await;
    many_at_once(store.clone()).await;
    settled(&*store, &BTreeSet::new()).await;
}

/// Waits until the listing is `expected`: what nobody waits for may be removed a little later.
async fn settled(store: &dyn DataStore, expected: &BTreeSet<Locator>) {
    for _ in 0..500 {
        match locators(store).await {
            Some(found) if found != *expected => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            _ => return,
        }
    }
    panic!("the listing is {:?}, not {expected:?}", locators(store).await);
}

async fn every_length_comes_back(store: &dyn DataStore) {
    for &length in LENGTHS {
        for declared in [Some(length), None] {
            let content = fresh();
            let stored = put_content(store, length, declared, content).await;
            expect(store, &stored, content).await;
            store.delete(&stored.locator).await.unwrap();
            let gone = read(store, &stored, 0, length).await;
            assert!(matches!(gone, Err(DataError::NotFound)), "{length}: {gone:?}");
        }
    }
}

async fn every_range_comes_back(store: &dyn DataStore) {
    for length in [1, 5000, BLOCK + 1, HOP + 77, 3 * HOP, VOLUME_BLOB_BYTES_MAX + 3 * BLOCK + 5] {
        let content = fresh();
        let stored = put_content(store, length, Some(length), content).await;
        let whole = bytes_of(length, content);
        let edges = [0, 1, 4096, BLOCK - 1, BLOCK, BLOCK + 1, HOP - 1, HOP, HOP + 1, length / 2, length - 1, length];
        let edges: BTreeSet<u64> = edges.into_iter().filter(|edge| *edge <= length).collect();
        for &begin in &edges {
            for &end in edges.range(begin..) {
                let found = read(store, &stored, begin, end - begin).await.unwrap();
                let wanted = &whole[usize::try_from(begin).unwrap()..usize::try_from(end).unwrap()];
                assert!(found == wanted, "{begin}..{end} of {length}");
            }
        }
        assert!(read(store, &stored, 0, length + 1).await.is_err());
        assert!(read(store, &stored, length, 1).await.is_err());
        assert!(read(store, &stored, u64::MAX, 2).await.is_err());
        store.delete(&stored.locator).await.unwrap();
    }
}

async fn a_wrong_length_keeps_nothing(store: &dyn DataStore) {
    let before = locators(store).await;
    for length in [1, BLOCK, HOP, 3 * HOP + 5, VOLUME_BLOB_BYTES_MAX + HOP] {
        for declared in [length - 1, length + 1, 0, length + HOP, length + VOLUME_BLOB_BYTES_MAX] {
            if declared == length {
                continue;
            }
            let refused = store.put(origin(fresh()), Some(declared), body(length, 1)).await;
            let Err(DataError::Source(error)) = &refused else { panic!("{length} for {declared}: {refused:?}") };
            assert!(matches!(**error, Error::IncompleteBody(_)));
            assert_eq!(locators(store).await, before, "{length} for {declared}");
        }
    }
}

async fn a_failing_stream_keeps_nothing_and_its_error_comes_back(store: &dyn DataStore) {
    let before = locators(store).await;
    for length in [0, 1, BLOCK, HOP, 3 * HOP + 5, VOLUME_BLOB_BYTES_MAX + HOP] {
        for declared in [Some(length), Some(length + 1), Some(20 * HOP), None] {
            let failing = body(length, 1).chain(stream::iter([Err(Error::BadDigest("CRC32"))])).boxed();
            let refused = store.put(origin(fresh()), declared, failing).await;
            let Err(DataError::Source(error)) = &refused else { panic!("{length}: {refused:?}") };
            assert!(matches!(**error, Error::BadDigest("CRC32")), "{length}, {declared:?}: {error:?}");
            assert_eq!(locators(store).await, before, "{length}, {declared:?}");
        }
    }
}

async fn a_sender_who_leaves_keeps_nothing(store: &dyn DataStore) {
    let before = locators(store).await.unwrap_or_default();
    for (length, wait) in [(0, 0), (100, 0), (3 * HOP, 1), (3 * HOP, 5), (12 * HOP, 3), (12 * HOP, 20)] {
        let stuck = body(length, 1).chain(stream::pending()).boxed();
        let waiting = store.put(origin(fresh()), Some(20 * HOP), stuck);
        let left = tokio::time::timeout(std::time::Duration::from_millis(wait), waiting).await;
        assert!(left.is_err());
    }
    // Whole bodies, left at some instant of their last steps.
    for micros in [0, 50, 100, 200, 400, 800, 1600, 3200] {
        let content = fresh();
        let waiting = store.put(origin(content), Some(50_000), body(50_000, content));
        if let Ok(stored) = tokio::time::timeout(std::time::Duration::from_micros(micros), waiting).await {
            store.delete(&stored.unwrap().locator).await.unwrap();
        }
    }
    settled(store, &before).await;
}

async fn deleting_twice_succeeds(store: &dyn DataStore) {
    for length in [0, 10, HOP, VOLUME_BLOB_BYTES_MAX + 1] {
        let stored = put(store, length).await;
        store.delete(&stored.locator).await.unwrap();
        store.delete(&stored.locator).await.unwrap();
    }
}

async fn foreign_locators_and_lengths_are_refused(store: &dyn DataStore) {
    let stored = put(store, 100).await;
    for foreign in [vec![], vec![0], vec![7; 37], vec![255; 64]] {
        let foreign = Stored { locator: Locator(foreign), length: 100 };
        assert!(read(store, &foreign, 0, 100).await.is_err());
    }
    for length in [0, 99, 101, u64::MAX] {
        let wrong = Stored { locator: stored.locator.clone(), length };
        assert!(matches!(read(store, &wrong, 0, length.min(10)).await, Err(DataError::Corrupt(_))), "{length}");
    }
    store.delete(&stored.locator).await.unwrap();
}

async fn listing_shows_what_is_there(store: &dyn DataStore) {
    let Some(before) = locators(store).await else { return };
    let mut expected = before.clone();
    let mut there = Vec::new();
    for number in 0..600 {
        let length = if number % 100 == 0 { VOLUME_BLOB_BYTES_MAX + 1 } else { number * 37 };
        let content = fresh();
        let stored = put_content(store, length, Some(length), content).await;
        if number % 3 == 0 {
            store.delete(&stored.locator).await.unwrap();
        } else {
            expected.insert(stored.locator.clone());
            there.push((stored, content));
        }
    }
    assert_eq!(locators(store).await.unwrap(), expected);
    let listed = listed(store).await.unwrap();
    for (stored, content) in &there {
        let found = listed.iter().find(|listed| listed.locator == stored.locator).unwrap();
        assert_eq!((found.length, &found.origin), (stored.length, &origin(*content)));
    }
    assert_eq!(locators(store).await.unwrap().len(), expected.len());
    a_put_is_listed_when_it_is_answered(store).await;
    for (stored, content) in there {
        expect(store, &stored, content).await;
        store.delete(&stored.locator).await.unwrap();
    }
    assert_eq!(locators(store).await.unwrap(), before);
}

async fn a_put_is_listed_when_it_is_answered(store: &dyn DataStore) {
    let before = locators(store).await.unwrap();
    for length in [3 * HOP, VOLUME_BLOB_BYTES_MAX + 1] {
        let (send, body_of) = futures::channel::mpsc::unbounded();
        let put = store.put(origin(1), Some(length), body_of.boxed());
        let looking = async {
            let bytes = bytes_of(length, 1);
            let all_but_one = bytes.len() - 1;
            send.unbounded_send(Ok(bytes.slice(..all_but_one))).unwrap();
            // Time for what can be written by now.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            assert_eq!(locators(store).await.unwrap(), before, "a put under way is shown");
            send.unbounded_send(Ok(bytes.slice(all_but_one..))).unwrap();
            send.close_channel();
        };
        let (stored, ()) = futures::join!(put, looking);
        let stored = stored.unwrap();
        assert!(locators(store).await.unwrap().contains(&stored.locator));
        store.delete(&stored.locator).await.unwrap();
    }
}

async fn many_at_once(store: Arc<dyn DataStore>) {
    let tasks = (0..24_u64).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for round in 0..12 {
                let length = (task * 7919 + round * 104_729) % 300_000 + if round == 5 { 3 * HOP } else { 0 };
                let content = fresh();
                let stored = put_content(&*store, length, (round % 2 == 0).then_some(length), content).await;
                expect(&*store, &stored, content).await;
                store.delete(&stored.locator).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}
