//! The one way bytes come in: a body is gathered or stored, hashed, compared, and waits for its name.
//!
//! Always holds (T1): what [`write`] answers is durable in the location, or inline and small, and every digest that the sender gave
//! was found right. Whatever fails, no blob stays: the store keeps nothing of a stream that failed, a blob whose digests are wrong is
//! deleted before the answer, and the rest by [`Uncommitted`].

use bytes::{Bytes, BytesMut};
use futures::stream::{self, StreamExt};

use super::hashed_body::{Arrived, Ended, HashedBody};
use super::{Body, Extent, Pin, Uncommitted, Upload, Written, metrics};
use crate::data::{ByteStream, DataError, Location, Origin};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{HASH_HERE_BYTES_MAX, INLINE_BYTES_MAX, PUT_BYTES_MAX};
use crate::types::ChecksumAlgorithm;

/// Takes a body in, whole. `origin` says for what, where the location keeps that with the blob. `extra` is an algorithm that is
/// wanted besides the sender's: where the sender named none it takes the place of CRC64NVME. `writing` keeps the content among those
/// that are being written until its name is committed, or nothing is left of it.
///
/// # Errors
/// The body's own; [`Error::IncompleteBody`] where it is shorter or longer than announced, or its trailer did not come;
/// [`Error::PayloadHashMismatch`], [`Error::BadMd5`], [`Error::BadDigest`]; [`Error::EntityTooLarge`] above 5 GiB; and those of the
/// location.
pub async fn write(
    upload: Upload,
    location: &Location,
    origin: Origin,
    extra: Option<ChecksumAlgorithm>,
    writing: Pin,
) -> Result<Written> {
    let length = upload.length;
    if let Some(size) = length.filter(|length| *length > PUT_BYTES_MAX) {
        return Err(Error::EntityTooLarge { size, max: PUT_BYTES_MAX });
    }
    let kept = upload.expected.checksum.algorithm().or(extra).unwrap_or(ChecksumAlgorithm::Crc64Nvme);
    let (mut body, ended) = HashedBody::new(upload, kept, extra);

    let (length, stream): (Option<u64>, ByteStream<Error>) = match length {
        Some(length) if length > INLINE_BYTES_MAX as u64 => {
            if length > HASH_HERE_BYTES_MAX as u64 {
                body.hash_beside();
            }
            (Some(length), body.boxed())
        }
        _ => match gather(&mut body).await? {
            Gathered::Whole(bytes) if bytes.is_empty() => {
                return done(arrived(ended).await.unwrap_or_else(early)?, kept, extra, Body::Empty, None);
            }
            Gathered::Whole(bytes) if location.inline => {
                return done(arrived(ended).await.unwrap_or_else(early)?, kept, extra, Body::Inline(bytes), None);
            }
            Gathered::Whole(bytes) => (Some(bytes.len() as u64), stream::iter([Ok(bytes)]).boxed()),
            Gathered::Prefix(chunks) => {
                body.hash_beside();
                (None, stream::iter(chunks.into_iter().map(Ok)).chain(body).boxed())
            }
        },
    };

    failpoint!("content.before_put", io);
    let stored = async {
        let stored = location.store.put(origin, length, stream).await?;
        let uncommitted = Uncommitted::new(location.store.clone(), vec![stored.locator.clone()], writing);
        Ok((Extent { locator: stored.locator, length: stored.length }, uncommitted))
    };
    // The last digests are finished while the store syncs.
    match tokio::join!(stored, arrived(ended)) {
        (Ok((extent, uncommitted)), Some(Ok(arrived))) => {
            failpoint!("content.after_put", io);
            done(arrived, kept, extra, Body::Extents(vec![extent]), Some(uncommitted))
        }
        (Ok((_, uncommitted)), Some(Err(error))) => {
            uncommitted.delete().await;
            Err(error)
        }
        (Ok(_), None) => early(),
        // Whatever the store made of it: the body's own error is the answer.
        (Err(_), Some(Err(error))) => Err(error),
        (Err(error), _) => Err(put_error(error)),
    }
}

/// Waits for the body's end and its digests. `None` where the body was given up before its end.
async fn arrived(ended: Ended) -> Option<Result<Arrived>> {
    match ended.await.ok()? {
        Ok(tail) => Some(tail.finish().await),
        Err(error) => Some(Err(error)),
    }
}

fn early<T>() -> Result<T> {
    Err(Error::Internal("the store answered before the body had ended".into()))
}

/// Puts the answer together, after everything was compared.
fn done(
    arrived: Arrived,
    kept: ChecksumAlgorithm,
    extra: Option<ChecksumAlgorithm>,
    body: Body,
    uncommitted: Option<Uncommitted>,
) -> Result<Written> {
    let Arrived { size, finished } = arrived;
    let placed = match &body {
        Body::Empty => 0,
        Body::Inline(bytes) => bytes.len() as u64,
        Body::Extents(extents) => extents.iter().map(|extent| extent.length).sum(),
    };
    if placed != size {
        return Err(Error::Internal(format!("the store kept {placed} bytes of {size}")));
    }
    let missing = || Error::Internal("a digest was not computed".into());
    let written = Written {
        body,
        size,
        md5: finished.md5().ok_or_else(missing)?,
        checksum: finished.checksum(kept).ok_or_else(missing)?,
        extra: extra.map(|extra| finished.checksum(extra).ok_or_else(missing)).transpose()?,
        uncommitted: uncommitted.unwrap_or_default(),
    };
    metrics().bodies_written_total.add(1);
    metrics().bytes_written_total.add(size);
    Ok(written)
}

enum Gathered {
    /// The body has ended, and all was compared.
    Whole(Bytes),
    /// More than may be inline; the body goes on.
    Prefix(Vec<Bytes>),
}

/// Reads up to the inline bound, and one chunk further.
async fn gather(body: &mut HashedBody) -> Result<Gathered> {
    let mut chunks = Vec::new();
    let mut size = 0;
    while let Some(chunk) = body.next().await.transpose()? {
        size += chunk.len();
        chunks.push(chunk);
        if size > INLINE_BYTES_MAX {
            return Ok(Gathered::Prefix(chunks));
        }
    }
    if chunks.len() <= 1 {
        return Ok(Gathered::Whole(chunks.pop().unwrap_or_default()));
    }
    let mut bytes = BytesMut::with_capacity(size);
    chunks.iter().for_each(|chunk| bytes.extend_from_slice(chunk));
    Ok(Gathered::Whole(bytes.freeze()))
}

pub(crate) fn put_error(error: DataError) -> Error {
    match error {
        DataError::Source(error) => *error,
        DataError::Full(text) => Error::StorageFull(text),
        DataError::Unavailable(text) => Error::Unavailable(text),
        DataError::Corrupt(text) => Error::Corrupt(text),
        DataError::NotFound => Error::Internal("the store lost the blob that it was writing".into()),
        DataError::Failed(text) => Error::Internal(text),
    }
}

#[cfg(test)]
mod tests;
