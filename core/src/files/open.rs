//! Open files: a file lives until its last name and its last opening are gone.
//!
//! Always holds: a node is held before its record is read, so that whoever takes its last name sees that it is open. The node
//! of an unlinked file goes, with its content, when its last opening is closed, or at the next start.

use std::sync::atomic::AtomicBool;

use tokio::runtime::Handle;

use super::{Access, Caller, FileError, FileService, Told, View};
use crate::error::Result;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{NodeKind, NodeRecord, Record};
use crate::metadata::watched::NOBODY;
use crate::metadata::{Durability, Table};
use crate::namespace::Hold;
use crate::transact;

/// An open file: its node lives until this is dropped.
pub struct Open {
    service: FileService,
    node: Id,
    /// Whether it may be written through.
    writes: bool,
    told: Told,
    /// A descriptor of it was closed by who opened it; there may be others.
    closing: AtomicBool,
    hold: Option<Hold>,
    runtime: Handle,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").field("node", &self.node).finish()
    }
}

impl Open {
    pub fn node(&self) -> Id {
        self.node
    }

    /// Whether it may be written through.
    pub fn writes(&self) -> bool {
        self.writes
    }

    /// Whether it is being closed; kept by the table of drafts.
    pub(super) fn closing(&self) -> &AtomicBool {
        &self.closing
    }

    /// Which losses it was told of.
    pub fn told(&self) -> &Told {
        &self.told
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.writes {
            self.service.closed(&self.runtime, self.node, &self.closing);
        }
        if self.hold.take().is_some_and(Hold::release) {
            self.service.abandoned(&self.runtime, self.node);
        }
    }
}

/// A node that a kernel was told of: it lives until this is dropped.
pub struct Known {
    service: FileService,
    node: Id,
    hold: Option<Hold>,
    runtime: Handle,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("node", &self.node).finish()
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        if self.hold.take().is_some_and(Hold::release) {
            self.service.abandoned(&self.runtime, self.node);
        }
    }
}

impl FileService {
    /// Keeps a node that a kernel is to be told of. `checked`: whether it is to be seen that it is still there, or `Stale`; what was not seen may
    /// have gone at the same moment. To be called within a tokio runtime.
    pub async fn know(&self, node: Id, checked: bool) -> Result<Known> {
        let hold = Some(self.inner.objects.tree().opens().hold(node).await);
        let known = Known { service: self.clone(), node, hold, runtime: Handle::current() };
        if checked {
            // Its record was read a moment ago: only whether it is there counts, and each name that a kernel looks up comes by here.
            let (_, values) = self.store().get_many(&[(Table::Index, keys::node(node))]).await?;
            if values[0].is_none() {
                return Err(FileError::Stale.into());
            }
        }
        Ok(known)
    }

    /// Nobody holds a node any more that may have no name.
    fn abandoned(&self, runtime: &Handle, node: Id) {
        let service = self.clone();
        runtime.spawn(async move {
            if let Err(error) = service.release_orphan(node).await {
                tracing::warn!(%error, node, "an unlinked file could not be released; the next start does it");
            }
        });
    }

    /// Opens a file. To be called within a tokio runtime.
    pub async fn open(&self, view: &View, caller: &Caller, node: Id, access: Access, truncate: bool) -> Result<Open> {
        if view.read_only && (access.write || truncate) {
            return Err(FileError::ReadOnly.into());
        }
        let objects = &self.inner.objects;
        let hold = Some(objects.tree().opens().hold(node).await);
        if access.write {
            self.inner.drafts.opened(node);
        }
        let told = self.told_so_far(node);
        let (service, writes, runtime) = (self.clone(), access.write, Handle::current());
        let open = Open { service, node, writes, told, closing: AtomicBool::new(false), hold, runtime };
        let record = self.node(node).await?;
        if record.kind != NodeKind::File {
            return Err(FileError::Invalid("not a regular file").into());
        }
        // Who may not write does not empty it, however it is opened.
        let wanted = Access { write: access.write || truncate, ..access };
        self.check_record(view, caller, node, &record, wanted).await?;
        if truncate {
            self.drop_privileges(view, caller, node, &record).await?;
            let session = self.inner.sessions.get_or_make(view, node);
            self.resize_session(view, &session, 0).await?;
        }
        Ok(open)
    }

    /// Whether a name leads to the file: none does to one that is only open any more.
    pub async fn has_name(&self, node: Id) -> Result<bool> {
        Ok(self.node(node).await?.links > 0)
    }

    /// A node's record as it is committed.
    pub(crate) async fn node(&self, node: Id) -> Result<NodeRecord> {
        let store = self.inner.objects.store();
        let (_, values) = store.get_many(&[(Table::Index, keys::node(node))]).await?;
        if let Some(value) = &values[0] {
            return Ok(NodeRecord::decode(value)?);
        }
        // An id is used once: what is a directory never was a file.
        let (_, values) = store.get_many(&[(Table::Index, keys::directory(node))]).await?;
        Err(if values[0].is_some() { FileError::IsADirectory } else { FileError::Stale }.into())
    }

    /// Whether a node has lost its last name, now that nobody holds it. Whoever takes the name may have found it held and be about to commit
    /// that it stays: so its record, which that rests on, is written anew; then either the name is gone before, or whoever takes it looks again,
    /// and takes the node with it.
    async fn is_orphan(&self, node: Id) -> Result<bool> {
        transact!(self.store(), Durability::Ordered, |tx| {
            tx.origin(Some(NOBODY));
            let at = [(Table::Index, keys::orphan(node)), (Table::Index, keys::node(node))];
            let mut values = tx.get_many(&at).await?;
            let record = values.pop().flatten();
            let is_orphan = values.pop().flatten().is_some();
            if let Some(record) = record.filter(|_| !is_orphan) {
                tx.put(Table::Index, keys::node(node), record);
            }
            Ok(is_orphan)
        })
    }

    /// Lets go of a node without a name, where nobody has it open.
    async fn release_orphan(&self, node: Id) -> Result<()> {
        let objects = &self.inner.objects;
        if !self.is_orphan(node).await? {
            return Ok(());
        }
        // Nothing of what was written matters any more.
        self.discard(node).await;
        let released = transact!(objects.store(), Durability::Ordered, |tx| {
            tx.origin(Some(NOBODY));
            objects.tree().drop_orphan(tx, node).await
        })?;
        if released {
            self.inner.barrier.note();
        }
        Ok(())
    }

    /// At the start, before anything is opened: seals what was left as drafts, and lets go of all nodes without a name. How many there were
    /// of both. What fails with one of them is logged, and left for later: a draft is tried again, a node without a name at the next start.
    pub async fn recover(&self) -> Result<u64> {
        let mut released = self.seal_left().await?;
        let mut start = keys::ORPHANS.to_vec();
        let end = keys::behind(keys::ORPHANS);
        loop {
            let snapshot = self.inner.objects.store().snapshot()?;
            let found = snapshot.scan(&start, &end, crate::limits::LIST_FETCH_MAX, false).await?;
            drop(snapshot);
            let Some((last, _)) = found.last() else { return Ok(released) };
            start = [last, &[0][..]].concat();
            for (key, _) in found {
                match keys::orphan_node(&key) {
                    Some(node) => {
                        if let Err(error) = self.release_orphan(node).await {
                            tracing::error!(%error, node, "a file that lost its name while it was open could not be let go of");
                        }
                    }
                    None => return Err(crate::content::corrupt("the key of an orphan can't be read".into())),
                }
                released += 1;
            }
        }
    }
}
