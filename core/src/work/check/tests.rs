//! Whatever is taken away, changed or left over, the check names it.

mod paging;
mod unreadable;

use std::collections::HashSet;
use std::sync::Arc;

use super::*;
use crate::data::{DataStore, Origin};
use crate::files::FileService;
use crate::metadata::records::{ContentRecord, Dentry, NodeRecord, Record};
use crate::metadata::{Batch, Durability, MetadataStore, Table, Write, keys};
use crate::objects::tests::sharing::copy_of;
use crate::objects::tests::{Fixture, bytes, key};
use crate::objects::{CopyObject, CreateUpload};

async fn kinds(fixture: &Fixture) -> Vec<&'static str> {
    let report = check(&fixture.service, false, &Progress::default()).await.unwrap();
    let mut kinds: Vec<_> = report.problems.iter().map(|problem| problem.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

async fn write(fixture: &Fixture, write: Write) {
    let batch = Batch { writes: vec![write], ..Batch::default() };
    fixture.store.commit(batch, Durability::Synced).await.unwrap();
}

async fn first(fixture: &Fixture, prefix: &[u8]) -> (Vec<u8>, ::bytes::Bytes) {
    let snapshot = fixture.store.snapshot().unwrap();
    snapshot.scan(prefix, &keys::behind(prefix), 1, false).await.unwrap().remove(0)
}

async fn filled() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.put("d/small", &bytes(1, 100)).await;
    fixture.put("d/large", &bytes(2, 200_000)).await;
    assert!(kinds(&fixture).await.is_empty());
    fixture
}

#[tokio::test]
async fn a_missing_record_of_each_kind_is_named() {
    for (prefix, expected) in [
        (&b"N"[..], vec!["missing_node"]),
        (b"C", vec!["missing_content"]),
        (b"D", vec!["lost_directory", "lost_node", "lost_content"]),
    ] {
        let fixture = filled().await;
        let (key, _) = first(&fixture, prefix).await;
        write(&fixture, Write::Delete { table: Table::Index, key }).await;
        let found = kinds(&fixture).await;
        for kind in &expected {
            assert!(found.contains(kind), "{prefix:?}: {found:?}");
        }
        let report = check(&fixture.service, false, &Progress::default()).await.unwrap();
        assert!(!report.is_clean(), "{prefix:?}");
    }
}

#[tokio::test]
async fn a_flipped_bit_in_each_record_is_named() {
    for prefix in [&b"B"[..], b"D", b"N", b"C"] {
        let fixture = filled().await;
        let (key, value) = first(&fixture, prefix).await;
        let mut damaged = value.to_vec();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 4;
        write(&fixture, Write::Put { table: Table::Index, key, value: damaged.into() }).await;
        let found = kinds(&fixture).await;
        assert!(found.contains(&"damaged_record"), "{prefix:?}: {found:?}");
    }
}

/// Counts and the nodes that are counted are of one instant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_at_work_is_not_called_damaged() {
    let fixture = filled().await;
    let (service, root) = (fixture.service.clone(), fixture.root.clone());
    let copy = copy_of(&fixture, "d/large", "d/copy");
    let (view, files) = (fixture.view().await, FileService::new(service.clone(), Arc::default()));
    let small = fixture.node_of("d/small").await;
    let working = tokio::spawn(async move {
        for number in 0.. {
            let key = key(&format!("d/copy{number}"));
            service.copy(&root, CopyObject { key, ..copy.clone() }).await.unwrap();
            // In turn too large for a place beside the node, and small enough.
            for size in [100_000, 10] {
                files.truncate(&view, small, size).await.unwrap();
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    });
    let mut sizes = HashSet::new();
    while sizes.len() < 20 {
        let report = check(&fixture.service, false, &Progress::default()).await.unwrap();
        assert_eq!(report.problems, []);
        sizes.insert(report.objects);
    }
    working.abort();
}

#[tokio::test]
async fn damaged_and_missing_bytes_are_named() {
    let fixture = filled().await;
    let (_, record) = first(&fixture, b"N").await;
    assert!(NodeRecord::decode(&record).is_ok());
    let (key, record) = first(&fixture, b"C").await;
    let content = ContentRecord::decode(&record).unwrap();
    let crate::metadata::records::Layout::Extents(extents) = &content.layout else { panic!() };
    fixture.data.delete(&extents[0].locator).await.unwrap();
    assert_eq!(kinds(&fixture).await, ["damaged_bytes"]);
    let wrong = ContentRecord { uses: 7, ..content };
    write(&fixture, Write::Put { table: Table::Index, key, value: wrong.encode() }).await;
    assert_eq!(kinds(&fixture).await, ["damaged_bytes", "wrong_count"]);

    let fixture = filled().await;
    let snapshot = fixture.store.snapshot().unwrap();
    let dentries = snapshot.scan(b"D", b"E", 10, false).await.unwrap();
    drop(snapshot);
    let node = dentries.iter().find_map(|(key, value)| match Dentry::decode(value).unwrap() {
        Dentry::Object { node, .. } if key.ends_with(b"small") => Some(node),
        _ => None,
    });
    let key = keys::inline(node.unwrap(), 0);
    write(&fixture, Write::Put { table: Table::Inline, key: key.clone(), value: bytes(9, 104) }).await;
    assert_eq!(kinds(&fixture).await, ["damaged_bytes"]);
    write(&fixture, Write::Delete { table: Table::Inline, key }).await;
    assert_eq!(kinds(&fixture).await, ["missing_bytes"]);
}

#[tokio::test]
async fn an_upload_on_its_way_is_no_problem() {
    let fixture = filled().await;
    let request = CreateUpload {
        bucket: fixture.bucket.clone(),
        key: crate::objects::tests::key("up"),
        headers: crate::objects::ObjectHeaders::default(),
        user_metadata: Vec::new(),
        tags: crate::types::TagSet::default(),
        acl: crate::objects::AclChange::Default,
        checksum: None,
        location: None,
    };
    fixture.service.create_upload(&fixture.root, request).await.unwrap();
    let report = fixture.assert_clean().await;
    assert_eq!(report.uploads, 1);
}

#[tokio::test]
async fn a_blob_without_a_name_is_an_orphan_unless_somebody_writes_its_content() {
    let fixture = filled().await;
    let origin = Origin { content: 12345, page: 0, bucket: "bucket".into(), key: "gone".into() };
    let body = Box::pin(futures::stream::iter([Ok(bytes(1, 1000))]));
    let writing = fixture.service.inner.writers.pin(12345);
    assert!(!fixture.service.is_settled());
    fixture.data.put(origin, Some(1000), body).await.unwrap();
    fixture.assert_clean().await;
    drop(writing);
    let report = check(&fixture.service, true, &Progress::default()).await.unwrap();
    assert_eq!((report.blobs, report.orphan_blobs, report.orphan_blobs_deleted, report.bytes_freed), (2, 1, 1, 1000));
    assert!(report.is_clean());
    assert_eq!(fixture.assert_clean().await.blobs, 1);
}
