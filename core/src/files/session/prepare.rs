//! What is done before a session's changes are committed: deciding where the bytes go, and sending those out that go to blobs.
//!
//! Always holds: every blob that the session is to name was sent for the content that will name it: its header says which.

use std::sync::Arc;

use bytes::BytesMut;
use futures::TryStreamExt;

use super::outgoing::Outgoing;
use super::state::{State, Target, start_of};
use super::table::Session;
use crate::content::{Pin, open_inline};
use crate::data::Location;
use crate::error::{Error, Result};
use crate::files::{FileError, FileService};
use crate::limits::{FILE_BYTES_MAX, INLINE_BYTES_MAX, MAPPED_LAYERS_MAX, MAPPED_PAGE_BYTES};
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRecord, ContentRef, Layout, NodeKind, NodeRecord, Record};
use crate::types::ByteRange;

use super::state::Committed;

const _: () = assert!(FILE_BYTES_MAX / MAPPED_PAGE_BYTES - 1 == u32::MAX as u64);

impl FileService {
    /// Reads the node, where the session has not yet.
    pub(super) async fn load<'a>(&self, session: &Session, state: &'a mut Option<State>) -> Result<&'a mut State> {
        let state = match state {
            Some(state) => state,
            empty => {
                let (record, committed) = self.committed(session.node).await?;
                if record.kind != NodeKind::File {
                    return Err(FileError::Invalid("not a regular file").into());
                }
                let state = State::new(&record, committed, self.inner.sessions.budget.charge(&session.used));
                {
                    let mut facts = session.facts.lock();
                    facts.modified = record.modified;
                    facts.changed = record.posix.as_ref().map_or(record.modified, |posix| posix.changed);
                }
                self.inner.flattening.note(session, &[], state.committed.depth);
                session.tell(&state, None);
                empty.insert(state)
            }
        };
        Ok(state)
    }

    /// The node as the index has it.
    async fn committed(&self, node: Id) -> Result<(NodeRecord, Committed)> {
        let service = &self.inner.objects;
        let (_, values) = service.store().get_many(&[(Table::Index, keys::node(node))]).await?;
        let record = NodeRecord::decode(values[0].as_ref().ok_or(FileError::Stale)?)?;
        let mut committed =
            Committed { size: record.size, content: record.content, in_place: None, depth: 0, next_slot: 0 };
        if let ContentRef::Shared(id) = record.content {
            let _pin = service.inner.pins.pin(id);
            let at = [(Table::Index, keys::content(id)), (Table::Index, keys::node(node))];
            let (_, values) = service.store().get_many(&at).await?;
            let still = values[1].as_ref().map(|value| NodeRecord::decode(value)).transpose()?;
            if still.is_none_or(|still| still.content != record.content) {
                return Err(FileError::Stale.into());
            }
            let value = values[0].as_ref();
            let content = ContentRecord::decode(value.ok_or_else(|| {
                crate::content::corrupt(format!("node {node} has content {id}, which is not there"))
            })?)?;
            if let Layout::Mapped { next_slot, .. } = content.layout {
                committed.in_place = (content.uses == 1).then(|| content.location.clone());
                committed.next_slot = next_slot;
            }
            committed.depth = service.layers(id, content).await?.depth();
        }
        Ok((record, committed))
    }

    /// The file was copied, or its content is another for some reason: what is committed is read anew.
    pub(super) async fn reload(&self, session: &Session, state: &mut State) -> Result<()> {
        let (_, committed) = self.committed(session.node).await?;
        if committed.content != state.committed.content || committed.size != state.committed.size {
            return Err(Error::Internal(format!("node {} was written to by somebody else", session.node)));
        }
        state.committed = committed;
        if state.committed.in_place.is_none() {
            state.target = state.target.filter(|target| matches!(target, Target::New(_)));
        }
        Ok(())
    }

    /// The content that what is written now will be named by.
    pub(super) async fn target(&self, state: &mut State) -> Result<Target> {
        if let Some(target) = state.target {
            return Ok(target);
        }
        let target = match (state.committed.content, &state.committed.in_place) {
            (ContentRef::Shared(id), Some(_)) if state.kept > 0 => Target::InPlace(id),
            _ => Target::New(self.inner.objects.tree().ids.next().await?),
        };
        state.target = Some(target);
        Ok(target)
    }

    /// The location that its blobs go to.
    pub(super) fn location_of(&self, session: &Session, state: &State) -> Result<Location> {
        let name = match (state.target, &state.committed.in_place) {
            (Some(Target::InPlace(_)), Some(location)) => location,
            _ => &session.location,
        };
        Ok(self.inner.objects.location(name)?.clone())
    }

    /// Whether the whole is small enough to be beside the node, and nothing of it is elsewhere.
    pub(super) fn is_inline(&self, session: &Session, state: &State) -> Result<bool> {
        let here = matches!(state.committed.content, ContentRef::Empty | ContentRef::Inline) || state.kept == 0;
        Ok(here && self.is_small(session, state)?)
    }

    fn is_small(&self, session: &Session, state: &State) -> Result<bool> {
        Ok(state.size <= INLINE_BYTES_MAX as u64 && self.inner.objects.location(&session.location)?.inline)
    }

    /// Sends out all that waits in a page. The target is known.
    pub(super) fn send(
        &self,
        session: &Session,
        state: &mut State,
        number: u32,
        location: &Location,
    ) -> Option<Arc<Outgoing>> {
        let content = state.target?.id();
        let page = state.pages.get(&number)?;
        if page.data_bytes() == 0 {
            return None;
        }
        let charge = self.inner.sessions.budget.charge(&session.used);
        let out = Outgoing::new(content, number, location.clone(), page.gathered(), charge);
        state.change(number, |page| page.send(&out));
        Some(out)
    }

    /// Makes ready what is to be committed: the blobs that are to be stored before.
    pub(super) async fn prepare(&self, session: &Session, state: &mut State) -> Result<Vec<Arc<Outgoing>>> {
        state.flattened = false;
        if state.altered && self.is_small(session, state)? {
            self.take_in(session, state).await?;
        }
        if self.is_inline(session, state)? {
            return Ok(Vec::new());
        }
        if state.committed.content == ContentRef::Inline && state.kept > 0 {
            self.absorb(session, state).await?;
        }
        let target = self.target(state).await?;
        let location = self.location_of(session, state)?;
        while let Some(number) = state.crowded.pop_first() {
            match self.fill(session, state, number).await {
                Ok(()) => {}
                // One that is damaged stays in pieces: what was written to it is committed.
                Err(Error::Corrupt(error)) => {
                    tracing::warn!(node = session.node, number, error, "a page of many pieces can't be rewritten");
                    continue;
                }
                Err(error) => {
                    state.crowded.insert(number);
                    return Err(error);
                }
            }
            if let Some(out) = self.send(session, state, number, &location) {
                self.store_page(session, state, &out).await?;
            }
        }
        if matches!(target, Target::New(_)) && state.committed.depth >= MAPPED_LAYERS_MAX && state.kept > 0 {
            match self.flatten(session, state, &location).await {
                // What was written does not depend on what lies below: it may lie over one more.
                Err(error @ (Error::Corrupt(_) | Error::StorageFull(_)))
                    if state.committed.depth < 2 * MAPPED_LAYERS_MAX =>
                {
                    tracing::warn!(%error, node = session.node, "a file that lies over many others can't be made one yet");
                }
                flattened => flattened?,
            }
        }
        self.send_again(session, state, target, &location).await?;
        let large = |state: &State, number: u32| {
            let waiting = state.pages.get(&number).map_or(0, |page| page.data_bytes());
            // Far more than one commit takes.
            let slots_left = state.committed.next_slot < u32::MAX / 2;
            waiting > INLINE_BYTES_MAX || waiting > 0 && !(location.inline && slots_left)
        };
        let numbers: Vec<u32> = state.pages.keys().copied().collect();
        for number in numbers {
            if large(state, number) {
                self.send(session, state, number, &location);
            }
        }
        let waiting = state.pages.values().flat_map(|page| page.outs()).filter(|out| out.extent().is_none());
        Ok(waiting.cloned().collect())
    }

    pub(super) async fn store_page(&self, session: &Session, state: &State, out: &Outgoing) -> Result<()> {
        out.store(&self.inner.objects.inner.writers, session.bucket.as_str(), &state.key).await
    }

    /// The inline bytes, which grow out of their place, become written ones.
    async fn absorb(&self, session: &Session, state: &mut State) -> Result<()> {
        let (node, store) = (session.node, self.inner.objects.store());
        let (_, mut values) = store.get_many(&[(Table::Inline, keys::inline(node, 0))]).await?;
        let bytes = open_inline(node, 0, values.pop().flatten().ok_or(FileError::Stale)?)?;
        let kept = usize::try_from(state.kept).unwrap_or(usize::MAX).min(bytes.len());
        state.change(0, |page| page.fill(&bytes[..kept]));
        Ok(())
    }

    /// What has become small goes beside the node: what counts of it elsewhere becomes written.
    async fn take_in(&self, session: &Session, state: &mut State) -> Result<()> {
        if state.kept == 0 || !matches!(state.committed.content, ContentRef::Shared(_)) {
            return Ok(());
        }
        match self.fill(session, state, 0).await {
            Ok(()) => state.keep_nothing(),
            // What is damaged can be cut all the same: it stays where it is.
            Err(Error::Corrupt(error)) => tracing::warn!(node = session.node, error, "a small file stays in its blob"),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What is committed of a page becomes written where nothing else is.
    async fn fill(&self, session: &Session, state: &mut State, number: u32) -> Result<()> {
        let start = start_of(number);
        let length = state.kept.saturating_sub(start).min(MAPPED_PAGE_BYTES);
        if length == 0 {
            return Ok(());
        }
        let range = ByteRange { offset: start, length };
        let stream = self.committed_range(session.node, state.committed.content, range).await?;
        let bytes = stream
            .try_fold(BytesMut::new(), |mut whole, chunk| async move {
                whole.extend_from_slice(&chunk);
                Ok(whole)
            })
            .await?;
        state.change(number, |page| page.fill(&bytes));
        Ok(())
    }

    /// All that still counts below, and is no hole, becomes written, and stored page by page.
    async fn flatten(&self, session: &Session, state: &mut State, location: &Location) -> Result<()> {
        let (mut next, end) = (0, state.kept.div_ceil(MAPPED_PAGE_BYTES));
        while next < end {
            let shown = self.shown_pages(session, state, next..end).await?;
            for number in shown.numbers {
                self.fill(session, state, number).await?;
                if let Some(out) = self.send(session, state, number, location) {
                    self.store_page(session, state, &out).await?;
                }
            }
            next = shown.upto;
        }
        // What is not written by now is a hole of what lay below, or behind its end. A page that said so would name what is gone.
        let numbers: Vec<u32> = state.pages.keys().copied().collect();
        for number in numbers {
            let end = u32::try_from(state.size.saturating_sub(start_of(number)).min(MAPPED_PAGE_BYTES)).unwrap_or(0);
            state.change(number, |page| {
                page.gaps(end).into_iter().for_each(|gap| page.zero(gap.start, gap.end - gap.start));
            });
        }
        state.flattened = true;
        Ok(())
    }

    /// Blobs that were sent for another content (the file was copied since) are sent for the one that will name them.
    async fn send_again(
        &self,
        session: &Session,
        state: &mut State,
        target: Target,
        location: &Location,
    ) -> Result<()> {
        let strays: Vec<u32> = state
            .pages
            .iter()
            .filter(|(_, page)| page.outs().any(|out| out.content != target.id()))
            .map(|(number, _)| *number)
            .collect();
        for number in strays {
            while let Some(stray) =
                state.pages.get(&number).and_then(|page| page.outs().find(|out| out.content != target.id()).cloned())
            {
                let charge = self.inner.sessions.budget.charge(&session.used);
                let out = Outgoing::new(target.id(), number, location.clone(), stray.whole().await?, charge);
                self.store_page(session, state, &out).await?;
                state.change(number, |page| page.replace(&stray, &out));
            }
        }
        Ok(())
    }

    /// The committed bytes of a range, where the node still has that content.
    pub(crate) async fn committed_range(
        &self,
        node: Id,
        content: ContentRef,
        range: ByteRange,
    ) -> Result<crate::data::ByteStream<Error>> {
        let service = &self.inner.objects;
        let stale = || Error::from(FileError::Stale);
        match content {
            ContentRef::Empty => Ok(Box::pin(futures::stream::empty())),
            ContentRef::Inline => {
                let at = [(Table::Inline, keys::inline(node, 0))];
                let (_, mut values) = service.store().get_many(&at).await?;
                let bytes = open_inline(node, 0, values.pop().flatten().ok_or_else(stale)?)?;
                Ok(crate::content::read_inline(bytes, range, Arc::new(())))
            }
            ContentRef::Shared(id) => {
                let pin: Arc<Pin> = Arc::new(service.inner.pins.pin(id));
                let read = self.shared_range(node, id, range, &pin).await?;
                read.ok_or_else(stale)
            }
        }
    }
}
