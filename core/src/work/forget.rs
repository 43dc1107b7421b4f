//! Forgets completed uploads, once their time is over.
//!
//! Always holds: a record and the task that forgets it were put in one commit and go in one commit; what is not due stays. A round
//! holds [`LIST_FETCH_MAX`] tasks at once.

use crate::error::{Error, Result};
use crate::limits::{FORGET_INTERVAL, LIST_FETCH_MAX};
use crate::metadata::keys::{self, Queue};
use crate::metadata::records::{Number, Record};
use crate::metadata::{Batch, Durability, Table, Write};
use crate::objects::ObjectService;

/// Does it again and again until `stop` resolves. Errors are logged and met again in the next round.
pub async fn run(service: ObjectService, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        if let Err(error) = round(&service).await {
            tracing::warn!(%error, "completed uploads could not be forgotten; it is tried again");
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(FORGET_INTERVAL) => {}
        }
    }
}

/// Forgets what is due now; how many uploads that were.
pub async fn round(service: &ObjectService) -> Result<u64> {
    let start = keys::tasks(Queue::Forget);
    let end = keys::task(Queue::Forget, service.inner.parts.clock.now().0.saturating_add(1), 0);
    let mut forgotten = 0;
    loop {
        let due = service.store().snapshot()?.scan(&start, &end, LIST_FETCH_MAX, false).await?;
        if due.is_empty() {
            return Ok(forgotten);
        }
        forgotten += due.len() as u64;
        let mut writes = Vec::with_capacity(2 * due.len());
        for (key, value) in due {
            match Number::decode(&value).map_err(Error::from) {
                Ok(Number(content)) => {
                    writes.push(Write::Delete { table: Table::Index, key: keys::completed(content) })
                }
                // The record stays behind; nothing else is kept from going.
                Err(error) => tracing::error!(%error, "a task to forget an upload is damaged"),
            }
            writes.push(Write::Delete { table: Table::Index, key });
        }
        service.store().commit(Batch { writes, ..Batch::default() }, Durability::Ordered).await?;
    }
}
