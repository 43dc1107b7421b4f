//! The service itself: what its verbs have in common.
//!
//! Always holds: clones share everything; a change through a view that is not strict is in the log when it is answered, and on stable
//! storage soon after ([`FileService::run_background`]).

use std::sync::Arc;

use super::access::require_writable;
use super::accessed::Accesses;
use super::attributes::{AnyNode, of_directory};
use super::drafts::Drafts;
use super::lock::Locks;
use super::session::{Barrier, Flattening, Mark, Sessions};
use super::{Access, Around, Attributes, Caller, FileError, FileName, View};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::DirectoryRecord;
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::watched::Coherence;
use crate::metadata::{Durability, MetadataStore, Table};
use crate::namespace::{Bucket, Directory, Tree};
use crate::objects::ObjectService;

/// Nodes, names in directories, bytes at offsets. Cheap to clone.
#[derive(Clone)]
pub struct FileService {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub objects: ObjectService,
    /// What was written and is not committed yet.
    pub sessions: Sessions,
    /// Commits that are not known to be stable yet: every ordered commit of a file door is noted here.
    pub barrier: Barrier,
    pub coherence: Arc<Coherence>,
    pub locks: Locks,
    pub drafts: Drafts,
    /// What is made of fewer pieces while nobody waits.
    pub flattening: Flattening,
    /// Times of access that are not in the index yet.
    pub accesses: Accesses,
}

impl FileService {
    /// `coherence` is that of the index that `objects` works on.
    pub fn new(objects: ObjectService, coherence: Arc<Coherence>) -> Self {
        // One service of files for one of objects; a test that makes another one watches nothing.
        let _ = objects.inner.coherence.set(Arc::clone(&coherence));
        let sessions = Sessions::new(objects.inner.parts.random.next_u64());
        let (barrier, flattening, accesses) = (Barrier::default(), Flattening::default(), Accesses::default());
        let (drafts, locks) = (Drafts::default(), Locks::default());
        let inner = Inner { objects, sessions, barrier, coherence, locks, drafts, flattening, accesses };
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn objects(&self) -> &ObjectService {
        &self.inner.objects
    }

    pub(crate) fn tree(&self) -> &Tree {
        self.inner.objects.tree()
    }

    pub(crate) fn store(&self) -> &dyn MetadataStore {
        self.inner.objects.store()
    }

    pub(crate) fn coherence(&self) -> &Arc<Coherence> {
        &self.inner.coherence
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.tree().clock.now()
    }

    pub(crate) fn durability(&self, view: &View) -> Durability {
        if view.strict { Durability::Synced } else { Durability::Ordered }
    }

    /// A change through the view was committed.
    pub(crate) fn settled(&self, view: &View) {
        if !view.strict {
            self.inner.barrier.note();
        }
    }

    /// What the node's write session has made of it, and when it was read last. Whether something waits to be committed.
    pub(crate) fn overlay(&self, attributes: &mut Attributes) -> bool {
        self.inner.accesses.overlay(attributes);
        self.inner.sessions.overlay(attributes.node, attributes)
    }

    /// A moment before something is read that is to be overlaid.
    pub(crate) fn mark(&self) -> Mark {
        self.inner.sessions.published.mark()
    }

    /// The same for attributes that were read since `mark`: what was published after they were read is in neither, and so they are read again
    /// then. `None` where the node has gone meanwhile.
    pub(crate) async fn overlaid(
        &self,
        view: &View,
        mark: Mark,
        mut attributes: Attributes,
    ) -> Result<Option<Attributes>> {
        if self.overlay(&mut attributes) || !self.inner.sessions.published.since(mark, attributes.node) {
            return Ok(Some(attributes));
        }
        self.attributes_if_there(view, attributes.node).await
    }

    /// A node's attributes as they are now. `None` where it has gone.
    pub(crate) async fn attributes_if_there(&self, view: &View, node: Id) -> Result<Option<Attributes>> {
        match self.attributes_now(view, node).await {
            Ok(attributes) => Ok(Some(attributes)),
            Err(Error::File(FileError::Stale)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What every change through a view begins with: it may be made, and its bucket, the answer, is still the one that is shown.
    pub(crate) async fn begin(&self, tx: &mut Transaction<'_>, view: &View) -> Result<Arc<Bucket>, TxError> {
        require_writable(view).map_err(Error::from)?;
        tx.origin(view.watcher);
        let bucket = self.tree().resolve_bucket(tx, &view.bucket).await.map_err(|error| match error {
            TxError::Other(Error::NoSuchBucket(_)) => Error::from(FileError::Stale).into(),
            other => other,
        })?;
        if bucket.record.id != view.bucket_id {
            return Err(Error::from(FileError::Stale).into());
        }
        // Whoever has lost a race may be in others' way.
        if bucket.versioned() && !tx.is_repeated() {
            self.make_room_for_draft().await;
        }
        Ok(bucket)
    }

    /// Reads at once, in one round trip, what a change of a name begins with. What follows finds it read.
    pub(crate) async fn read_ahead(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        directory: Id,
        name: &FileName,
    ) -> Result<(), TxError> {
        let (FileName::Either(name) | FileName::Hidden(name)) = name else { return Ok(()) };
        let mut at = Vec::with_capacity(5);
        at.push((Table::Index, keys::bucket(view.bucket.as_str())));
        at.push((Table::Index, keys::directory(directory)));
        at.extend(Tree::named_at(directory, name));
        tx.get_many(&at).await?;
        Ok(())
    }

    /// Whether the view's bucket has versions now.
    pub(crate) async fn is_versioned(&self, view: &View) -> Result<bool> {
        match self.tree().bucket(&view.bucket).await {
            Ok(bucket) if bucket.record.id == view.bucket_id => Ok(bucket.versioned()),
            Ok(_) | Err(Error::NoSuchBucket(_)) => Err(FileError::Stale.into()),
            Err(error) => Err(error),
        }
    }

    /// A directory that a name is looked for in, before anything is said of the name: whoever may not search it hears of none.
    pub(crate) async fn searching(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        caller: &Caller,
        directory: Id,
    ) -> Result<(), TxError> {
        if caller.checked {
            return Ok(());
        }
        let Some(record) = self.tree().find_directory(tx, directory).await? else {
            self.any_node(tx, directory, false).await?;
            return Err(Error::from(FileError::NotADirectory).into());
        };
        let found = uncounted(record);
        let attributes = of_directory(view, directory, &found);
        self.require(tx, caller, &AnyNode::Directory(Box::new(found)), &attributes, Access::SEARCH).await
    }

    /// A directory whose names are to change: its attributes, and whether they are exact, which those who lose races give up.
    pub(crate) async fn changing(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        caller: &Caller,
        directory: Id,
    ) -> Result<(Attributes, bool), TxError> {
        // Whoever removes what it has read goes on behind that, also where an earlier process gave it the cookie.
        self.tree().reads(directory);
        if caller.checked
            && let Some(record) = self.tree().find_directory(tx, directory).await?
        {
            // A kernel has checked, and asks for nothing that was counted.
            return Ok((of_directory(view, directory, &uncounted(record)), false));
        }
        let exact = !caller.checked && !tx.is_repeated();
        let found = self.any_node(tx, directory, exact).await?;
        let attributes = found.attributes(view, directory);
        if !matches!(found, AnyNode::Directory(_)) {
            return Err(Error::from(FileError::NotADirectory).into());
        }
        self.require(tx, caller, &found, &attributes, Access::CHANGE).await?;
        Ok((attributes, exact))
    }

    /// Attributes of a directory on both sides of a change: to be asked for in its transaction, when all of it is written. Nothing where
    /// they are not exact: the times and counts of a directory that many change are added up by the index, and nobody reads them.
    pub(crate) async fn around(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        (before, exact): &(Attributes, bool),
    ) -> Result<Around, TxError> {
        if !exact {
            return Ok(Around::default());
        }
        let mut after = self.any_node(tx, before.node, true).await?.attributes(view, before.node);
        self.overlay(&mut after);
        Ok(Around { before: Some(before.on_one_side()), after: Some(after) })
    }
}

/// A directory without what is counted of it.
fn uncounted(record: DirectoryRecord) -> Directory {
    Directory { touched: record.made, directories: 0, record }
}
