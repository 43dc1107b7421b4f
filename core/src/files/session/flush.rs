//! Publishing a session: what was written becomes what the file is.
//!
//! Always holds: bytes are stored without the session's lock, named under it; one publication of a node at a time. What is written meanwhile
//! is published by the next.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use futures::stream::{self, StreamExt, TryStreamExt};
use tokio::time::Instant;

use super::outgoing::Outgoing;
use super::state::State;
use super::table::Session;
use crate::error::{Error, Result};
use crate::files::{FileError, FileService};
use crate::limits::{SESSION_ATTEMPTS_MAX, SESSION_FAILED_MAX, SESSION_PUTS_MAX};

/// What came of an attempt to commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// All up to a page that was written to since it was prepared.
    Skipped,
    /// The file was copied meanwhile, or is a version that was sealed: it is to be prepared anew.
    Changed,
}

impl FileService {
    /// What was written so far, and not given up, is committed, in order, when this answers `Ok`.
    ///
    /// It goes on where the caller stops waiting: so the session always knows what came of its commits.
    pub(crate) async fn flush(&self, session: &Arc<Session>) -> Result<()> {
        if session.state.lock().await.as_ref().is_none_or(|state| !state.is_dirty()) {
            return Ok(());
        }
        let (service, session) = (self.clone(), Arc::clone(session));
        let mut flushing = Box::pin(async move { service.flush_now(&session).await });
        // What waits for nothing needs no task.
        if let Poll::Ready(flushed) = futures::poll!(flushing.as_mut()) {
            return flushed;
        }
        let flushed = tokio::spawn(flushing).await;
        flushed.map_err(|error| Error::Internal(format!("a publication failed: {error}")))?
    }

    async fn flush_now(&self, session: &Arc<Session>) -> Result<()> {
        let _one = session.flushing.lock().await;
        let flushed = self.flush_alone(session).await;
        if matches!(flushed, Err(Error::File(FileError::Stale)))
            && let Some(state) = session.state.lock().await.as_mut()
        {
            // The node is gone, and what was written to it with it; or it is a version that another has followed, and whoever wrote to it may still
            // ask what became of that.
            let gone = matches!(self.node(session.node).await, Err(Error::File(FileError::Stale)));
            match state.is_dirty() && !gone {
                true => session.lose(&self.inner.sessions, FileError::Stale.into()),
                false => session.forget_loss(),
            }
            state.discard();
            session.tell(state, None);
        }
        flushed
    }

    async fn flush_alone(&self, session: &Arc<Session>) -> Result<()> {
        for attempt in 0..SESSION_ATTEMPTS_MAX {
            let mut locked = session.state.lock().await;
            let Some(state) = locked.as_mut() else { return Ok(()) };
            if !state.is_dirty() {
                return Ok(());
            }
            let waiting = self.prepare(session, state).await?;
            if !waiting.is_empty() {
                let key = state.key.clone();
                // All that lay below was made written: whoever wrote a page meanwhile would have it lie there for good.
                if attempt == 0 && !state.flattened {
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
            let crowded = !state.crowded.is_empty();
            // Pages of too many pieces are rewritten in another round, and by whoever comes next where that fails.
            if crowded && matches!(outcome, Ok(Outcome::Done)) {
                state.altered();
            }
            session.tell(state, None);
            match outcome? {
                Outcome::Done if !crowded => {
                    session.is_writable_again();
                    state.failing_since = None;
                    return Ok(());
                }
                Outcome::Done => {}
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

    /// The same where nobody waits for the outcome. After a failure there is a rest; what can't be stored for long is given up, and that is told.
    pub(crate) async fn flush_behind(&self, session: &Arc<Session>) {
        if session.facts().is_resting() {
            return;
        }
        let Err(error) = self.flush(session).await else { return };
        if matches!(error, Error::File(FileError::Stale)) {
            return;
        }
        tracing::warn!(%error, node = session.node, "written bytes could not be stored yet");
        let mut state = session.state.lock().await;
        let Some(state) = state.as_mut() else { return };
        session.facts.lock().failed_at = Some(Instant::now());
        let since = *state.failing_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= SESSION_FAILED_MAX {
            tracing::error!(%error, node = session.node, "written bytes are given up");
            state.discard();
            session.lose(&self.inner.sessions, error);
            session.tell(state, None);
        }
    }

    /// Begins to store the whole pages that wait in the queue, some at a time.
    pub(super) fn store_behind(&self, session: &Arc<Session>, state: &mut State) {
        while session.storing() < SESSION_PUTS_MAX.min(state.queue.len()) {
            session.storing.fetch_add(1, Ordering::AcqRel);
            let (service, session) = (self.clone(), Arc::clone(session));
            tokio::spawn(async move { service.store_queue(&session).await });
        }
    }

    async fn store_queue(&self, session: &Arc<Session>) {
        loop {
            let (out, key) = {
                let mut state = session.state.lock().await;
                // The file may be another by now, with nothing that waits.
                let next = state.as_mut().and_then(|state| Some((state.queue.pop_front()?, state.key.clone())));
                match next {
                    // Nobody waits for one that was written over meanwhile.
                    Some((out, _)) if Arc::strong_count(&out) == 1 => continue,
                    Some(next) => next,
                    None => {
                        session.storing.fetch_sub(1, Ordering::AcqRel);
                        break;
                    }
                }
            };
            let stored = out.store(&self.inner.objects.inner.writers, session.bucket.as_str(), &key).await;
            // It waits for whoever publishes, who stores it then, or is told.
            if let Err(error) = stored {
                tracing::warn!(%error, node = session.node, "written bytes could not be stored ahead");
            }
        }
        self.inner.sessions.budget.wake();
    }
}
