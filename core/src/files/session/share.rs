//! A file that shares the content of another.
//!
//! Always holds: the use is counted in the commit that names it; what is written to either after that goes over the content, not into it.

use std::sync::Arc;

use super::state::State;
use super::table::Session;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::files::{FileError, FileService};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{ContentRecord, ContentRef, NodeRecord, Record};
use crate::metadata::watched::NOBODY;
use crate::metadata::{Durability, Table};
use crate::transact;

impl FileService {
    /// Gives the session's file, which is empty, the content of node `from`, which is as `source` says. Whether it could.
    pub(crate) async fn share_session(&self, session: &Arc<Session>, from: Id, source: &NodeRecord) -> Result<bool> {
        let ContentRef::Shared(content) = source.content else { return Ok(false) };
        let objects = &self.inner.objects;
        let (_, values) = objects.store().get_many(&[(Table::Index, keys::content(content))]).await?;
        let Some(location) = values[0].as_ref().map(|value| ContentRecord::decode(value)).transpose()? else {
            return Ok(false);
        };
        if location.location != session.location {
            return Ok(false);
        }
        let _one = session.flushing.lock().await;
        let mut slot = session.state.lock().await;
        let state = self.load(session, &mut slot).await?;
        if state.size != 0 {
            return Ok(false);
        }
        let (node, expected) = (session.node, state.committed.content);
        let now = objects.tree().clock.now();
        let shared = transact!(objects.store(), Durability::Ordered, |tx| {
            tx.origin(Some(NOBODY));
            let at = [(Table::Index, keys::node(node)), (Table::Index, keys::node(from))];
            let values = tx.get_many(&at).await?;
            let [Some(value), Some(other)] = &values[..] else { return Err(Error::from(FileError::Stale).into()) };
            let (mut record, other) = (NodeRecord::decode(value)?, NodeRecord::decode(other)?);
            let same = other.content == source.content && other.size == source.size && other.etag == source.etag;
            if record.content != expected || !same || !objects.add_use(tx, content).await? {
                return Ok(None);
            }
            let bucket = objects.tree().resolve_bucket(tx, &session.bucket).await?;
            if bucket.versioned() {
                objects.tree().begin_draft(tx, node, &mut record, &bucket).await?;
            }
            objects.tree().release_content(tx, node, record.content).await?;
            record.content = other.content;
            record.size = other.size;
            record.etag = other.etag;
            record.checksum = other.checksum;
            record.parts = other.parts;
            record.modified = now;
            if let Some(posix) = &mut record.posix {
                posix.changed = posix.changed.max(now);
            }
            objects.tree().put_node(tx, node, &record).await?;
            Ok(Some(keys::is_unseen(&record.home.name)))
        })?;
        if let Some(is_draft) = shared {
            self.has_shared(session, slot.take(), now, is_draft);
        }
        Ok(shared.is_some())
    }

    /// The session's file has another's content since `now`: what it is is read when it is asked for.
    pub(super) fn has_shared(&self, session: &Session, state: Option<State>, now: Timestamp, is_draft: bool) {
        if is_draft {
            self.inner.drafts.note(session.node, &session.bucket);
        }
        self.inner.barrier.note();
        if let Some(mut state) = state {
            state.discard();
            session.tell(&state, Some(now));
        }
    }

    /// What was written to a node matters no more.
    pub(crate) async fn discard(&self, node: Id) {
        let Some(session) = self.inner.sessions.get(node) else { return };
        if let Some(state) = session.state.lock().await.as_mut() {
            state.discard();
            session.tell(state, None);
        }
        session.forget_loss();
        self.inner.sessions.let_go(session);
    }
}

impl Session {
    pub(crate) fn location(&self) -> &str {
        &self.location
    }

    /// Whether its MD5 is being made of more than is hashed when it is committed: then it stays for what may be appended.
    pub(crate) fn is_hashing(&self) -> bool {
        let Ok(state) = self.state.try_lock() else { return true };
        let large = crate::limits::INLINE_BYTES_MAX as u64;
        state.as_ref().is_some_and(|state| state.size > large && state.md5.is_some())
    }
}
