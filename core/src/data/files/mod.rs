//! Blobs in files of a local directory, on ext4 or xfs.
//!
//! Always holds: a blob whose put was answered is on the device, its name too (T1, T4). Blobs of known length up to
//! [`VOLUME_BLOB_BYTES_MAX`](crate::limits::VOLUME_BLOB_BYTES_MAX) share preallocated volumes, and many of them one fdatasync; larger
//! ones, and those of unknown length that are longer than a piece, have a file of their own. No byte is given out unverified.
//!
//! | file | what is in it |
//! |---|---|
//! | `place` `record` | identities, locators and names; how a blob lies in a file |
//! | `open` `shared` | a start of the store, and what its parts share |
//! | `put` `gather` `draft` | a blob on its way in |
//! | `volume` `volumes` `group_sync` | volumes, which of them takes the next blob, and syncing many blobs at once |
//! | `get` `descriptors` | a blob on its way out |
//! | `list` | every blob |
//! | `space` `metrics` `syscalls` | room, counters, the system calls |

mod descriptors;
mod draft;
mod gather;
mod get;
mod group_sync;
mod list;
mod metrics;
mod open;
mod place;
mod put;
mod record;
mod shared;
mod space;
mod syscalls;
mod volume;
mod volumes;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};

pub use metrics::FilesMetrics;
pub use open::FilesOptions;

use self::place::Place;
use self::shared::Shared;
use super::{ByteStream, DataError, DataStore, Entry, Locator, Origin, Space, Span, Stored};
use crate::error::Error;
use crate::types::ByteRange;

/// A directory of blobs. Opened by [`FilesStore::open`]; the directory is locked until it, and the last reader, is dropped.
#[derive(Debug)]
pub struct FilesStore {
    shared: Arc<Shared>,
}

impl FilesStore {
    /// What was counted since the store was opened.
    pub fn metrics(&self) -> &FilesMetrics {
        &self.shared.metrics
    }

    /// Whether something of a put that failed could not be removed, and is left to the sweep of a later start.
    pub fn left_something(&self) -> bool {
        self.shared.metrics.failed_discards_total.load(Ordering::Relaxed) > 0
    }

    /// Hops that wait for a disk thread, by what the thread does.
    pub fn queued(&self) -> [(&'static str, usize); 3] {
        let Shared { writes, reads, deletes, .. } = &*self.shared;
        [("write", writes.queued()), ("read", reads.queued()), ("delete", deletes.queued())]
    }
}

impl DataStore for FilesStore {
    fn put(
        &self,
        origin: Origin,
        length: Option<u64>,
        body: ByteStream<Error>,
    ) -> BoxFuture<'_, Result<Stored, DataError>> {
        put::put(&self.shared, origin, length, body).boxed()
    }

    fn get(&self, locator: &Locator, length: u64, range: ByteRange) -> ByteStream {
        match Place::from_locator(locator) {
            Ok(place) if place.length == length => get::get(&self.shared, place, range),
            Ok(place) => {
                let message = format!("the index says {length} bytes of a blob that has {}", place.length);
                stream::iter([Err(DataError::Corrupt(message))]).boxed()
            }
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    fn delete<'a>(&'a self, locator: &'a Locator) -> BoxFuture<'a, Result<(), DataError>> {
        async move {
            let place = Place::from_locator(locator)?;
            let shared = self.shared.clone();
            self.shared.deletes.run(move || shared.remove(place)).await?.map_err(DataError::from)
        }
        .boxed()
    }

    fn list(&self) -> Option<BoxStream<'_, Result<Entry, DataError>>> {
        Some(list::list(&self.shared))
    }

    fn span(&self, locator: &Locator) -> Option<Span> {
        let place = Place::from_locator(locator).ok()?;
        let begin = place.id.offset;
        Some(Span { file: place.id.file.name(), begin, end: begin + record::record_bytes(place.length) })
    }

    fn clear<'a>(&'a self, remnant: &'a Span) -> BoxFuture<'a, Result<(), DataError>> {
        async move {
            let (shared, remnant) = (self.shared.clone(), remnant.clone());
            self.shared.deletes.run(move || shared.clear(&remnant)).await?.map_err(DataError::from)
        }
        .boxed()
    }

    fn space(&self) -> Option<Space> {
        let room = space::Headroom::of(&self.shared.root).ok()?;
        Some(room.space(self.shared.reserve_bytes))
    }
}
