//! Holes: making them, and counting them.
//!
//! Always holds: what is looked at are pages that are written or stored; what was a hole costs nothing, however large it is. A hole that takes
//! many pages is made in several commits.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::state::{State, place, start_of};
use super::table::Session;
use crate::error::Result;
use crate::files::{FileError, FileService, View};
use crate::limits::{FILE_BYTES_MAX, MAPPED_PAGE_BYTES, RESERVE_LOOKS_MAX, SESSION_PAGES_MAX};
use crate::metadata::Table;
use crate::metadata::keys;
use crate::metadata::records::{ContentRecord, ContentRef, NodeRecord, Record};
use crate::objects::data_pages::DataPages;
use crate::types::ByteRange;

/// The numbers of the pages that a range of bytes touches.
fn pages_of(from: u64, to: u64) -> Range<u64> {
    from / MAPPED_PAGE_BYTES..to.div_ceil(MAPPED_PAGE_BYTES)
}

/// The pages among these that were written to.
fn written(state: &State, pages: Range<u64>) -> impl Iterator<Item = u32> {
    let first = u32::try_from(pages.start).unwrap_or(u32::MAX);
    state.pages.range(first..).map(|(number, _)| *number).take_while(move |number| u64::from(*number) < pages.end)
}

impl FileService {
    /// Makes a hole of a range, and the file as long as its end where `grow` says so.
    pub(crate) async fn zero_session(
        &self,
        view: &View,
        session: &Arc<Session>,
        range: ByteRange,
        grow: bool,
    ) -> Result<()> {
        let end = range.offset.checked_add(range.length).filter(|end| *end <= FILE_BYTES_MAX);
        let end = end.ok_or(FileError::TooLarge)?;
        let mut from = range.offset;
        loop {
            let (changed, done, many, changing) = {
                let mut state = session.state.lock().await;
                let state = self.load(session, &mut state).await?;
                let stop = end.min(state.size).max(from);
                // The rest of the file is as if it had been cut there and made longer again.
                let is_rest = end >= state.size;
                let shown = match is_rest {
                    true => DataPages::of([], 0),
                    false => self.shown_pages(session, state, pages_of(from, stop)).await?,
                };
                let changing = self.begin_change(view, session.node, true);
                let (changed, next) = match is_rest {
                    true => (take_rest(state, from), stop),
                    false => (take_pages(state, from..stop, &shown), (shown.upto * MAPPED_PAGE_BYTES).min(stop)),
                };
                from = next;
                let done = from >= stop;
                if done && grow && end > state.size {
                    state.size = end;
                    state.md5 = None;
                    state.altered();
                }
                // What was a hole is one with another time.
                state.dirty |= range.offset < state.size;
                session.tell(state, state.dirty.then(|| self.inner.objects.tree().clock.now()));
                self.inner.drafts.written(session.node);
                (changed, done, state.pages.len() >= SESSION_PAGES_MAX, changing)
            };
            self.tell_change(changing).await;
            if changed && (!done || many) {
                self.flush(session).await?;
            }
            if done {
                return Ok(());
            }
        }
    }

    /// Bytes of a range that are not stored yet and do not wait to be: in whole pages within the file, and as far as is looked in a file of many
    /// pages: what is behind counts as stored.
    pub(crate) async fn missing_bytes(&self, session: &Session, from: u64, to: u64) -> Result<u64> {
        let mut state = session.state.lock().await;
        let state = self.load(session, &mut state).await?;
        let (within, inside) = (pages_of(from, to.min(state.size)), to.min(state.size).saturating_sub(from));
        let (mut missing, mut next) = (0, within.start);
        for _ in 0..RESERVE_LOOKS_MAX {
            if next >= within.end {
                break;
            }
            let mut shown = self.shown_pages(session, state, next..within.end).await?;
            shown.numbers.extend(written(state, next..shown.upto));
            missing += (shown.upto - next - shown.numbers.len() as u64) * MAPPED_PAGE_BYTES;
            next = shown.upto;
        }
        Ok(missing.min(inside) + to.saturating_sub(from.max(state.size)))
    }

    /// The pages of what is committed, and still counts, that may show something.
    pub(super) async fn shown_pages(&self, session: &Session, state: &State, pages: Range<u64>) -> Result<DataPages> {
        let (service, node) = (&self.inner.objects, session.node);
        match state.committed.content {
            ContentRef::Shared(id) if state.kept > 0 => {
                let _pin = service.inner.pins.pin(id);
                let at = [(Table::Index, keys::node(node)), (Table::Index, keys::content(id))];
                let (_, values) = service.store().get_many(&at).await?;
                let [Some(record), Some(content)] = &values[..] else { return Err(FileError::Stale.into()) };
                if NodeRecord::decode(record)?.content != state.committed.content {
                    return Err(FileError::Stale.into());
                }
                let layer = service.layers(id, ContentRecord::decode(content)?).await?;
                service.data_pages(&layer, state.kept, pages).await
            }
            ContentRef::Inline if state.kept > 0 && pages.contains(&0) => Ok(DataPages::of([0], pages.end)),
            _ => Ok(DataPages::of([], pages.end)),
        }
    }
}

/// All from there on reads as zeros. Whether it did not before, for all that is known.
fn take_rest(state: &mut State, from: u64) -> bool {
    if from >= state.size {
        return false;
    }
    let size = state.size;
    state.cut(from);
    state.size = size;
    state.md5 = None;
    state.altered();
    true
}

/// As much of the bytes reads as zeros as was looked at. Whether anything of it did not before.
fn take_pages(state: &mut State, bytes: Range<u64>, shown: &DataPages) -> bool {
    let first = bytes.start / MAPPED_PAGE_BYTES;
    let numbers: BTreeSet<u32> = shown.numbers.iter().copied().chain(written(state, first..shown.upto)).collect();
    for number in &numbers {
        let from = start_of(*number).max(bytes.start);
        let to = (start_of(*number) + MAPPED_PAGE_BYTES).min(bytes.end);
        let (_, at) = place(from);
        let length = u32::try_from(to - from).unwrap_or(0);
        state.zero(*number, at..at + length, shown.numbers.contains(number));
    }
    !numbers.is_empty()
}
