//! Blobs that wait for their name.
//!
//! Always holds: blobs whose name certainly was not committed are deleted, even where the request was cancelled between; blobs
//! whose name may have been committed are never deleted here. What a crash leaves is found by the search for orphans.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::metrics;
use crate::data::{DataStore, Locator};

/// Deletes its blobs in the background when it is dropped, unless it was told otherwise. Call [`Uncommitted::submitted`] **before**
/// the transaction that names the blobs is handed to the index, as from then on it may be committed although nobody waits for the
/// answer any more; [`Uncommitted::refused`] when the index answered that it changed nothing; [`Uncommitted::commit`] when the
/// names are there. An answer of unknown outcome needs no call: the blobs stay.
#[derive(Debug, Default)]
#[must_use = "dropped, it deletes the blobs"]
pub struct Uncommitted {
    blobs: Option<Blobs>,
    submitted: bool,
}

#[derive(Debug)]
struct Blobs {
    store: Arc<dyn DataStore>,
    locators: Vec<Locator>,
    /// `None` outside a runtime: then nothing can be deleted here.
    runtime: Option<Handle>,
}

impl Uncommitted {
    /// Guards nothing: contents that are inline or empty.
    pub fn none() -> Self {
        Self::default()
    }

    /// Guards the blobs at `locators`. To be called within a tokio runtime.
    pub fn new(store: Arc<dyn DataStore>, locators: Vec<Locator>) -> Self {
        let runtime = Handle::try_current().ok();
        Self { blobs: Some(Blobs { store, locators, runtime }), submitted: false }
    }

    /// The transaction is on its way: its outcome is unknown until it is answered.
    pub fn submitted(&mut self) {
        self.submitted = true;
    }

    /// The transaction certainly changed nothing.
    pub fn refused(&mut self) {
        self.submitted = false;
    }

    /// The names are committed.
    pub fn commit(mut self) {
        self.blobs = None;
    }

    /// There will be no names: deletes the blobs, and answers when that is done. Where the caller stops waiting, it is done all the same.
    pub async fn delete(mut self) {
        let Some(blobs) = self.blobs.as_ref() else { return };
        for locator in &blobs.locators {
            if let Err(error) = blobs.store.delete(locator).await {
                Blobs::left_one(&error);
            }
        }
        metrics().blobs_abandoned_total.add(blobs.locators.len() as u64);
        self.blobs = None;
    }
}

impl Drop for Uncommitted {
    fn drop(&mut self) {
        let Some(blobs) = self.blobs.take().filter(|blobs| !self.submitted && !blobs.locators.is_empty()) else {
            return;
        };
        metrics().blobs_abandoned_total.add(blobs.locators.len() as u64);
        let Some(runtime) = blobs.runtime.clone() else {
            return blobs.left(&"there is no runtime to delete them in");
        };
        runtime.spawn(async move {
            for locator in &blobs.locators {
                if let Err(error) = blobs.store.delete(locator).await {
                    Blobs::left_one(&error);
                }
            }
        });
    }
}

impl Blobs {
    fn left(&self, why: &dyn std::fmt::Display) {
        self.locators.iter().for_each(|_| Self::left_one(why));
    }

    fn left_one(why: &dyn std::fmt::Display) {
        metrics().blobs_orphaned_total.add(1);
        tracing::warn!(error = %why, "a blob without a name could not be deleted; the search for orphans will find it");
    }
}
