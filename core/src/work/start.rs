//! The start of a process on a store.
//!
//! Always holds: an epoch is given out once, ever, in a synced commit: what a process makes under its epoch is told from what any
//! other made. An index of a format that this release does not know is not touched.

use crate::error::{Error, Result};
use crate::metadata::keys;
use crate::metadata::records::{Number, Record};
use crate::metadata::{Batch, Durability, MetadataStore, Table, Write};
use crate::namespace::advance;

/// The layout of the index as a whole. Raised when a release lays it out anew, with a migration.
const FORMAT: u64 = 1;

#[cfg(test)]
mod tests;

/// Checks the format (and writes it into a new index), then allots this process's epoch. To be called once, before the data stores
/// are opened.
pub async fn start(store: &dyn MetadataStore) -> Result<u64> {
    let at = [(Table::Index, keys::FORMAT.to_vec())];
    let (stamp, values) = store.get_many(&at).await?;
    match &values[0] {
        Some(value) => {
            let found = Number::decode(value)?.0;
            if found != FORMAT {
                return Err(Error::Unavailable(format!(
                    "the index has format {found}, this release knows {FORMAT}; use the release that wrote it, or a newer one"
                )));
            }
        }
        None => {
            let put = Write::Put { table: Table::Index, key: keys::FORMAT.to_vec(), value: Number(FORMAT).encode() };
            let batch = Batch {
                reads: vec![(Table::Index, keys::FORMAT.to_vec(), stamp)],
                writes: vec![put],
                ..Batch::default()
            };
            store.commit(batch, Durability::Synced).await?;
        }
    }
    advance(store, keys::EPOCH, 1).await
}
