//! Bytes of one page on their way to a blob.
//!
//! Always holds: the bytes stay in memory until the blob is durable; the blob is deleted when this is dropped before its name was committed,
//! and may be told to be (`Uncommitted`). Whoever asks while another stores it waits for that; after a failure the next to ask stores it
//! anew, as another blob.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use super::budget::Charge;
use crate::content::{Extent, Pins, Uncommitted, get_error, put_error};
use crate::data::{Location, Origin};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::metadata::keys::Id;
use crate::types::ByteRange;

pub(super) struct Outgoing {
    /// The content that will name the blob, and the page.
    pub(super) content: Id,
    pub(super) page: u32,
    pub(super) length: u32,
    location: Location,
    waiting: Mutex<Option<(Bytes, Charge)>>,
    stored: OnceCell<Stored>,
}

struct Stored {
    extent: Extent,
    uncommitted: Mutex<Option<Uncommitted>>,
}

impl Outgoing {
    pub(super) fn new(content: Id, page: u32, location: Location, bytes: Bytes, mut charge: Charge) -> Arc<Self> {
        charge.set(bytes.len());
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let waiting = Mutex::new(Some((bytes, charge)));
        Arc::new(Self { content, page, length, location, waiting, stored: OnceCell::new() })
    }

    /// The blob, once it is stored.
    pub(super) fn extent(&self) -> Option<&Extent> {
        self.stored.get().map(|stored| &stored.extent)
    }

    /// Stores the bytes, if they are not yet.
    pub(super) async fn store(&self, writers: &Pins, bucket: &str, key: &str) -> Result<()> {
        self.stored.get_or_try_init(|| self.put(writers, bucket, key)).await?;
        *self.waiting.lock() = None;
        Ok(())
    }

    async fn put(&self, writers: &Pins, bucket: &str, key: &str) -> Result<Stored> {
        let writing = writers.pin(self.content);
        let bytes = self.waiting.lock().as_ref().map(|(bytes, _)| bytes.clone());
        let bytes = bytes.ok_or_else(|| Error::Internal("bytes to be stored are gone".into()))?;
        let origin = Origin { content: self.content, page: self.page, bucket: bucket.into(), key: key.into() };
        let length = bytes.len() as u64;
        let body = futures::stream::iter([Ok(bytes)]).boxed();
        let stored = self.location.store.put(origin, Some(length), body).await.map_err(put_error)?;
        let guard = Uncommitted::new(self.location.store.clone(), vec![stored.locator.clone()], writing);
        failpoint!("session.stored", io);
        if stored.length != length {
            return Err(Error::Internal(format!("the store kept {} bytes of {length}", stored.length)));
        }
        Ok(Stored { extent: Extent { locator: stored.locator, length }, uncommitted: Mutex::new(Some(guard)) })
    }

    /// The name is on its way.
    pub(super) fn submitted(&self) {
        if let Some(stored) = self.stored.get()
            && let Some(uncommitted) = stored.uncommitted.lock().as_mut()
        {
            uncommitted.submitted();
        }
    }

    /// The name was certainly not committed.
    pub(super) fn refused(&self) {
        if let Some(stored) = self.stored.get()
            && let Some(uncommitted) = stored.uncommitted.lock().as_mut()
        {
            uncommitted.refused();
        }
    }

    /// The name is committed.
    pub(super) fn named(&self) {
        if let Some(stored) = self.stored.get()
            && let Some(uncommitted) = stored.uncommitted.lock().take()
        {
            uncommitted.commit();
        }
    }

    /// Bytes of it, from memory or from the blob.
    pub(super) async fn read(&self, at: u32, length: u32) -> Result<Vec<Bytes>> {
        if let Some((bytes, _)) = self.waiting.lock().as_ref() {
            let from = at as usize;
            return Ok(vec![bytes.slice(from..from + length as usize)]);
        }
        let extent = self.extent().ok_or_else(|| Error::Internal("written bytes are nowhere".into()))?;
        let range = ByteRange { offset: at.into(), length: length.into() };
        self.location.store.get(&extent.locator, extent.length, range).map_err(get_error).try_collect().await
    }

    /// All of it.
    pub(super) async fn whole(&self) -> Result<Bytes> {
        let chunks = self.read(0, self.length).await?;
        let mut whole = BytesMut::with_capacity(self.length as usize);
        chunks.iter().for_each(|chunk| whole.extend_from_slice(chunk));
        Ok(whole.freeze())
    }
}
