//! Committing a session's changes to a content that is written into.
//!
//! Always holds: each transaction makes a whole state true: what the file shows up to its new size is what it is to show, or what it showed
//! before, and nothing lies behind it; pages go in their order, so a file that is written from its beginning to its end is never shown with
//! a hole, and none is shown shorter than it ever was. Blobs and inline bytes that a page no longer names go in the same transaction (T2); readers that
//! pinned the content keep them until they are done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;

use super::dirty::{DirtyPage, Source};
use super::flush::Outcome;
use super::outgoing::Outgoing;
use super::state::{Committed, State, Target, place, start_of};
use super::table::{Facts, Session};
use crate::content::mapped::{Patch, blobs, crowded, cut, overlay, page_of, pieces_of, scattered, slots};
use crate::content::{Extent, seal_inline};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::files::{FileError, FileService};
use crate::limits::{
    INLINE_BYTES_MAX, MAPPED_PAGE_BYTES, SESSION_COMMIT_BYTES_MAX, SESSION_COMMIT_PAGES_MAX, SESSION_TASK_EXTENTS_MAX,
    SESSION_TASK_SLOTS_MAX,
};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{
    Base, ContentRecord, ContentRef, Layout, MappedPage, NodeRecord, Piece, PieceSource, ReclaimTask, Record,
};
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::watched::NOBODY;
use crate::metadata::{Durability, Table};
use crate::namespace::Tree;
use crate::objects::data_pages::page_key;
use crate::objects::mapped::mapped_page;
use crate::transact;
use crate::types::ETag;

/// One transaction to be.
struct Step {
    target: Target,
    /// Where a content is made.
    location: String,
    /// How many of the committed bytes still count.
    kept: u64,
    /// Of the file after it.
    size: u64,
    /// Nothing is to lie below after it: every page that counts was written anew.
    baseless: bool,
    /// Pages with their patches, ascending. Inline patches have the place of their bytes among `inline` for a slot.
    pages: Vec<(u32, Vec<Patch>)>,
    /// Bytes that go inline, one run a page.
    inline: Vec<Bytes>,
    /// Pages that go as a whole.
    gone: Vec<u32>,
    etag: ETag,
}

/// What a transaction has done.
struct Stepped {
    content: Id,
    location: String,
    next_slot: u32,
    crowded: Vec<u32>,
    /// Pages that are to be rewritten when nobody waits.
    scattered: Vec<u32>,
}

impl Facts {
    /// Sets the times that the writes set. Of facts that were read in the transaction that does it: whoever sets a time says so before the commit
    /// does, so that a publication that has to make way for it keeps it.
    pub(super) fn apply(&self, record: &mut NodeRecord) {
        record.modified = self.modified;
        if let Some(posix) = &mut record.posix {
            posix.changed = posix.changed.max(self.changed);
        }
    }
}

impl FileService {
    /// Commits what can be: pages whose blobs are stored. What was written meanwhile stays.
    pub(super) async fn commit(&self, session: &Session, state: &mut State) -> Result<Outcome> {
        if self.is_inline(session, state)? {
            return self.commit_inline(session, state).await;
        }
        if !state.altered {
            return self.commit_touch(session, state).await;
        }
        let Some(mut target) = state.target else { return Ok(Outcome::Changed) };
        let location = self.location_of(session, state)?;
        // What was inline was made written by the preparation, or the file has grown since: then it is prepared anew.
        if state.committed.content == ContentRef::Inline && state.kept > 0 {
            let end = u32::try_from(state.kept.min(MAPPED_PAGE_BYTES)).unwrap_or(u32::MAX);
            let absorbed = |page: &DirtyPage| page.gaps(end).is_empty() && is_ready(page, location.inline, target);
            if !state.pages.get(&0).is_some_and(absorbed) {
                return Ok(Outcome::Changed);
            }
        }
        if let Target::InPlace(content) = target
            && self.shrink(session, state, content, &location.name).await? == Outcome::Changed
        {
            return Ok(Outcome::Changed);
        }
        let mut left_out = false;
        loop {
            let Batch { pages, inline, outs, more, skipped } = batch(state, location.inline, target);
            if skipped && pages.is_empty() && state.kept == state.committed.size {
                // Nothing would change.
                return Ok(Outcome::Skipped);
            }
            let last = pages.last().map_or(0, |(number, _)| start_of(*number) + MAPPED_PAGE_BYTES);
            let on_the_way = state.kept.max(last).max(state.least_on_the_way());
            let size = if more || skipped { on_the_way.min(state.size) } else { state.size };
            let etag = self.tag(state, more || skipped || left_out).await?;
            let numbers: Vec<u32> = pages.iter().map(|(number, _)| *number).collect();
            let step = Step {
                target,
                location: location.name.clone(),
                kept: state.kept,
                size,
                baseless: state.flattened && !(more || skipped || left_out),
                pages,
                inline,
                gone: Vec::new(),
                etag,
            };
            outs.iter().for_each(|out| out.submitted());
            let stepped = self.step(session, &state.committed, &step).await;
            // Whatever is certain not to have been committed may be committed later.
            if !matches!(stepped, Ok(Some(_)) | Err(Error::Internal(_))) {
                outs.iter().for_each(|out| out.refused());
            }
            let Some(stepped) = stepped? else { return Ok(Outcome::Changed) };
            outs.iter().for_each(|out| out.named());
            self.stepped(session, state, &step, stepped);
            // All that was cut so far is.
            state.lowest = step.size;
            numbers.into_iter().for_each(|number| state.forget(number));
            target = Target::InPlace(step.target.id());
            state.target = Some(target);
            left_out |= skipped;
            if !more {
                break;
            }
        }
        state.flattened = false;
        if left_out {
            return Ok(Outcome::Skipped);
        }
        state.is_committed();
        Ok(Outcome::Done)
    }

    /// Only the times have changed.
    async fn commit_touch(&self, session: &Session, state: &mut State) -> Result<Outcome> {
        let (node, expected) = (session.node, state.committed.content);
        let outcome = transact!(self.inner.objects.store(), Durability::Ordered, |tx| {
            tx.origin(Some(NOBODY));
            let value = tx.get(Table::Index, &keys::node(node)).await?.ok_or(Error::from(FileError::Stale))?;
            let mut record = NodeRecord::decode(&value)?;
            let tree = self.inner.objects.tree();
            if record.content != expected || tree.is_sealed(tx, &session.bucket, &record).await? {
                return Ok(Outcome::Changed);
            }
            session.facts().apply(&mut record);
            self.inner.objects.tree().put_node(tx, node, &record).await?;
            Ok(Outcome::Done)
        })?;
        if outcome == Outcome::Done {
            self.inner.barrier.note();
            state.dirty = false;
        }
        Ok(outcome)
    }

    /// Of the file as it will be: its MD5 where that is known, else one that no content had before.
    async fn tag(&self, state: &mut State, more: bool) -> Result<ETag> {
        let size = state.size;
        if !more
            && let Some(md5) = &mut state.md5
            && md5.length() == size
        {
            return Ok(ETag::Md5(md5.so_far().await?));
        }
        let random = &self.inner.objects.inner.parts.random;
        Ok(ETag::Opaque(format!("{:016x}{:016x}-f", random.next_u64(), random.next_u64())))
    }

    /// Takes away the pages behind what still counts, from the last to the first, some at a time.
    async fn shrink(&self, session: &Session, state: &mut State, content: Id, location: &str) -> Result<Outcome> {
        let first = page_key(content, state.kept.div_ceil(MAPPED_PAGE_BYTES));
        while state.kept < state.committed.size {
            let (start, end) = (first.clone(), keys::behind(&keys::pages(content)));
            let store = self.inner.objects.store();
            let found = store.snapshot()?.scan(&start, &end, SESSION_COMMIT_PAGES_MAX, true).await?;
            let gone: Option<Vec<u32>> = found.iter().map(|(key, _)| keys::page_number(key)).collect();
            let gone = gone.ok_or_else(|| crate::content::corrupt("a page's key can't be read".into()))?;
            let Some(lowest) = gone.last() else { return Ok(Outcome::Done) };
            let counts = start_of(*lowest).max(state.kept).min(state.committed.size);
            let step = Step {
                target: Target::InPlace(content),
                location: location.to_owned(),
                // What is between is cut with the pages that stay.
                kept: counts,
                size: counts.max(state.least_on_the_way()),
                baseless: false,
                pages: Vec::new(),
                inline: Vec::new(),
                gone,
                etag: self.tag(state, true).await?,
            };
            let kept = state.kept;
            let Some(stepped) = self.step(session, &state.committed, &step).await? else {
                return Ok(Outcome::Changed);
            };
            self.stepped(session, state, &step, stepped);
            state.kept = kept;
        }
        Ok(Outcome::Done)
    }

    /// The state after a transaction.
    fn stepped(&self, session: &Session, state: &mut State, step: &Step, stepped: Stepped) {
        self.inner.barrier.note();
        state.crowded.extend(stepped.crowded);
        let depth = match (step.target, state.committed.content) {
            _ if step.baseless => 1,
            (Target::InPlace(_), _) => state.committed.depth,
            (Target::New(_), ContentRef::Shared(_)) if step.kept > 0 => state.committed.depth + 1,
            (Target::New(_), _) => 1,
        };
        self.inner.flattening.note(session, &stepped.scattered, depth);
        state.committed = Committed {
            size: step.size,
            content: ContentRef::Shared(stepped.content),
            in_place: Some(stepped.location),
            depth,
            next_slot: stepped.next_slot,
        };
        state.kept = step.size;
    }

    /// One transaction. `None` where the node or its content is not what was expected, or is a version that was sealed.
    async fn step(&self, session: &Session, expected: &Committed, step: &Step) -> Result<Option<Stepped>> {
        let tree = self.inner.objects.tree();
        failpoint!("session.before_commit", io);
        let stepped = transact!(self.inner.objects.store(), Durability::Ordered, |tx| {
            tx.origin(Some(NOBODY));
            tree_step(tree, tx, session, expected, step).await
        })?;
        failpoint!("session.committed");
        Ok(stepped)
    }
}

/// Pages that go in one transaction.
#[derive(Default)]
struct Batch {
    pages: Vec<(u32, Vec<Patch>)>,
    inline: Vec<Bytes>,
    outs: Vec<Arc<Outgoing>>,
    /// Others follow.
    more: bool,
    /// The others are left out, for the next was written to since it was prepared.
    skipped: bool,
}

/// Whether a page can be committed as it is: it was not written to since it was prepared, or to little.
fn is_ready(page: &DirtyPage, inline_allowed: bool, target: Target) -> bool {
    let waiting = page.data_bytes();
    let stored = page.outs().all(|out| out.extent().is_some() && out.content == target.id());
    stored && waiting <= INLINE_BYTES_MAX && (waiting == 0 || inline_allowed)
}

/// The next pages to commit, from the first on.
fn batch(state: &State, inline_allowed: bool, target: Target) -> Batch {
    let mut batch = Batch::default();
    let mut inline_bytes = 0;
    for (number, page) in &state.pages {
        let waiting = page.data_bytes();
        // What is behind it waits as well: a reader would take what is missing for zeros.
        if !is_ready(page, inline_allowed, target) {
            batch.skipped = true;
            return batch;
        }
        if batch.pages.len() >= SESSION_COMMIT_PAGES_MAX || inline_bytes + waiting > SESSION_COMMIT_BYTES_MAX {
            batch.more = true;
            return batch;
        }
        let slot = u32::try_from(batch.inline.len()).unwrap_or(u32::MAX);
        batch.pages.push((*number, patches_of(page, slot)));
        if waiting > 0 {
            batch.inline.push(page.gathered());
            inline_bytes += waiting;
        }
        batch.outs.extend(page.outs().cloned());
    }
    batch
}

/// The ranges of a page whose blobs are stored, as patches; bytes that wait are one behind the other in `slot`.
fn patches_of(page: &DirtyPage, slot: u32) -> Vec<Patch> {
    let mut at_inline = 0;
    let mut patches = Vec::with_capacity(page.ranges.len());
    for range in &page.ranges {
        let length = range.source.length();
        let source = match &range.source {
            Source::Zeros(_) => PieceSource::Zeros,
            Source::Data(_) => {
                let source = PieceSource::Inline { slot, at: at_inline };
                at_inline += length;
                source
            }
            Source::Out { out, at, .. } => {
                let Some(extent) = out.extent() else { continue };
                PieceSource::Blob { extent: extent.clone(), at: *at }
            }
        };
        patches.push(Patch { at: range.at, length, source });
    }
    patches
}

/// The body of a step's transaction.
async fn tree_step(
    tree: &Tree,
    tx: &mut Transaction<'_>,
    session: &Session,
    expected: &Committed,
    step: &Step,
) -> Result<Option<Stepped>, TxError> {
    let (node, id) = (session.node, step.target.id());
    // The page that the end of what counts lies in loses what is behind it.
    let (edge, edge_at) = place(step.kept);
    let cut_edge = matches!(step.target, Target::InPlace(_)) && step.kept < expected.size && edge_at > 0;
    let mut numbers: BTreeMap<u32, &[Patch]> =
        step.pages.iter().map(|(number, patches)| (*number, patches.as_slice())).collect();
    numbers.extend(step.gone.iter().map(|number| (*number, &[][..])));
    if cut_edge {
        numbers.entry(edge).or_default();
    }
    let mut at = vec![(Table::Index, keys::node(node))];
    if matches!(step.target, Target::InPlace(_)) {
        at.push((Table::Index, keys::content(id)));
        at.extend(numbers.keys().map(|number| (Table::Index, keys::page(id, *number))));
    }
    let mut values = tx.get_many(&at).await?.into_iter();
    let value = values.next().flatten().ok_or(Error::from(FileError::Stale))?;
    let mut record = NodeRecord::decode(&value)?;
    if record.content != expected.content || record.size != expected.size {
        return Ok(None);
    }
    if tree.is_sealed(tx, &session.bucket, &record).await? {
        return Ok(None);
    }
    let mut content = match step.target {
        Target::InPlace(_) => match values.next().flatten().map(|value| ContentRecord::decode(&value)).transpose()? {
            Some(content) if content.uses == 1 => content,
            _ => return Ok(None),
        },
        Target::New(_) => made(tree, tx, node, &record, step).await?,
    };
    let Layout::Mapped { base, next_slot, changes } = &mut content.layout else { return Ok(None) };
    *changes += 1;
    if let Some(base) = base {
        base.length = base.length.min(step.kept);
    }
    if step.baseless
        && let Some(base) = base.take()
    {
        tree.reclaim(tx, ReclaimTask::Use { content: id, base: base.content }).await?;
    }
    let (first_slot, based, changed) = (*next_slot, base.is_some(), *changes);
    *next_slot = u32::try_from(step.inline.len())
        .ok()
        .and_then(|count| first_slot.checked_add(count))
        .ok_or_else(|| Error::Internal("a content has no inline slot left".into()))?;
    let next_slot = *next_slot;
    let mut garbage = Garbage::default();
    let (mut now_crowded, mut now_scattered) = (Vec::new(), Vec::new());
    for (number, patches) in numbers {
        let key = keys::page(id, number);
        let old = mapped_page(id, values.next().flatten().as_ref())?;
        let whole = old.is_none();
        let mut pieces = pieces_of(old.as_ref(), based);
        let before = (blobs(&pieces), slots(&pieces));
        let gone = step.gone.contains(&number);
        if !gone {
            if cut_edge && number == edge {
                pieces = cut(&pieces, edge_at);
            }
            pieces = overlay(&pieces, &numbered(patches, first_slot));
            pieces = cut(
                &pieces,
                u32::try_from(step.size.saturating_sub(start_of(number)).min(MAPPED_PAGE_BYTES)).unwrap_or(0),
            );
            if crowded(&pieces) {
                now_crowded.push(number);
            } else if scattered(&pieces) {
                now_scattered.push(number);
            }
        }
        garbage.add(before, if gone { &[] } else { &pieces });
        match if gone { None } else { page_of(pieces, based, changed) } {
            Some(page) if old.as_ref().is_none_or(|old| old.pieces != page.pieces) => {
                tx.put(Table::Index, key, MappedPage::encode(&page));
            }
            Some(_) => {}
            None if !whole => tx.delete(Table::Index, key),
            None => {}
        }
    }
    for (slot, bytes) in (first_slot..).zip(&step.inline) {
        tx.put(Table::Inline, keys::inline(id, slot), seal_inline(id, slot, bytes));
    }
    garbage.let_go(tree, tx, id, &content.location).await?;
    content.size = step.size;
    let location = content.location.clone();
    tx.put(Table::Index, keys::content(id), content.encode());
    record.content = ContentRef::Shared(id);
    record.size = step.size;
    record.etag = step.etag.clone();
    record.checksum = None;
    record.parts = None;
    session.facts().apply(&mut record);
    tree.put_node(tx, node, &record).await?;
    Ok(Some(Stepped { content: id, location, next_slot, crowded: now_crowded, scattered: now_scattered }))
}

/// A new content, over the one that the node has, or instead of it.
async fn made(
    tree: &Tree,
    tx: &mut Transaction<'_>,
    node: Id,
    record: &NodeRecord,
    step: &Step,
) -> Result<ContentRecord, TxError> {
    let base = match record.content {
        // The node's use becomes the new content's.
        ContentRef::Shared(content) if step.kept > 0 && !step.baseless => Some(Base { content, length: step.kept }),
        old => {
            tree.release_content(tx, node, old).await?;
            None
        }
    };
    let layout = Layout::Mapped { base, next_slot: 0, changes: 0 };
    Ok(ContentRecord { uses: 1, size: 0, location: step.location.clone(), layout })
}

/// The patches with their slots' real numbers.
fn numbered(patches: &[Patch], first_slot: u32) -> Vec<Patch> {
    let mut numbered = patches.to_vec();
    for patch in &mut numbered {
        if let PieceSource::Inline { slot, .. } = &mut patch.source {
            *slot += first_slot;
        }
    }
    numbered
}

/// What pages no longer name.
#[derive(Default)]
pub(super) struct Garbage {
    extents: Vec<Extent>,
    slots: Vec<u32>,
}

impl Garbage {
    pub(super) fn add(&mut self, before: (Vec<Extent>, BTreeSet<u32>), after: &[Piece]) {
        let (still, still_slots) = (blobs(after), slots(after));
        self.extents.extend(before.0.into_iter().filter(|old| !still.iter().any(|new| new.locator == old.locator)));
        self.slots.extend(before.1.into_iter().filter(|old| !still_slots.contains(old)));
    }

    /// Names it in tasks.
    pub(super) async fn let_go(
        self,
        tree: &Tree,
        tx: &mut Transaction<'_>,
        content: Id,
        location: &str,
    ) -> Result<(), TxError> {
        let (mut extents, mut slots) = (self.extents.into_iter().peekable(), self.slots.into_iter().peekable());
        while extents.peek().is_some() || slots.peek().is_some() {
            let task = ReclaimTask::Pieces {
                content,
                location: location.to_owned(),
                extents: extents.by_ref().take(SESSION_TASK_EXTENTS_MAX).collect(),
                slots: slots.by_ref().take(SESSION_TASK_SLOTS_MAX).collect(),
            };
            tree.reclaim(tx, task).await?;
        }
        Ok(())
    }
}
