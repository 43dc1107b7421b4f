//! The service over stores in memory: what each verb promises, and what it costs.

mod accounts;
mod buckets;
mod invariants;
mod late;
pub mod multipart;
mod multipart_refused;
mod multipart_repeated;
mod multipart_scale;
mod races;
mod round_trips;
pub mod sharing;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};

use super::*;
use crate::access::{Accounts, NewAccount, Secret};
use crate::clock::{Clock, SystemClock};
use crate::content::{Expected, Upload};
use crate::data::memory::MemoryStore as MemoryData;
use crate::data::{DataStore, Location};
use crate::error::Error;
use crate::files::{Defaults, View};
use crate::metadata::MetadataStore;
use crate::metadata::counting::CountingStore;
use crate::metadata::keys::Id;
use crate::metadata::memory::MemoryStore;
use crate::metadata::records::Dentry;
use crate::random::{Random, SeededRandom};
use crate::types::{BucketName, ObjectKey, Principal, TagSet};
use crate::work::{check, reclaim};

pub struct Fixture {
    pub service: ObjectService,
    pub store: Arc<CountingStore<MemoryStore>>,
    pub data: Arc<MemoryData>,
    pub bucket: BucketName,
    pub root: Principal,
}

pub fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).unwrap()
}

/// An account that the store knows, as whoever makes buckets must be.
pub async fn made_account(fixture: &Fixture, number: u8) -> Principal {
    let new = NewAccount { name: format!("account{number}"), ..NewAccount::default() };
    Principal::Account(fixture.service.accounts().create(new).await.unwrap())
}

/// Bytes that differ by seed.
pub fn bytes(seed: u64, size: usize) -> Bytes {
    let mut bytes = vec![0; size];
    SeededRandom::new(seed).fill(&mut bytes);
    bytes.into()
}

pub fn upload(bytes: &Bytes) -> Upload {
    let chunks: Vec<_> = bytes.chunks(100_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    Upload {
        body: Box::pin(futures::stream::iter(chunks)),
        length: Some(bytes.len() as u64),
        expected: Expected::default(),
    }
}

impl Fixture {
    pub async fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock)).await
    }

    pub async fn with_clock(clock: Arc<dyn Clock>) -> Self {
        let store = Arc::new(CountingStore::new(Arc::new(MemoryStore::new())));
        let data = MemoryData::new(1 << 30);
        let random = Arc::new(SeededRandom::new(1));
        let secret = Secret::new("a-secret-of-forty-characters-for-a-test!");
        let accounts =
            Accounts::load(store.clone(), clock.clone(), random.clone(), ("ROOTKEY".into(), secret)).await.unwrap();
        let root = Principal::Account(accounts.root());
        let location = Location { name: "files".into(), store: data.clone(), inline: true };
        let service = ObjectService::new(Parts {
            metadata: store.clone(),
            locations: HashMap::from([("files".to_owned(), location)]),
            default_location: "files".into(),
            accounts: Arc::new(accounts),
            clock,
            random,
            region: "us-east-1".into(),
        });
        let bucket: BucketName = "bucket".parse().unwrap();
        let create =
            CreateBucket { bucket: bucket.clone(), location: None, acl: AclChange::Default, tags: TagSet::default() };
        service.create_bucket(&root, create).await.unwrap();
        Self { service, store, data, bucket, root }
    }

    /// Another service with the same accounts, over another index and another place.
    pub fn service_over(&self, metadata: Arc<dyn MetadataStore>, data: Arc<dyn DataStore>) -> ObjectService {
        let parts = &self.service.inner.parts;
        let location = Location { name: "files".into(), store: data, inline: true };
        ObjectService::new(Parts {
            metadata,
            locations: HashMap::from([("files".to_owned(), location)]),
            default_location: "files".into(),
            accounts: parts.accounts.clone(),
            clock: parts.clock.clone(),
            random: parts.random.clone(),
            region: parts.region.clone(),
        })
    }

    pub async fn put(&self, name: &str, body: &Bytes) -> PutOutput {
        self.try_put(name, body, WriteConditions::default()).await.unwrap()
    }

    pub async fn try_put(&self, name: &str, body: &Bytes, conditions: WriteConditions) -> Result<PutOutput, Error> {
        self.service.put(&self.root, PutObject { conditions, ..self.put_request(name, upload(body)) }).await
    }

    pub fn put_request(&self, name: &str, upload: Upload) -> PutObject {
        PutObject {
            bucket: self.bucket.clone(),
            key: key(name),
            upload,
            headers: ObjectHeaders::default(),
            user_metadata: Vec::new(),
            tags: TagSet::default(),
            acl: AclChange::Default,
            conditions: WriteConditions::default(),
            location: None,
        }
    }

    pub fn request(&self, name: &str) -> GetObject {
        GetObject {
            bucket: self.bucket.clone(),
            key: key(name),
            version: None,
            range: None,
            if_range: None,
            part_number: None,
            conditions: ReadConditions::default(),
        }
    }

    pub async fn get(&self, request: GetObject) -> Result<Bytes, Error> {
        let output = self.service.get(&self.root, request).await?;
        let chunks: Vec<Bytes> = output.body.try_collect().await?;
        Ok(chunks.concat().into())
    }

    /// The blobs that the location holds.
    pub async fn blobs(&self) -> usize {
        self.data.list().unwrap().count().await
    }

    pub fn delete_request(&self, name: &str) -> DeleteObject {
        DeleteObject {
            bucket: self.bucket.clone(),
            key: key(name),
            version: None,
            conditions: DeleteConditions::default(),
        }
    }

    pub async fn delete(&self, name: &str) -> DeleteOutput {
        self.service.delete(&self.root, self.delete_request(name)).await.unwrap()
    }

    /// The whole bucket, as a mount shows it.
    pub async fn view(&self) -> View {
        let bucket = self.service.tree().bucket(&self.bucket).await.unwrap();
        View {
            bucket: self.bucket.clone(),
            bucket_id: bucket.record.id,
            bucket_owner: bucket.record.owner,
            root: bucket.record.root,
            owner: bucket.record.owner,
            location: "files".into(),
            read_only: false,
            strict: false,
            defaults: Defaults::default(),
            access_times: crate::files::AccessTimes::Never,
            watcher: None,
        }
    }

    /// The node of a key.
    pub async fn node_of(&self, name: &str) -> Id {
        let place = self.service.tree().lookup(&self.bucket, &key(name)).await.unwrap();
        match place.dentry {
            Some(Dentry::Object { node, .. }) => node,
            other => panic!("{other:?}"),
        }
    }

    /// Reclaims all there is, and checks that the store is whole and nothing is left over.
    pub async fn assert_clean(&self) -> check::Report {
        reclaim::round(&self.service).await.unwrap();
        let report = check::check(&self.service, false, &check::Progress::default()).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        report
    }
}

#[tokio::test]
async fn what_was_put_is_got_at_every_size() {
    let fixture = Fixture::new().await;
    for size in [0, 1, 4096, 65_536, 65_537, 1 << 20, 9 << 20] {
        let body = bytes(size as u64, size);
        let name = format!("dir/{size}");
        fixture.put(&name, &body).await;
        assert_eq!(fixture.get(fixture.request(&name)).await.unwrap(), body, "{size}");
        for (first, last) in [(0, 0), (size / 2, size), (size.saturating_sub(1), size + 5)] {
            let range = crate::types::RangeRequest::From { first: first as u64, last: Some(last as u64) };
            let ranged = fixture.get(GetObject { range: Some(range), ..fixture.request(&name) }).await;
            match first < size {
                true => assert_eq!(ranged.unwrap(), body.slice(first..(last + 1).min(size))),
                false => assert!(matches!(ranged, Err(Error::InvalidRange { .. }))),
            }
        }
    }
    fixture.assert_clean().await;
    for size in [0, 1, 4096, 65_536, 65_537, 1 << 20, 9 << 20] {
        fixture.delete(&format!("dir/{size}")).await;
    }
    fixture.assert_clean().await;
    assert_eq!(fixture.blobs().await, 0, "blobs without a name");
}

#[tokio::test]
async fn a_body_that_is_not_what_it_said_leaves_nothing() {
    let fixture = Fixture::new().await;
    for size in [10, 100_000, 9 << 20] {
        let body = bytes(1, size);
        let mut request = upload(&body);
        request.expected.md5 = Some([0; 16]);
        let put = PutObject {
            bucket: fixture.bucket.clone(),
            key: key("wrong"),
            upload: request,
            headers: ObjectHeaders::default(),
            user_metadata: Vec::new(),
            tags: TagSet::default(),
            acl: AclChange::Default,
            conditions: WriteConditions::default(),
            location: None,
        };
        assert!(matches!(fixture.service.put(&fixture.root, put).await, Err(Error::BadMd5 { .. })));
        assert!(matches!(fixture.get(fixture.request("wrong")).await, Err(Error::NoSuchKey(_))));
    }
    assert_eq!(fixture.blobs().await, 0);
}

#[tokio::test]
async fn a_replaced_object_is_read_to_its_end() {
    let fixture = Fixture::new().await;
    let (old, new) = (bytes(1, 3 << 20), bytes(2, 3 << 20));
    fixture.put("k", &old).await;
    let reading = fixture.service.get(&fixture.root, fixture.request("k")).await.unwrap();
    fixture.put("k", &new).await;
    reclaim::round(&fixture.service).await.unwrap();
    let chunks: Vec<Bytes> = reading.body.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), old, "the blob stays while it is read");
    assert_eq!(fixture.get(fixture.request("k")).await.unwrap(), new);
    fixture.assert_clean().await;
    assert_eq!(fixture.blobs().await, 1, "and goes when nobody reads it");
}
