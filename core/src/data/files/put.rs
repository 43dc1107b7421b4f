//! A blob on its way in.
//!
//! Always holds: while pieces are written the next is received, and no more are held than its share allows
//! ([`Shares`](crate::shares::Shares)). The answer comes after the sync that covers the blob. Where anything fails, what was written
//! is gone before the error is answered.

use std::collections::VecDeque;
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
use crate::data::disk_pool::Pending;
use crate::data::{ByteStream, DataError, Origin, Stored};
use crate::error::Error;
use crate::limits::{VOLUME_BLOB_BYTES_MAX, WRITEBACK_WINDOW_BYTES};

/// A draft and what is in it, or will be once the writes on their way are done.
struct Written {
    draft: Arc<Draft>,
    /// The checks of all whole pieces.
    table: Vec<u8>,
    /// Bytes of content.
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

/// Writes piece after piece, while the next arrives: several at once, so that one slow write does not stop the body.
async fn stream(shared: &Arc<Shared>, plan: Plan, gather: &mut Gather, first: Piece) -> Result<Finished, DataError> {
    let share = shared.pieces_ahead.begin();
    let (job_shared, job_plan) = (shared.clone(), plan.clone());
    let mut written =
        shared.writes.run(move || write_first(&job_shared, &job_plan, first).map_err(DataError::from)).await??;
    let mut writing: VecDeque<Pending<Result<Vec<u8>, DataError>>> = VecDeque::new();
    let outcome = loop {
        let next = gather.next().await;
        let ahead = match &next {
            Ok(piece) if !piece.last => share.get() - 1,
            // No more than what is on its way: all of it has to end first.
            _ => 0,
        };
        if let Err(error) = settle(&mut writing, ahead, &mut written.table).await {
            break Err(next.err().unwrap_or(error));
        }
        let piece = match next {
            Ok(piece) if piece.last => break Ok(piece),
            Ok(piece) => piece,
            Err(error) => break Err(error),
        };
        let (draft, at) = (written.draft.clone(), written.bytes);
        written.bytes += piece.bytes;
        match shared.writes.submit(move || write_piece(&draft, piece, at).map_err(DataError::from)).await {
            Ok(pending) => writing.push_back(pending),
            Err(error) => break Err(error),
        }
    };
    match outcome {
        Ok(last) => finish(shared, plan, Some(written), last).await,
        Err(error) => {
            // Gone before the answer, so that a sender who tries again finds nothing of the first try. The errors of the other
            // writes are no news.
            let _ = settle(&mut writing, 0, &mut Vec::new()).await;
            shared.writes.run(move || drop(written)).await?;
            Err(error)
        }
    }
}

/// Waits until at most `ahead` writes are on their way, and takes their checks.
async fn settle(
    writing: &mut VecDeque<Pending<Result<Vec<u8>, DataError>>>,
    ahead: usize,
    table: &mut Vec<u8>,
) -> Result<(), DataError> {
    let mut failed = None;
    while writing.len() > ahead
        && let Some(pending) = writing.pop_front()
    {
        match pending.await {
            Ok(Ok(checks)) => table.extend_from_slice(&checks),
            Ok(Err(error)) | Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(()), Err)
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

/// On a disk thread: begins the draft and writes the first piece, with the header where the length is known.
fn write_first(shared: &Arc<Shared>, plan: &Plan, piece: Piece) -> io::Result<Written> {
    let mut written = begin(shared, plan)?;
    let mut parts = Vec::with_capacity(piece.chunks.len() + 1);
    let at = add_header(&mut written, plan, &mut parts);
    written.bytes = piece.bytes;
    written.table = add_chunks(&written.draft, 0, piece, &mut parts);
    written.draft.write(&parts, at)?;
    start_writeback(&written.draft, 0, written.bytes)?;
    Ok(written)
}

/// On a disk thread: writes a further piece at `at` of the content. Gives the checks of its blocks, which are whole.
fn write_piece(draft: &Draft, piece: Piece, at: u64) -> io::Result<Vec<u8>> {
    let mut parts = Vec::with_capacity(piece.chunks.len());
    let bytes = piece.bytes;
    let checks = add_chunks(draft, at, piece, &mut parts);
    draft.write(&parts, record::HEADER_BYTES + at)?;
    start_writeback(draft, at, bytes)?;
    Ok(checks)
}

/// On a disk thread: writes the last piece, the table and the trailer.
fn write_last(shared: &Arc<Shared>, plan: &Plan, written: Option<Written>, piece: Piece) -> io::Result<Finished> {
    let mut written = match written {
        Some(written) => written,
        None => begin(shared, plan)?,
    };
    let mut parts = Vec::with_capacity(piece.chunks.len() + 2);
    let at = add_header(&mut written, plan, &mut parts);
    let length = written.bytes + piece.bytes;
    let checks = add_chunks(&written.draft, written.bytes, piece, &mut parts);
    written.table.extend_from_slice(&checks);
    let place = Place { id: written.draft.id(), length };
    parts.push(record::tail(place, written.table).into());
    written.draft.write(&parts, at)?;
    if !written.header {
        written.draft.write(&[record::header(place, &plan.origin, false).into()], 0)?;
    }
    Ok(Finished { draft: written.draft, place })
}

fn begin(shared: &Arc<Shared>, plan: &Plan) -> io::Result<Written> {
    let draft = match plan.length {
        Some(length) if length <= VOLUME_BLOB_BYTES_MAX => Draft::in_volume(shared, length)?,
        length => Draft::in_own_file(shared, length)?,
    };
    Ok(Written { draft: Arc::new(draft), table: Vec::new(), bytes: 0, header: false })
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

/// Adds a piece that begins at `at` of the content, where a block begins. Gives the checks of its blocks.
fn add_chunks(draft: &Draft, at: u64, piece: Piece, parts: &mut Vec<Bytes>) -> Vec<u8> {
    let mut table = TableBuilder::starting_at(draft.id().binding(), at);
    piece.chunks.iter().for_each(|chunk| table.update(chunk));
    parts.extend(piece.chunks);
    table.finish()
}

/// Lets the device begin while more arrives, so that the sync at the end is short: buffered writes with one sync at the end are ten
/// times slower. In a file of its own, no more than two windows wait in the page cache.
fn start_writeback(draft: &Draft, at: u64, bytes: u64) -> io::Result<()> {
    let begin = record::HEADER_BYTES + at;
    draft.start_writeback(begin, bytes, false)?;
    if draft.volume().is_none()
        && let Some(before) = begin.checked_sub(2 * WRITEBACK_WINDOW_BYTES)
    {
        draft.start_writeback(before, bytes, true)?;
    }
    Ok(())
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
