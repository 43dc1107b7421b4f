//! Invariants of core/README.md, looked at commit by commit.

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use parking_lot::Mutex;

use super::multipart::{begin, complete, part};
use super::sharing::copy_of;
use super::*;
use crate::access::NewAccount;
use crate::data::{ByteStream, DataError, Entry, Locator, Origin, Space, Stored};
use crate::files::{Allocate, Caller, FileService, Stability, WriteAt};
use crate::metadata::records::{ContentRecord, ExtentPage, Layout, Record};
use crate::metadata::{
    Batch, CommitError, Durability, EngineLimits, Key, LockGuard, LockMode, Read, ReadError, Snapshot, Table, Write,
};
use crate::types::{ByteRange, ChecksumAlgorithm, Versioning};

/// A place that keeps what it is told to delete, and knows which puts it has answered.
#[derive(Debug)]
struct Keeping {
    inner: Arc<MemoryData>,
    answered: Mutex<Vec<Locator>>,
}

impl DataStore for Keeping {
    fn put(
        &self,
        origin: Origin,
        length: Option<u64>,
        body: ByteStream<Error>,
    ) -> BoxFuture<'_, Result<Stored, DataError>> {
        async move {
            let stored = self.inner.put(origin, length, body).await?;
            // Time for whoever names a blob too soon.
            tokio::task::yield_now().await;
            self.answered.lock().push(stored.locator.clone());
            Ok(stored)
        }
        .boxed()
    }

    fn get(&self, locator: &Locator, length: u64, range: ByteRange) -> ByteStream {
        self.inner.get(locator, length, range)
    }

    fn delete<'a>(&'a self, _: &'a Locator) -> BoxFuture<'a, Result<(), DataError>> {
        async { Ok(()) }.boxed()
    }

    fn list(&self) -> Option<BoxStream<'_, Result<Entry, DataError>>> {
        self.inner.list()
    }

    fn space(&self) -> Option<Space> {
        self.inner.space()
    }
}

/// An index that keeps a record of its commits.
struct Recording {
    inner: Arc<dyn MetadataStore>,
    place: Arc<Keeping>,
    commits: Mutex<Vec<Vec<Write>>>,
}

impl MetadataStore for Recording {
    fn limits(&self) -> EngineLimits {
        self.inner.limits()
    }

    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Read, ReadError>> {
        self.inner.get_many(keys)
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, ReadError> {
        self.inner.snapshot()
    }

    fn lock<'a>(&'a self, key: &'a [u8], mode: LockMode) -> BoxFuture<'a, Result<Box<dyn LockGuard>, ReadError>> {
        self.inner.lock(key, mode)
    }

    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, Result<(), CommitError>> {
        let writes = batch.writes.clone();
        for locator in writes.iter().flat_map(named_by) {
            assert!(self.place.answered.lock().contains(&locator), "{locator:?} is named before it is stored");
        }
        async move {
            self.inner.commit(batch, durability).await?;
            self.commits.lock().push(writes);
            Ok(())
        }
        .boxed()
    }
}

/// The blobs that a write gives a name to.
fn named_by(write: &Write) -> Vec<Locator> {
    let Write::Put { table: Table::Index, key, value } = write else { return Vec::new() };
    let extents = match key[0] {
        b'C' => match ContentRecord::decode(value).unwrap().layout {
            Layout::Extents(extents) => extents,
            Layout::Parts { .. } | Layout::Mapped { .. } => Vec::new(),
        },
        b'E' => ExtentPage::decode(value).unwrap().extents().into_iter().cloned().collect(),
        _ => Vec::new(),
    };
    extents.into_iter().map(|extent| extent.locator).collect()
}

/// What file doors do to bytes.
async fn written_to(fixture: &Fixture) {
    let files = FileService::new(fixture.service.clone(), std::sync::Arc::default());
    let (view, caller) = (fixture.view().await, Caller { checked: true, ..Caller::root() });
    for (name, size) in [("f/small", 100), ("f/large", 1 << 20)] {
        fixture.put(name, &bytes(1, size)).await;
        for copied in [false, true] {
            let node = fixture.node_of(name).await;
            for (at, size) in [(10, 20), (50_000, 70_000), (1 << 20, 1 << 20), (3 << 20, 1)] {
                let (at, body) = (WriteAt::Offset(at), bytes(at, size));
                files.write(&view, &caller, node, at, body, Stability::Unstable).await.unwrap();
                files.publish(&view, node).await.unwrap();
            }
            let whole = ByteRange { offset: 5000, length: 1 << 20 };
            files.allocate(&view, &caller, node, Allocate::Punch, whole.offset, whole.length).await.unwrap();
            files.truncate(&view, node, (1 << 20) + 9).await.unwrap();
            if !copied {
                fixture.service.copy(&fixture.root, copy_of(fixture, name, "f/copy")).await.unwrap();
            }
        }
        files.truncate(&view, fixture.node_of(name).await, 500).await.unwrap();
        fixture.delete("f/copy").await;
        reclaim::round(&fixture.service).await.unwrap();
    }
    fixture.delete("f/large").await;
    files.truncate(&view, fixture.node_of("f/small").await, 0).await.unwrap();
}

/// Everything that makes, shares and lets go of bytes; gives what was committed and the place.
async fn a_bit_of_everything() -> (Fixture, Vec<Vec<Write>>, Arc<Keeping>) {
    let plain = Fixture::new().await;
    let place = Arc::new(Keeping { inner: plain.data.clone(), answered: Mutex::default() });
    let inner: Arc<dyn MetadataStore> = plain.store.clone();
    let recording = Arc::new(Recording { inner, place: place.clone(), commits: Mutex::default() });
    let before = plain.store.snapshot().unwrap().scan(&[0], &[0xff], 100, false).await.unwrap();
    let made = before.into_iter().map(|(key, value)| Write::Put { table: Table::Index, key, value });
    recording.commits.lock().push(made.collect());
    let service = plain.service_over(recording.clone(), place.clone());
    let fixture = Fixture { service, ..plain };

    for (seed, size) in [(1, 100), (2, 200_000), (3, 100), (4, 300_000), (5, 0)] {
        fixture.put("a/k", &bytes(seed, size)).await;
        fixture.put(&format!("a/b/{seed}"), &bytes(seed, size)).await;
        fixture.service.copy(&fixture.root, copy_of(&fixture, "a/k", "c/copy")).await.unwrap();
        let rehashed =
            CopyObject { checksum: Some(ChecksumAlgorithm::Sha256), ..copy_of(&fixture, "a/k", "c/rehashed") };
        fixture.service.copy(&fixture.root, rehashed).await.unwrap();
    }
    fixture.delete("c/copy").await;
    fixture.delete("a/b/2").await;
    let id = begin(&fixture, "up/whole").await;
    let mut parts = Vec::new();
    for (number, seed, size) in [(1, 6, 5 << 20), (1, 7, 5 << 20), (2, 8, 70_000), (3, 9, 10)] {
        let etag = part(&fixture, "up/whole", &id, number, &bytes(seed, size)).await.unwrap();
        parts.retain(|(other, _)| *other != number);
        parts.push((number, etag));
    }
    // One part is left out.
    parts.remove(1);
    fixture.service.complete_upload(&fixture.root, complete(&fixture, "up/whole", &id, &parts)).await.unwrap();
    let id = begin(&fixture, "up/given-up").await;
    part(&fixture, "up/given-up", &id, 1, &bytes(1, 100_000)).await.unwrap();
    fixture.service.abort_upload(&fixture.root, &fixture.bucket, &key("up/given-up"), &id).await.unwrap();
    written_to(&fixture).await;
    fixture.service.set_versioning(&fixture.root, &fixture.bucket, Versioning::Enabled).await.unwrap();
    for seed in 10..13 {
        fixture.put("v/k", &bytes(seed, 100_000)).await;
    }
    fixture.delete("v/k").await;
    fixture.delete("up/whole").await;
    fixture.service.set_versioning(&fixture.root, &fixture.bucket, Versioning::Suspended).await.unwrap();
    fixture.put("v/k", &bytes(14, 100_000)).await;
    fixture.put("v/k", &bytes(15, 10)).await;
    reclaim::round(&fixture.service).await.unwrap();
    let commits = recording.commits.lock().clone();
    (fixture, commits, place)
}

#[tokio::test]
async fn t1_no_commit_names_a_blob_that_is_not_stored() {
    // The index itself asserts it, at each commit.
    let (_, commits, place) = a_bit_of_everything().await;
    let named: usize = commits.iter().flatten().map(|write| named_by(write).len()).sum();
    let stored = place.answered.lock().len();
    assert!(named >= 15 && stored >= 10, "{named} named, {stored} stored");
}

#[tokio::test]
async fn t2_after_each_commit_the_index_is_whole() {
    let (fixture, commits, place) = a_bit_of_everything().await;
    let index = Arc::new(MemoryStore::new());
    let service = fixture.service_over(index.clone(), place);
    assert!(commits.len() > 40, "{}", commits.len());
    for (number, writes) in commits.into_iter().enumerate() {
        let told = format!("{writes:?}");
        index.commit(Batch { writes, ..Batch::default() }, Durability::Synced).await.unwrap();
        // Whatever the change let go of is named by a task: so nothing is lost, wherever the log ends.
        let report = check::check(&service, false, &check::Progress::default()).await.unwrap();
        assert_eq!(report.problems, [], "after commit {number}: {told}");
    }
}

#[tokio::test]
async fn t11_whoever_has_no_right_is_refused_below_every_door() {
    let fixture = Fixture::new().await;
    fixture.put("k", &bytes(1, 100_000)).await;
    let id = begin(&fixture, "up").await;
    let etag = part(&fixture, "up", &id, 1, &bytes(1, 100)).await.unwrap();
    let account = NewAccount { name: "stranger".into(), ..NewAccount::default() };
    let stranger = Principal::Account(fixture.service.accounts().create(account).await.unwrap());
    let (service, bucket, k) = (&fixture.service, &fixture.bucket, key("k"));
    for who in [&stranger, &Principal::Anonymous] {
        let refused = |what: &str, outcome: Result<(), Error>| {
            assert!(matches!(outcome, Err(Error::AccessDenied(_))), "{who:?} {what}: {outcome:?}");
        };
        let put = service.put(who, fixture.put_request("new", upload(&bytes(1, 10))));
        refused("put", put.await.map(drop));
        refused("get", service.get(who, fixture.request("k")).await.map(drop));
        refused("head", service.head(who, fixture.request("k")).await.map(drop));
        refused("attributes", service.attributes(who, fixture.request("k"), 0, 10).await.map(drop));
        refused("get of what is absent", service.get(who, fixture.request("absent")).await.map(drop));
        refused("delete", service.delete(who, fixture.delete_request("k")).await.map(drop));
        refused("copy", service.copy(who, copy_of(&fixture, "k", "copy")).await.map(drop));
        refused("list", service.list(who, bucket, ListObjects::default()).await.map(drop));
        refused("versions", service.list_versions(who, bucket, ListVersions::default()).await.map(drop));
        refused("uploads", service.list_uploads(who, bucket, ListUploads::default()).await.map(drop));
        let part = multipart::part_request(&fixture, "up", &id, 2, upload(&bytes(1, 10)));
        refused("part", service.upload_part(who, part).await.map(drop));
        let whole = complete(&fixture, "up", &id, &[(1, etag.clone())]);
        refused("complete", service.complete_upload(who, whole).await.map(drop));
        refused("abort", service.abort_upload(who, bucket, &key("up"), &id).await);
        refused("object's acl", service.object_acl(who, bucket, &k, None).await.map(drop));
        let acl = service.set_object_acl(who, bucket, &k, None, AclChange::Default);
        refused("change of an object's acl", acl.await.map(drop));
        refused("bucket's acl", service.bucket_acl(who, bucket).await.map(drop));
        refused("change of a bucket's acl", service.set_bucket_acl(who, bucket, AclChange::Default).await);
        refused("tags", service.object_tags(who, bucket, &k, None).await.map(drop));
        let tags = service.set_object_tags(who, bucket, &k, None, TagSet::default());
        refused("change of tags", tags.await.map(drop));
        refused("bucket's tags", service.bucket_tags(who, bucket).await.map(drop));
        refused("change of a bucket's tags", service.set_bucket_tags(who, bucket, None).await);
        refused("cors", service.cors(who, bucket).await.map(drop));
        refused("change of cors", service.set_cors(who, bucket, None).await);
        refused("versioning", service.versioning(who, bucket).await.map(drop));
        refused("change of versioning", service.set_versioning(who, bucket, Versioning::Enabled).await);
        refused("bucket", service.bucket(who, bucket).await.map(drop));
        refused("deletion of the bucket", service.delete_bucket(who, bucket).await);
    }
    let report = fixture.assert_clean().await;
    assert_eq!((report.objects, report.uploads, report.parts, report.blobs), (1, 1, 1, 1), "nothing was changed");
}
