//! Publishing a session: what was written becomes what the file is.
//!
//! Always holds: bytes are stored without the session's lock, named under it; one publication of a node at a time. What is written meanwhile
//! is published by the next.

use std::sync::Arc;
use std::task::Poll;

use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::time::Instant;

use super::outgoing::Outgoing;
use super::state::State;
use super::table::Session;
use crate::error::{Error, Result};
use crate::files::{FileError, FileService};
use crate::limits::{SESSION_ATTEMPTS_MAX, SESSION_FAILED_MAX, SESSION_PUTS_MAX};

/// Who waits for a publication, and so is to hear of what went wrong before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Somebody,
    Nobody,
}

/// What came of an attempt to commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// All but pages that were written to since they were prepared.
    Skipped,
    /// The file was copied meanwhile, or is a version that was sealed: it is to be prepared anew.
    Changed,
}

impl FileService {
    /// What was written so far is committed, in order, when this answers `Ok`. An error that nobody was told of yet is the answer
    /// instead, once.
    ///
    /// It goes on where the caller stops waiting: so the session always knows what came of its commits.
    pub(crate) async fn flush(&self, session: &Arc<Session>) -> Result<()> {
        let nothing = |state: &State| !state.is_dirty() && state.error.is_none();
        if session.state.lock().await.as_ref().is_none_or(nothing) {
            return Ok(());
        }
        self.flush_as(session, Waits::Somebody).await
    }

    async fn flush_as(&self, session: &Arc<Session>, waits: Waits) -> Result<()> {
        let (service, session) = (self.clone(), Arc::clone(session));
        let mut flushing = Box::pin(async move { service.flush_now(&session, waits).await });
        // What waits for nothing needs no task.
        if let Poll::Ready(flushed) = futures::poll!(flushing.as_mut()) {
            return flushed;
        }
        let flushed = tokio::spawn(flushing).await;
        flushed.map_err(|error| Error::Internal(format!("a publication failed: {error}")))?
    }

    async fn flush_now(&self, session: &Arc<Session>, waits: Waits) -> Result<()> {
        let _one = session.flushing.lock().await;
        let flushed = self.flush_alone(session, waits).await;
        if matches!(flushed, Err(Error::File(FileError::Stale)))
            && let Some(state) = session.state.lock().await.as_mut()
        {
            // The node is gone, and what was written to it with it.
            state.discard();
            state.error = None;
            session.tell(state, None);
        }
        flushed
    }

    async fn flush_alone(&self, session: &Arc<Session>, waits: Waits) -> Result<()> {
        for attempt in 0..SESSION_ATTEMPTS_MAX {
            let mut locked = session.state.lock().await;
            let Some(state) = locked.as_mut() else { return Ok(()) };
            if waits == Waits::Somebody
                && let Some(error) = state.error.take()
            {
                return Err(error);
            }
            if !state.is_dirty() {
                return Ok(());
            }
            let waiting = self.prepare(session, state).await?;
            if !waiting.is_empty() {
                let key = state.key.clone();
                if attempt == 0 {
                    // Others read and write meanwhile.
                    drop(locked);
                    self.store_all(session, &key, waiting).await?;
                    locked = session.state.lock().await;
                } else {
                    // So that there is an end to it, however much they write.
                    self.store_all(session, &key, waiting).await?;
                }
            }
            let Some(state) = locked.as_mut() else { return Ok(()) };
            let outcome = self.commit(session, state).await;
            session.tell(state, None);
            match outcome? {
                Outcome::Done if state.crowded.is_empty() => {
                    state.failing_since = None;
                    return Ok(());
                }
                // Pages of too many pieces are rewritten in another round.
                Outcome::Done => (state.dirty, state.altered) = (true, true),
                Outcome::Skipped => {}
                Outcome::Changed => {
                    self.free_to_write(session).await?;
                    self.reload(session, state).await?;
                }
            }
        }
        Err(Error::Unavailable("the file is copied faster than it can be written; try again".into()))
    }

    async fn store_all(&self, session: &Session, key: &str, waiting: Vec<Arc<Outgoing>>) -> Result<()> {
        let (writers, bucket) = (&self.inner.objects.inner.writers, session.bucket.as_str());
        stream::iter(waiting)
            .map(|out| async move { out.store(writers, bucket, key).await })
            .buffer_unordered(SESSION_PUTS_MAX)
            .try_collect()
            .await
    }

    /// The same where nobody waits for the outcome. It is tried whatever went wrong before, after a rest; whoever publishes next is told of the
    /// first failure, also where all is stored by then. What can't be stored for long is given up.
    pub(crate) async fn flush_behind(&self, session: &Arc<Session>) {
        if session.facts().is_resting() {
            return;
        }
        let Err(error) = self.flush_as(session, Waits::Nobody).await else { return };
        if matches!(error, Error::File(FileError::Stale)) {
            return;
        }
        tracing::warn!(%error, node = session.node, "written bytes could not be stored yet");
        let mut state = session.state.lock().await;
        let Some(state) = state.as_mut() else { return };
        session.facts.lock().failed_at = Some(Instant::now());
        state.error.get_or_insert(error);
        let since = *state.failing_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= SESSION_FAILED_MAX {
            state.discard();
            self.inner.sessions.lost();
            session.tell(state, None);
        }
    }

    /// Forgets a failure of long ago that nobody will be told of: nobody has the file open for writing. An NFS client has nothing open; it hears
    /// of what was lost by the verifier.
    pub(crate) async fn forget_failure(&self, session: &Session) {
        if session.facts().is_idle(SESSION_FAILED_MAX)
            && self.inner.drafts.writers(session.node) == 0
            && let Some(state) = session.state.lock().await.as_mut()
            && !state.is_dirty()
        {
            state.error = None;
        }
    }

    /// Begins to store the whole pages that wait in the queue, some at a time.
    pub(super) fn store_behind(&self, session: &Arc<Session>, state: &mut State) {
        while state.storing < SESSION_PUTS_MAX && state.storing < state.queue.len() {
            state.storing += 1;
            let (service, session) = (self.clone(), Arc::clone(session));
            tokio::spawn(async move { service.store_queue(&session).await });
        }
    }

    async fn store_queue(&self, session: &Arc<Session>) {
        loop {
            let (out, key) = {
                let mut state = session.state.lock().await;
                let Some(state) = state.as_mut() else { return };
                match state.queue.pop_front() {
                    // Nobody waits for one that was written over meanwhile.
                    Some(out) if Arc::strong_count(&out) == 1 => continue,
                    Some(out) => (out, state.key.clone()),
                    None => {
                        state.storing -= 1;
                        break;
                    }
                }
            };
            let stored = out.store(&self.inner.objects.inner.writers, session.bucket.as_str(), &key).await;
            // Whoever publishes may have stored it meanwhile.
            if let Err(error) = stored
                && out.extent().is_none()
                && let Some(state) = session.state.lock().await.as_mut()
            {
                state.error.get_or_insert(error);
            }
        }
        self.inner.sessions.budget.wake();
    }
}
