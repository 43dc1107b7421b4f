//! Stores that fail where they lie, not in what was written: the check tells it and looks at the rest.

use std::sync::Arc;

use ::bytes::Bytes;
use futures::StreamExt;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, BoxStream};

use super::*;
use crate::data::{ByteStream, DataError, Entry, Locator, Space, Stored};
use crate::metadata::keys::Queue;
use crate::metadata::{CommitError, EngineLimits, Key, LockGuard, LockMode, Read, ReadError, Snapshot};
use crate::types::ByteRange;

/// An index in which whatever touches one key meets damage.
struct Damaged {
    inner: Arc<dyn MetadataStore>,
    bad: (Table, Key),
}

fn damage<'a, T: Send + 'a>() -> BoxFuture<'a, Result<T, ReadError>> {
    async { Err(ReadError::Corrupt("a block does not match its checksum".into())) }.boxed()
}

impl MetadataStore for Damaged {
    fn limits(&self) -> EngineLimits {
        self.inner.limits()
    }

    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Read, ReadError>> {
        if keys.contains(&self.bad) { damage() } else { self.inner.get_many(keys) }
    }

    fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, ReadError> {
        Ok(Box::new(DamagedSnapshot { inner: self.inner.snapshot()?, bad: &self.bad }))
    }

    fn lock<'a>(&'a self, key: &'a [u8], mode: LockMode) -> BoxFuture<'a, Result<Box<dyn LockGuard>, ReadError>> {
        self.inner.lock(key, mode)
    }

    fn commit(&self, batch: Batch, durability: Durability) -> BoxFuture<'_, Result<(), CommitError>> {
        self.inner.commit(batch, durability)
    }
}

struct DamagedSnapshot<'s> {
    inner: Box<dyn Snapshot + 's>,
    bad: &'s (Table, Key),
}

impl Snapshot for DamagedSnapshot<'_> {
    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, ReadError>> {
        if keys.contains(self.bad) { damage() } else { self.inner.get_many(keys) }
    }

    fn scan<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Bytes)>, ReadError>> {
        let (table, key) = self.bad;
        let touched = *table == Table::Index && (start..end).contains(&key.as_slice());
        if touched { damage() } else { self.inner.scan(start, end, limit, reverse) }
    }

    fn any_other<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        but: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Key>, ReadError>> {
        self.inner.any_other(start, end, but)
    }
}

/// A place whose list meets damage first.
#[derive(Debug)]
struct DamagedPlace(Arc<dyn DataStore>);

impl DataStore for DamagedPlace {
    fn put(
        &self,
        origin: Origin,
        length: Option<u64>,
        body: ByteStream<crate::error::Error>,
    ) -> BoxFuture<'_, Result<Stored, DataError>> {
        self.0.put(origin, length, body)
    }

    fn get(&self, locator: &Locator, length: u64, range: ByteRange) -> ByteStream {
        self.0.get(locator, length, range)
    }

    fn delete<'a>(&'a self, locator: &'a Locator) -> BoxFuture<'a, Result<(), DataError>> {
        self.0.delete(locator)
    }

    fn list(&self) -> Option<BoxStream<'_, Result<Entry, DataError>>> {
        let before = stream::iter([Err(DataError::Corrupt("a header is damaged".into()))]);
        Some(before.chain(self.0.list()?).boxed())
    }

    fn space(&self) -> Option<Space> {
        self.0.space()
    }
}

#[tokio::test]
async fn damage_anywhere_in_the_index_is_told_and_counted() {
    let fixture = filled().await;
    let snapshot = fixture.store.snapshot().unwrap();
    let mut bad = Vec::new();
    for prefix in [&b"B"[..], b"D", b"N", b"C"] {
        let pairs = snapshot.scan(prefix, &keys::behind(prefix), 10, false).await.unwrap();
        assert!(!pairs.is_empty(), "{prefix:?}");
        bad.extend(pairs.into_iter().map(|(key, _)| (Table::Index, key)));
    }
    let nodes: Vec<_> = bad.iter().filter(|(_, key)| key[0] == b'N').map(|(_, key)| key[1..9].to_vec()).collect();
    let inline = nodes.into_iter().map(|id| keys::inline(u64::from_be_bytes(id.try_into().unwrap()), 0));
    let (_, values) =
        fixture.store.get_many(&inline.clone().map(|key| (Table::Inline, key)).collect::<Vec<_>>()).await.unwrap();
    bad.extend(inline.zip(values).filter(|(_, value)| value.is_some()).map(|(key, _)| (Table::Inline, key)));
    assert!(bad.iter().any(|(table, _)| *table == Table::Inline));
    drop(snapshot);
    for (table, key) in bad {
        let damaged = Damaged { inner: fixture.store.clone(), bad: (table, key.clone()) };
        let service = fixture.service_over(Arc::new(damaged), fixture.data.clone());
        let before = crate::content::metrics().corrupt_reads_total.get();
        let report = check(&service, true, &Progress::default()).await.unwrap();
        let kind = if table == Table::Inline { "damaged_bytes" } else { "damaged_record" };
        assert!(report.problems.iter().any(|problem| problem.kind == kind), "{key:?}: {:?}", report.problems);
        assert_eq!(report.orphan_blobs_deleted, 0, "{key:?}: nothing is deleted for want of a record");
        assert!(crate::content::metrics().corrupt_reads_total.get() > before, "{key:?}");
    }
    assert!(kinds(&fixture).await.is_empty(), "repairing took nothing away");
}

/// Whether a blob without a name is to be deleted anyhow, nobody can tell then: it is kept.
#[tokio::test]
async fn damage_among_the_tasks_is_told_and_keeps_what_has_no_name() {
    let fixture = filled().await;
    fixture.put("d/large", &bytes(3, 200_000)).await;
    let queue = keys::tasks(Queue::Reclaim);
    let tasks = fixture.store.snapshot().unwrap().scan(&queue, &keys::behind(&queue), 10, false).await.unwrap();
    let [(key, _)] = &tasks[..] else { panic!("{tasks:?}") };
    let damaged = Damaged { inner: fixture.store.clone(), bad: (Table::Index, key.clone()) };
    let service = fixture.service_over(Arc::new(damaged), fixture.data.clone());
    let report = check(&service, false, &Progress::default()).await.unwrap();
    assert!(report.problems_total > 0, "{report:?}");
    assert_eq!((report.blobs, report.orphan_blobs), (2, 0), "{report:?}");
}

#[tokio::test]
async fn a_damaged_blob_does_not_end_the_sweep() {
    let fixture = filled().await;
    let origin = Origin { content: 12345, page: 0, bucket: "bucket".into(), key: "gone".into() };
    let body = Box::pin(stream::iter([Ok(bytes(1, 1000))]));
    fixture.data.put(origin, Some(1000), body).await.unwrap();
    let service = fixture.service_over(fixture.store.clone(), Arc::new(DamagedPlace(fixture.data.clone())));
    let report = check(&service, true, &Progress::default()).await.unwrap();
    assert_eq!((report.blobs, report.orphan_blobs, report.orphan_blobs_deleted), (2, 1, 1));
    assert_eq!(report.problems_total, 1);
    assert_eq!(report.problems[0].kind, "damaged_bytes");
    assert!(report.problems[0].what.contains("a header is damaged"), "{:?}", report.problems);
}
