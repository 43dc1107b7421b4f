//! Verified bytes of a stored content, streamed.
//!
//! Always holds: the stream gives exactly the bytes of the range, in order, or ends with an error; each byte was verified by its
//! store. At most one page of extents is held. The pin is held until the stream is dropped.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};

use super::{Extent, corrupt, metrics};
use crate::data::{ByteStream, DataError, DataStore};
use crate::error::{Error, Result};
use crate::types::ByteRange;

/// A content's extents in their order, page by page: a page is asked for when the one before is used up. A caller that knows
/// where a range begins starts with the page that holds it, and counts the range from that page's first byte.
pub type Pages = BoxStream<'static, Result<Vec<Extent>>>;

/// What keeps the bytes from being reclaimed.
pub type Held = Arc<dyn Any + Send + Sync>;

/// Streams `range`, counted from the first byte of the first page.
///
/// The stream's errors are those of the pages; [`Error::Corrupt`] (and a counter) where bytes are gone or not what was written,
/// or where the extents end before the range does; [`Error::Unavailable`] where the store does not answer.
pub fn read(store: Arc<dyn DataStore>, pages: Pages, range: ByteRange, held: Held) -> ByteStream<Error> {
    let reading = Reading {
        store,
        pages,
        page: Vec::new().into_iter(),
        blob: None,
        skip: range.offset,
        left: range.length,
        _held: held,
    };
    stream::unfold(Some(reading), |reading| async {
        let mut reading = reading?;
        match reading.next().await {
            Ok(None) => None,
            Ok(Some(chunk)) => Some((Ok(chunk), Some(reading))),
            // Whoever found the damage has counted it.
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

/// Streams `range` of a content that is inline.
pub fn read_inline(bytes: Bytes, range: ByteRange, held: Held) -> ByteStream<Error> {
    let slice =
        usize::try_from(range.offset).ok().zip(usize::try_from(range.length).ok()).and_then(|(offset, length)| {
            let end = offset.checked_add(length)?;
            (end <= bytes.len()).then(|| bytes.slice(offset..end))
        });
    let chunk = match slice {
        Some(chunk) => {
            metrics().bytes_read_total.add(chunk.len() as u64);
            (!chunk.is_empty()).then_some(Ok(chunk))
        }
        None => Some(Err(short(range.length))),
    };
    stream::iter(chunk)
        .map(move |chunk| {
            let _held = &held;
            chunk
        })
        .boxed()
}

struct Reading {
    store: Arc<dyn DataStore>,
    pages: Pages,
    page: std::vec::IntoIter<Extent>,
    /// The blob that is being read, and how many bytes of it are still to come.
    blob: Option<(ByteStream, u64)>,
    /// Bytes to step over before the range.
    skip: u64,
    /// Bytes of the range that no blob has been opened for.
    left: u64,
    _held: Held,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            if let Some((blob, expected)) = &mut self.blob {
                if *expected == 0 {
                    self.blob = None;
                    continue;
                }
                let chunk = match blob.next().await {
                    Some(chunk) => chunk.map_err(get_error)?,
                    None => return Err(corrupt(format!("a blob ended {expected} bytes early"))),
                };
                let size = chunk.len() as u64;
                *expected = expected
                    .checked_sub(size)
                    .ok_or_else(|| corrupt("a blob gave more bytes than were asked for".into()))?;
                if size == 0 {
                    continue;
                }
                metrics().bytes_read_total.add(size);
                return Ok(Some(chunk));
            }
            if self.left == 0 {
                return Ok(None);
            }
            match self.page.next() {
                Some(extent) if extent.length <= self.skip => self.skip -= extent.length,
                Some(extent) => {
                    let length = (extent.length - self.skip).min(self.left);
                    let range = ByteRange { offset: self.skip, length };
                    self.blob = Some((self.store.get(&extent.locator, extent.length, range), length));
                    self.skip = 0;
                    self.left -= length;
                }
                None => match self.pages.next().await.transpose()? {
                    Some(page) => self.page = page.into_iter(),
                    None => return Err(short(self.left)),
                },
            }
        }
    }
}

fn short(missing: u64) -> Error {
    corrupt(format!("the content's extents end {missing} bytes before its size"))
}

pub(crate) fn get_error(error: DataError) -> Error {
    match error {
        DataError::NotFound => corrupt("a blob that the index names is not there".into()),
        DataError::Corrupt(text) => corrupt(text),
        DataError::Unavailable(text) => Error::Unavailable(text),
        DataError::Source(error) => *error,
        DataError::Full(text) | DataError::Failed(text) => Error::Internal(text),
    }
}

#[cfg(test)]
mod tests;
