//! Forgetting: records that are of no use any more at a certain time: tokens of renames, and what completed uploads leave.
//!
//! Always holds: a record's task was committed with the record, and goes with it in one transaction. A record that was written
//! anew meanwhile stays: it has a task of its own.

use std::time::Duration;

use crate::error::Result;
use crate::limits::{FORGET_PAUSE, LIST_FETCH_MAX};
use crate::metadata::keys::{self, Queue};
use crate::metadata::records::{ForgetTask, Record, RenameToken};
use crate::metadata::{Durability, Table};
use crate::objects::ObjectService;
use crate::transact;

/// Forgets what is due until `stop` resolves. Errors are logged and met again in the next round.
pub async fn run(service: ObjectService, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let pause = match round(&service).await {
            Ok(LIST_FETCH_MAX) => Duration::ZERO,
            Ok(_) => FORGET_PAUSE,
            Err(error) => {
                tracing::warn!(%error, "what is due could not be forgotten; it is tried again");
                FORGET_PAUSE
            }
        };
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Carries out what is due now, at most so many tasks as one transaction takes; their number.
pub async fn round(service: &ObjectService) -> Result<usize> {
    let now = service.inner.parts.clock.now();
    let (start, end) = (keys::tasks(Queue::Forget), keys::task(Queue::Forget, now.0.saturating_add(1), 0));
    let tasks = service.store().snapshot()?.scan(&start, &end, LIST_FETCH_MAX, false).await?;
    if tasks.is_empty() {
        return Ok(0);
    }
    transact!(service.store(), Durability::Ordered, |tx| {
        for (task, value) in &tasks {
            match ForgetTask::decode(value) {
                Ok(ForgetTask::RenameToken { bucket, token }) => {
                    let at = keys::rename_token(bucket, &token);
                    if let Some(value) = tx.get(Table::Index, &at).await?
                        && RenameToken::decode(&value)?.forgotten_at() <= now
                    {
                        tx.delete(Table::Index, at);
                    }
                }
                Ok(ForgetTask::CompletedUpload { content }) => tx.delete(Table::Index, keys::completed(content)),
                // Its record stays behind; nothing else is kept from going.
                Err(error) => tracing::error!(%error, "a task to forget something is damaged"),
            }
            tx.delete(Table::Index, task.clone());
        }
        Ok(tasks.len())
    })
}

#[cfg(test)]
mod tests;
