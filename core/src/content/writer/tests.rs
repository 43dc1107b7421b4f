//! Bodies of every shape, with right and wrong digests of every kind, through a store that is a map.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::content::fake_store::{FakeStore, Fault};
use crate::content::{Expected, ExpectedChecksum, Md5, checksum_of};
use crate::limits::{ABANDONED_DELETE_WAIT, CHUNK_BYTES_MIN, HASH_HOP_BYTES, HASH_HOPS_WAITING_MAX};

fn origin() -> Origin {
    Origin { content: 1, page: 0, bucket: "bucket".into(), key: "key".into() }
}

fn writing() -> Pin {
    crate::content::Pins::new().pin(1)
}

fn bytes(size: usize) -> Bytes {
    (0..size).map(|at| u8::try_from((at * 31 + at / 257) % 251).unwrap()).collect()
}

fn stream(body: &Bytes, chunk: usize) -> ByteStream<Error> {
    let chunks: Vec<_> =
        (0..body.len()).step_by(chunk).map(|at| Ok(body.slice(at..body.len().min(at + chunk)))).collect();
    stream::iter(chunks).boxed()
}

fn upload(body: &Bytes, known: bool) -> Upload {
    let length = known.then_some(body.len() as u64);
    Upload { body: stream(body, 40_000), length, expected: Expected::default() }
}

fn content(store: &FakeStore, written: &Written) -> Bytes {
    match &written.body {
        Body::Empty => Bytes::new(),
        Body::Inline(bytes) => bytes.clone(),
        Body::Extents(extents) => {
            let blobs = store.blobs.lock();
            extents.iter().flat_map(|extent| blobs[&extent.locator].clone()).collect()
        }
    }
}

/// Waits until the background deletions are done.
async fn deleted(store: &FakeStore, count: u64) {
    for _ in 0..1000 {
        if store.deleted.load(Ordering::SeqCst) == count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("{} blobs deleted, not {count}", store.deleted.load(Ordering::SeqCst));
}

const AROUND: [usize; 15] = {
    let (inline, here, hop) = (INLINE_BYTES_MAX, HASH_HERE_BYTES_MAX, HASH_HOP_BYTES);
    [
        0,
        1,
        CHUNK_BYTES_MIN - 1,
        CHUNK_BYTES_MIN,
        inline - 1,
        inline,
        inline + 1,
        here - 1,
        here,
        here + 1,
        hop - 1,
        hop,
        hop + 1,
        5 * hop,
        9 * hop + 12_345,
    ]
};

#[tokio::test]
async fn every_size_around_every_bound_arrives() {
    for size in AROUND {
        let body = bytes(size);
        for known in [true, false] {
            for inline in [true, false] {
                for chunk in [100, 20_000, 1 << 20] {
                    let store = Arc::new(FakeStore::default());
                    let upload = Upload { body: stream(&body, chunk), ..upload(&body, known) };
                    let written = write(upload, &store.location(inline), origin(), None, writing()).await.unwrap();
                    let shape = format!("{size} bytes, known {known}, inline {inline}, chunks of {chunk}");
                    assert!(content(&store, &written) == body, "{shape}");
                    assert_eq!((written.size, written.md5), (size as u64, Md5::of(&body)), "{shape}");
                    assert_eq!(written.checksum.algorithm, ChecksumAlgorithm::Crc64Nvme);
                    assert_eq!(written.checksum.value, checksum_of(ChecksumAlgorithm::Crc64Nvme, &body), "{shape}");
                    match &written.body {
                        Body::Empty => assert_eq!(size, 0, "{shape}"),
                        Body::Inline(_) => assert!(inline && size <= INLINE_BYTES_MAX, "{shape}"),
                        Body::Extents(_) => assert!(!inline || size > INLINE_BYTES_MAX, "{shape}"),
                    }
                    // A store is told the length wherever it can be known.
                    for length in store.lengths.lock().iter() {
                        assert_eq!(*length, (known || size <= INLINE_BYTES_MAX).then_some(size as u64), "{shape}");
                    }
                    written.uncommitted.commit();
                }
            }
        }
    }
}

/// Sizes that are empty, inline, hashed where they arrive, and hashed beside.
const SIZES: [usize; 5] = [0, 100, INLINE_BYTES_MAX + 5, HASH_HERE_BYTES_MAX + 1, 3 * HASH_HOP_BYTES];

/// What becomes of a body with these expectations; nothing may stay of one that is refused.
async fn with(size: usize, expected: Expected, extra: Option<ChecksumAlgorithm>) -> Result<Written> {
    let body = bytes(size);
    let mut answer = None;
    for known in [true, false] {
        let store = Arc::new(FakeStore::default());
        let upload = Upload { expected: expected.clone(), ..upload(&body, known) };
        let result = write(upload, &store.location(true), origin(), extra, writing()).await;
        if result.is_err() {
            assert!(store.blobs.lock().is_empty(), "a refused body leaves nothing");
        }
        answer = Some(result);
    }
    answer.unwrap()
}

fn trailing(algorithm: ChecksumAlgorithm, value: Option<Vec<u8>>) -> Expected {
    let slot = Arc::new(OnceLock::new());
    if let Some(value) = value {
        slot.set(value).unwrap();
    }
    Expected { checksum: ExpectedChecksum::Trailing(algorithm, slot), ..Expected::default() }
}

fn flipped(mut value: Vec<u8>) -> Vec<u8> {
    *value.last_mut().unwrap() ^= 1;
    value
}

#[tokio::test]
async fn checksums_are_compared_in_front_and_behind() {
    for size in SIZES {
        for algorithm in ChecksumAlgorithm::ALL {
            let right = checksum_of(algorithm, &bytes(size));
            let value = |value| Expected { checksum: ExpectedChecksum::Value(algorithm, value), ..Expected::default() };
            for expected in [value(right.clone()), trailing(algorithm, Some(right.clone()))] {
                let written = with(size, expected, None).await.unwrap();
                assert_eq!((written.checksum.algorithm, &written.checksum.value), (algorithm, &right));
            }
            let cut = right[1..].to_vec();
            for wrong in [flipped(right.clone()), cut] {
                for expected in [value(wrong.clone()), trailing(algorithm, Some(wrong.clone()))] {
                    let error = with(size, expected, None).await.unwrap_err();
                    assert!(matches!(error, Error::BadDigest(name) if name == algorithm.name()), "{size} {error:?}");
                }
            }
            let error = with(size, trailing(algorithm, None), None).await.unwrap_err();
            assert!(matches!(error, Error::IncompleteBody(_)), "{error:?}");
            let compute = Expected { checksum: ExpectedChecksum::Compute(algorithm), ..Expected::default() };
            assert_eq!(with(size, compute, None).await.unwrap().checksum.value, right);
        }
    }
}

#[tokio::test]
async fn md5_and_payload_hash_are_compared() {
    for size in SIZES {
        let md5 = Md5::of(&bytes(size));
        let sha256: [u8; 32] = checksum_of(ChecksumAlgorithm::Sha256, &bytes(size)).try_into().unwrap();
        let right = Expected { md5: Some(md5), sha256: Some(sha256), checksum: ExpectedChecksum::None };
        assert_eq!(with(size, right.clone(), None).await.unwrap().md5, md5);

        let error = with(size, Expected { md5: Some([0; 16]), ..right.clone() }, None).await.unwrap_err();
        assert!(matches!(error, Error::BadMd5 { .. }), "{error:?}");

        // The payload's hash is compared before the MD5.
        let wrong = Expected { md5: Some([0; 16]), sha256: Some([0; 32]), ..right };
        match with(size, wrong, None).await.unwrap_err() {
            Error::PayloadHashMismatch { sent, computed } => {
                assert_eq!((sent, computed), ("0".repeat(64), hex::encode(sha256)));
            }
            error => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn an_extra_checksum_is_kept_besides_or_instead() {
    for size in SIZES {
        let body = bytes(size);
        let (sha, crc) = (ChecksumAlgorithm::Sha256, ChecksumAlgorithm::Crc32c);
        let alone = with(size, Expected::default(), Some(sha)).await.unwrap();
        assert_eq!(alone.checksum.value, checksum_of(sha, &body));
        assert_eq!(alone.extra, Some(alone.checksum));

        let named = Expected { checksum: ExpectedChecksum::Compute(crc), ..Expected::default() };
        let both = with(size, named, Some(sha)).await.unwrap();
        assert_eq!(both.checksum.value, checksum_of(crc, &body));
        assert_eq!(both.extra.unwrap().value, checksum_of(sha, &body));
    }
}

#[tokio::test]
async fn another_length_than_announced_is_incomplete() {
    for size in SIZES {
        for announced in [size + 1, size.wrapping_sub(1), size + 10 * HASH_HOP_BYTES, 0] {
            if announced == size || announced as u64 > PUT_BYTES_MAX {
                continue;
            }
            let store = Arc::new(FakeStore::default());
            let upload = Upload { length: Some(announced as u64), ..upload(&bytes(size), true) };
            let error = write(upload, &store.location(true), origin(), None, writing()).await.unwrap_err();
            assert!(matches!(error, Error::IncompleteBody(_)), "{size} for {announced}: {error:?}");
            assert!(store.blobs.lock().is_empty());
        }
    }
}

#[tokio::test]
async fn a_body_that_fails_leaves_nothing_and_its_error() {
    for size in SIZES {
        for hidden in [false, true] {
            for known in [true, false] {
                let store = Arc::new(FakeStore::default());
                store.set(if hidden { Fault::HideSource } else { Fault::None });
                let body = bytes(size);
                let failing = stream(&body, 10_000).chain(stream::iter([Err(Error::BodyTimeout)])).boxed();
                let upload = Upload { body: failing, ..upload(&body, known) };
                let error = write(upload, &store.location(true), origin(), None, writing()).await.unwrap_err();
                assert!(matches!(error, Error::BodyTimeout), "{size}: {error:?}");
                assert!(store.blobs.lock().is_empty());
            }
        }
    }
}

#[tokio::test]
async fn a_store_that_fails_gives_its_error() {
    let body = bytes(INLINE_BYTES_MAX + 1);
    let store = Arc::new(FakeStore::default());
    for (error, is) in [
        (DataError::Full("x".into()), Error::StorageFull("x".into())),
        (DataError::Unavailable("x".into()), Error::Unavailable("x".into())),
        (DataError::Failed("x".into()), Error::Internal("x".into())),
    ] {
        store.set(Fault::Put(error));
        let error = write(upload(&body, true), &store.location(true), origin(), None, writing()).await.unwrap_err();
        assert_eq!(format!("{error:?}"), format!("{is:?}"));
    }
}

#[tokio::test]
async fn a_store_that_breaks_its_contract_is_not_believed() {
    let body = bytes(3 * HASH_HOP_BYTES);
    for fault in [Fault::NoEnd, Fault::Short] {
        let store = Arc::new(FakeStore::default());
        store.set(fault);
        let error = write(upload(&body, true), &store.location(true), origin(), None, writing()).await.unwrap_err();
        assert!(matches!(error, Error::Internal(_)), "{error:?}");
        deleted(&store, 1).await;
        assert!(store.blobs.lock().is_empty());
    }
}

#[tokio::test]
async fn too_large_is_refused_before_a_byte_is_read() {
    let untouched = stream::poll_fn(|_| panic!("the body was read")).boxed();
    let upload = Upload { body: untouched, length: Some(PUT_BYTES_MAX + 1), expected: Expected::default() };
    let store = Arc::new(FakeStore::default());
    let error = write(upload, &store.location(true), origin(), None, writing()).await.unwrap_err();
    assert!(matches!(error, Error::EntityTooLarge { size, max } if size == max + 1));
}

#[tokio::test]
async fn blobs_without_a_name_are_deleted() {
    let body = bytes(INLINE_BYTES_MAX + 1);
    let store = Arc::new(FakeStore::default());
    let put = async || write(upload(&body, true), &store.location(true), origin(), None, writing()).await.unwrap();

    drop(put().await);
    deleted(&store, 1).await;

    put().await.uncommitted.commit();
    let mut unknown = put().await;
    unknown.uncommitted.submitted();
    drop(unknown);
    let mut refused = put().await;
    refused.uncommitted.submitted();
    refused.uncommitted.refused();
    drop(refused);
    deleted(&store, 2).await;
    assert_eq!(store.blobs.lock().len(), 2, "the committed one, and the one of unknown outcome");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_fails_is_tried_again_and_then_left() {
    let body = bytes(INLINE_BYTES_MAX + 1);
    let store = Arc::new(FakeStore::default());
    let writers = crate::content::Pins::new();
    let location = store.location(true);
    let put = async || write(upload(&body, true), &location, origin(), None, writers.pin(1)).await.unwrap();
    let settled = async || {
        while writers.count() > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    let before = crate::content::metrics().blobs_orphaned_total.get();
    store.set(Fault::Delete);
    drop(put().await);
    tokio::time::sleep(ABANDONED_DELETE_WAIT / 2).await;
    assert!(writers.is_pinned(1), "its content is a writer's until it is gone");
    store.set(Fault::None);
    settled().await;
    assert_eq!(store.blobs.lock().len(), 0);

    store.set(Fault::Delete);
    drop(put().await);
    settled().await;
    assert_eq!(store.blobs.lock().len(), 1, "left to the search for orphans");
    assert!(crate::content::metrics().blobs_orphaned_total.get() > before);
}

#[tokio::test]
async fn a_content_is_a_writers_until_its_name_is_there_or_certainly_will_not_be() {
    let body = bytes(INLINE_BYTES_MAX + 1);
    let store = Arc::new(FakeStore::default());
    let writers = crate::content::Pins::new();
    let location = store.location(true);
    let put = async || write(upload(&body, true), &location, origin(), None, writers.pin(1)).await.unwrap();

    let named = put().await;
    assert!(writers.is_pinned(1));
    named.uncommitted.commit();
    assert_eq!(writers.count(), 0);

    let mut wrong = upload(&body, true);
    wrong.expected.md5 = Some([0; 16]);
    assert!(write(wrong, &location, origin(), None, writers.pin(1)).await.is_err());
    assert_eq!(writers.count(), 0);

    let mut unknown = put().await;
    unknown.uncommitted.submitted();
    drop(unknown);
    assert!(writers.is_pinned(1), "only the next start can tell");
}

/// A chunk that counts how many of its kind are alive.
struct Alive(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Alive {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.1.fetch_sub(self.0.len(), Ordering::SeqCst);
    }
}

/// A body of chunks that are counted: its stream, the bytes alive now, and the most that were alive at once.
fn counted(total: usize, chunk: usize) -> (ByteStream<Error>, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (alive, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, most) = (alive.clone(), peak.clone());
    let body = stream::iter((0..total / chunk).map(move |_| {
        let now = counter.fetch_add(chunk, Ordering::SeqCst) + chunk;
        most.fetch_max(now, Ordering::SeqCst);
        Ok(Bytes::from_owner(Alive(vec![7; chunk], counter.clone())))
    }));
    (body.boxed(), alive, peak)
}

/// Sends `total` bytes of unknown length in chunks; gives the most bytes that were alive at once.
async fn peak(total: usize, chunk: usize, expected: Expected) -> usize {
    let (body, alive, peak) = counted(total, chunk);
    let store = Arc::new(FakeStore::default());
    store.set(Fault::Null);
    let upload = Upload { body, length: None, expected };
    let written = write(upload, &store.location(true), origin(), None, writing()).await.unwrap();
    assert_eq!(written.size, (total / chunk * chunk) as u64);
    assert_eq!(alive.load(Ordering::SeqCst), 0, "nothing is kept");
    written.uncommitted.commit();
    peak.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_store_that_gives_up_leaves_no_byte_in_memory() {
    for after in [1, 64 << 10, 700_000, 5 << 20] {
        let (body, alive, _) = counted(8 << 20, 64 << 10);
        let store = Arc::new(FakeStore::default());
        store.set(Fault::GiveUp(after));
        let upload = Upload { body, length: Some(8 << 20), expected: Expected::default() };
        let error = write(upload, &store.location(true), origin(), None, writing()).await.unwrap_err();
        assert!(matches!(error, Error::StorageFull(_)), "{error:?}");
        // The group that a thread was just hashing goes a moment later.
        for _ in 0..1000 {
            if alive.load(Ordering::SeqCst) == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        assert_eq!(alive.load(Ordering::SeqCst), 0, "after {after} bytes");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_bodies_at_once_keep_their_digests_apart() {
    let store = Arc::new(FakeStore::default());
    let bodies = (0..48).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let body = bytes(3 * HASH_HOP_BYTES + number * 1013).slice(number..);
            let sha256 = checksum_of(ChecksumAlgorithm::Sha256, &body);
            let expected = Expected {
                md5: Some(Md5::of(&body)),
                sha256: Some(sha256.try_into().unwrap()),
                checksum: ExpectedChecksum::Value(ChecksumAlgorithm::Sha1, checksum_of(ChecksumAlgorithm::Sha1, &body)),
            };
            let upload = Upload { expected, ..upload(&body, number % 2 == 0) };
            let written = write(upload, &store.location(true), origin(), None, writing()).await.unwrap();
            assert!(content(&store, &written) == body);
            written.uncommitted.commit();
        })
    });
    for body in futures::future::join_all(bodies).await {
        body.unwrap();
    }
}

#[tokio::test]
async fn memory_is_bounded_by_the_hops() {
    // Being gathered, waiting, being hashed; and the prefix that was gathered for the index.
    let bound = |chunk| (HASH_HOPS_WAITING_MAX + 2) * (HASH_HOP_BYTES + chunk) + INLINE_BYTES_MAX + chunk;
    let most = peak(1 << 30, 64 << 10, Expected::default()).await;
    assert!(most <= bound(64 << 10), "{most} bytes at once");
    assert!(most >= 2 * HASH_HOP_BYTES, "{most} bytes: the measurement sees what waits for its hash");
    // SHA-256 and MD5 on two threads, at different speeds.
    let both = Expected { checksum: ExpectedChecksum::Compute(ChecksumAlgorithm::Sha256), ..Expected::default() };
    let most = peak(64 << 20, 64 << 10, both).await;
    assert!(most <= bound(64 << 10), "{most} bytes at once");
    // Tiny chunks, which may keep far larger receive buffers alive, are copied at once.
    let most = peak(4 << 20, 100, Expected::default()).await;
    assert!(most <= CHUNK_BYTES_MIN, "{most} bytes at once");
}
