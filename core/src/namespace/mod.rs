//! The tree: dentries and nodes. The only code that changes names (T6).
//!
//! Always holds:
//! * A directory's name ends in `/`, so a depth-first walk in key order is the byte order of flat keys.
//! * A directory stands in the live space (`D`) exactly while a live name is below it, and in the version space (`V`) while only
//!   versions are; it is nowhere when nothing is. A live name's version is current; all else of a name is in the version space.
//! * What a change decides from a scan is guarded: adding to a directory holds its lock shared, finding it empty holds it
//!   exclusive and looks again after that; the versions of one name change under that name's lock, taken before the name is read.
//!   Locks are taken in the order rename, names, directories from the leaf upwards, a rename's source before its target.
//! * In a bucket with versions, what files write to is a draft (`drafts.rs`), which S3 does not see until it is sealed.
//! * Each change, the garbage it leaves and the tasks it causes are one transaction (T2).

mod cache;
mod current;
mod directories;
mod drafts;
mod entries;
mod garbage;
mod ids;
mod insert;
mod list;
mod list_versions;
mod materialize;
mod nodes;
mod opens;
mod place;
mod prune;
mod readers;
mod remove;
mod rename;
mod resolve;
mod versions;
mod walk;

use std::sync::Arc;

pub use current::{Current, summary_of};
pub(crate) use directories::Directory;
pub(crate) use entries::{Named, directory_name};
pub use ids::{Ids, advance};
pub use insert::{Inserted, NewNode};
pub(crate) use list::rolled_up;
pub use list::{ListQuery, Listed};
pub use list_versions::{ListedVersion, VersionsQuery};
pub use opens::{Hold, Opens};
pub use place::{Place, State, Step};
pub(crate) use prune::Left;
pub(crate) use remove::Hides;
pub use remove::Removed;
pub use resolve::Bucket;
pub use versions::Found;

use crate::clock::Clock;
use crate::limits::{DIRECTORY_LOCK_WAIT, FIRST_LOCK_WAIT};
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::{Key, LockMode, MetadataStore};

/// What a transaction's body gives.
pub(crate) type TxResult<T> = Result<T, TxError>;

/// The tree over an index. One per process.
pub struct Tree {
    pub(crate) store: Arc<dyn MetadataStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Ids,
    cache: cache::Cache,
    opens: Opens,
    /// Kept by transactions until their outcome is known.
    readers: Arc<readers::Readers>,
}

impl Tree {
    pub fn new(store: Arc<dyn MetadataStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            ids: Ids::new(Arc::clone(&store)),
            cache: cache::Cache::default(),
            opens: Opens::default(),
            readers: Arc::default(),
            store,
            clock,
        }
    }

    /// The nodes that are open.
    pub(crate) fn opens(&self) -> &Opens {
        &self.opens
    }

    /// Takes a lock for the rest of the transaction. Directories are locked upwards, which a rename between two walks can turn
    /// round: who holds locks and waits that long runs again instead. Who holds none stands in nobody's way, and keeps its place
    /// in the queue of a much wanted name for longer.
    pub(crate) async fn lock(&self, tx: &mut Transaction<'_>, key: Key, mode: LockMode) -> TxResult<()> {
        let patience = if tx.holds_locks() { DIRECTORY_LOCK_WAIT } else { FIRST_LOCK_WAIT };
        match tokio::time::timeout(patience, tx.lock(&key, mode)).await {
            Ok(taken) => Ok(taken?),
            Err(_) => Err(TxError::Conflict),
        }
    }
}

#[cfg(test)]
mod tests;
