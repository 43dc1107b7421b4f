//! Flattening in the background: pages of many pieces become one, and what lies over many others becomes whole, while nobody waits.
//!
//! Always holds: a page changes what it names in one transaction, with the garbage that this leaves (T2), and only where node, content, base
//! and page are as they were read; the bytes, the tag and the times stay. Bytes are stored before they are named (T1). Only a content that
//! one node alone has is touched, so that its pin is the one that all its readers hold. One page at a time is in memory, and a pause
//! follows each. What waits is not kept: what a crash forgets is noted again by the next write, and a publication that finds too much of it
//! does it itself (`prepare.rs`).

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::budget::Used;
use super::commit::Garbage;
use super::outgoing::Outgoing;
use super::state::start_of;
use super::table::Session;
use crate::content::Pin;
use crate::content::mapped::{blobs, page_of, pieces_of, scattered, slots};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::files::{FileError, FileService};
use crate::limits::{
    DATA_PAGES_LOOK_MAX, FLATTEN_ATTEMPTS_MAX, FLATTEN_BYTES_MAX, FLATTEN_DELAY, FLATTEN_LAYERS, FLATTEN_NODES_MAX,
    FLATTEN_PAGES_MAX, FLATTEN_PAUSE, MAPPED_PAGE_BYTES,
};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{
    Base, ContentRecord, ContentRef, Layout, MappedPage, NodeRecord, Piece, PieceSource, ReclaimTask, Record,
};
use crate::metadata::watched::NOBODY;
use crate::metadata::{Durability, Table};
use crate::objects::data_pages::page_key;
use crate::objects::mapped::{Layer, mapped_page};
use crate::transact;
use crate::types::ByteRange;
use crate::work::metrics::metrics;

/// What is to be flattened.
#[derive(Default)]
pub(crate) struct Flattening {
    waiting: Mutex<Waiting>,
    noted: Notify,
}

#[derive(Default)]
struct Waiting {
    nodes: HashMap<Id, Wanted>,
    /// Each node once, with when its turn comes.
    order: VecDeque<(Instant, Id)>,
}

/// Of one node.
#[derive(Default)]
struct Wanted {
    bucket: String,
    pages: BTreeSet<u32>,
    /// It lies over too many others.
    deep: bool,
}

impl Flattening {
    /// Pages that were made of many pieces, or how many contents lie over each other, were seen. What there is no room for is seen again.
    pub(super) fn note(&self, session: &Session, pages: &[u32], depth: usize) {
        let deep = depth > FLATTEN_LAYERS;
        if pages.is_empty() && !deep {
            return;
        }
        let mut waiting = self.waiting.lock();
        let Waiting { nodes, order } = &mut *waiting;
        if !nodes.contains_key(&session.node) {
            if nodes.len() >= FLATTEN_NODES_MAX {
                return;
            }
            order.push_back((Instant::now() + FLATTEN_DELAY, session.node));
        }
        let wanted = nodes.entry(session.node).or_default();
        session.bucket.as_str().clone_into(&mut wanted.bucket);
        wanted.deep |= deep;
        let room = FLATTEN_PAGES_MAX.saturating_sub(wanted.pages.len());
        wanted.pages.extend(pages.iter().take(room));
        drop(waiting);
        self.noted.notify_one();
    }

    /// The next whose turn it is.
    async fn next(&self) -> (Id, Wanted) {
        loop {
            let first = self.waiting.lock().order.front().copied();
            match first {
                None => self.noted.notified().await,
                Some((at, _)) => {
                    tokio::time::sleep_until(at).await;
                    if let Some(next) = self.take() {
                        return next;
                    }
                }
            }
        }
    }

    fn take(&self) -> Option<(Id, Wanted)> {
        let mut waiting = self.waiting.lock();
        let (_, node) = waiting.order.pop_front()?;
        waiting.nodes.remove(&node).map(|wanted| (node, wanted))
    }
}

/// A content that one node has alone, at one instant.
struct Seen {
    id: Id,
    key: String,
    content: ContentRecord,
    base: Option<Base>,
    changes: u64,
    page: Option<MappedPage>,
}

/// What came of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flat {
    /// It is as it should be.
    Already,
    Done,
    /// It was written to, or its file copied, meanwhile.
    Changed,
}

impl FileService {
    /// Flattens what is noted, for ever.
    pub(in crate::files) async fn flatten_noted(&self) {
        loop {
            let (node, wanted) = self.inner.flattening.next().await;
            self.flatten_wanted(node, &wanted).await;
        }
    }

    async fn flatten_wanted(&self, node: Id, wanted: &Wanted) {
        let flattened = async {
            for page in &wanted.pages {
                self.flatten_page(node, &wanted.bucket, *page, false).await?;
            }
            if wanted.deep { self.flatten_layers(node, &wanted.bucket).await } else { Ok(()) }
        };
        match flattened.await {
            Ok(()) | Err(Error::File(FileError::Stale)) => {}
            Err(error) => tracing::warn!(%error, node, "a file could not be flattened; the next write tries again"),
        }
    }

    /// All that is noted now, without waiting for its turn.
    #[cfg(test)]
    pub(super) async fn flatten_now(&self) {
        while let Some((node, wanted)) = self.inner.flattening.take() {
            self.flatten_wanted(node, &wanted).await;
        }
    }

    /// Takes away what a node's content lies over, however little there is of it.
    #[cfg(test)]
    pub(super) async fn flatten_all(&self, node: Id) -> Result<()> {
        self.flatten_layers(node, "bucket").await
    }

    /// The node's content and one of its pages. `None` where it is not the node's alone, or is not written into.
    async fn see(&self, node: Id, number: u32) -> Result<Option<(Seen, Arc<Pin>)>> {
        let service = &self.inner.objects;
        let ContentRef::Shared(id) = self.node(node).await?.content else { return Ok(None) };
        let pin = Arc::new(service.inner.pins.pin(id));
        let at = [
            (Table::Index, keys::node(node)),
            (Table::Index, keys::content(id)),
            (Table::Index, keys::page(id, number)),
        ];
        let (_, values) = service.store().get_many(&at).await?;
        let [Some(record), Some(content), page] = &values[..] else { return Ok(None) };
        let (record, content) = (NodeRecord::decode(record)?, ContentRecord::decode(content)?);
        let Layout::Mapped { base, changes, .. } = content.layout else { return Ok(None) };
        if record.content != ContentRef::Shared(id) || content.uses != 1 {
            return Ok(None);
        }
        let page = mapped_page(id, page.as_ref())?;
        let key = String::from_utf8_lossy(&record.home.name).into_owned();
        Ok(Some((Seen { id, key, content, base, changes, page }, pin)))
    }

    /// Makes one piece of a page of many, or, where nothing is to lie `below`, of one that shows some of the base.
    async fn flatten_page(&self, node: Id, bucket: &str, number: u32, below: bool) -> Result<Flat> {
        let Some((seen, pin)) = self.see(node, number).await? else { return Ok(Flat::Changed) };
        let old = pieces_of(seen.page.as_ref(), seen.base.is_some());
        let shows_base = old.iter().any(|piece| piece.source == PieceSource::Base);
        let length = seen.content.size.saturating_sub(start_of(number)).min(MAPPED_PAGE_BYTES);
        if length == 0 || !(below && shows_base || !below && scattered(&old)) {
            return Ok(Flat::Already);
        }
        // Behind what counts of the base there is nothing of it to be copied.
        let behind = seen.base.is_some_and(|base| base.length <= start_of(number));
        if behind && !scattered(&old) {
            return self.name_pieces(node, number, &seen, (&old, zeroed(&old)), None).await;
        }
        let bytes = self.page_bytes(&seen, &pin, number, length).await?;
        let flat = if bytes.iter().all(|byte| *byte == 0) {
            let page = u32::try_from(MAPPED_PAGE_BYTES).unwrap_or(u32::MAX);
            let zeros = vec![Piece { length: page, source: PieceSource::Zeros }];
            self.name_pieces(node, number, &seen, (&old, zeros), None).await?
        } else {
            let location = self.inner.objects.location(&seen.content.location)?.clone();
            let charge = self.inner.sessions.budget.charge(&Used::default());
            let out = Outgoing::new(seen.id, number, location, bytes, charge);
            out.store(&self.inner.objects.inner.writers, bucket, &seen.key).await?;
            let Some(extent) = out.extent().cloned() else {
                return Err(Error::Internal("what was stored is nowhere".into()));
            };
            let piece = Piece { length: out.length, source: PieceSource::Blob { extent, at: 0 } };
            self.name_pieces(node, number, &seen, (&old, vec![piece]), Some(&out)).await?
        };
        if flat == Flat::Done {
            metrics().flattened_pages_total.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(FLATTEN_PAUSE).await;
        Ok(flat)
    }

    async fn page_bytes(&self, seen: &Seen, pin: &Arc<Pin>, number: u32, length: u64) -> Result<Bytes> {
        let service = &self.inner.objects;
        let layer: Arc<Layer> = service.layers(seen.id, seen.content.clone()).await?;
        let range = ByteRange { offset: start_of(number), length };
        let stream = service.mapped_stream(&layer, range, pin, Some((number, vec![seen.page.clone()])));
        let whole = stream.try_fold(BytesMut::new(), |mut whole, chunk| async move {
            whole.extend_from_slice(&chunk);
            Ok(whole)
        });
        Ok(whole.await?.freeze())
    }

    /// The page is of these pieces from now on, where everything is as it was seen.
    async fn name_pieces(
        &self,
        node: Id,
        number: u32,
        seen: &Seen,
        (old, new): (&[Piece], Vec<Piece>),
        out: Option<&Arc<Outgoing>>,
    ) -> Result<Flat> {
        let (tree, id) = (self.inner.objects.tree(), seen.id);
        failpoint!("flatten.before_commit", io);
        out.iter().for_each(|out| out.submitted());
        let named = transact!(self.inner.objects.store(), Durability::Ordered, |tx| {
            tx.origin(Some(NOBODY));
            let key = keys::page(id, number);
            let at = [(Table::Index, keys::node(node)), (Table::Index, keys::content(id)), (Table::Index, key.clone())];
            let values = tx.get_many(&at).await?;
            let [Some(record), Some(content), page] = &values[..] else { return Ok(false) };
            let (record, content) = (NodeRecord::decode(record)?, ContentRecord::decode(content)?);
            let Layout::Mapped { base, .. } = content.layout else { return Ok(false) };
            let alone = record.content == ContentRef::Shared(id) && content.uses == 1;
            if !alone || base != seen.base || mapped_page(id, page.as_ref())? != seen.page {
                return Ok(false);
            }
            let mut garbage = Garbage::default();
            garbage.add((blobs(old), slots(old)), &new);
            garbage.let_go(tree, tx, id, &content.location).await?;
            // The same bytes: whoever reads on need not begin anew.
            let changed = seen.page.as_ref().map_or(seen.changes, |page| page.changed);
            match page_of(new.clone(), base.is_some(), changed) {
                Some(page) => tx.put(Table::Index, key, page.encode()),
                None => tx.delete(Table::Index, key),
            }
            Ok(true)
        });
        if let Some(out) = out {
            match &named {
                Ok(true) => out.named(),
                Ok(false) => out.refused(),
                Err(Error::Internal(_)) => {}
                Err(_) => out.refused(),
            }
        }
        let named = named?;
        failpoint!("flatten.committed");
        if named {
            self.inner.barrier.note();
        }
        Ok(if named { Flat::Done } else { Flat::Changed })
    }

    /// Copies all that shows of what lies below, then lets go of it.
    async fn flatten_layers(&self, node: Id, bucket: &str) -> Result<()> {
        for _ in 0..FLATTEN_ATTEMPTS_MAX {
            let Some((seen, pin)) = self.see(node, 0).await? else { return Ok(()) };
            let Some(base) = seen.base else { return Ok(()) };
            if base.length > FLATTEN_BYTES_MAX {
                return Ok(());
            }
            let showing = self.pages_of_base(&seen).await?;
            drop(pin);
            if showing.is_empty() {
                if self.let_go_of_base(node, &seen, base).await? {
                    metrics().flattened_contents_total.fetch_add(1, Ordering::Relaxed);
                    return Ok(());
                }
                continue;
            }
            for number in showing {
                self.flatten_page(node, bucket, number, true).await?;
            }
        }
        // It is written to without a rest, and noted by that.
        Ok(())
    }

    /// The pages that name the base, or show some of it that is no hole, of the state that was seen or a later one. All others are the same
    /// without it. The content is pinned.
    async fn pages_of_base(&self, seen: &Seen) -> Result<Vec<u32>> {
        let service = &self.inner.objects;
        let layer = service.layers(seen.id, seen.content.clone()).await?;
        let (mut next, end) = (0, seen.content.size.div_ceil(MAPPED_PAGE_BYTES));
        let mut showing = Vec::new();
        while next < end {
            let shown = service.data_pages(&layer, seen.content.size, next..end).await?;
            let (first, behind) = (page_key(seen.id, next), page_key(seen.id, shown.upto));
            // No more than that look has read.
            let found = service.store().snapshot()?.scan(&first, &behind, DATA_PAGES_LOOK_MAX, false).await?;
            let mut below = shown.numbers;
            for (key, value) in &found {
                let number = keys::page_number(key)
                    .ok_or_else(|| crate::content::corrupt("a page's key can't be read".into()))?;
                let page = mapped_page(seen.id, Some(value))?.unwrap_or_default();
                match page.pieces.iter().any(|piece| piece.source == PieceSource::Base) {
                    true => below.insert(number),
                    false => below.remove(&number),
                };
            }
            showing.extend(below);
            next = shown.upto;
        }
        Ok(showing)
    }

    /// Whether nothing was written since it was seen.
    async fn let_go_of_base(&self, node: Id, seen: &Seen, below: Base) -> Result<bool> {
        let (tree, id) = (self.inner.objects.tree(), seen.id);
        failpoint!("flatten.before_release", io);
        let done = transact!(self.inner.objects.store(), Durability::Ordered, |tx| {
            tx.origin(Some(NOBODY));
            let at = [(Table::Index, keys::node(node)), (Table::Index, keys::content(id))];
            let values = tx.get_many(&at).await?;
            let [Some(record), Some(content)] = &values[..] else { return Ok(false) };
            let (record, mut content) = (NodeRecord::decode(record)?, ContentRecord::decode(content)?);
            let alone = record.content == ContentRef::Shared(id) && content.uses == 1;
            let Layout::Mapped { base, changes, .. } = &mut content.layout else { return Ok(false) };
            if !alone || *base != Some(below) || *changes != seen.changes {
                return Ok(false);
            }
            *base = None;
            tx.put(Table::Index, keys::content(id), content.encode());
            tree.reclaim(tx, ReclaimTask::Use { content: id, base: below.content }).await?;
            Ok(true)
        })?;
        failpoint!("flatten.released");
        if done {
            self.inner.barrier.note();
        }
        Ok(done)
    }
}

/// The pieces without a base that has nothing there.
fn zeroed(pieces: &[Piece]) -> Vec<Piece> {
    let mut zeroed = pieces.to_vec();
    for piece in &mut zeroed {
        if piece.source == PieceSource::Base {
            piece.source = PieceSource::Zeros;
        }
    }
    zeroed
}
