//! The tree against a flat sorted map, against histories of concurrent operations, and against what it may cost.

mod bounds;
mod concurrent;
mod costs;
mod flat;
mod histories;
mod linearizable;
mod model;
mod paging;
mod races;
mod staged;

use std::sync::Arc;

use super::*;
use crate::clock::{ManualClock, Timestamp};
use crate::error::Error;
use crate::metadata::memory::MemoryStore;
use crate::metadata::records::{BucketRecord, ContentRef, Home, NodeKind, NodeRecord, Record};
use crate::metadata::{Batch, Durability, Table, Write, keys};
use crate::objects::ObjectHeaders;
use crate::transact;
use crate::types::{AccountId, BucketName, ETag, ObjectKey, TagSet, VersionId, Versioning};

/// A tree with one bucket.
pub struct Fixture {
    pub tree: Tree,
    pub bucket: BucketName,
    /// That of the store, where it has one. Last, for it goes after the store.
    _directory: Option<tempfile::TempDir>,
}

/// The node of an object of `size`, which stands for its content.
pub fn object(size: u64) -> NodeRecord {
    NodeRecord {
        kind: NodeKind::File,
        links: 1,
        posix: None,
        size,
        modified: Timestamp(0),
        content: ContentRef::Empty,
        etag: ETag::Md5([0; 16]),
        owner: AccountId([1; 32]),
        headers: ObjectHeaders::default(),
        user_metadata: Vec::new(),
        tags: TagSet::default(),
        checksum: None,
        acl: None,
        parts: None,
        home: Home::default(),
        xattrs: 0,
        moves: 0,
    }
}

/// The id by which a version is asked for.
pub fn id_of(version: crate::metadata::records::Version, node: u64) -> VersionId {
    if version.null { VersionId::Null } else { VersionId::Sequence { sequence: version.sequence, node } }
}

impl Fixture {
    /// Over the memory engine.
    pub async fn new() -> Self {
        Self::over(Arc::new(MemoryStore::new())).await
    }

    /// Over RocksDB.
    pub async fn on_disk() -> Self {
        let (store, directory) = crate::metadata::rocksdb::tests::store();
        Self { _directory: Some(directory), ..Self::over(store.engine).await }
    }

    /// Over a store that has the bucket already.
    pub fn reopened(store: Arc<dyn MetadataStore>) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_700_000_000)));
        Self { tree: Tree::new(store, clock), bucket: "bucket".parse().unwrap(), _directory: None }
    }

    pub async fn over(store: Arc<dyn MetadataStore>) -> Self {
        let fixture = Self::reopened(store);
        let record = BucketRecord {
            id: fixture.tree.ids.next().await.unwrap(),
            root: fixture.tree.ids.next().await.unwrap(),
            owner: AccountId([1; 32]),
            created: Timestamp(0),
            location_constraint: None,
            location: "files".into(),
            versioning: Versioning::Unset,
            acl: None,
        };
        fixture.forget_root_before().await;
        fixture.write_bucket(&record).await;
        fixture
    }

    pub fn store(&self) -> &dyn MetadataStore {
        &*self.tree.store
    }

    /// What is known of the root of the bucket that had the name before.
    async fn forget_root_before(&self) {
        let Ok(before) = self.tree.bucket(&self.bucket).await else { return };
        let keys = [keys::directory_time(before.record.root), keys::directory_count(before.record.root)];
        let writes = keys.map(|key| Write::Delete { table: Table::Index, key }).into();
        self.store().commit(Batch { writes, ..Batch::default() }, Durability::Ordered).await.unwrap();
    }

    async fn write_bucket(&self, record: &BucketRecord) {
        let key = keys::bucket(self.bucket.as_str());
        let writes = vec![Write::Put { table: Table::Index, key, value: record.encode() }];
        self.store().commit(Batch { writes, ..Batch::default() }, Durability::Ordered).await.unwrap();
    }

    pub async fn set_versioning(&self, versioning: Versioning) {
        let mut record = self.tree.bucket(&self.bucket).await.unwrap().record.clone();
        record.versioning = versioning;
        self.write_bucket(&record).await;
    }

    /// Puts an object of `size`, which stands for its content.
    pub async fn put(&self, key: &str, size: u64) -> Inserted {
        self.put_if(key, size, |_| true).await.unwrap().unwrap()
    }

    /// Puts an object where what is there (its size) meets the condition.
    pub async fn put_if(
        &self,
        key: &str,
        size: u64,
        condition: impl Fn(Option<u64>) -> bool,
    ) -> Result<Option<Inserted>, Error> {
        let id = self.tree.ids.next().await?;
        let new = NewNode { id, record: object(size), inline: None, content: None };
        transact!(self.store(), Durability::Ordered, |tx| {
            let place = self.tree.resolve(tx, &self.bucket, key).await?;
            let current = self.tree.current(tx, &place).await?;
            match condition(current.map(|current| current.summary.size)) {
                true => Ok(Some(self.tree.insert(tx, &place, &new).await?)),
                false => Ok(None),
            }
        })
    }

    /// The size of what is live under a key.
    pub async fn get(&self, key: &str) -> Option<u64> {
        let place = self.tree.lookup(&self.bucket, &ObjectKey::existing(key).unwrap()).await.unwrap();
        self.tree.current_now(&place).await.unwrap().map(|current| current.summary.size)
    }

    /// A version by its id.
    pub async fn get_version(&self, key: &str, id: VersionId) -> Option<Found> {
        let mut place = self.tree.lookup(&self.bucket, &ObjectKey::existing(key).unwrap()).await.unwrap();
        self.tree.version_now(&mut place, id).await.unwrap()
    }

    pub async fn delete(&self, key: &str) -> Removed {
        transact!(self.store(), Durability::Ordered, |tx| {
            let place = self.tree.resolve(tx, &self.bucket, key).await?;
            self.tree.remove(tx, &place, None).await
        })
        .unwrap()
    }

    pub async fn delete_version(&self, key: &str, version: VersionId) -> Removed {
        transact!(self.store(), Durability::Ordered, |tx| {
            let place = self.tree.resolve(tx, &self.bucket, key).await?;
            self.tree.remove_version(tx, &place, version).await
        })
        .unwrap()
    }

    pub async fn rename(&self, source: &str, target: &str) -> Result<(), Error> {
        transact!(self.store(), Durability::Ordered, |tx| {
            let bucket = self.tree.resolve_bucket(tx, &self.bucket).await?;
            self.tree.lock_renames(tx, bucket.record.id).await?;
            let from = self.tree.resolve(tx, &self.bucket, source).await?;
            let to = self.tree.resolve(tx, &self.bucket, target).await?;
            if source.ends_with('/') {
                return self.tree.rename_directory(tx, &from, &to).await;
            }
            let current = self.tree.current(tx, &from).await?;
            let current = current.ok_or_else(|| Error::NoSuchKey(source.to_owned()))?;
            self.tree.rename_object(tx, &from, &to, &current).await
        })
    }

    /// One page of a listing, with what the next begins behind.
    pub async fn page(&self, query: &ListQuery) -> (Vec<(String, Option<u64>)>, Option<String>) {
        let bucket = self.tree.bucket(&self.bucket).await.unwrap();
        let (page, next) = self.tree.list(&bucket, query).await.unwrap();
        assert!(page.len() <= query.limit);
        let shown = page.into_iter().map(|listed| match listed {
            Listed::Object { key, summary } => (key, Some(summary.size)),
            Listed::CommonPrefix(prefix) => (prefix, None),
        });
        (shown.collect(), next)
    }

    /// Every page of a listing.
    pub async fn list(&self, query: &ListQuery) -> Vec<(String, Option<u64>)> {
        let mut query = query.clone();
        let mut all = Vec::new();
        loop {
            let (page, next) = self.page(&query).await;
            all.extend(page);
            match next {
                Some(next) => query.after = next,
                None => return all,
            }
        }
    }

    /// Every live key.
    pub async fn all(&self) -> Vec<(String, Option<u64>)> {
        self.list(&ListQuery { limit: 1000, ..ListQuery::default() }).await
    }

    /// One page of a listing of versions, with what the next begins behind.
    pub async fn versions_page(
        &self,
        query: &VersionsQuery,
    ) -> (Vec<model::Shown>, Option<(String, Option<VersionId>)>) {
        let bucket = self.tree.bucket(&self.bucket).await.unwrap();
        let (page, next) = self.tree.list_versions(&bucket, query).await.unwrap();
        assert!(page.len() <= query.limit);
        let shown = page.into_iter().map(|listed| match listed {
            ListedVersion::CommonPrefix(prefix) => model::Shown::Prefix(prefix),
            ListedVersion::Object { key, node, version, summary, latest } => {
                model::Shown::Version { key, id: id_of(version, node), size: Some(summary.size), latest }
            }
            ListedVersion::DeleteMarker { key, node, version, latest, .. } => {
                model::Shown::Version { key, id: id_of(version, node), size: None, latest }
            }
        });
        (shown.collect(), next)
    }

    pub async fn list_versions(&self, query: &VersionsQuery) -> Vec<model::Shown> {
        let mut query = query.clone();
        let mut all = Vec::new();
        loop {
            let (page, next) = self.versions_page(&query).await;
            all.extend(page);
            match next {
                Some((key, version)) => (query.key_marker, query.version_marker) = (key, version),
                None => return all,
            }
        }
    }

    /// Every version of every key.
    pub async fn all_versions(&self) -> Vec<model::Shown> {
        self.list_versions(&VersionsQuery { limit: 1000, ..VersionsQuery::default() }).await
    }

    /// Deletes every version that there is.
    pub async fn empty(&self) {
        for shown in self.all_versions().await {
            let model::Shown::Version { key, id, .. } = shown else { panic!("nothing is rolled up") };
            self.delete_version(&key, id).await;
        }
    }

    /// The records that the index holds besides the bucket and the store's own.
    pub async fn records(&self) -> Vec<String> {
        let snapshot = self.store().snapshot().unwrap();
        let all = snapshot.scan(b"C", &[0xff], usize::MAX, false).await.unwrap();
        // What is known of the root goes with the bucket.
        let root = self.tree.bucket(&self.bucket).await.unwrap().record.root;
        let root = [keys::directory_time(root), keys::directory_count(root)];
        let own = |key: &[u8]| key.starts_with(b"M") || key.starts_with(b"T") || root.iter().any(|root| root == key);
        all.iter().filter(|(key, _)| !own(key)).map(|(key, _)| key.escape_ascii().to_string()).collect()
    }
}
