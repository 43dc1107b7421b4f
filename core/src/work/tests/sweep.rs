//! What the sweep leaves alone.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt};
use parking_lot::Mutex;

use super::Spy;
use crate::content::{Expected, Upload};
use crate::data::files::{FilesOptions, FilesStore};
use crate::kernel::Kernel;
use crate::metadata::MetadataStore;
use crate::objects::tests::{Fixture, bytes};
use crate::random::SystemRandom;
use crate::work::check::{self, Progress};
use crate::work::{reclaim, sweep};

#[tokio::test]
async fn a_reader_who_came_before_the_deletion_reads_to_the_end() {
    let fixture = Fixture::new().await;
    let body = bytes(1, 3 << 20);
    fixture.put("k", &body).await;
    let contents = fixture.store.snapshot().unwrap().scan(b"C", b"D", 10, false).await.unwrap();
    let [(content, _)] = &contents[..] else { panic!("{contents:?}") };
    let spy = Spy::on(fixture.store.clone());
    let service = fixture.service_over(spy.clone(), fixture.data.clone());
    // The sweep looks at the blob; then a reader comes, then the object is deleted; and only then the index answers.
    let reading = Arc::new(Mutex::new(None));
    let happens = {
        let (service, reading, root, request) =
            (service.clone(), reading.clone(), fixture.root.clone(), fixture.request("k"));
        let delete = fixture.delete_request("k");
        async move {
            let output = service.get(&root, request).await.unwrap();
            *reading.lock() = Some(output);
            service.delete(&root, delete).await.unwrap();
        }
        .boxed()
    };
    spy.before_reading(content.clone(), happens);
    let swept = sweep::sweep(&service, true, &AtomicU64::default()).await.unwrap();
    assert_eq!((swept.blobs_seen, swept.orphans_found), (1, 0), "{swept:?}");
    let output = reading.lock().take().expect("somebody reads");
    let chunks: Vec<Bytes> = output.body.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), body);
    reclaim::round(&service).await.unwrap();
    assert_eq!(fixture.blobs().await, 0);
}

#[tokio::test]
async fn what_the_reclaim_worker_is_about_to_delete_is_no_orphan() {
    let fixture = Fixture::new().await;
    fixture.put("k", &bytes(1, 200_000)).await;
    fixture.put("k", &bytes(2, 200_000)).await;
    for repair in [false, true] {
        let swept = sweep::sweep(&fixture.service, repair, &AtomicU64::default()).await.unwrap();
        assert_eq!((swept.blobs_seen, swept.blobs_waiting, swept.orphans_found), (2, 1, 0), "{swept:?}");
    }
    let report = check::check(&fixture.service, false, &Progress::default()).await.unwrap();
    assert!(report.is_clean() && report.blobs_waiting == 1, "{report:?}");
    reclaim::round(&fixture.service).await.unwrap();
    let report = check::check(&fixture.service, false, &Progress::default()).await.unwrap();
    assert!(report.is_clean() && (report.blobs, report.blobs_waiting) == (1, 0), "{report:?}");
}

#[tokio::test]
async fn what_was_deleted_since_it_was_listed_is_no_orphan() {
    let fixture = Fixture::new().await;
    fixture.put("k", &bytes(1, 200_000)).await;
    let contents = fixture.store.snapshot().unwrap().scan(b"C", b"D", 10, false).await.unwrap();
    let [(content, _)] = &contents[..] else { panic!("{contents:?}") };
    let spy = Spy::on(fixture.store.clone());
    let service = fixture.service_over(spy.clone(), fixture.data.clone());
    let happens = {
        let (service, root, delete) = (service.clone(), fixture.root.clone(), fixture.delete_request("k"));
        async move {
            service.delete(&root, delete).await.unwrap();
            reclaim::round(&service).await.unwrap();
        }
        .boxed()
    };
    spy.before_reading(content.clone(), happens);
    let swept = sweep::sweep(&service, false, &AtomicU64::default()).await.unwrap();
    assert_eq!((swept.blobs_seen, swept.blobs_waiting, swept.orphans_found), (1, 0, 0), "{swept:?}");
    assert_eq!(fixture.blobs().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_under_way_is_no_orphan_of_its_own_process() {
    let (fixture, root) = (Fixture::new().await, tempfile::tempdir().unwrap());
    let options = FilesOptions::new(1, Arc::new(SystemRandom), Kernel::pretending("9.9").unwrap());
    let data = FilesStore::open(root.path(), options).unwrap();
    let service = fixture.service_over(fixture.store.clone(), data.clone());
    for size in [100_000_usize, 3 << 20, 9 << 20] {
        let body = bytes(1, size);
        let (send, receive) = futures::channel::mpsc::unbounded();
        let upload = Upload { body: receive.boxed(), length: Some(size as u64), expected: Expected::default() };
        let put = service.put(&fixture.root, fixture.put_request("k", upload));
        let looking = async {
            send.unbounded_send(Ok(body.slice(..size - 1))).unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            assert!(!service.is_settled());
            let report = check::check(&service, true, &Progress::default()).await.unwrap();
            assert!(report.is_clean() && report.orphan_blobs == 0, "{report:?}");
            send.unbounded_send(Ok(body.slice(size - 1..))).unwrap();
            send.close_channel();
        };
        let (put, ()) = futures::join!(put, looking);
        put.unwrap();
        assert_eq!(service.inner.writers.count(), 0);
        let output = service.get(&fixture.root, fixture.request("k")).await.unwrap();
        let chunks: Vec<Bytes> = output.body.try_collect().await.unwrap();
        assert!(chunks.concat() == body);
        let report = check::check(&service, true, &Progress::default()).await.unwrap();
        assert!(report.is_clean() && report.blobs == 1, "{report:?}");
    }
}
