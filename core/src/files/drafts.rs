//! When drafts are sealed (`namespace/drafts.rs` says what they are): at the last close of a file that was written to, once nobody has
//! written to it for a while where it is not open (NFS has no close), and at the start.
//!
//! Always holds: every draft that this process has begun is in the table until it is sealed or gone, and has a mark in the index, by which
//! the next start finds it. Sealing changes nothing that files see. Where very many wait, those who would begin another seal some before.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::beside::Beside;
use super::session::Session;
use super::{FileError, FileService, Open, View};
use crate::error::{Error, Result};
use crate::limits::{
    DRAFT_IDLE, DRAFTS_MAX, DRAFTS_SEALED_MAX, LIST_FETCH_MAX, SESSION_FLUSHES_MAX, SESSION_IDLE_LOOK,
};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{DraftRecord, NodeRecord, Record};
use crate::metadata::transaction::TxError;
use crate::metadata::watched::NOBODY;
use crate::metadata::{Durability, Table};
use crate::transact;
use crate::types::BucketName;

#[derive(Default)]
pub(crate) struct Drafts {
    /// With when they were last written to.
    waiting: Mutex<HashMap<Id, (BucketName, Instant)>>,
    /// Openings for writing, of any bucket.
    writers: Mutex<HashMap<Id, Writers>>,
    /// Those that are being sealed, or are about to be.
    sealing: Mutex<HashMap<Id, Arc<tokio::sync::Mutex<()>>>>,
}

/// To seal one draft: one has it at a time. Forgotten with the last who has asked for it.
struct Turn<'a> {
    drafts: &'a Drafts,
    node: Id,
    one: Arc<tokio::sync::Mutex<()>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut sealing = self.drafts.sealing.lock();
        drop(std::mem::take(&mut self.one));
        // Others are made, and go, under the table's lock.
        if sealing.get(&self.node).is_some_and(|one| Arc::strong_count(one) == 1) {
            sealing.remove(&self.node);
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Writers {
    open: usize,
    /// Of those: a descriptor of them was closed by who opened it.
    closing: usize,
}

impl Drafts {
    /// The node is a draft, or was just written to as one.
    pub fn note(&self, node: Id, bucket: &BucketName) {
        self.waiting.lock().insert(node, (bucket.clone(), Instant::now()));
    }

    /// The node was written to: where it is a draft, it waits from now on.
    pub fn written(&self, node: Id) {
        if let Some((_, since)) = self.waiting.lock().get_mut(&node) {
            *since = Instant::now();
        }
    }

    /// Whether it waits to be sealed, or for the end of that.
    fn waits(&self, node: Id) -> bool {
        self.waiting.lock().contains_key(&node) || self.sealing.lock().contains_key(&node)
    }

    fn turn(&self, node: Id) -> Turn<'_> {
        let one = Arc::clone(self.sealing.lock().entry(node).or_default());
        Turn { drafts: self, node, one }
    }

    fn take(&self, node: Id) -> Option<BucketName> {
        self.waiting.lock().remove(&node).map(|(bucket, _)| bucket)
    }

    /// Those that nobody has written to for a while, and has open for writing.
    fn idle(&self) -> Vec<Id> {
        let waiting = self.waiting.lock();
        let idle = waiting.iter().filter(|(_, (_, since))| since.elapsed() >= DRAFT_IDLE);
        idle.map(|(node, _)| *node).filter(|node| self.writers(*node) == 0).collect()
    }

    /// Where very many wait, some of those that wait longest and that nobody has open for writing.
    fn too_many(&self) -> Vec<Id> {
        let waiting = self.waiting.lock();
        if waiting.len() < DRAFTS_MAX {
            return Vec::new();
        }
        let mut since: Vec<(Instant, Id)> = waiting
            .iter()
            .filter(|(node, _)| self.writers(**node) == 0)
            .map(|(node, (_, since))| (*since, *node))
            .collect();
        since.sort_unstable();
        since.into_iter().take(DRAFTS_SEALED_MAX).map(|(_, node)| node).collect()
    }

    pub fn opened(&self, node: Id) {
        self.writers.lock().entry(node).or_default().open += 1;
    }

    /// An opening is being closed; `mark` is its own. Two that are closed at once do not wait for each other's end.
    fn closing(&self, node: Id, mark: &AtomicBool) {
        let mut all = self.writers.lock();
        if let Some(writers) = all.get_mut(&node)
            && !mark.swap(true, Ordering::AcqRel)
        {
            writers.closing += 1;
        }
    }

    /// It is written to all the same: what was closed was a copy of its descriptor.
    fn goes_on(&self, node: Id, mark: &AtomicBool) {
        let mut all = self.writers.lock();
        if let Some(writers) = all.get_mut(&node)
            && mark.swap(false, Ordering::AcqRel)
        {
            writers.closing -= 1;
        }
    }

    /// Whether nobody has it open for writing who is not closing it.
    fn are_all_closing(&self, node: Id) -> bool {
        self.writers.lock().get(&node).is_none_or(|writers| writers.closing >= writers.open)
    }

    /// Whether it was the last opening for writing.
    fn closed(&self, node: Id, mark: &AtomicBool) -> bool {
        let mut all = self.writers.lock();
        let Some(writers) = all.get_mut(&node) else { return true };
        writers.open -= 1;
        writers.closing -= usize::from(mark.load(Ordering::Acquire));
        let last = writers.open == 0;
        if last {
            all.remove(&node);
        }
        last
    }

    pub fn writers(&self, node: Id) -> usize {
        self.writers.lock().get(&node).map_or(0, |writers| writers.open)
    }
}

impl FileService {
    /// A file that is open for writing is being closed: what was written is published, and where this is the last such opening and the bucket
    /// has versions, it is a version when this answers.
    pub async fn close(&self, view: &View, open: &Open) -> Result<()> {
        let node = open.node();
        self.inner.drafts.closing(node, open.closing());
        self.publish_for(view, node, open.told()).await?;
        if self.inner.drafts.are_all_closing(node) && self.inner.drafts.waits(node) {
            self.seal(node).await?;
            if view.strict {
                self.sync_all().await?;
            }
        }
        Ok(())
    }

    /// Whether somebody has it open for writing, by a descriptor.
    pub fn is_open_for_writing(&self, node: Id) -> bool {
        self.inner.drafts.writers(node) > 0
    }

    /// An opening is about to be written through.
    pub fn written_through(&self, open: &Open) {
        if open.closing().load(Ordering::Acquire) {
            self.inner.drafts.goes_on(open.node(), open.closing());
        }
    }

    /// An opening for writing is gone.
    pub(crate) fn closed(&self, runtime: &Handle, node: Id, mark: &AtomicBool) {
        if self.inner.drafts.closed(node, mark) && self.inner.drafts.waits(node) {
            let service = self.clone();
            runtime.spawn(async move { service.seal_behind(node).await });
        }
    }

    /// Makes the draft a version. What is no draft stays as it is.
    pub(crate) async fn seal(&self, node: Id) -> Result<()> {
        // Who comes second waits for the first: it is a version, or still a draft, when this answers.
        let turn = self.inner.drafts.turn(node);
        let _one = turn.one.lock().await;
        let Some(bucket) = self.inner.drafts.take(node) else { return Ok(()) };
        let sealed = self.seal_in(&bucket, node).await;
        if sealed.is_err() {
            self.inner.drafts.note(node, &bucket);
        }
        sealed
    }

    async fn seal_in(&self, bucket: &BucketName, node: Id) -> Result<()> {
        if let Some(session) = self.inner.sessions.get(node) {
            let flushed = self.flush(&session).await;
            self.inner.sessions.let_go(session);
            flushed?;
            // The flush may have been the one that made the draft.
            self.inner.drafts.take(node);
        }
        let tree = self.tree();
        let sealed = transact!(self.store(), Durability::Ordered, |tx| {
            // Files see the same before and after.
            tx.origin(Some(NOBODY));
            let mark = keys::draft(node);
            let home = tree.find_node(tx, node).await?.map(|record| record.home);
            let Some((home, name)) = home.as_ref().and_then(|home| Some((home, keys::drafted(&home.name)?))) else {
                if tx.get(Table::Index, &mark).await?.is_some() {
                    tx.delete(Table::Index, mark);
                }
                return Ok(false);
            };
            tree.lock_names(tx, &[(home.parent, name)]).await?;
            let key = tree.key_of(tx, home.parent, name).await?;
            let place = tree.resolve(tx, bucket, &key).await?;
            if place.parent() != Some(home.parent) {
                return Err(TxError::Conflict);
            }
            tree.seal_draft(tx, &place, node).await?;
            Ok(true)
        });
        match sealed {
            Ok(true) => self.inner.barrier.note(),
            // Its bucket or directory went, and it with them.
            Ok(false) | Err(Error::NoSuchBucket(_) | Error::File(FileError::Stale)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn seal_behind(&self, node: Id) {
        if let Err(error) = self.seal(node).await {
            tracing::warn!(%error, node, "a file could not be made a version yet; it is tried again");
        }
    }

    async fn seal_all_behind(&self, nodes: Vec<Id>) {
        futures::stream::iter(nodes).for_each_concurrent(SESSION_FLUSHES_MAX, |node| self.seal_behind(node)).await;
    }

    /// Seals what nobody has open for writing and nobody has written to for a while, for ever.
    pub(super) async fn seal_idle(&self) {
        let mut sealing = Beside::default();
        loop {
            tokio::time::sleep(SESSION_IDLE_LOOK).await;
            self.begin_sealing(&mut sealing);
        }
    }

    fn begin_sealing(&self, sealing: &mut Beside) {
        sealing.begin(self.inner.drafts.idle().into_iter().map(|node| {
            let service = self.clone();
            (node, async move { service.seal_behind(node).await })
        }));
    }

    #[cfg(test)]
    pub(super) async fn seal_idle_once(&self) {
        let mut sealing = Beside::default();
        self.begin_sealing(&mut sealing);
        sealing.ended().await;
    }

    /// To be called before a draft may be begun, by whoever holds no lock: seals some where very many wait, however short a while ago they were
    /// written to.
    pub(super) async fn make_room_for_draft(&self) {
        let too_many = self.inner.drafts.too_many();
        if !too_many.is_empty() {
            self.seal_all_behind(too_many).await;
        }
    }

    /// Seals every draft that waits, as the process ends; or, by the index's marks, as it begins.
    pub(super) async fn seal_waiting(&self) -> Result<()> {
        let waiting: Vec<Id> = self.inner.drafts.waiting.lock().keys().copied().collect();
        let mut first = Ok(());
        for node in waiting {
            first = first.and(self.seal(node).await);
        }
        first
    }

    /// Seals what the process before left. How many drafts there were. One that can't be sealed now, for a full disk or for damage, is tried
    /// again as any other, and keeps nobody from starting.
    pub(super) async fn seal_left(&self) -> Result<u64> {
        let (mut start, end, mut count) = (keys::DRAFTS.to_vec(), keys::behind(keys::DRAFTS), 0);
        loop {
            let found = self.store().snapshot()?.scan(&start, &end, LIST_FETCH_MAX, false).await?;
            let Some((last, _)) = found.last() else { return Ok(count) };
            start = [last, &[0][..]].concat();
            for (key, value) in found {
                let bucket = DraftRecord::decode(&value)?.bucket.parse();
                let (Some(node), Ok(bucket)) = (keys::draft_node(&key), bucket) else {
                    return Err(crate::content::corrupt("the mark of a draft can't be read".into()));
                };
                if let Err(error) = self.seal_in(&bucket, node).await {
                    tracing::error!(%error, node, "a file of before the start could not be made a version yet; it is tried again");
                    self.inner.drafts.note(node, &bucket);
                }
                count += 1;
            }
        }
    }

    /// A file that is the version that S3 sees becomes a draft, so that it can be written to.
    pub(crate) async fn free_to_write(&self, session: &Session) -> Result<()> {
        let (node, tree) = (session.node(), self.tree());
        let begun = transact!(self.store(), Durability::Ordered, |tx| {
            tx.origin(Some(NOBODY));
            let bucket = tree.resolve_bucket(tx, &session.bucket).await?;
            if !bucket.versioned() {
                return Ok(false);
            }
            let value = tx.get(Table::Index, &keys::node(node)).await?.ok_or(Error::from(FileError::Stale))?;
            let mut record = NodeRecord::decode(&value)?;
            tree.begin_draft(tx, node, &mut record, &bucket).await
        })?;
        if begun {
            self.inner.drafts.note(node, &session.bucket);
            self.inner.barrier.note();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
