//! Ranges over pages of extents equal slices of the bytes; damage is an error and a count.

use std::sync::atomic::Ordering;

use proptest::prelude::*;

use super::*;
use crate::content::Pins;
use crate::content::fake_store::{FakeStore, Fault};
use crate::data::Locator;

fn nothing() -> Held {
    Arc::new(())
}

async fn collect(mut stream: ByteStream<Error>) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        assert!(!chunk.is_empty(), "no empty chunks");
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

fn pages(pages: Vec<Vec<Extent>>) -> Pages {
    stream::iter(pages.into_iter().map(Ok)).boxed()
}

fn keep(store: &FakeStore, bytes: &[u8]) -> Extent {
    Extent { locator: store.keep(Bytes::copy_from_slice(bytes)), length: bytes.len() as u64 }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

proptest! {
    #[test]
    fn any_range_of_any_pages(
        blobs in prop::collection::vec(prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5), 0..5),
        from in 0usize..500,
        length in 0usize..500,
    ) {
        let store = Arc::new(FakeStore::default());
        let all: Vec<u8> = blobs.concat().concat();
        let extents = blobs.iter().map(|page| page.iter().map(|blob| keep(&store, blob)).collect()).collect();
        let from = from.min(all.len());
        let length = length.min(all.len() - from);
        let range = ByteRange { offset: from as u64, length: length as u64 };
        let read_back = runtime().block_on(collect(read(store, pages(extents), range, nothing()))).unwrap();
        prop_assert_eq!(&read_back, &all[from..from + length]);
        let inline = runtime().block_on(collect(read_inline(Bytes::from(all.clone()), range, nothing()))).unwrap();
        prop_assert_eq!(&inline, &all[from..from + length]);
    }
}

#[tokio::test]
async fn pages_are_asked_for_one_by_one() {
    let store = Arc::new(FakeStore::default());
    let extent = keep(&store, b"0123456789");
    let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = asked.clone();
    let pages = stream::repeat_with(move || {
        counter.fetch_add(1, Ordering::SeqCst);
        Ok(vec![extent.clone(), extent.clone()])
    });
    let mut stream = read(store, pages.boxed(), ByteRange { offset: 0, length: 1 << 40 }, nothing());
    for _ in 0..4 {
        stream.next().await.unwrap().unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    stream.next().await.unwrap().unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_pin_is_held_until_the_stream_is_dropped() {
    let (store, pins) = (Arc::new(FakeStore::default()), Pins::new());
    let extent = keep(&store, b"abc");
    let range = ByteRange { offset: 0, length: 3 };
    let mut stored = read(store, pages(vec![vec![extent]]), range, Arc::new(pins.pin(1)));
    let mut inline = read_inline(Bytes::from_static(b"abc"), range, Arc::new(pins.pin(2)));
    while stored.next().await.is_some() {}
    while inline.next().await.is_some() {}
    assert!(pins.is_pinned(2));
    drop((stored, inline));
    assert_eq!(pins.count(), 0);

    let aborted = read_inline(Bytes::from_static(b"abc"), range, Arc::new(pins.pin(3)));
    drop(aborted);
    assert_eq!(pins.count(), 0);
}

/// The error of a read of `length` bytes, and what came before it.
async fn fails(store: Arc<FakeStore>, extents: Vec<Extent>, length: u64) -> (Error, usize) {
    let before = metrics().corrupt_reads_total.get();
    let mut stream = read(store, pages(vec![extents]), ByteRange { offset: 0, length }, nothing());
    let mut received = 0;
    let error = loop {
        match stream.next().await.expect("an error before the end") {
            Ok(chunk) => received += chunk.len(),
            Err(error) => break error,
        }
    };
    assert!(stream.next().await.is_none(), "an error ends the stream");
    if matches!(error, Error::Corrupt(_)) {
        assert!(metrics().corrupt_reads_total.get() > before, "damage is counted");
    }
    (error, received)
}

#[tokio::test]
async fn what_is_missing_is_damage() {
    let store = Arc::new(FakeStore::default());
    let extent = keep(&store, b"0123456789");
    // The extents end early.
    let (error, received) = fails(store.clone(), vec![extent.clone()], 11).await;
    assert!(matches!(error, Error::Corrupt(_)) && received == 10, "{error}");
    // A blob is gone.
    let gone = Extent { locator: Locator(vec![9; 9]), length: 4 };
    let (error, received) = fails(store.clone(), vec![extent.clone(), gone], 14).await;
    assert!(matches!(error, Error::Corrupt(_)) && received == 10, "{error}");
    // A blob gives too little, or too much.
    store.set(Fault::GetMore(-1));
    assert!(matches!(fails(store.clone(), vec![extent.clone()], 10).await.0, Error::Corrupt(_)));
    store.set(Fault::GetMore(1));
    assert!(matches!(fails(store.clone(), vec![extent.clone()], 9).await.0, Error::Corrupt(_)));
    // An inline content is shorter than its record says.
    let range = ByteRange { offset: 1, length: 3 };
    let inline = collect(read_inline(Bytes::from_static(b"abc"), range, nothing())).await;
    assert!(matches!(inline, Err(Error::Corrupt(_))));
    let range = ByteRange { offset: u64::MAX, length: 3 };
    assert!(matches!(collect(read_inline(Bytes::new(), range, nothing())).await, Err(Error::Corrupt(_))));
}

#[tokio::test]
async fn errors_of_pages_and_stores_keep_their_kind() {
    let store = Arc::new(FakeStore::default());
    let pages = stream::iter([Err(Error::Unavailable("later".into()))]).boxed();
    let range = ByteRange { offset: 0, length: 1 };
    assert!(matches!(collect(read(store, pages, range, nothing())).await, Err(Error::Unavailable(_))));
    assert!(matches!(get_error(DataError::Unavailable("x".into())), Error::Unavailable(_)));
    assert!(matches!(get_error(DataError::Corrupt("x".into())), Error::Corrupt(_)));
    assert!(matches!(get_error(DataError::Failed("x".into())), Error::Internal(_)));
}
