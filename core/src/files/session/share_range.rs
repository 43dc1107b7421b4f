//! A file that goes on as another does at the same place.
//!
//! Always holds: the file's content lies over the other's, which is counted in the commit that says so; so what is written to either after
//! that does not show in the other. No byte is read or written.

use std::sync::Arc;

use super::state::place;
use super::table::Session;
use crate::error::{Error, Result};
use crate::files::{FileError, FileService};
use crate::limits::{MAPPED_LAYERS_MAX, SHARED_RANGE_BYTES_MIN};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Base, ContentRecord, ContentRef, Layout, NodeRecord, Record};
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::watched::NOBODY;
use crate::metadata::{Durability, Table};
use crate::transact;
use crate::types::ETag;

/// What is shared.
struct Stretch {
    /// The other's content, and where in both files.
    content: Id,
    at: u64,
    length: u64,
    /// The id of a content that may have to be made.
    new: Id,
}

impl FileService {
    /// Lets the session's file, which ends at `at`, go on with up to `length` bytes that node `from`, which is as `source` says, has from there
    /// on. How many; `None` where they can't be shared: the file is short of it or longer, has lain over something else until there, or they are
    /// too few to be worth it.
    pub(crate) async fn share_range(
        &self,
        session: &Arc<Session>,
        from: Id,
        source: &NodeRecord,
        (at, length): (u64, u64),
    ) -> Result<Option<u64>> {
        let objects = &self.inner.objects;
        let ContentRef::Shared(content) = source.content else { return Ok(None) };
        let length = length.min(source.size.saturating_sub(at));
        if length < SHARED_RANGE_BYTES_MIN || !self.is_shallow(session, content).await? {
            return Ok(None);
        }
        self.flush(session).await?;
        let _one = session.flushing.lock().await;
        let mut slot = session.state.lock().await;
        let state = self.load(session, &mut slot).await?;
        if state.size != at || state.is_dirty() {
            return Ok(None);
        }
        let (node, expected) = (session.node, state.committed.content);
        let now = objects.tree().clock.now();
        let random = &objects.inner.parts.random;
        let etag = ETag::Opaque(format!("{:016x}{:016x}-f", random.next_u64(), random.next_u64()));
        let stretch = Stretch { content, at, length, new: objects.tree().ids.next().await? };
        let shared = transact!(objects.store(), Durability::Ordered, |tx| {
            tx.origin(Some(NOBODY));
            let at = [(Table::Index, keys::node(node)), (Table::Index, keys::node(from))];
            let values = tx.get_many(&at).await?;
            let [Some(value), Some(other)] = &values[..] else { return Err(Error::from(FileError::Stale).into()) };
            let (mut record, other) = (NodeRecord::decode(value)?, NodeRecord::decode(other)?);
            let same = other.content == source.content && other.size == source.size && other.etag == source.etag;
            if !same || record.content != expected || record.size != stretch.at {
                return Ok(None);
            }
            let content = match stretch.at {
                0 => self.laid_over(tx, (node, session), &mut record, &stretch).await?,
                // A version that was sealed does not grow.
                _ if objects.tree().is_sealed(tx, &session.bucket, &record).await? => None,
                _ => self.lengthened(tx, record.content, &stretch).await?,
            };
            let Some(content) = content else { return Ok(None) };
            record.content = ContentRef::Shared(content);
            record.size = stretch.at + stretch.length;
            record.etag = etag.clone();
            record.checksum = None;
            record.parts = None;
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
        Ok(shared.map(|_| length))
    }

    /// Whether a content may lie below another in the session's location.
    async fn is_shallow(&self, session: &Session, content: Id) -> Result<bool> {
        let objects = &self.inner.objects;
        let _pin = objects.inner.pins.pin(content);
        let (_, values) = objects.store().get_many(&[(Table::Index, keys::content(content))]).await?;
        let Some(record) = values[0].as_ref().map(|value| ContentRecord::decode(value)).transpose()? else {
            return Ok(false);
        };
        let here = record.location == session.location;
        Ok(here && objects.layers(content, record).await?.depth() < MAPPED_LAYERS_MAX)
    }

    /// A new content for an empty file, over the other's. `None`, and nothing is changed, where that has gone.
    async fn laid_over(
        &self,
        tx: &mut Transaction<'_>,
        (node, session): (Id, &Session),
        record: &mut NodeRecord,
        stretch: &Stretch,
    ) -> Result<Option<Id>, TxError> {
        let objects = &self.inner.objects;
        if !objects.add_use(tx, stretch.content).await? {
            return Ok(None);
        }
        let bucket = objects.tree().resolve_bucket(tx, &session.bucket).await?;
        if bucket.versioned() {
            objects.tree().begin_draft(tx, node, record, &bucket).await?;
        }
        objects.tree().release_content(tx, node, record.content).await?;
        let base = Some(Base { content: stretch.content, length: stretch.length });
        let layout = Layout::Mapped { base, next_slot: 0, changes: 0 };
        let made = ContentRecord { uses: 1, size: stretch.length, location: session.location.clone(), layout };
        tx.put(Table::Index, keys::content(stretch.new), made.encode());
        Ok(Some(stretch.new))
    }

    /// The file's content, which shows the other's up to the end of the stretch. `None`, and nothing is changed, where it can't.
    async fn lengthened(
        &self,
        tx: &mut Transaction<'_>,
        content: ContentRef,
        stretch: &Stretch,
    ) -> Result<Option<Id>, TxError> {
        let ContentRef::Shared(id) = content else { return Ok(None) };
        let (end, (edge, edge_at)) = (stretch.at + stretch.length, place(stretch.at));
        let at = [(Table::Index, keys::content(id)), (Table::Index, keys::page(id, edge))];
        let values = tx.get_many(&at).await?;
        let Some(value) = &values[0] else { return Ok(None) };
        let mut record = ContentRecord::decode(value)?;
        let Layout::Mapped { base: Some(base), changes, .. } = &mut record.layout else { return Ok(None) };
        let goes_on = base.content == stretch.content && base.length == stretch.at && record.size == stretch.at;
        // A page of its own says what is behind the end, too: zeros.
        if !goes_on || record.uses != 1 || edge_at > 0 && values[1].is_some() {
            return Ok(None);
        }
        base.length = end;
        *changes += 1;
        record.size = end;
        tx.put(Table::Index, keys::content(id), record.encode());
        Ok(Some(id))
    }
}
