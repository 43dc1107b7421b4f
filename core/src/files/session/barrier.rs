//! Making stable what was committed in order.
//!
//! Always holds: a commit is noted before it is answered; [`Barrier::wait_for`] answers when the index was synced after all that were noted
//! before it was called. Where none was, it costs nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::error::Result;
use crate::metadata::MetadataStore;

#[derive(Debug, Default)]
pub(crate) struct Barrier {
    /// Ordered commits so far, and how many of them are known to be stable.
    ordered: AtomicU64,
    synced: AtomicU64,
    noted: Notify,
}

impl Barrier {
    /// A change was committed with `Durability::Ordered`.
    pub(crate) fn note(&self) {
        self.ordered.fetch_add(1, Ordering::AcqRel);
        self.noted.notify_one();
    }

    /// Whether all that was noted is stable.
    pub(crate) fn is_stable(&self) -> bool {
        self.synced.load(Ordering::Acquire) >= self.ordered.load(Ordering::Acquire)
    }

    /// Waits until something may have been noted.
    pub(crate) async fn noted(&self) {
        self.noted.notified().await;
    }

    /// All that was noted so far is stable after this.
    pub(crate) async fn wait_for(&self, store: &dyn MetadataStore) -> Result<()> {
        let upto = self.ordered.load(Ordering::Acquire);
        if self.synced.load(Ordering::Acquire) >= upto {
            return Ok(());
        }
        store.sync().await?;
        self.synced.fetch_max(upto, Ordering::AcqRel);
        Ok(())
    }
}
