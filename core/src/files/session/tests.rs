//! Sessions over stores in memory: what is read, what is kept, what is left.

mod durable;
mod flat;
mod layers;
mod lost;
mod memory;
mod model;
mod on_disk;
mod on_the_way;
mod room;
mod sparse;
mod tags;

use std::sync::Arc;

use bytes::Bytes;

use crate::content::mapped::slots;
use crate::data::faulty::Faulty;
use crate::error::Error;
use crate::files::{Caller, FileService, Stability, View, WriteAt};
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRecord, ContentRef, MappedPage, NodeRecord, Record};
use crate::objects::ObjectService;
use crate::objects::tests::{Fixture, bytes};
use crate::work::{check, reclaim};

/// A fixture with files.
pub(super) struct Files {
    pub(super) fixture: Fixture,
    pub(super) files: FileService,
    pub(super) view: View,
    pub(super) caller: Caller,
}

impl Files {
    pub(super) async fn new() -> Self {
        let fixture = Fixture::new().await;
        let files = FileService::new(fixture.service.clone(), std::sync::Arc::default());
        Self::over(fixture, files).await
    }

    /// Over a place that fails when it is told to.
    pub(super) async fn faulty() -> (Self, Arc<Faulty>) {
        let fixture = Fixture::new().await;
        let faulty = Faulty::new(fixture.data.clone());
        let service = fixture.service_over(fixture.store.clone(), faulty.clone());
        let files = FileService::new(service.clone(), std::sync::Arc::default());
        (Self::over(Fixture { service, ..fixture }, files).await, faulty)
    }

    pub(super) async fn over(fixture: Fixture, files: FileService) -> Self {
        let view = fixture.view().await;
        let caller = Caller { checked: true, ..Caller::root() };
        Self { fixture, files, view, caller }
    }

    /// The node of a key.
    pub(super) async fn node_of(&self, name: &str) -> Id {
        self.fixture.node_of(name).await
    }

    /// A new file with these bytes, made by S3.
    pub(super) async fn file(&self, name: &str, body: &Bytes) -> Id {
        self.fixture.put(name, body).await;
        self.node_of(name).await
    }

    pub(super) fn service(&self) -> &ObjectService {
        &self.fixture.service
    }

    pub(super) async fn write(&self, node: Id, offset: u64, body: &[u8]) -> Result<u64, Error> {
        let (at, body) = (WriteAt::Offset(offset), Bytes::copy_from_slice(body));
        Ok(self.files.write(&self.view, &self.caller, node, at, body, Stability::Unstable).await?.count)
    }

    pub(super) async fn append(&self, node: Id, body: &[u8]) -> Result<u64, Error> {
        let body = Bytes::copy_from_slice(body);
        let written = self.files.write(&self.view, &self.caller, node, WriteAt::End, body, Stability::Unstable);
        Ok(written.await?.count)
    }

    pub(super) async fn publish(&self, node: Id) -> Result<(), Error> {
        self.files.publish(&self.view, node).await
    }

    pub(super) async fn read(&self, node: Id, offset: u64, length: u64) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        loop {
            let (offset, left) = (offset + all.len() as u64, length - all.len() as u64);
            let (chunks, end) = self.files.read(&self.view, &self.caller, node, offset, left).await?;
            let chunks = chunks.concat();
            all.extend_from_slice(&chunks);
            if end || chunks.is_empty() || all.len() as u64 == length {
                return Ok(all);
            }
        }
    }

    pub(super) async fn read_all(&self, node: Id) -> Vec<u8> {
        self.read(node, 0, u64::MAX >> 1).await.unwrap()
    }

    pub(super) async fn get(&self, name: &str) -> Bytes {
        self.fixture.get(self.fixture.request(name)).await.unwrap()
    }

    pub(super) async fn record(&self, node: Id) -> NodeRecord {
        self.files.node(node).await.unwrap()
    }

    pub(super) async fn content(&self, node: Id) -> Option<(Id, ContentRecord)> {
        let ContentRef::Shared(id) = self.record(node).await.content else { return None };
        let (_, values) = self.service().store().get_many(&[(Table::Index, keys::content(id))]).await.unwrap();
        Some((id, ContentRecord::decode(values[0].as_ref().unwrap()).unwrap()))
    }

    pub(super) async fn pages(&self, content: Id) -> Vec<(u32, MappedPage)> {
        let prefix = keys::pages(content);
        let snapshot = self.service().store().snapshot().unwrap();
        let found = snapshot.scan(&prefix, &keys::behind(&prefix), 10_000, false).await.unwrap();
        let page =
            |(key, value): &(Vec<u8>, Bytes)| (keys::page_number(key).unwrap(), MappedPage::decode(value).unwrap());
        found.iter().map(page).collect()
    }

    /// Waits until what was given up is gone: that is done in the background.
    pub(super) async fn settled(&self) {
        for _ in 0..500 {
            if self.service().inner.writers.count() == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("blobs wait for their names");
    }

    /// The whole store is right, and nothing is left over.
    pub(super) async fn assert_clean(&self) -> check::Report {
        // What is taken away may be the last to keep another.
        while reclaim::round(self.service()).await.unwrap().tasks_done > 0 {}
        let report = check::check(self.service(), false, &check::Progress::default()).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        report
    }

    /// Every inline slot of a content that no page names is gone.
    pub(super) async fn assert_slots(&self, content: Id, next: u32) {
        let named: std::collections::BTreeSet<u32> =
            self.pages(content).await.iter().flat_map(|(_, page)| slots(&page.pieces)).collect();
        for slot in 0..next {
            let at = [(Table::Inline, keys::inline(content, slot))];
            let (_, values) = self.service().store().get_many(&at).await.unwrap();
            assert_eq!(values[0].is_some(), named.contains(&slot), "slot {slot}");
        }
    }
}

pub(super) const MIB: usize = 1 << 20;

pub(super) fn size_of(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap()
}

#[tokio::test]
async fn what_is_written_is_read_at_once_and_got_once_it_is_published() {
    let files = Files::new().await;
    for (number, size) in [1, 4096, 65_536, 65_537, MIB, MIB + 1, 5 * MIB + 777].into_iter().enumerate() {
        let (name, body) = (format!("f{number}"), bytes(number as u64, size));
        let node = files.file(&name, &Bytes::new()).await;
        for (index, chunk) in body.chunks(100_000).enumerate() {
            assert_eq!(files.write(node, index as u64 * 100_000, chunk).await.unwrap(), chunk.len() as u64);
        }
        assert_eq!(files.read_all(node).await, body, "{size} before");
        assert_eq!(files.get(&name).await.len(), 0, "the object is as it was");
        files.publish(node).await.unwrap();
        assert_eq!(files.read_all(node).await, body, "{size} after");
        assert_eq!(files.get(&name).await, body, "{size}");
        assert_eq!(files.read(node, size as u64 / 2, 10).await.unwrap(), body[size / 2..(size / 2 + 10).min(size)]);
    }
    files.assert_clean().await;
    for number in 0..7 {
        files.fixture.delete(&format!("f{number}")).await;
    }
    files.assert_clean().await;
    assert_eq!(files.fixture.blobs().await, 0);
}

#[tokio::test]
async fn what_a_shrink_took_away_never_comes_back() {
    let files = Files::new().await;
    for size in [1000, 3 * MIB] {
        let name = format!("f{size}");
        let body = bytes(1, size);
        let node = files.file(&name, &body).await;
        let cut = size as u64 / 2 + 10;
        files.files.truncate(&files.view, node, cut).await.unwrap();
        assert_eq!(files.get(&name).await, body[..size_of(cut)]);
        files.write(node, cut + 100, b"end").await.unwrap();
        let mut expected = body[..size_of(cut)].to_vec();
        expected.resize(size_of(cut) + 100, 0);
        expected.extend_from_slice(b"end");
        assert_eq!(files.read_all(node).await, expected);
        files.publish(node).await.unwrap();
        assert_eq!(files.get(&name).await, expected);
        files.files.truncate(&files.view, node, 0).await.unwrap();
        assert!(files.read_all(node).await.is_empty());
        assert_eq!(files.record(node).await.content, ContentRef::Empty);
    }
    files.assert_clean().await;
    assert_eq!(files.fixture.blobs().await, 0, "an empty file has no bytes");
}

#[tokio::test]
async fn a_sparse_file_takes_room_for_what_was_written() {
    let files = Files::new().await;
    let node = files.file("sparse", &Bytes::new()).await;
    let far = 1_u64 << 45;
    files.write(node, far, b"far").await.unwrap();
    files.write(node, 10 << 20, b"near").await.unwrap();
    files.publish(node).await.unwrap();
    assert_eq!(files.record(node).await.size, far + 3);
    assert_eq!(files.read(node, far - 2, 10).await.unwrap(), b"\0\0far");
    assert_eq!(files.read(node, (10 << 20) - 1, 6).await.unwrap(), b"\0near\0");
    use crate::files::{FileError, Seek};
    let seek = async |what, offset| files.files.seek(&files.view, node, what, offset).await;
    assert_eq!(seek(Seek::Data, 0).await.unwrap(), 10 << 20);
    assert_eq!(seek(Seek::Hole, 0).await.unwrap(), 0);
    assert_eq!(seek(Seek::Hole, 10 << 20).await.unwrap(), (10 << 20) + 4);
    assert_eq!(seek(Seek::Data, (10 << 20) + 4).await.unwrap(), far);
    assert_eq!(seek(Seek::Hole, far).await.unwrap(), far + 3);
    assert!(matches!(seek(Seek::Data, far + 3).await, Err(Error::File(FileError::NothingBehind))));
    assert_eq!(files.fixture.blobs().await, 0, "both are inline");
    assert_eq!(files.pages(files.content(node).await.unwrap().0).await.len(), 2);
    files.files.truncate(&files.view, node, 1 << 40).await.unwrap();
    assert!(matches!(seek(Seek::Data, (10 << 20) + 4).await, Err(Error::File(FileError::NothingBehind))));
    assert_eq!(files.pages(files.content(node).await.unwrap().0).await.len(), 1);
    files.assert_clean().await;
    let huge = files.write(node, u64::MAX - 10, b"beyond").await;
    assert!(matches!(huge, Err(Error::File(FileError::TooLarge))), "{huge:?}");
}

#[tokio::test]
async fn two_that_append_at_the_same_time_lose_nothing() {
    let files = Arc::new(Files::new().await);
    let node = files.file("log", &Bytes::new()).await;
    let writers: Vec<_> = (0..4_u8)
        .map(|writer| {
            let files = Arc::clone(&files);
            tokio::spawn(async move {
                for number in 0..200_u8 {
                    files.append(node, &[writer, number]).await.unwrap();
                    if number % 50 == writer {
                        files.publish(node).await.unwrap();
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    files.publish(node).await.unwrap();
    let all = files.get("log").await;
    assert_eq!(all.len(), 4 * 200 * 2);
    for writer in 0..4_u8 {
        let numbers: Vec<u8> = all.chunks(2).filter(|pair| pair[0] == writer).map(|pair| pair[1]).collect();
        assert_eq!(numbers, (0..200).collect::<Vec<u8>>(), "in its order");
    }
    files.assert_clean().await;
}

#[tokio::test]
async fn random_writes_are_kept_small_and_a_crowded_page_becomes_one_blob() {
    let files = Files::new().await;
    let mut model = bytes(1, 4 * MIB).to_vec();
    let node = files.file("disk", &model.clone().into()).await;
    let before = files.fixture.blobs().await;
    for number in 0..30_usize {
        let at = (number * 7919 * 4096) % (4 * MIB);
        let block = bytes(100 + number as u64, 4096);
        files.write(node, at as u64, &block).await.unwrap();
        model[at..at + 4096].copy_from_slice(&block);
        files.publish(node).await.unwrap();
    }
    assert_eq!(files.fixture.blobs().await, before, "small writes go inline");
    assert_eq!(files.read_all(node).await, model);
    for number in 0..120_usize {
        let at = number * 8192;
        let block = bytes(number as u64, 4096);
        files.write(node, at as u64, &block).await.unwrap();
        model[at..at + 4096].copy_from_slice(&block);
    }
    files.publish(node).await.unwrap();
    let (id, content) = files.content(node).await.unwrap();
    let pages = files.pages(id).await;
    assert_eq!(pages[0].1.pieces.len(), 1, "{:?}", pages[0]);
    assert_eq!(files.get("disk").await, model);
    let crate::metadata::records::Layout::Mapped { next_slot, base, .. } = content.layout else { panic!() };
    assert!(base.is_some());
    files.assert_clean().await;
    files.assert_slots(id, next_slot).await;
}
