//! The parts of an upload, or of what it became: finding them by number and by offset, reading them in order.
//!
//! Always holds: parts stand in the index under the content's id and their number, from the first upload of a part until the
//! content is reclaimed; completing an upload moves none of them. Memory is bounded: one fetch of parts at a time.

use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::ObjectService;
use crate::content::{self, Pin, corrupt, open_inline};
use crate::data::{ByteStream, DataStore};
use crate::error::{Error, Result};
use crate::limits::{LIST_FETCH_MAX, PARTS_PER_INDEX_ENTRY};
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRecord, Layout, PartRecord, Record};
use crate::types::ByteRange;

/// Where to begin for an offset: a part at or before it, and that part's own offset.
pub(crate) struct Located {
    pub first: u32,
    pub offset: u64,
}

impl Located {
    pub fn at(index: &[(u32, u64)], offset: u64) -> Self {
        let entry = index.partition_point(|(_, start)| *start <= offset).saturating_sub(1);
        let (first, offset) = index.get(entry).copied().unwrap_or((1, 0));
        Self { first, offset }
    }
}

/// The index of a list of parts: the first of every so many, with its offset.
pub(crate) fn index_of(parts: impl Iterator<Item = (u32, u64)>) -> Vec<(u32, u64)> {
    let mut offset = 0;
    let mut index = Vec::new();
    for (position, (number, size)) in parts.enumerate() {
        if position % PARTS_PER_INDEX_ENTRY == 0 {
            index.push((number, offset));
        }
        offset += size;
    }
    index
}

impl ObjectService {
    /// Up to `limit` parts with a number above `marker`, and whether there are more. A page of none has no more, or its reader
    /// would come back to the same page for ever.
    pub(crate) async fn parts_after(
        &self,
        content: Id,
        marker: u32,
        limit: usize,
    ) -> Result<(Vec<(u32, PartRecord)>, bool)> {
        let Some(first) = marker.checked_add(1) else { return Ok((Vec::new(), false)) };
        if limit == 0 {
            return Ok((Vec::new(), false));
        }
        let limit = limit.min(LIST_FETCH_MAX);
        let found = self.parts_from(content, first, limit + 1).await?;
        let truncated = found.len() > limit;
        Ok((found.into_iter().take(limit).collect(), truncated))
    }

    pub(crate) async fn parts_from(&self, content: Id, first: u32, limit: usize) -> Result<Vec<(u32, PartRecord)>> {
        let (start, end) = (keys::page(content, first), keys::behind(&keys::pages(content)));
        let found = self.store().snapshot()?.scan(&start, &end, limit, false).await?;
        found
            .iter()
            .map(|(key, value)| {
                let number = keys::page_number(key).ok_or_else(|| corrupt("a part's key can't be read".into()))?;
                Ok((number, PartRecord::decode(value)?))
            })
            .collect()
    }

    /// One part and its range within the whole; `None` where there is no such part.
    pub(crate) async fn part_at(
        &self,
        content: Id,
        record: &ContentRecord,
        number: u32,
    ) -> Result<Option<(ByteRange, PartRecord)>> {
        let Layout::Parts { index } = &record.layout else { return Ok(None) };
        let entry = index.partition_point(|(first, _)| *first <= number).saturating_sub(1);
        let Some((first, mut offset)) = index.get(entry).copied() else { return Ok(None) };
        for (found, part) in self.parts_from(content, first, PARTS_PER_INDEX_ENTRY).await? {
            if found == number {
                return Ok(Some((ByteRange { offset, length: part.size }, part)));
            }
            offset += part.size;
        }
        Ok(None)
    }

    /// The bytes of a range, counted from the beginning of part `first`.
    pub(crate) fn parts_stream(
        &self,
        store: Arc<dyn DataStore>,
        content: Id,
        first: u32,
        range: ByteRange,
        pin: Pin,
    ) -> ByteStream<Error> {
        let pin = Arc::new(pin);
        let walk =
            PartsWalk { service: self.clone(), content, next: Some(first), skip: range.offset, left: range.length };
        let pieces = stream::try_unfold(walk, |mut walk| async move {
            Ok::<_, Error>(
                walk.fetch().await?.map(|pieces| (stream::iter(pieces.into_iter().map(Ok::<_, Error>)), walk)),
            )
        });
        let service = self.clone();
        pieces
            .try_flatten()
            .map_ok(move |(number, part, range)| {
                let (service, store, pin) = (service.clone(), Arc::clone(&store), Arc::clone(&pin));
                stream::once(async move { service.part_bytes(store, content, number, part, range, pin).await })
                    .try_flatten()
            })
            .try_flatten()
            .boxed()
    }

    async fn part_bytes(
        &self,
        store: Arc<dyn DataStore>,
        content: Id,
        number: u32,
        part: PartRecord,
        range: ByteRange,
        pin: Arc<Pin>,
    ) -> Result<ByteStream<Error>> {
        if !part.extents.is_empty() {
            let pages: content::Pages = Box::pin(stream::iter([Ok(part.extents)]));
            return Ok(content::read(store, pages, range, pin));
        }
        let (_, mut values) = self.store().get_many(&[(Table::Inline, keys::inline(content, number))]).await?;
        let sealed = values.pop().flatten();
        let sealed = sealed.ok_or_else(|| corrupt(format!("part {number} of content {content} has no bytes")))?;
        Ok(content::read_inline(open_inline(content, number, sealed)?, range, pin))
    }
}

/// The parts that a range touches, fetched a few at a time.
struct PartsWalk {
    service: ObjectService,
    content: Id,
    next: Option<u32>,
    skip: u64,
    left: u64,
}

impl PartsWalk {
    async fn fetch(&mut self) -> Result<Option<Vec<(u32, PartRecord, ByteRange)>>> {
        if self.left == 0 {
            return Ok(None);
        }
        let ended = || corrupt("the parts of a content end before its size".to_owned());
        let first = self.next.ok_or_else(ended)?;
        let parts = self.service.parts_from(self.content, first, PARTS_PER_INDEX_ENTRY).await?;
        self.next = parts.last().and_then(|(number, _)| number.checked_add(1));
        if parts.is_empty() {
            return Err(ended());
        }
        let mut pieces = Vec::new();
        for (number, part) in parts {
            if self.skip >= part.size {
                self.skip -= part.size;
                continue;
            }
            let length = (part.size - self.skip).min(self.left);
            if length == 0 {
                break;
            }
            pieces.push((number, part, ByteRange { offset: self.skip, length }));
            self.skip = 0;
            self.left -= length;
        }
        Ok(Some(pieces))
    }
}
