//! A blob on its way in.
//!
//! Always holds: while one piece is written the next is received, and no more than these two are held. The answer comes after the
//! sync that covers the blob. Where anything fails, what was written is gone before the error is answered.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::draft::Draft;
use super::gather::{Gather, Piece};
use super::metrics::add;
use super::place::Place;
use super::record;
use super::shared::Shared;
use crate::data::blocks::TableBuilder;
use crate::data::{ByteStream, DataError, Origin, Stored};
use crate::error::Error;
use crate::limits::{VOLUME_BLOB_BYTES_MAX, WRITEBACK_WINDOW_BYTES};

/// A draft and how far it is written.
struct Written {
    draft: Arc<Draft>,
    table: TableBuilder,
    /// Bytes of content written.
    bytes: u64,
    /// Whether the header is: that of a blob of unknown length comes last.
    header: bool,
}

/// What is known before the first byte.
#[derive(Clone)]
struct Plan {
    origin: Arc<Origin>,
    length: Option<u64>,
}

/// A stored blob that nobody has taken note of yet: dropped, it is removed.
struct Finished {
    draft: Arc<Draft>,
    place: Place,
}

pub async fn put(
    shared: &Arc<Shared>,
    origin: Origin,
    length: Option<u64>,
    body: ByteStream<Error>,
) -> Result<Stored, DataError> {
    let mut gather = Gather::new(length, body);
    let first = gather.next().await?;
    // A body that ended within the first piece has a known length, whatever its sender said.
    let plan = Plan { origin: Arc::new(origin), length: if first.last { Some(first.bytes) } else { length } };
    let outcome = if first.last {
        finish(shared, plan, None, first).await
    } else {
        stream(shared, plan, &mut gather, first).await
    };
    let finished = outcome.inspect_err(|error| {
        if let DataError::Full(_) = error {
            add(&shared.metrics.full_total, 1);
        }
    })?;
    finished.draft.keep();
    Ok(Stored { locator: finished.place.to_locator(), length: finished.place.length })
}

/// Writes piece after piece, each while the next arrives.
async fn stream(shared: &Arc<Shared>, plan: Plan, gather: &mut Gather, first: Piece) -> Result<Finished, DataError> {
    let mut written = None;
    let mut piece = first;
    loop {
        let (job_shared, job_plan) = (shared.clone(), plan.clone());
        let writing = shared
            .writes
            .submit(move || write_piece(&job_shared, &job_plan, written, piece).map_err(DataError::from))
            .await?;
        let next = gather.next().await;
        let done = writing.await??;
        piece = match next {
            Ok(piece) => piece,
            Err(error) => {
                // Gone before the answer, so that a sender who tries again finds nothing of the first try.
                shared.writes.run(move || drop(done)).await?;
                return Err(error);
            }
        };
        if piece.last {
            return finish(shared, plan, Some(done), piece).await;
        }
        written = Some(done);
    }
}

/// Writes the last piece and what stands behind it, and makes all durable.
async fn finish(
    shared: &Arc<Shared>,
    plan: Plan,
    written: Option<Written>,
    piece: Piece,
) -> Result<Finished, DataError> {
    let job_shared = shared.clone();
    let answer = shared
        .writes
        .submit_with(move |answer: oneshot::Sender<Result<Finished, DataError>>| {
            let whole = write_last(&job_shared, &plan, written, piece);
            match whole {
                Err(error) => drop(answer.send(Err(error.into()))),
                Ok(finished) => sync(&job_shared, finished, answer),
            }
        })
        .await?;
    answer.await?
}

/// On a disk thread: begins the draft if it is not begun, and writes a piece.
fn write_piece(shared: &Arc<Shared>, plan: &Plan, written: Option<Written>, piece: Piece) -> io::Result<Written> {
    let mut written = begin(shared, plan, written)?;
    let mut parts = Vec::with_capacity(piece.chunks.len() + 2);
    let at = add_header(&mut written, plan, &mut parts);
    add_chunks(&mut written, piece, &mut parts);
    written.draft.write(&parts, at)?;
    start_writeback(&written)?;
    Ok(written)
}

/// On a disk thread: writes the last piece, the table and the trailer.
fn write_last(shared: &Arc<Shared>, plan: &Plan, written: Option<Written>, piece: Piece) -> io::Result<Finished> {
    let mut written = begin(shared, plan, written)?;
    let mut parts = Vec::with_capacity(piece.chunks.len() + 2);
    let at = add_header(&mut written, plan, &mut parts);
    add_chunks(&mut written, piece, &mut parts);
    let (table, length) = written.table.finish();
    let place = Place { id: written.draft.id(), length };
    parts.push(record::tail(place, table).into());
    written.draft.write(&parts, at)?;
    if !written.header {
        written.draft.write(&[record::header(place, &plan.origin, false).into()], 0)?;
    }
    Ok(Finished { draft: written.draft, place })
}

fn begin(shared: &Arc<Shared>, plan: &Plan, written: Option<Written>) -> io::Result<Written> {
    if let Some(written) = written {
        return Ok(written);
    }
    let draft = match plan.length {
        Some(length) if length <= VOLUME_BLOB_BYTES_MAX => Draft::in_volume(shared, length)?,
        length => Draft::in_own_file(shared, length)?,
    };
    let table = TableBuilder::new(draft.id().binding());
    Ok(Written { draft: Arc::new(draft), table, bytes: 0, header: false })
}

/// Puts the header in front of the first piece, where the length is known. Returns where the parts are to be written.
fn add_header(written: &mut Written, plan: &Plan, parts: &mut Vec<Bytes>) -> u64 {
    match plan.length {
        Some(length) if written.bytes == 0 => {
            let place = Place { id: written.draft.id(), length };
            parts.push(record::header(place, &plan.origin, false).into());
            written.header = true;
            0
        }
        _ => record::HEADER_BYTES + written.bytes,
    }
}

fn add_chunks(written: &mut Written, piece: Piece, parts: &mut Vec<Bytes>) {
    piece.chunks.iter().for_each(|chunk| written.table.update(chunk));
    written.bytes += piece.bytes;
    parts.extend(piece.chunks);
}

/// Lets the device begin while more arrives, so that the sync at the end is short: buffered writes with one sync at the end are ten
/// times slower. In a file of its own, no more than two windows wait in the page cache.
fn start_writeback(written: &Written) -> io::Result<()> {
    let end = record::HEADER_BYTES + written.bytes;
    if written.draft.volume().is_some() {
        let begin = end.saturating_sub(crate::limits::DISK_HOP_BYTES as u64);
        return written.draft.start_writeback(begin, end - begin, false);
    }
    if !written.bytes.is_multiple_of(WRITEBACK_WINDOW_BYTES) {
        return Ok(());
    }
    let begin = end - WRITEBACK_WINDOW_BYTES;
    written.draft.start_writeback(begin, WRITEBACK_WINDOW_BYTES, false)?;
    match begin.checked_sub(WRITEBACK_WINDOW_BYTES) {
        Some(before) => written.draft.start_writeback(before, WRITEBACK_WINDOW_BYTES, true),
        None => Ok(()),
    }
}

/// On a disk thread: makes the blob durable and answers; in a volume, together with all that wait for the same. Whatever fails, the
/// draft is let go before the answer is sent.
fn sync(shared: &Shared, finished: Finished, answer: oneshot::Sender<Result<Finished, DataError>>) {
    let Some(volume) = finished.draft.volume().cloned() else {
        let published = finished.draft.publish_own_file();
        let outcome = published.map(|()| finished).map_err(DataError::from);
        return drop(answer.send(outcome));
    };
    if let Err(error) = volume_written() {
        drop(finished);
        return drop(answer.send(Err(error.into())));
    }
    let waiter = Box::new(move |outcome| match outcome {
        Ok(()) => drop(answer.send(Ok(finished))),
        Err(error) => {
            drop(finished);
            drop(answer.send(Err(error)));
        }
    });
    volume.sync.join(&volume.file, &shared.metrics, waiter);
}

fn volume_written() -> io::Result<()> {
    crate::failpoint!("volume.written", io);
    Ok(())
}
