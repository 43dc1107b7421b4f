//! What a power cut leaves, and what damage leaves, told apart by the index.

use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;

use crate::data::files::{FilesOptions, FilesStore};
use crate::data::{DataStore, Span};
use crate::kernel::Kernel;
use crate::metadata::records::{ContentRecord, Layout, Record};
use crate::metadata::{Batch, Durability, MetadataStore, Table, Write};
use crate::objects::ObjectService;
use crate::objects::tests::{Fixture, bytes};
use crate::random::SystemRandom;
use crate::work::check::{self, Progress, Report};

fn open(root: &Path, epoch: u64) -> Arc<FilesStore> {
    let options = FilesOptions::new(epoch, Arc::new(SystemRandom), Kernel::pretending("9.9").unwrap());
    FilesStore::open(root, options).unwrap()
}

async fn put(service: &ObjectService, fixture: &Fixture, name: &str, body: &Bytes) {
    let upload = crate::objects::tests::upload(body);
    service.put(&fixture.root, fixture.put_request(name, upload)).await.unwrap();
}

async fn get(service: &ObjectService, fixture: &Fixture, name: &str) -> Vec<u8> {
    let output = service.get(&fixture.root, fixture.request(name)).await.unwrap();
    output.body.try_collect::<Vec<Bytes>>().await.unwrap().concat()
}

async fn report(service: &ObjectService, repair: bool) -> Report {
    check::check(service, repair, &Progress::default()).await.unwrap()
}

/// Where each object's blob lies, by size.
async fn spans(fixture: &Fixture, data: &FilesStore) -> Vec<Span> {
    let contents = fixture.store.snapshot().unwrap().scan(b"C", b"D", 100, false).await.unwrap();
    let mut spans: Vec<_> = contents
        .iter()
        .map(|(_, value)| match ContentRecord::decode(value).unwrap().layout {
            Layout::Extents(extents) => data.span(&extents[0].locator).unwrap(),
            Layout::Parts { .. } | Layout::Mapped { .. } => panic!("an upload"),
        })
        .collect();
    spans.sort_by_key(|span| span.end - span.begin);
    spans
}

fn write(root: &Path, span: &Span, at: u64, bytes: &[u8]) {
    let file = std::fs::OpenOptions::new().write(true).open(root.join("volumes").join(&span.file)).unwrap();
    file.write_all_at(bytes, at).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_power_cut_tore_is_cleared_and_what_was_stored_stays() {
    let (fixture, root) = (Fixture::new().await, tempfile::tempdir().unwrap());
    let (small, large) = (bytes(1, 100_000), bytes(2, 300_000));
    let spans = {
        let data = open(root.path(), 1);
        let service = fixture.service_over(fixture.store.clone(), data.clone());
        put(&service, &fixture, "small", &small).await;
        put(&service, &fixture, "large", &large).await;
        spans(&fixture, &data).await
    };
    // The store before has ended when the next is open.
    let data = open(root.path(), 2);
    let end = spans.iter().map(|span| span.end).max().unwrap();
    write(root.path(), &spans[0], end, &bytes(3, 65_536));
    let service = fixture.service_over(fixture.store.clone(), data.clone());
    let found = report(&service, false).await;
    assert_eq!((found.problems_total, found.orphan_blobs, found.orphan_blobs_deleted), (0, 1, 0), "{found:?}");
    let found = report(&service, true).await;
    assert_eq!((found.orphan_blobs_deleted, found.bytes_freed), (1, 65_536), "{found:?}");
    assert!(found.is_clean());
    let found = report(&service, false).await;
    assert!(found.is_clean() && found.orphan_blobs == 0 && found.blobs == 2, "{found:?}");
    assert!(get(&service, &fixture, "small").await == small);
    assert!(get(&service, &fixture, "large").await == large);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_header_is_told_once_and_its_blob_stays() {
    let (fixture, root) = (Fixture::new().await, tempfile::tempdir().unwrap());
    // With zeros within: what is left between is many remnants, of one blob.
    let mut holed = bytes(2, 300_000).to_vec();
    holed[100_000..200_000].fill(0);
    let (small, large) = (bytes(1, 100_000), Bytes::from(holed));
    let spans = {
        let data = open(root.path(), 1);
        let service = fixture.service_over(fixture.store.clone(), data.clone());
        put(&service, &fixture, "small", &small).await;
        put(&service, &fixture, "large", &large).await;
        spans(&fixture, &data).await
    };
    let data = open(root.path(), 2);
    write(root.path(), &spans[1], spans[1].begin + 100, b"damage");
    let end = spans.iter().map(|span| span.end).max().unwrap();
    write(root.path(), &spans[0], end, &bytes(3, 4096));
    let service = fixture.service_over(fixture.store.clone(), data.clone());
    let found = report(&service, true).await;
    assert_eq!((found.problems_total, found.orphan_blobs_deleted, found.bytes_freed), (1, 1, 4096), "{found:?}");
    assert_eq!(found.problems[0].kind, "damaged_bytes");
    assert!(found.problems[0].what.contains(&spans[1].to_string()), "{:?}", found.problems);
    assert!(get(&service, &fixture, "large").await == large, "its bytes are whole");
    // A task that has yet to delete it names it, too: so it is no orphan before, and nothing of it is left after.
    service.delete(&fixture.root, fixture.delete_request("large")).await.unwrap();
    let found = report(&service, false).await;
    assert_eq!((found.problems_total, found.orphan_blobs), (1, 0), "{found:?}");
    let found = report(&service, true).await;
    assert!(found.is_clean() && found.orphan_blobs == 0, "{found:?}");
    assert!(get(&service, &fixture, "small").await == small);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_cleared_for_want_of_a_record() {
    let (fixture, root) = (Fixture::new().await, tempfile::tempdir().unwrap());
    let body = bytes(1, 100_000);
    let spans = {
        let data = open(root.path(), 1);
        let service = fixture.service_over(fixture.store.clone(), data.clone());
        put(&service, &fixture, "k", &body).await;
        spans(&fixture, &data).await
    };
    write(root.path(), &spans[0], spans[0].begin + 100, b"damage");
    let (key, value) = fixture.store.snapshot().unwrap().scan(b"C", b"D", 1, false).await.unwrap().remove(0);
    let store = async |value: Bytes| {
        let writes = vec![Write::Put { table: Table::Index, key: key.clone(), value }];
        fixture.store.commit(Batch { writes, ..Batch::default() }, Durability::Synced).await.unwrap();
    };
    let mut damaged = value.to_vec();
    damaged[7] ^= 1;
    store(damaged.into()).await;
    let data = open(root.path(), 2);
    let service = fixture.service_over(fixture.store.clone(), data.clone());
    let found = report(&service, true).await;
    assert!(found.problems.iter().any(|problem| problem.what.contains("is kept")), "{found:?}");
    assert_eq!(found.orphan_blobs, 0);
    store(value).await;
    assert!(get(&service, &fixture, "k").await == body);
}
