//! Reclaim: the bytes that nothing names any more.
//!
//! Always holds (T3): a task was committed with the change that let go of the bytes, so nothing committed names them; blobs go only
//! only once that commit is on stable storage, and while no reader has their content pinned: or a power cut could leave the index of before it,
//! and not the bytes. A task is removed after its blobs are gone: a crash between repeats it, and deleting
//! what is gone succeeds.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::stream::{self, StreamExt};

use super::metrics::metrics;
use crate::content::Extent;
use crate::content::mapped::{blobs, slots};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{
    LIST_FETCH_MAX, PARTS_PER_INDEX_ENTRY, RECLAIM_CONCURRENCY, RECLAIM_IDLE, RECLAIM_RESCAN_ROUNDS,
    RECLAIM_RETRY_ROUNDS,
};
use crate::metadata::keys::{self, Id, Queue};
use crate::metadata::records::{ContentRef, MappedPage, PartRecord, ReclaimTask, Record, UploadRecord};
use crate::metadata::{Batch, Durability, Key, ReadError, Table, Write};
use crate::objects::ObjectService;
use crate::transact;

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub tasks_done: u64,
    pub blobs_deleted: u64,
    /// Tasks that wait: for a reader to end, or for a place that did not answer.
    pub tasks_waiting: u64,
    /// Tasks whose records can't be read.
    pub tasks_unreadable: u64,
}

/// Carries out tasks until `stop` resolves, and leaves a round at once where it stands: what it did is done, and the rest is done
/// again. Errors are logged and met again.
pub async fn run(service: ObjectService, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut mark = LowWaterMark::default();
    loop {
        let waiting = tokio::select! {
            biased;
            () = &mut stop => return,
            waiting = one_round(&service, &mut mark) => waiting,
        };
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(waiting) => {}
        }
    }
}

/// A round from the mark on; how long to rest after it.
async fn one_round(service: &ObjectService, mark: &mut LowWaterMark) -> Duration {
    match round_from(service, mark.start()).await {
        Ok((round, seen)) => {
            mark.advance(seen, &round);
            match round {
                Round { tasks_done: 1.., tasks_waiting: 0, .. } => Duration::ZERO,
                _ => RECLAIM_IDLE,
            }
        }
        Err(error) => {
            tracing::warn!(%error, "reclaim could not go on; it tries again");
            RECLAIM_IDLE
        }
    }
}

/// Where the next round begins. A queue is worked off from its beginning, and what was removed there costs whoever steps over it, a
/// while longer: so a round begins behind the last task that was met. Tasks that wait there, and those that were committed late or
/// by a clock that was set back, are met by every so many rounds that begin at the beginning.
#[derive(Default)]
struct LowWaterMark {
    seen: Option<Key>,
    /// Rounds until the next that begins at the beginning.
    rounds: u32,
}

impl LowWaterMark {
    fn start(&self) -> Key {
        self.seen.clone().filter(|_| self.rounds > 0).unwrap_or_else(|| keys::tasks(Queue::Reclaim))
    }

    fn advance(&mut self, seen: Key, round: &Round) {
        let (metrics, whole) = (metrics(), self.rounds == 0);
        for (gauge, now) in [
            (&metrics.reclaim_tasks_waiting, round.tasks_waiting),
            (&metrics.reclaim_tasks_unreadable, round.tasks_unreadable),
        ] {
            let before = if whole { 0 } else { gauge.load(Ordering::Relaxed) };
            gauge.store(before + now, Ordering::Relaxed);
        }
        let most = if round.tasks_waiting > 0 { RECLAIM_RETRY_ROUNDS } else { RECLAIM_RESCAN_ROUNDS };
        self.rounds = if whole { most } else { (self.rounds - 1).min(most) };
        self.seen = Some(seen);
    }
}

/// Carries out what is in the queue now. Tests call it to have nothing left.
pub async fn round(service: &ObjectService) -> Result<Round> {
    Ok(round_from(service, keys::tasks(Queue::Reclaim)).await?.0)
}

/// Carries out what is in the queue from `start` on; the key behind the last task that was met.
async fn round_from(service: &ObjectService, mut start: Key) -> Result<(Round, Key)> {
    let mut round = Round::default();
    let end = keys::behind(&keys::tasks(Queue::Reclaim));
    loop {
        let tasks = service.store().snapshot()?.scan(&start, &end, LIST_FETCH_MAX, false).await?;
        let full = tasks.len() == LIST_FETCH_MAX;
        if let Some((last, _)) = tasks.last() {
            start = [last, &[0][..]].concat();
            service.store().sync().await?;
        }
        let outcomes = stream::iter(tasks)
            .map(|(key, value)| async move { (carry_out(service, &key, &value).await, key) })
            .buffer_unordered(RECLAIM_CONCURRENCY)
            .collect::<Vec<_>>()
            .await;
        let mut done: Vec<Key> = Vec::new();
        for (outcome, key) in outcomes {
            match outcome {
                Ok(Outcome::Done { blobs }) => {
                    round.blobs_deleted += blobs;
                    done.push(key);
                }
                Ok(Outcome::Waits) => round.tasks_waiting += 1,
                Ok(Outcome::Unreadable(error)) => {
                    tracing::warn!(%error, "a reclaim task can't be read; it stays");
                    round.tasks_unreadable += 1;
                }
                Err(error) => {
                    tracing::warn!(%error, "a reclaim task waits");
                    round.tasks_waiting += 1;
                }
            }
        }
        if !done.is_empty() {
            failpoint!("reclaim.before_done", io);
            let count = done.len() as u64;
            let writes = done.into_iter().map(|key| Write::Delete { table: Table::Index, key }).collect();
            service.store().commit(Batch { writes, ..Batch::default() }, Durability::Ordered).await?;
            round.tasks_done += count;
            metrics().reclaim_tasks_done_total.fetch_add(count, Ordering::Relaxed);
        }
        if !full {
            return Ok((round, start));
        }
    }
}

/// What came of a task.
enum Outcome {
    Done {
        blobs: u64,
    },
    /// A reader is still at its bytes.
    Waits,
    /// Nobody knows what it is.
    Unreadable(ReadError),
}

async fn carry_out(service: &ObjectService, key: &[u8], task: &[u8]) -> Result<Outcome> {
    let task = match ReclaimTask::decode(task) {
        Ok(task) => task,
        Err(error) => return Ok(Outcome::Unreadable(error)),
    };
    if task.content().is_some_and(|content| service.inner.pins.is_pinned(content)) {
        return Ok(Outcome::Waits);
    }
    let blobs = match task {
        ReclaimTask::Blobs { location, extents, .. } => delete_blobs(service, &location, &extents).await?,
        ReclaimTask::Pages { content, location } => pages(service, content, &location).await?,
        ReclaimTask::Uploads { bucket } => uploads(service, bucket).await?,
        ReclaimTask::MappedPages { content, location } => mapped_pages(service, content, &location).await?,
        ReclaimTask::Pieces { content, location, extents, slots } => {
            let deleted = delete_blobs(service, &location, &extents).await?;
            delete_slots(service, content, slots).await?;
            deleted
        }
        ReclaimTask::Use { content, base } => {
            give_back(service, key, content, base).await?;
            0
        }
    };
    Ok(Outcome::Done { blobs })
}

async fn delete_blobs(service: &ObjectService, location: &str, extents: &[Extent]) -> Result<u64> {
    let store = Arc::clone(&service.location(location)?.store);
    for extent in extents {
        failpoint!("reclaim.before_blob", io);
        store.delete(&extent.locator).await.map_err(|error| Error::Unavailable(error.to_string()))?;
        metrics().reclaim_blobs_deleted_total.fetch_add(1, Ordering::Relaxed);
    }
    Ok(extents.len() as u64)
}

/// Every part of a content: its blobs, then its record.
async fn pages(service: &ObjectService, content: Id, location: &str) -> Result<u64> {
    let mut deleted = 0;
    let prefix = keys::pages(content);
    let end = keys::behind(&prefix);
    loop {
        let pages = service.store().snapshot()?.scan(&prefix, &end, LIST_FETCH_MAX, false).await?;
        if pages.is_empty() {
            return Ok(deleted);
        }
        let mut writes = Vec::with_capacity(pages.len());
        for (key, value) in pages {
            let part = PartRecord::decode(&value)?;
            deleted += delete_blobs(service, location, &part.extents).await?;
            if part.extents.is_empty()
                && let Some(number) = keys::page_number(&key)
            {
                writes.push(Write::Delete { table: Table::Inline, key: keys::inline(content, number) });
            }
            writes.push(Write::Delete { table: Table::Index, key });
        }
        failpoint!("reclaim.before_pages", io);
        service.store().commit(Batch { writes, ..Batch::default() }, Durability::Ordered).await?;
    }
}

/// Every page of a mapped content: its blobs, then its inline bytes and its record.
async fn mapped_pages(service: &ObjectService, content: Id, location: &str) -> Result<u64> {
    let mut deleted = 0;
    let prefix = keys::pages(content);
    let end = keys::behind(&prefix);
    loop {
        // Few at a time: each may name many pieces.
        let fetch = PARTS_PER_INDEX_ENTRY;
        let pages = service.store().snapshot()?.scan(&prefix, &end, fetch, false).await?;
        if pages.is_empty() {
            return Ok(deleted);
        }
        let mut writes = Vec::with_capacity(pages.len());
        for (key, value) in pages {
            let pieces = MappedPage::decode(&value)?.pieces;
            deleted += delete_blobs(service, location, &blobs(&pieces)).await?;
            let slots = slots(&pieces).into_iter().map(|slot| keys::inline(content, slot));
            writes.extend(slots.map(|key| Write::Delete { table: Table::Inline, key }));
            writes.push(Write::Delete { table: Table::Index, key });
        }
        failpoint!("reclaim.before_pages", io);
        service.store().commit(Batch { writes, ..Batch::default() }, Durability::Ordered).await?;
    }
}

async fn delete_slots(service: &ObjectService, content: Id, slots: Vec<u32>) -> Result<()> {
    if slots.is_empty() {
        return Ok(());
    }
    let deletes =
        slots.into_iter().map(|slot| Write::Delete { table: Table::Inline, key: keys::inline(content, slot) });
    let batch = Batch { writes: deletes.collect(), ..Batch::default() };
    Ok(service.store().commit(batch, Durability::Ordered).await?)
}

/// A content lies no longer over another: gives the use back, together with the task, so that it is given back once.
async fn give_back(service: &ObjectService, key: &[u8], content: Id, base: Id) -> Result<()> {
    transact!(service.store(), Durability::Ordered, |tx| {
        if tx.get(Table::Index, key).await?.is_none() {
            return Ok(());
        }
        tx.delete(Table::Index, key);
        service.tree().release_content(tx, content, ContentRef::Shared(base)).await
    })
}

/// The uploads of a bucket that is gone. No part is added any more: its transaction would read the bucket.
async fn uploads(service: &ObjectService, bucket: Id) -> Result<u64> {
    let mut deleted = 0;
    let prefix = keys::uploads_from(bucket, b"");
    let end = keys::behind(&prefix);
    loop {
        let uploads = service.store().snapshot()?.scan(&prefix, &end, LIST_FETCH_MAX, false).await?;
        if uploads.is_empty() {
            return Ok(deleted);
        }
        for (key, value) in uploads {
            let record = UploadRecord::decode(&value)?;
            let parts =
                keys::upload_parts(&key).ok_or_else(|| Error::Corrupt("an upload's key can't be read".into()))?;
            deleted += pages(service, parts.2, &record.location).await?;
            let writes = vec![Write::Delete { table: Table::Index, key }];
            service.store().commit(Batch { writes, ..Batch::default() }, Durability::Ordered).await?;
        }
    }
}

#[cfg(test)]
mod tests;
