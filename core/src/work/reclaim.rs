//! Reclaim: the bytes that nothing names any more.
//!
//! Always holds (T3): a task was committed with the change that let go of the bytes, so nothing committed names them; blobs go only
//! while no reader has their content pinned. A task is removed after its blobs are gone: a crash between repeats it, and deleting
//! what is gone succeeds.

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};

use crate::content::Extent;
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{LIST_FETCH_MAX, RECLAIM_CONCURRENCY, RECLAIM_IDLE};
use crate::metadata::keys::{self, Id, Queue};
use crate::metadata::records::{PartRecord, ReclaimTask, Record, UploadRecord};
use crate::metadata::{Batch, Durability, Key, Table, Write};
use crate::objects::ObjectService;

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub tasks_done: u64,
    pub blobs_deleted: u64,
    /// Tasks that wait: for a reader to end, or for a place that did not answer.
    pub tasks_waiting: u64,
}

/// Carries out tasks until `stop` resolves, then breaks off where it is: what was not recorded as done is done again by the next
/// process. Errors are logged and met again in the next round.
pub async fn run(service: ObjectService, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let round = tokio::select! {
            () = &mut stop => return,
            round = round(&service) => round,
        };
        let waiting = match round {
            Ok(Round { tasks_done: 1.., tasks_waiting: 0, .. }) => Duration::ZERO,
            Ok(_) => RECLAIM_IDLE,
            Err(error) => {
                tracing::warn!(%error, "reclaim could not go on; it tries again");
                RECLAIM_IDLE
            }
        };
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(waiting) => {}
        }
    }
}

/// Carries out what is in the queue now. Tests call it to have nothing left.
pub async fn round(service: &ObjectService) -> Result<Round> {
    let mut round = Round::default();
    let prefix = keys::tasks(Queue::Reclaim);
    let end = keys::behind(&prefix);
    let mut start = prefix;
    loop {
        let tasks = service.store().snapshot()?.scan(&start, &end, LIST_FETCH_MAX, false).await?;
        let full = tasks.len() == LIST_FETCH_MAX;
        if let Some((last, _)) = tasks.last() {
            start = [last, &[0][..]].concat();
        }
        let outcomes = stream::iter(tasks)
            .map(|(key, value)| async move { (carry_out(service, &value).await, key) })
            .buffer_unordered(RECLAIM_CONCURRENCY)
            .collect::<Vec<_>>()
            .await;
        let mut done: Vec<Key> = Vec::new();
        for (outcome, key) in outcomes {
            match outcome {
                Ok(Some(blobs)) => {
                    round.blobs_deleted += blobs;
                    done.push(key);
                }
                Ok(None) => round.tasks_waiting += 1,
                Err(error) => {
                    tracing::warn!(%error, "a reclaim task waits");
                    round.tasks_waiting += 1;
                }
            }
        }
        if !done.is_empty() {
            failpoint!("reclaim.before_done", io);
            round.tasks_done += done.len() as u64;
            let writes = done.into_iter().map(|key| Write::Delete { table: Table::Index, key }).collect();
            service.store().commit(Batch { writes, ..Batch::default() }, Durability::Ordered).await?;
        }
        if !full {
            return Ok(round);
        }
    }
}

/// The number of blobs deleted, or `None` where a reader is still at them.
async fn carry_out(service: &ObjectService, task: &[u8]) -> Result<Option<u64>> {
    match ReclaimTask::decode(task)? {
        ReclaimTask::Blobs { content, location, extents } => {
            if service.inner.pins.is_pinned(content) {
                return Ok(None);
            }
            delete_blobs(service, &location, &extents).await.map(Some)
        }
        ReclaimTask::Pages { content, location } => {
            if service.inner.pins.is_pinned(content) {
                return Ok(None);
            }
            pages(service, content, &location).await.map(Some)
        }
        ReclaimTask::Uploads { bucket } => uploads(service, bucket).await.map(Some),
    }
}

async fn delete_blobs(service: &ObjectService, location: &str, extents: &[Extent]) -> Result<u64> {
    let store = Arc::clone(&service.location(location)?.store);
    for extent in extents {
        failpoint!("reclaim.before_blob", io);
        store.delete(&extent.locator).await.map_err(|error| Error::Unavailable(error.to_string()))?;
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
        service.store().commit(Batch { writes, ..Batch::default() }, Durability::Ordered).await?;
    }
}

/// The uploads of a bucket that is gone.
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
