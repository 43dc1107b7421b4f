//! Times of the last access: noted in memory, kept later.
//!
//! Always holds: a read makes no commit. What was noted is told to whoever asks for attributes at once, through every view; it is in the
//! index [`ACCESS_TIMES_KEEP`] later, or before the table is full, or when the process ends well. A time that somebody sets goes before what
//! was noted until then. An object that no file door has set anything of keeps having nothing set: its times stay in memory, the last
//! so many of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::attributes::AnyNode;
use super::{Attributes, FileError, FileService, View};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::limits::{ACCESS_TIME_AGE, ACCESS_TIMES_COMMIT_MAX, ACCESS_TIMES_KEEP, ACCESS_TIMES_MAX};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::Record;
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::watched::NOBODY;
use crate::metadata::{Durability, Table};
use crate::recent::{Recent, recent};
use crate::transact;

/// Which reads change the time of the last access (mount(8)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessTimes {
    /// `noatime`
    #[default]
    Never,
    /// `relatime`: the first since the file was changed, and the first of a day.
    Relative,
    /// `strictatime`
    Always,
}

impl AccessTimes {
    fn is_due(self, attributes: &Attributes, now: Timestamp) -> bool {
        let Attributes { accessed, modified, changed, .. } = *attributes;
        match self {
            Self::Never => false,
            Self::Relative => {
                let old = u128::from(now.0.saturating_sub(accessed.0)) >= ACCESS_TIME_AGE.as_nanos();
                accessed <= modified || accessed <= changed || old
            }
            Self::Always => accessed != now,
        }
    }
}

/// What was noted and is not in the index.
pub(crate) struct Accesses {
    waiting: Mutex<HashMap<Id, Timestamp>>,
    /// Of nodes that have no attributes of their own.
    unset: Recent<Id, Timestamp>,
    /// Nobody looks where nothing ever was noted.
    used: AtomicBool,
    many: Notify,
}

impl Default for Accesses {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            unset: recent(ACCESS_TIMES_MAX, ACCESS_TIMES_MAX as u64, quick_cache::UnitWeighter),
            used: AtomicBool::new(false),
            many: Notify::new(),
        }
    }
}

impl Accesses {
    /// Whether there was room for it.
    fn note(&self, node: Id, at: Timestamp) -> bool {
        let mut waiting = self.waiting.lock();
        if waiting.len() >= ACCESS_TIMES_MAX && !waiting.contains_key(&node) {
            return false;
        }
        waiting.insert(node, at);
        self.used.store(true, Ordering::Release);
        if waiting.len() >= ACCESS_TIMES_MAX / 2 {
            self.many.notify_one();
        }
        true
    }

    fn waiting(&self) -> Vec<(Id, Timestamp)> {
        self.waiting.lock().iter().map(|(node, at)| (*node, *at)).collect()
    }

    fn still(&self, node: Id, at: Timestamp) -> bool {
        self.waiting.lock().get(&node) == Some(&at)
    }

    /// It waits no more, unless it was noted again.
    fn settled(&self, node: Id, at: Timestamp) {
        let mut waiting = self.waiting.lock();
        if waiting.get(&node) == Some(&at) {
            waiting.remove(&node);
        }
    }

    fn get(&self, node: Id) -> Option<Timestamp> {
        if !self.used.load(Ordering::Acquire) {
            return None;
        }
        let waiting = self.waiting.lock().get(&node).copied();
        waiting.or_else(|| self.unset.get(&node))
    }

    pub(crate) fn overlay(&self, attributes: &mut Attributes) {
        if let Some(at) = self.get(attributes.node) {
            attributes.accessed = at;
        }
    }

    /// Somebody is about to set the time: what was noted until now.
    pub(crate) fn take(&self, node: Id) -> Option<Timestamp> {
        let unset = self.unset.remove(&node).map(|(_, at)| at);
        self.waiting.lock().remove(&node).or(unset)
    }

    /// It was not set after all.
    pub(crate) fn give_back(&self, node: Id, at: Timestamp) {
        self.waiting.lock().entry(node).or_insert(at);
    }
}

/// What came of one node.
enum Kept {
    Done,
    /// It has nothing set, and that stays so.
    Unset,
    Gone,
}

impl FileService {
    /// The file, directory or link was read through the view. For doors to call where they have answered a read, for only they know how it was
    /// asked for (`O_NOATIME`).
    pub async fn accessed(&self, view: &View, node: Id) {
        if !self.is_access_due(view, node).await {
            return;
        }
        let now = self.now();
        let changing = self.begin_change(view, node, false);
        if !self.inner.accesses.note(node, now) {
            self.keep_access_times_once().await;
            if !self.inner.accesses.note(node, now) {
                tracing::debug!(node, "a time of access was left out, for too many wait");
            }
        }
        self.tell_change(changing).await;
    }

    /// Whether a read now would be noted: so that a door which caches sees to it that it hears of one.
    pub async fn is_access_due(&self, view: &View, node: Id) -> bool {
        if view.access_times == AccessTimes::Never || view.read_only {
            return false;
        }
        match self.attributes(view, node).await {
            Ok(attributes) => view.access_times.is_due(&attributes, self.now()),
            // Whoever reads is told.
            Err(error) => {
                tracing::debug!(%error, node, "a time of access can't be had");
                false
            }
        }
    }

    pub(super) async fn keep_access_times(&self) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(ACCESS_TIMES_KEEP) => {}
                () = self.inner.accesses.many.notified() => {}
            }
            self.keep_access_times_once().await;
        }
    }

    /// Puts what was noted into the index, some nodes at a time.
    pub(super) async fn keep_access_times_once(&self) {
        let waiting = self.inner.accesses.waiting();
        for some in waiting.chunks(ACCESS_TIMES_COMMIT_MAX) {
            if self.keep_accesses(some).await.is_ok() {
                continue;
            }
            // One may be in the way of the others.
            for one in some {
                match self.keep_accesses(std::slice::from_ref(one)).await {
                    Ok(()) => {}
                    Err(Error::File(FileError::Stale)) => self.inner.accesses.settled(one.0, one.1),
                    Err(error) => tracing::warn!(%error, node = one.0, "a time of access could not be kept yet"),
                }
            }
        }
    }

    async fn keep_accesses(&self, some: &[(Id, Timestamp)]) -> Result<()> {
        let accesses = &self.inner.accesses;
        let kept = transact!(self.store(), Durability::Ordered, |tx| {
            tx.origin(Some(NOBODY));
            let mut kept = Vec::with_capacity(some.len());
            for (node, at) in some {
                // Read again meanwhile, or set by somebody.
                if accesses.still(*node, *at) {
                    kept.push((*node, *at, self.keep_access(tx, *node, *at).await?));
                }
            }
            Ok(kept)
        })?;
        self.inner.barrier.note();
        for (node, at, kept) in kept {
            match kept {
                Kept::Unset => accesses.unset.insert(node, at),
                Kept::Done | Kept::Gone => drop(accesses.unset.remove(&node)),
            }
            accesses.settled(node, at);
        }
        Ok(())
    }

    async fn keep_access(&self, tx: &mut Transaction<'_>, node: Id, at: Timestamp) -> Result<Kept, TxError> {
        match self.any_node(tx, node, false).await {
            Ok(AnyNode::File(mut record)) => {
                let Some(posix) = &mut record.posix else { return Ok(Kept::Unset) };
                posix.accessed = at;
                self.tree().put_node(tx, node, &record).await?;
                Ok(Kept::Done)
            }
            Ok(AnyNode::Directory(mut directory)) => {
                let Some(posix) = &mut directory.record.posix else { return Ok(Kept::Unset) };
                posix.accessed = at;
                tx.put(Table::Index, keys::directory(node), directory.record.encode());
                Ok(Kept::Done)
            }
            Err(TxError::Other(Error::File(FileError::Stale))) => Ok(Kept::Gone),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
