//! Reading contents that files were written into, and what lies below them.
//!
//! Always holds: the pin of the uppermost content keeps all that its pages name and all that lies below: what is let go of waits for
//! it (`work/reclaim.rs`). Pages that are fetched later are of the same state as the first, or the reading ends with an error: no
//! answer mixes two states of a file.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::ObjectService;
use super::parts::Located;
use crate::content::mapped::pieces_of;
use crate::content::{self, Pin, corrupt, open_inline};
use crate::data::{ByteStream, DataStore};
use crate::error::{Error, Result};
use crate::limits::{MAPPED_FETCH_FIRST_PAGES, MAPPED_FETCH_PAGES, MAPPED_LAYERS_MAX, MAPPED_PAGE_BYTES};
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Base, ContentRecord, ExtentPage, Layout, MappedPage, PieceSource, Record};
use crate::types::ByteRange;

/// A content with all that lies below it.
pub(crate) struct Layer {
    pub id: Id,
    pub record: ContentRecord,
    pub store: Arc<dyn DataStore>,
    /// With how many of its bytes count.
    pub below: Option<(Arc<Layer>, u64)>,
}

/// A stretch of a content whose bytes come from one source.
struct Run {
    range: ByteRange,
    source: PieceSource,
}

/// As many bytes of a hole as are given at once.
static ZEROS: [u8; 256 << 10] = [0; 256 << 10];

/// That many zeros.
pub(crate) fn zeros(length: u64) -> impl Iterator<Item = Bytes> {
    let chunk = ZEROS.len() as u64;
    (0..length.div_ceil(chunk)).map(move |number| {
        let left = usize::try_from((length - number * chunk).min(chunk)).unwrap_or(ZEROS.len());
        Bytes::from_static(&ZEROS[..left])
    })
}

/// The number of the page that holds a byte.
pub(crate) fn page_number(offset: u64) -> Result<u32> {
    u32::try_from(offset / MAPPED_PAGE_BYTES).map_err(|_| Error::Internal("a byte beyond the largest file".into()))
}

/// A page's record, from what stands under its key.
pub(crate) fn mapped_page(content: Id, value: Option<&Bytes>) -> Result<Option<MappedPage>> {
    match value.map(|value| ExtentPage::decode(value)).transpose()? {
        None => Ok(None),
        Some(ExtentPage::Mapped(page)) => Ok(Some(page)),
        Some(ExtentPage::Part(_)) => Err(corrupt(format!("a page of content {content} is a part of an upload"))),
    }
}

impl Layer {
    fn is_based(&self) -> bool {
        self.below.is_some()
    }

    fn changes(&self) -> Option<u64> {
        changes_of(&self.record)
    }

    /// Number of contents, this one included.
    pub fn depth(&self) -> usize {
        1 + self.below.as_ref().map_or(0, |(below, _)| below.depth())
    }
}

impl ObjectService {
    /// A content that was read, with what lies below it. To be called with the content pinned, before its record was read.
    pub(crate) async fn layers(&self, id: Id, record: ContentRecord) -> Result<Arc<Layer>> {
        let mut bases = Vec::new();
        let mut next = base_of(&record);
        while let Some(base) = next {
            if bases.len() > 2 * MAPPED_LAYERS_MAX {
                return Err(corrupt(format!("below content {id} lie too many others")));
            }
            let (_, values) = self.store().get_many(&[(Table::Index, keys::content(base.content))]).await?;
            let value = values[0].as_ref();
            let value = value.ok_or_else(|| corrupt(format!("content {} below {id} is not there", base.content)))?;
            let record = ContentRecord::decode(value)?;
            next = base_of(&record);
            bases.push((base, record));
        }
        let mut below = None;
        while let Some((base, record)) = bases.pop() {
            let store = Arc::clone(&self.location(&record.location)?.store);
            below = Some((Arc::new(Layer { id: base.content, record, store, below }), base.length));
        }
        let store = Arc::clone(&self.location(&record.location)?.store);
        Ok(Arc::new(Layer { id, record, store, below }))
    }

    /// The verified bytes of a range of a content of whatever layout. The range lies within its size.
    pub(crate) fn content_stream(&self, layer: &Arc<Layer>, range: ByteRange, pin: &Arc<Pin>) -> ByteStream<Error> {
        match &layer.record.layout {
            Layout::Extents(extents) => {
                let pages: content::Pages = Box::pin(stream::iter([Ok(extents.clone())]));
                content::read(Arc::clone(&layer.store), pages, range, pin.clone())
            }
            Layout::Parts { index } => {
                let Located { first, offset } = Located::at(index, range.offset);
                let skipped = ByteRange { offset: range.offset - offset, length: range.length };
                self.parts_stream(Arc::clone(&layer.store), layer.id, first, skipped, Pin::clone(pin))
            }
            Layout::Mapped { .. } => self.mapped_stream(layer, range, pin, None),
        }
    }

    /// The same of a mapped content, some of whose pages may have been read already: those from the number given on, at the instant of the
    /// content's record.
    pub(crate) fn mapped_stream(
        &self,
        layer: &Arc<Layer>,
        range: ByteRange,
        pin: &Arc<Pin>,
        known: Option<(u32, Vec<Option<MappedPage>>)>,
    ) -> ByteStream<Error> {
        let walk = PagesWalk {
            service: self.clone(),
            layer: Arc::clone(layer),
            next: range.offset,
            end: range.offset + range.length,
            fetch: MAPPED_FETCH_FIRST_PAGES,
            known,
        };
        let (service, layer, pin) = (self.clone(), Arc::clone(layer), Arc::clone(pin));
        stream::try_unfold(walk, |mut walk| async move {
            Ok::<_, Error>(walk.fetch().await?.map(|runs| (stream::iter(runs.into_iter().map(Ok::<_, Error>)), walk)))
        })
        .try_flatten()
        .map_ok(move |runs| {
            let (service, layer, pin) = (service.clone(), Arc::clone(&layer), Arc::clone(&pin));
            stream::once(async move { service.runs_stream(&layer, runs, &pin).await }).try_flatten()
        })
        .try_flatten()
        .boxed()
    }

    /// The bytes of the runs of one page, or of one run of the base.
    fn runs_stream<'a>(
        &'a self,
        layer: &'a Arc<Layer>,
        runs: Vec<Run>,
        pin: &'a Arc<Pin>,
    ) -> BoxFuture<'a, Result<ByteStream<Error>>> {
        async move {
            let slots = self.slots(layer.id, &runs).await?;
            let mut streams: Vec<ByteStream<Error>> = Vec::with_capacity(runs.len());
            for Run { range, source } in runs {
                match source {
                    PieceSource::Zeros => streams.push(stream::iter(zeros(range.length).map(Ok)).boxed()),
                    PieceSource::Base => {
                        let Some((below, counts)) = &layer.below else {
                            return Err(corrupt(format!("content {} lies over nothing", layer.id)));
                        };
                        let within = counts.saturating_sub(range.offset).min(range.length);
                        if within > 0 {
                            streams.push(self.content_stream(below, ByteRange { length: within, ..range }, pin));
                        }
                        streams.push(stream::iter(zeros(range.length - within).map(Ok)).boxed());
                    }
                    PieceSource::Blob { extent, at } => {
                        let within = ByteRange { offset: at.into(), length: range.length };
                        let pages: content::Pages = Box::pin(stream::iter([Ok(vec![extent])]));
                        streams.push(content::read(Arc::clone(&layer.store), pages, within, pin.clone()));
                    }
                    PieceSource::Inline { slot, at } => {
                        let within = ByteRange { offset: at.into(), length: range.length };
                        let bytes = slots.get(&slot).cloned().unwrap_or_default();
                        streams.push(content::read_inline(bytes, within, pin.clone()));
                    }
                }
            }
            Ok(match streams.len() {
                1 => streams.remove(0),
                _ => stream::iter(streams).flatten().boxed(),
            })
        }
        .boxed()
    }

    /// The inline bytes that the runs name, verified.
    async fn slots(&self, content: Id, runs: &[Run]) -> Result<HashMap<u32, Bytes>> {
        let wanted: BTreeSet<u32> = runs
            .iter()
            .filter_map(|run| match run.source {
                PieceSource::Inline { slot, .. } => Some(slot),
                _ => None,
            })
            .collect();
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let at: Vec<_> = wanted.iter().map(|slot| (Table::Inline, keys::inline(content, *slot))).collect();
        let (_, values) = self.store().get_many(&at).await?;
        let opened = wanted.into_iter().zip(values).map(|(slot, sealed)| {
            let sealed = sealed.ok_or_else(|| corrupt(format!("slot {slot} of content {content} has no bytes")))?;
            Ok((slot, open_inline(content, slot, sealed)?))
        });
        opened.collect()
    }
}

fn base_of(record: &ContentRecord) -> Option<Base> {
    match record.layout {
        Layout::Mapped { base, .. } => base,
        Layout::Extents(_) | Layout::Parts { .. } => None,
    }
}

/// Number of changes of a mapped content.
fn changes_of(record: &ContentRecord) -> Option<u64> {
    match record.layout {
        Layout::Mapped { changes, .. } => Some(changes),
        Layout::Extents(_) | Layout::Parts { .. } => None,
    }
}

/// The pages that a range touches, fetched some at a time.
struct PagesWalk {
    service: ObjectService,
    layer: Arc<Layer>,
    next: u64,
    end: u64,
    fetch: u32,
    known: Option<(u32, Vec<Option<MappedPage>>)>,
}

impl PagesWalk {
    /// The runs of the next pages: those of each page together, and each run of the base, which may go over several, alone.
    async fn fetch(&mut self) -> Result<Option<Vec<Vec<Run>>>> {
        if self.next >= self.end {
            return Ok(None);
        }
        let first = page_number(self.next)?;
        let pages = match self.known.take() {
            Some((number, pages)) if number == first && !pages.is_empty() => pages,
            _ => self.read(first).await?,
        };
        let based = self.layer.is_based();
        let mut batches: Vec<Vec<Run>> = Vec::new();
        for (page, number) in pages.iter().zip(u64::from(first)..) {
            let start = number * MAPPED_PAGE_BYTES;
            let mut at = start;
            let mut within: Vec<Run> = Vec::new();
            for piece in pieces_of(page.as_ref(), based) {
                let (from, to) = (at.max(self.next), (at + u64::from(piece.length)).min(self.end));
                let skipped = u32::try_from(from.saturating_sub(at)).unwrap_or(u32::MAX);
                at += u64::from(piece.length);
                if from >= to {
                    continue;
                }
                let range = ByteRange { offset: from, length: to - from };
                let source = match piece.source {
                    PieceSource::Blob { extent, at } => PieceSource::Blob { extent, at: at + skipped },
                    PieceSource::Inline { slot, at } => PieceSource::Inline { slot, at: at + skipped },
                    other => other,
                };
                // A long stretch of the base is read in one go.
                if source == PieceSource::Base
                    && within.is_empty()
                    && let Some([Run { range: last, source: PieceSource::Base }]) =
                        batches.last_mut().map(|runs| &mut runs[..])
                    && last.offset + last.length == range.offset
                {
                    last.length += range.length;
                    continue;
                }
                if source == PieceSource::Base {
                    batches.extend((!within.is_empty()).then(|| std::mem::take(&mut within)));
                    batches.push(vec![Run { range, source }]);
                } else {
                    within.push(Run { range, source });
                }
            }
            batches.extend((!within.is_empty()).then_some(within));
        }
        self.next = (u64::from(first) + pages.len() as u64).saturating_mul(MAPPED_PAGE_BYTES);
        self.fetch = MAPPED_FETCH_PAGES;
        Ok(Some(batches))
    }

    async fn read(&self, first: u32) -> Result<Vec<Option<MappedPage>>> {
        let id = self.layer.id;
        let last = page_number(self.end - 1)?.min(first.saturating_add(self.fetch - 1));
        let mut at: Vec<_> = (first..=last).map(|number| (Table::Index, keys::page(id, number))).collect();
        at.push((Table::Index, keys::content(id)));
        let (_, mut values) = self.service.store().get_many(&at).await?;
        let now = values.pop().flatten().map(|value| ContentRecord::decode(&value)).transpose()?;
        let same = now.is_some_and(|now| changes_of(&now) == self.layer.changes());
        let pages: Vec<_> = values.iter().map(|value| mapped_page(id, value.as_ref())).collect::<Result<_>>()?;
        // Of what has no record, only the content's tells whether it had one before.
        let known = self.layer.changes().unwrap_or(0);
        if !same && pages.iter().any(|page| page.as_ref().is_none_or(|page| page.changed > known)) {
            return Err(Error::Unavailable("the file was written to while it was read; read it again".into()));
        }
        Ok(pages)
    }
}
