//! The same over RocksDB and files on a disk, across starts.

use std::collections::HashMap;
use std::path::Path;

use super::*;
use crate::access::{Accounts, Secret};
use crate::clock::SystemClock;
use crate::data::Location;
use crate::data::files::{FilesOptions, FilesStore};
use crate::kernel::Kernel;
use crate::metadata::rocksdb::{Options, RocksDb};
use crate::objects::{AclChange, CreateBucket, Parts};
use crate::random::SystemRandom;
use crate::types::{Principal, TagSet};
use crate::work::sweep;

async fn open(directory: &Path, epoch: u64) -> (ObjectService, Principal) {
    let index = RocksDb::open(&directory.join("index"), &Options::default()).unwrap();
    let options = FilesOptions::new(epoch, Arc::new(SystemRandom), Kernel::pretending("9.9").unwrap());
    let data = FilesStore::open(&directory.join("data"), options).unwrap();
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let secret = Secret::new("a-secret-of-forty-characters-for-a-test!");
    let key = ("ROOTKEY".to_owned(), secret);
    let accounts = Accounts::load(index.clone(), clock.clone(), random.clone(), key).await.unwrap();
    let root = Principal::Account(accounts.root());
    let location = Location { name: "files".into(), store: data, inline: true };
    let service = ObjectService::new(Parts {
        metadata: index,
        locations: HashMap::from([("files".to_owned(), location)]),
        default_location: "files".into(),
        accounts: Arc::new(accounts),
        clock,
        random,
        region: "us-east-1".into(),
    });
    (service, root)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_synced_is_there_after_a_start_and_nothing_else_is() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("data")).unwrap();
    let (service, root) = open(directory.path(), 1).await;
    let Fixture { store, data, bucket, .. } = Fixture::new().await;
    let fixture = Fixture { service, store, data, bucket, root };
    let create = CreateBucket {
        bucket: fixture.bucket.clone(),
        location: None,
        acl: AclChange::Default,
        tags: TagSet::default(),
    };
    fixture.service.create_bucket(&fixture.root, create).await.unwrap();
    let files = FileService::new(fixture.service.clone(), std::sync::Arc::default());
    let mut files = Files::over(fixture, files).await;
    let mut model = bytes(1, 5 * MIB + 321).to_vec();
    let node = files.file("d/f", &Bytes::new()).await;
    for chunk in model.chunks(MIB / 2) {
        files.append(node, chunk).await.unwrap();
    }
    files.files.sync(&files.view, node).await.unwrap();
    for epoch in 2..5_u64 {
        for number in 0..20_u64 {
            let at = (number * 7_919_777 + epoch * 77) % (5 * MIB as u64);
            let body = bytes(number, 1 + size_of(number) * 9001 % 150_000);
            files.write(node, at, &body).await.unwrap();
            let end = (size_of(at) + body.len()).max(model.len());
            model.resize(end, 0);
            model[size_of(at)..size_of(at) + body.len()].copy_from_slice(&body);
        }
        files.files.sync(&files.view, node).await.unwrap();
        assert!(files.read_all(node).await == model);
        // What is not synced is lost: a whole page is stored for it, and found when the store is searched.
        files.write(node, 0, &bytes(99, 2 * MIB)).await.unwrap();
        let Files { fixture, files: before, view, caller } = files;
        drop(before);
        for _ in 0..500 {
            if fixture.service.inner.writers.count() == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let Fixture { service, store, data, bucket, .. } = fixture;
        drop(service);
        let (service, root) = reopened(directory.path(), epoch).await;
        let fixture = Fixture { service: service.clone(), store, data, bucket, root };
        files = Files { files: FileService::new(service, std::sync::Arc::default()), fixture, view, caller };
        assert!(files.read_all(node).await == model, "epoch {epoch}");
        assert!(files.get("d/f").await == model);
        let swept = sweep::sweep(files.service(), true, &std::sync::atomic::AtomicU64::new(0)).await.unwrap();
        assert!(swept.damaged.is_empty(), "{swept:?}");
        files.assert_clean().await;
    }
}

/// The directory may be held for a moment by what still deletes in the background.
async fn reopened(directory: &Path, epoch: u64) -> (ObjectService, Principal) {
    for _ in 0..200 {
        if RocksDb::open(&directory.join("index"), &Options::default()).is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    open(directory, epoch).await
}
