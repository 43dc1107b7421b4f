//! The tree against a flat sorted map: every listing, every version, whatever the keys are made of.

mod concurrent;
mod flat;
mod model;

use std::sync::Arc;

use super::*;
use crate::clock::{ManualClock, Timestamp};
use crate::error::Error;
use crate::metadata::memory::MemoryStore;
use crate::metadata::records::{BucketRecord, ContentRef, NodeKind, NodeRecord, Record};
use crate::metadata::{Batch, Durability, Table, Write, keys};
use crate::objects::ObjectHeaders;
use crate::transact;
use crate::types::{AccountId, BucketName, ETag, TagSet, VersionId, Versioning};

/// A tree over the memory engine with one bucket.
pub struct Fixture {
    pub tree: Tree,
    pub bucket: BucketName,
}

impl Fixture {
    pub async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_700_000_000)));
        let tree = Tree::new(Arc::new(MemoryStore::new()), clock);
        let bucket: BucketName = "bucket".parse().unwrap();
        let fixture = Self { tree, bucket };
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
        fixture.write_bucket(&record).await;
        fixture
    }

    async fn write_bucket(&self, record: &BucketRecord) {
        let key = keys::bucket(self.bucket.as_str());
        let writes = vec![Write::Put { table: Table::Index, key, value: record.encode() }];
        self.tree.store.commit(Batch { writes, ..Batch::default() }, Durability::Synced).await.unwrap();
    }

    pub async fn set_versioning(&self, versioning: Versioning) {
        let mut record = self.tree.bucket(&self.bucket).await.unwrap().record.clone();
        record.versioning = versioning;
        self.write_bucket(&record).await;
    }

    /// Puts an object of `size`, which stands for its content.
    pub async fn put(&self, key: &str, size: u64) -> Inserted {
        let id = self.tree.ids.next().await.unwrap();
        let record = NodeRecord {
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
        };
        let new = NewNode { id, record, inline: None, content: None };
        transact!(&*self.tree.store, Durability::Synced, |tx| {
            let place = self.tree.resolve(tx, &self.bucket, key).await?;
            self.tree.insert(tx, &place, &new).await
        })
        .unwrap()
    }

    pub async fn delete(&self, key: &str) -> Removed {
        transact!(&*self.tree.store, Durability::Synced, |tx| {
            let place = self.tree.resolve(tx, &self.bucket, key).await?;
            self.tree.remove(tx, &place, None).await
        })
        .unwrap()
    }

    pub async fn delete_version(&self, key: &str, version: VersionId) -> Removed {
        transact!(&*self.tree.store, Durability::Synced, |tx| {
            let place = self.tree.resolve(tx, &self.bucket, key).await?;
            self.tree.remove_version(tx, &place, version).await
        })
        .unwrap()
    }

    pub async fn rename(&self, source: &str, target: &str) -> Result<(), Error> {
        transact!(&*self.tree.store, Durability::Synced, |tx| {
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

    /// Every page of a listing, and the number of pages.
    pub async fn list(&self, query: &ListQuery) -> Vec<(String, Option<u64>)> {
        let bucket = self.tree.bucket(&self.bucket).await.unwrap();
        let mut query = query.clone();
        let mut all = Vec::new();
        loop {
            let (page, next) = self.tree.list(&bucket, &query).await.unwrap();
            assert!(page.len() <= query.limit);
            assert!(next.is_none() || page.len() == query.limit, "a page is short and says that there is more");
            all.extend(page.into_iter().map(|listed| match listed {
                Listed::Object { key, summary } => (key, Some(summary.size)),
                Listed::CommonPrefix(prefix) => (prefix, None),
            }));
            match next {
                Some(next) => query.after = next,
                None => return all,
            }
        }
    }

    pub async fn list_versions(&self, query: &VersionsQuery) -> Vec<model::Shown> {
        let bucket = self.tree.bucket(&self.bucket).await.unwrap();
        let mut query = query.clone();
        let mut all = Vec::new();
        loop {
            let (page, next) = self.tree.list_versions(&bucket, &query).await.unwrap();
            assert!(page.len() <= query.limit);
            all.extend(page.into_iter().map(|listed| match listed {
                ListedVersion::CommonPrefix(prefix) => model::Shown::Prefix(prefix),
                ListedVersion::Object { key, version, summary, latest, .. } => {
                    model::Shown::Version { key, null: version.null, size: Some(summary.size), latest }
                }
                ListedVersion::DeleteMarker { key, version, latest, .. } => {
                    model::Shown::Version { key, null: version.null, size: None, latest }
                }
            }));
            match next {
                Some((key, version)) => (query.key_marker, query.version_marker) = (key, version),
                None => return all,
            }
        }
    }

    /// The records that the index holds besides the bucket and the store's own.
    pub async fn records(&self) -> Vec<String> {
        let snapshot = self.tree.store.snapshot().unwrap();
        let all = snapshot.scan(b"C", &[0xff], usize::MAX, false).await.unwrap();
        let own = |key: &[u8]| key.starts_with(b"M") || key.starts_with(b"T");
        all.iter().filter(|(key, _)| !own(key)).map(|(key, _)| key.escape_ascii().to_string()).collect()
    }
}
