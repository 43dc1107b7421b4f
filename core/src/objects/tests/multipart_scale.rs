//! Ten thousand parts: completing them, reading across the sparse index, letting go of all but one.
//!
//! Most of the parts are copies of the records of a few that were uploaded, so that ten thousand of 5 MiB take no 50 GB.

use super::multipart::{begin, complete, part};
use super::*;
use crate::content::{Md5, seal_inline};
use crate::limits::{LIST_FETCH_MAX, LIST_PAGE_MAX, PARTS_MAX, PARTS_PER_INDEX_ENTRY};
use crate::metadata::records::{PartRecord, Record};
use crate::metadata::{Batch, Durability, MetadataStore, Table, Write, keys};
use crate::types::{ETag, RangeRequest};

const MIN: usize = 5 << 20;

fn content_of(id: &str) -> u64 {
    u64::from_str_radix(&id[16..], 16).unwrap()
}

async fn records(fixture: &Fixture, id: &str) -> Vec<PartRecord> {
    let found = fixture.service.parts_from(content_of(id), 1, LIST_FETCH_MAX).await.unwrap();
    found.into_iter().map(|(_, record)| record).collect()
}

/// Puts part records, as if each had been uploaded.
async fn put_parts(fixture: &Fixture, id: &str, parts: impl Iterator<Item = (u32, PartRecord, Option<Bytes>)>) {
    let content = content_of(id);
    let mut writes = Vec::new();
    for (number, record, inline) in parts {
        writes.push(Write::Put { table: Table::Index, key: keys::page(content, number), value: record.encode() });
        if let Some(inline) = inline {
            let value = seal_inline(content, number, &inline);
            writes.push(Write::Put { table: Table::Inline, key: keys::inline(content, number), value });
        }
    }
    for writes in writes.chunks(5000) {
        let batch = Batch { writes: writes.to_vec(), ..Batch::default() };
        fixture.store.commit(batch, Durability::Synced).await.unwrap();
    }
}

/// An object of `count` parts, of which the third, sixth, … are one byte longer than the first, and so on.
struct Large {
    fixture: Fixture,
    bodies: [Bytes; 3],
    count: u32,
    id: String,
}

impl Large {
    async fn new(count: u32) -> Self {
        let fixture = Fixture::new().await;
        let bodies = [bytes(1, MIN), bytes(2, MIN + 1), bytes(3, MIN + 2)];
        let id = begin(&fixture, "large").await;
        for (number, body) in (1..).zip(&bodies) {
            part(&fixture, "large", &id, number, body).await.unwrap();
        }
        let records = records(&fixture, &id).await;
        let copies = (4..=count).map(|number| (number, records[Self::kind(number)].clone(), None));
        put_parts(&fixture, &id, copies).await;
        Self { fixture, bodies, count, id }
    }

    fn kind(number: u32) -> usize {
        (number as usize - 1) % 3
    }

    fn body(&self, number: u32) -> &Bytes {
        &self.bodies[Self::kind(number)]
    }

    fn offset(&self, number: u32) -> u64 {
        (1..number).map(|number| self.body(number).len() as u64).sum()
    }

    fn parts(&self) -> Vec<(u32, ETag)> {
        let tags = self.bodies.clone().map(|body| ETag::Md5(Md5::of(&body)));
        (1..=self.count).map(|number| (number, tags[Self::kind(number)].clone())).collect()
    }

    async fn complete(&self) -> CompleteOutput {
        let request = complete(&self.fixture, "large", &self.id, &self.parts());
        self.fixture.service.complete_upload(&self.fixture.root, request).await.unwrap()
    }

    async fn range(&self, first: u64, last: u64) -> Bytes {
        let range = Some(RangeRequest::From { first, last: Some(last) });
        self.fixture.get(GetObject { range, ..self.fixture.request("large") }).await.unwrap()
    }
}

#[tokio::test]
async fn ten_thousand_parts_make_an_object() {
    let large = Large::new(PARTS_MAX).await;
    let mut listed = Vec::new();
    loop {
        let request = ListParts {
            bucket: large.fixture.bucket.clone(),
            key: key("large"),
            upload_id: large.id.clone(),
            marker: listed.last().copied().unwrap_or(0),
            max_parts: usize::MAX,
        };
        let page = large.fixture.service.list_parts(&large.fixture.root, request).await.unwrap();
        assert_eq!(page.parts.len(), LIST_PAGE_MAX);
        listed.extend(page.parts.iter().map(|part| part.number));
        if !page.truncated {
            break;
        }
    }
    assert!(listed.into_iter().eq(1..=PARTS_MAX));

    let done = large.complete().await;
    assert!(done.etag.to_string().ends_with("-10000"));
    let size = large.offset(PARTS_MAX + 1);
    let head = large.fixture.service.head(&large.fixture.root, large.fixture.request("large")).await.unwrap();
    assert_eq!((head.info.size, head.info.parts), (size, Some(PARTS_MAX)));
    assert!(head.info.checksum.is_some());

    // Around each kind of edge: of a fetch of parts, of a page, of the sparse index, of the whole.
    for edge in [1, 63, 64, 65, 128, 129, 999, 1000, 1001, 4096, 4097, 9_984, 9_985, 9_999, PARTS_MAX] {
        let wanted = GetObject { part_number: Some(edge), ..large.fixture.request("large") };
        assert!(large.fixture.get(wanted).await.unwrap() == *large.body(edge), "part {edge}");
        let at = large.offset(edge);
        let body = large.body(edge);
        assert_eq!(large.range(at, at + 9).await, body.slice(..10), "the beginning of part {edge}");
        if edge > 1 {
            let before = large.body(edge - 1);
            let across = [&before[before.len() - 10..], &body[..10]].concat();
            assert_eq!(large.range(at - 10, at + 9).await, across, "into part {edge}");
        }
    }
    assert_eq!(large.range(size - 10, size + 10).await, large.body(PARTS_MAX).slice(MIN - 10..));
    let beyond = RangeRequest::From { first: size, last: None };
    let beyond = GetObject { range: Some(beyond), ..large.fixture.request("large") };
    assert!(matches!(large.fixture.get(beyond).await, Err(Error::InvalidRange { .. })));
    let request = || large.fixture.request("large");
    for (marker, count, truncated) in [(0, 1000, true), (8_999, 1000, true), (9_000, 1000, false), (9_999, 1, false)] {
        let page =
            large.fixture.service.attributes(&large.fixture.root, request(), marker, LIST_PAGE_MAX).await.unwrap();
        let page = page.parts.unwrap();
        assert_eq!((page.parts.len(), page.truncated, page.total), (count, truncated, PARTS_MAX), "after {marker}");
        assert_eq!(page.parts[0].number, marker + 1);
    }
    let none = large.fixture.service.attributes(&large.fixture.root, request(), 0, 0).await.unwrap().parts.unwrap();
    assert_eq!((none.parts.len(), none.truncated), (0, false), "a page of none is the last");

    large.fixture.delete("large").await;
    while reclaim::round(&large.fixture.service).await.unwrap().tasks_done > 0 {}
    assert_eq!(large.fixture.blobs().await, 0);
    large.fixture.assert_clean().await;
}

#[tokio::test]
async fn a_range_of_more_parts_than_a_fetch_is_read_in_order() {
    let count = u32::try_from(PARTS_PER_INDEX_ENTRY).unwrap() + 3;
    let large = Large::new(count).await;
    large.complete().await;
    let (first, last) = (large.offset(2) - 5, large.offset(count) + 4);
    let range = Some(RangeRequest::From { first, last: Some(last) });
    let read = GetObject { range, ..large.fixture.request("large") };
    let mut body = large.fixture.service.get(&large.fixture.root, read).await.unwrap().body;
    // What is to come: the end of part 1, all between, the beginning of the last.
    let expected = std::iter::once(large.body(1).slice(MIN - 5..))
        .chain((2..count).map(|number| large.body(number).clone()))
        .chain([large.body(count).slice(..5)]);
    let mut left = Bytes::new();
    for mut wanted in expected {
        while !wanted.is_empty() {
            if left.is_empty() {
                left = body.next().await.unwrap().unwrap();
            }
            let size = left.len().min(wanted.len());
            assert!(left.split_to(size) == wanted.split_to(size));
        }
    }
    assert!(left.is_empty() && body.next().await.is_none());
}

#[tokio::test]
async fn one_of_ten_thousand_parts_makes_an_object_and_the_others_go() {
    // Small parts are in the index, larger ones blobs: 20,000 deletes, or 10,000 and their tasks, in one transaction.
    for size in [10, 100_000] {
        let fixture = Fixture::new().await;
        let id = begin(&fixture, "k").await;
        let (mine, others) = (bytes(1, size), bytes(2, size));
        part(&fixture, "k", &id, 1, &others).await.unwrap();
        let etag = part(&fixture, "k", &id, PARTS_MAX, &mine).await.unwrap();
        let record = records(&fixture, &id).await.remove(0);
        let inline = record.extents.is_empty().then(|| others.clone());
        put_parts(&fixture, &id, (2..PARTS_MAX).map(|number| (number, record.clone(), inline.clone()))).await;
        let request = complete(&fixture, "k", &id, &[(PARTS_MAX, etag)]);
        fixture.service.complete_upload(&fixture.root, request).await.unwrap();
        assert_eq!(fixture.get(fixture.request("k")).await.unwrap(), mine);
        let report = fixture.assert_clean().await;
        assert_eq!((report.parts, fixture.blobs().await), (1, usize::from(size > 65_536)));
        fixture.delete("k").await;
        fixture.assert_clean().await;
        assert_eq!(fixture.blobs().await, 0);
    }
}

#[tokio::test]
async fn ten_thousand_parts_can_be_given_up() {
    let fixture = Fixture::new().await;
    let id = begin(&fixture, "k").await;
    part(&fixture, "k", &id, 1, &bytes(1, 10)).await.unwrap();
    let record = records(&fixture, &id).await.remove(0);
    put_parts(&fixture, &id, (2..=PARTS_MAX).map(|number| (number, record.clone(), Some(bytes(1, 10))))).await;
    fixture.service.abort_upload(&fixture.root, &fixture.bucket, &key("k"), &id).await.unwrap();
    let report = fixture.assert_clean().await;
    assert_eq!((report.parts, report.uploads), (0, 0));
}
