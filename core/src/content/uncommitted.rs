//! Blobs that wait for their name.
//!
//! Always holds: blobs whose name certainly was not committed are deleted, even where the request was cancelled between; blobs
//! whose name may have been committed are never deleted here. From before a blob is put until its name is committed, or it is gone,
//! its content is among the writers' ([`ObjectService`](crate::objects::ObjectService) keeps them): so the search for orphans
//! leaves it alone, and finds what could not be deleted.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::{Pin, metrics};
use crate::data::{DataStore, Locator};
use crate::limits::{ABANDONED_DELETE_ATTEMPTS_MAX, ABANDONED_DELETE_WAIT};

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
    /// Keeps the content among the writers'.
    writing: Pin,
}

impl Uncommitted {
    /// Guards nothing: contents that are inline or empty.
    pub fn none() -> Self {
        Self::default()
    }

    /// Guards the blobs at `locators`. To be called within a tokio runtime.
    pub fn new(store: Arc<dyn DataStore>, locators: Vec<Locator>, writing: Pin) -> Self {
        let runtime = Handle::try_current().ok();
        Self { blobs: Some(Blobs { store, locators, runtime, writing }), submitted: false }
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

    /// There will be no names: deletes the blobs, and answers when that is done. What can't be deleted now is tried again in the
    /// background, as if this had been dropped; so is all where the caller stops waiting.
    pub async fn delete(mut self) {
        let Some(blobs) = &self.blobs else { return };
        for locator in &blobs.locators {
            if blobs.store.delete(locator).await.is_err() {
                return;
            }
        }
        metrics().blobs_abandoned_total.add(blobs.locators.len() as u64);
        self.blobs = None;
    }
}

impl Drop for Uncommitted {
    fn drop(&mut self) {
        let Some(blobs) = self.blobs.take().filter(|blobs| !blobs.locators.is_empty()) else { return };
        if self.submitted {
            // Named or not, only the next start can tell.
            return blobs.writing.keep();
        }
        metrics().blobs_abandoned_total.add(blobs.locators.len() as u64);
        match blobs.runtime.clone() {
            None => blobs.left(&"there is no runtime to delete them in"),
            Some(runtime) => drop(runtime.spawn(async move { blobs.delete().await })),
        }
    }
}

impl Blobs {
    async fn delete(self) {
        for locator in &self.locators {
            let mut wait = ABANDONED_DELETE_WAIT;
            for attempt in 1.. {
                match self.store.delete(locator).await {
                    Ok(()) => break,
                    Err(error) if attempt >= ABANDONED_DELETE_ATTEMPTS_MAX => {
                        Self::left_one(&error);
                        break;
                    }
                    Err(_) => {
                        tokio::time::sleep(wait).await;
                        wait *= 2;
                    }
                }
            }
        }
    }

    fn left(&self, why: &dyn std::fmt::Display) {
        self.locators.iter().for_each(|_| Self::left_one(why));
    }

    fn left_one(why: &dyn std::fmt::Display) {
        metrics().blobs_orphaned_total.add(1);
        tracing::warn!(error = %why, "a blob without a name could not be deleted; the search for orphans will find it");
    }
}
