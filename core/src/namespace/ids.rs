//! Ids of nodes, contents and buckets.
//!
//! Always holds (T3): an id is given out once, ever. One synced record leases a block of them; a crash loses the rest of the block.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{ID_LEASE, TRANSACTION_ATTEMPTS_MAX};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Number, Record};
use crate::metadata::{Batch, CommitError, Durability, MetadataStore, Table, Write};

#[derive(Debug, Default)]
struct Lease {
    next: Id,
    end: Id,
}

pub struct Ids {
    store: Arc<dyn MetadataStore>,
    lease: Mutex<Lease>,
    /// Held while a new block is being leased, so that one caller does it and the others wait.
    renewing: tokio::sync::Mutex<()>,
}

impl Ids {
    pub fn new(store: Arc<dyn MetadataStore>) -> Self {
        Self { store, lease: Mutex::default(), renewing: tokio::sync::Mutex::default() }
    }

    pub async fn next(&self) -> Result<Id> {
        loop {
            if let Some(id) = self.leased() {
                return Ok(id);
            }
            let _renewing = self.renewing.lock().await;
            if let Some(id) = self.leased() {
                return Ok(id);
            }
            failpoint!("ids.before_lease", io);
            let start = advance(&*self.store, keys::NEXT_ID, ID_LEASE).await?.max(1);
            failpoint!("ids.leased", io);
            *self.lease.lock() = Lease { next: start, end: start + ID_LEASE };
        }
    }

    fn leased(&self) -> Option<Id> {
        let mut lease = self.lease.lock();
        let id = lease.next;
        (id < lease.end).then(|| {
            lease.next += 1;
            id
        })
    }
}

/// Raises a number in the index by `step` in a synced commit of its own; answers what it was (1 where it was absent).
pub async fn advance(store: &dyn MetadataStore, key: &[u8], step: u64) -> Result<u64> {
    for _ in 0..TRANSACTION_ATTEMPTS_MAX {
        let at = [(Table::Index, key.to_vec())];
        let (stamp, values) = store.get_many(&at).await?;
        let was = match &values[0] {
            Some(value) => Number::decode(value)?.0,
            None => 1,
        };
        let batch = Batch {
            reads: vec![(Table::Index, key.to_vec(), stamp)],
            writes: vec![Write::Put { table: Table::Index, key: key.to_vec(), value: Number(was + step).encode() }],
            ..Batch::default()
        };
        match store.commit(batch, Durability::Synced).await {
            Ok(()) => return Ok(was),
            Err(CommitError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Unavailable("a counter of the store is contended".into()))
}
