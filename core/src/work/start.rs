//! What a process does with an index before it serves: look at its format, and take an epoch of its own.
//!
//! Always holds: an index of a newer format is refused, not guessed at; an epoch is taken in a synced commit before the first blob
//! of it is written, and never taken twice.

use crate::error::{Error, Result};
use crate::failpoint;
use crate::metadata::records::{Number, Record};
use crate::metadata::{Batch, Durability, MetadataStore, Table, Write, keys};
use crate::namespace::advance;

/// The format of the whole index that this program writes. A higher one is refused; a lower one is migrated here.
pub const FORMAT: u64 = 2;

/// Checks the format, and marks a new index with it.
pub async fn check_format(store: &dyn MetadataStore) -> Result<()> {
    let (_, values) = store.get_many(&[(Table::Index, keys::FORMAT.to_vec())]).await?;
    match values[0].as_deref().map(Number::decode).transpose()? {
        Some(Number(FORMAT)) => Ok(()),
        Some(Number(1)) => {
            super::migrate::to_2(store).await?;
            mark(store).await
        }
        Some(Number(found)) => Err(Error::Unavailable(format!(
            "the index has format {found} and this release knows {FORMAT}; start the release that wrote it"
        ))),
        None => mark(store).await,
    }
}

async fn mark(store: &dyn MetadataStore) -> Result<()> {
    let writes = vec![Write::Put { table: Table::Index, key: keys::FORMAT.to_vec(), value: Number(FORMAT).encode() }];
    Ok(store.commit(Batch { writes, ..Batch::default() }, Durability::Synced).await?)
}

/// Takes the epoch of this process: above those of all before it.
pub async fn take_epoch(store: &dyn MetadataStore) -> Result<u64> {
    failpoint!("epoch.before_take", io);
    let epoch = advance(store, keys::EPOCH, 1).await?;
    failpoint!("epoch.taken", io);
    Ok(epoch)
}
