//! Writes into a session.
//!
//! Always holds: memory is reserved before bytes are taken; where there is none, whoever writes stores what waits. Whole pages begin to be
//! stored while more is written.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::budget::Charge;
use super::state::{State, place};
use super::table::Session;
use crate::error::Result;
use crate::files::{Around, Attributes, FileError, FileService, View, WriteAt};
use crate::limits::{
    FILE_BYTES_MAX, MAPPED_PAGE_BYTES, SESSION_MEMORY_WAIT, SESSION_PAGES_MAX, SESSION_RANGE_BYTES, SESSION_RANGES_MAX,
};
use crate::metadata::watched::Begun;

impl FileService {
    /// Takes bytes in. What the file was and is, where somebody is to see it.
    ///
    /// # Errors
    /// Where nothing was taken, or whole pages of it could not begin to be stored.
    pub(crate) async fn write_session(
        &self,
        view: &View,
        session: &Arc<Session>,
        at: WriteAt,
        bytes: &Bytes,
    ) -> Result<Around> {
        loop {
            let pages = bytes.len() / usize::try_from(MAPPED_PAGE_BYTES).unwrap_or(usize::MAX) + 2;
            let reserved = self.reserve(session, bytes.len() + pages * SESSION_RANGE_BYTES).await?;
            if let Some(taken) = self.take(view, session, (at, bytes), reserved).await? {
                self.tell_change(taken.changing).await;
                taken.sent?;
                return Ok(taken.around);
            }
            // Too much waits for its names.
            self.flush(session).await?;
        }
    }

    /// `None` where what waits is to be committed before.
    async fn take(
        &self,
        view: &View,
        session: &Arc<Session>,
        (at, bytes): (WriteAt, &Bytes),
        reserved: Charge,
    ) -> Result<Option<Taken>> {
        let mut state = session.state.lock().await;
        let state = self.load(session, &mut state).await?;
        let offset = match at {
            WriteAt::Offset(offset) => offset,
            WriteAt::End => state.size,
        };
        let end = offset.checked_add(bytes.len() as u64).filter(|end| *end <= FILE_BYTES_MAX);
        let end = end.ok_or(FileError::TooLarge)?;
        if is_full(state, offset, end) {
            return Ok(None);
        }
        let before = self.seen(view, session).await?;
        let changing = self.begin_change(view, session.node, true);
        match &mut state.md5 {
            Some(md5) if offset == state.size && md5.length() == offset => md5.push(bytes).await,
            _ => state.md5 = None,
        }
        state.write(offset, bytes);
        drop(reserved);
        session.tell(state, Some(self.inner.objects.tree().clock.now()));
        self.inner.drafts.written(session.node);
        let around = around(session, before);
        let sent = self.send_whole(session, state, offset, end).await;
        Ok(Some(Taken { around, changing, sent }))
    }

    /// Attributes as they are now, where somebody is to see them: a mount's kernel has no use for them. To be asked for with the session's
    /// state locked: then nothing of it is committed meanwhile.
    async fn seen(&self, view: &View, session: &Session) -> Result<Option<Attributes>> {
        match view.watcher {
            None => Ok(Some(self.attributes_now(view, session.node).await?)),
            Some(_) => Ok(None),
        }
    }

    /// Makes the file longer or shorter. What it was and is, where somebody is to see it.
    pub(crate) async fn resize_session(&self, view: &View, session: &Session, size: u64) -> Result<Around> {
        if size > FILE_BYTES_MAX {
            return Err(FileError::TooLarge.into());
        }
        let mut state = session.state.lock().await;
        self.load(session, &mut state).await?;
        self.resize_loaded(view, session, state, size).await
    }

    /// Makes the file longer, where nobody has made it as long meanwhile.
    pub(crate) async fn lengthen_session(&self, view: &View, session: &Session, size: u64) -> Result<()> {
        let mut state = session.state.lock().await;
        match self.load(session, &mut state).await?.size < size {
            true => self.resize_loaded(view, session, state, size).await.map(|_| ()),
            false => Ok(()),
        }
    }

    async fn resize_loaded(
        &self,
        view: &View,
        session: &Session,
        mut state: tokio::sync::MutexGuard<'_, Option<State>>,
        size: u64,
    ) -> Result<Around> {
        let loaded = self.load(session, &mut state).await?;
        let before = self.seen(view, session).await?;
        let changing = self.begin_change(view, session.node, true);
        loaded.resize(size);
        session.tell(loaded, Some(self.inner.objects.tree().clock.now()));
        self.inner.drafts.written(session.node);
        let around = around(session, before);
        drop(state);
        self.tell_change(changing).await;
        Ok(around)
    }

    /// Whole pages of what was just written begin to be stored.
    async fn send_whole(&self, session: &Arc<Session>, state: &mut State, offset: u64, end: u64) -> Result<()> {
        let ((first, _), (last, _)) = (place(offset), place(end.saturating_sub(1)));
        for number in first..=last {
            if state.pages.get(&number).is_none_or(|page| page.data_bytes() as u64 != MAPPED_PAGE_BYTES) {
                continue;
            }
            self.target(state).await?;
            let location = self.location_of(session, state)?;
            if let Some(out) = self.send(session, state, number, &location) {
                state.queue.push_back(out);
            }
        }
        self.store_behind(session, state);
        Ok(())
    }

    /// Memory for a write. Waits while there is none, and helps to make some.
    async fn reserve(&self, session: &Arc<Session>, bytes: usize) -> Result<Charge> {
        let budget = &self.inner.sessions.budget;
        loop {
            if let Some(charge) = budget.try_charge(&session.used, bytes) {
                return Ok(charge);
            }
            let mut freed = std::pin::pin!(budget.freed());
            freed.as_mut().enable();
            if let Some(charge) = budget.try_charge(&session.used, bytes) {
                return Ok(charge);
            }
            let (storing, dirty) = match session.state.lock().await.as_ref() {
                Some(state) => (session.storing() > 0, state.is_dirty()),
                None => (false, false),
            };
            if dirty && !storing && session.used.load(Ordering::Acquire) > 0 {
                self.flush(session).await?;
                continue;
            }
            if !storing && let Some(largest) = self.inner.sessions.largest() {
                // Whoever has the most; it hears of what goes wrong, and this writer waits on.
                self.flush_behind(&largest).await;
                self.inner.sessions.let_go(largest);
            }
            let _ = tokio::time::timeout(SESSION_MEMORY_WAIT, freed).await;
        }
    }
}

/// Bytes that the session has taken: what is seen of that, who is to be told, and whether whole pages of them are on their way.
struct Taken {
    around: Around,
    changing: Option<Begun>,
    sent: Result<()>,
}

/// Both sides of what the session has just taken, by what there was before.
fn around(session: &Session, before: Option<Attributes>) -> Around {
    let Some(before) = before else { return Around::default() };
    let mut after = before.clone();
    session.facts().overlay(&mut after);
    Around { before: Some(before.on_one_side()), after: Some(after) }
}

/// Whether enough waits for its names, so that it is committed before more is taken.
fn is_full(state: &State, offset: u64, end: u64) -> bool {
    let ((first, _), (last, _)) = (place(offset), place(end.saturating_sub(1)));
    let crowded = state.pages.range(first..=last).any(|(_, page)| page.ranges.len() >= SESSION_RANGES_MAX);
    state.pages.len() >= SESSION_PAGES_MAX || crowded
}
