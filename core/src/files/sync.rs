//! Making what was written the object, and stable.
//!
//! Always holds (T9): `Ok` is answered only where it is so. What was given up while nobody waited for it is told to each opening, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::beside::Beside;
use super::session::{Facts, Session};
use super::{FileError, FileService, Told, View};
use crate::error::{Error, Result};
use crate::limits::{ORDERED_SYNC_WAIT, SESSION_HASHING_KEEP, SESSION_IDLE, SESSION_IDLE_LOOK, SESSIONS_HASHING_MAX};
use crate::metadata::keys::Id;

impl FileService {
    /// What was written to the file is the object, for every door, when this answers.
    pub async fn publish(&self, view: &View, node: Id) -> Result<()> {
        if let Some(session) = self.inner.sessions.get(node) {
            self.make_room_for_draft().await;
            let flushed = self.flush(&session).await;
            if !session.is_hashing() {
                self.inner.sessions.let_go(session);
            }
            flushed?;
        }
        match view.strict {
            true => self.sync_all().await,
            false => Ok(()),
        }
    }

    /// The same for an opening, which is told of what was lost of the file since it was told last.
    pub async fn publish_for(&self, view: &View, node: Id, told: &Told) -> Result<()> {
        let published = self.publish(view, node).await;
        self.tell_loss(node, told).and(published)
    }

    /// The same, on stable storage.
    pub async fn sync_for(&self, view: &View, node: Id, told: &Told) -> Result<()> {
        self.publish_for(view, node, told).await?;
        self.sync_all().await
    }

    /// What was written to the file is on stable storage. For clients of NFS, who hear of other losses by the verifier: `Stale` where what was
    /// written went to a version that another has followed.
    pub async fn sync(&self, view: &View, node: Id) -> Result<()> {
        self.publish(view, node).await?;
        self.tell_displaced(node)?;
        self.sync_all().await
    }

    /// Everything that was committed so far is on stable storage.
    pub async fn sync_all(&self) -> Result<()> {
        self.inner.barrier.wait_for(self.inner.objects.store()).await
    }

    /// Publishes all that was written, seals what waits for that, and makes it stable: before the process ends. The first error, after all were tried.
    pub async fn settle(&self) -> Result<()> {
        let mut first = Ok(());
        for session in self.inner.sessions.all() {
            let flushed = self.flush(&session).await;
            if !matches!(flushed, Err(Error::File(FileError::Stale))) {
                first = first.and(flushed);
            }
            self.inner.sessions.let_go(session);
        }
        first = first.and(self.seal_waiting().await);
        self.keep_access_times_once().await;
        first.and(self.sync_all().await)
    }

    /// Until `stop` resolves: makes stable what was committed in order, publishes what nobody closes, keeps when
    /// files were read, and flattens what was written in many pieces.
    pub async fn run_background(&self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = self.make_stable() => {}
            () = self.publish_idle() => {}
            () = self.seal_idle() => {}
            () = self.keep_access_times() => {}
            () = self.flatten_noted() => {}
        }
    }

    async fn make_stable(&self) {
        loop {
            self.inner.barrier.noted().await;
            tokio::time::sleep(ORDERED_SYNC_WAIT).await;
            if self.inner.barrier.is_stable() {
                continue;
            }
            if let Err(error) = self.sync_all().await {
                tracing::error!(%error, "what was committed could not be made stable");
            }
        }
    }

    async fn publish_idle(&self) {
        let mut publishing = Beside::default();
        loop {
            tokio::time::sleep(SESSION_IDLE_LOOK).await;
            self.begin_publishing(&mut publishing);
        }
    }

    fn begin_publishing(&self, publishing: &mut Beside) {
        let is_due = |facts: Facts| facts.is_idle(SESSION_IDLE) || facts.is_overdue();
        let hashing = Arc::new(AtomicUsize::new(0));
        let due = self.inner.sessions.all().into_iter().filter(|session| is_due(session.facts())).map(|session| {
            let (service, hashing) = (self.clone(), Arc::clone(&hashing));
            (session.node(), async move { service.publish_due(session, &hashing).await })
        });
        publishing.begin(due);
    }

    async fn publish_due(&self, session: Arc<Session>, hashing: &AtomicUsize) {
        if session.facts().dirty {
            self.flush_behind(&session).await;
        } else {
            self.forget_old_loss(&session);
        }
        // Whoever writes now and then, as to a log, goes on where the hash is.
        let facts = session.facts();
        let goes_on = !facts.is_idle(SESSION_IDLE) || session.is_hashing() && !facts.is_idle(SESSION_HASHING_KEEP);
        if !goes_on || hashing.fetch_add(1, Ordering::Relaxed) >= SESSIONS_HASHING_MAX {
            self.inner.sessions.let_go(session);
        }
    }

    #[cfg(test)]
    pub(super) async fn publish_idle_once(&self) {
        let mut publishing = Beside::default();
        self.begin_publishing(&mut publishing);
        publishing.ended().await;
    }
}
