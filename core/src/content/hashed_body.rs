//! A body on its way to its place, hashed as it passes.
//!
//! Always holds: the stream ends cleanly only after as many bytes as were announced; else its last item is the error, so that whoever
//! stores the bytes keeps nothing. Its digests are then still being computed, beside the sync of the bytes: [`Tail::finish`] waits for
//! them and compares them with what the sender said. Memory: the groups that wait for their hash (see `limits`), one group being
//! gathered, and a few small chunks.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures::stream::{Stream, StreamExt};
use tokio::sync::oneshot;

use super::digest::{Digests, Finished};
use super::hash_pool::{Group, Lane};
use super::{Expected, Upload, metrics};
use crate::data::ByteStream;
use crate::error::{Error, Result};
use crate::limits::{CHUNK_BYTES_MIN, CHUNK_GATHER_BYTES, HASH_HOP_BYTES, PUT_BYTES_MAX};
use crate::types::ChecksumAlgorithm;

/// Comes when the stream has ended: with what remains to be done, or with the error that ended it. Never comes where the stream was
/// dropped before its end.
pub(super) type Ended = oneshot::Receiver<Result<Tail>>;

/// A body that arrived whole, whose digests may not be finished.
pub(super) struct Tail {
    size: u64,
    hashing: Hashing,
    expected: Expected,
}

/// A body that arrived whole and agreed with what its sender said.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) size: u64,
    pub(super) finished: Finished,
}

impl Tail {
    /// Waits for the digests, and compares those that the sender gave.
    pub(super) async fn finish(self) -> Result<Arrived> {
        let Self { size, mut hashing, expected } = self;
        let finished = std::future::poll_fn(|context| hashing.poll_finish(context)).await?;
        expected.compare(&finished).inspect_err(|_| metrics().bodies_refused_total.add(1))?;
        Ok(Arrived { size, finished })
    }
}

/// See the module.
pub(super) struct HashedBody {
    source: ByteStream<Error>,
    length: Option<u64>,
    expected: Expected,
    received: u64,
    hashing: Hashing,
    /// Small chunks, copied together.
    small: BytesMut,
    /// A chunk that waits until the small ones before it are given out.
    held: Option<Bytes>,
    stage: Stage,
    ended: Option<oneshot::Sender<Result<Tail>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Receiving,
    /// All bytes have come, and those that were held are given out.
    Ending,
    Done,
}

enum Hashing {
    Here(Digests),
    Beside { lanes: Vec<Lane>, group: Vec<Bytes>, group_bytes: usize, finished: Finished },
    Done,
}

impl HashedBody {
    /// `kept` is the algorithm whose value is kept with the content, `extra` one that is wanted besides. Hashes on the caller's
    /// thread until [`HashedBody::hash_beside`].
    pub(super) fn new(upload: Upload, kept: ChecksumAlgorithm, extra: Option<ChecksumAlgorithm>) -> (Self, Ended) {
        let Upload { body, length, expected } = upload;
        let hashing = Hashing::Here(Digests::new(true, expected.algorithms(kept).chain(extra)));
        let (ended, receiver) = oneshot::channel();
        let body = Self {
            source: body,
            length,
            expected,
            received: 0,
            hashing,
            small: BytesMut::new(),
            held: None,
            stage: Stage::Receiving,
            ended: Some(ended),
        };
        (body, receiver)
    }

    /// Hashes all that is still to come on the hashing threads.
    pub(super) fn hash_beside(&mut self) {
        self.hashing = match std::mem::replace(&mut self.hashing, Hashing::Done) {
            Hashing::Here(digests) => Hashing::Beside {
                lanes: digests.lanes().into_iter().map(Lane::new).collect(),
                group: Vec::new(),
                group_bytes: 0,
                finished: Finished::default(),
            },
            other => other,
        };
    }

    fn poll_body(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            if let Some(chunk) = self.held.take() {
                return self.give(chunk);
            }
            match self.stage {
                Stage::Receiving => {
                    ready!(self.hashing.poll_room(context));
                    match ready!(self.source.poll_next_unpin(context)) {
                        Some(Ok(chunk)) => match self.arrive(chunk) {
                            Ok(Some(chunk)) => return self.give(chunk),
                            Ok(None) => {}
                            Err(error) => return self.refuse(error),
                        },
                        Some(Err(error)) => return self.end(error),
                        None => {
                            if let Some(length) = self.length.filter(|length| *length != self.received) {
                                let text = format!("{} bytes came of the {length} that were announced", self.received);
                                return self.refuse(Error::IncompleteBody(text));
                            }
                            self.stage = Stage::Ending;
                            if !self.small.is_empty() {
                                let chunk = self.small.split().freeze();
                                return self.give(chunk);
                            }
                        }
                    }
                }
                Stage::Ending => {
                    let mut hashing = std::mem::replace(&mut self.hashing, Hashing::Done);
                    hashing.submit();
                    let expected = std::mem::take(&mut self.expected);
                    self.stop(Ok(Tail { size: self.received, hashing, expected }));
                }
                Stage::Done => return Poll::Ready(None),
            }
        }
    }

    /// Counts a chunk in. Gives what may go out now: a chunk that is large enough, or small ones together.
    fn arrive(&mut self, chunk: Bytes) -> Result<Option<Bytes>> {
        self.received = self.received.saturating_add(chunk.len() as u64);
        if let Some(length) = self.length.filter(|length| self.received > *length) {
            return Err(Error::IncompleteBody(format!("more bytes came than the {length} that were announced")));
        }
        if self.received > PUT_BYTES_MAX {
            return Err(Error::EntityTooLarge { size: self.received, max: PUT_BYTES_MAX });
        }
        let whole = self.small.is_empty() && self.length == Some(chunk.len() as u64) && !chunk.is_empty();
        if whole || chunk.len() >= CHUNK_BYTES_MIN {
            if self.small.is_empty() {
                return Ok(Some(chunk));
            }
            self.held = Some(chunk);
            return Ok(Some(self.small.split().freeze()));
        }
        if self.small.is_empty() && !chunk.is_empty() {
            let hint =
                self.length.map_or(CHUNK_GATHER_BYTES as u64, |length| length - self.received + chunk.len() as u64);
            self.small.reserve(usize::try_from(hint).unwrap_or(usize::MAX).min(CHUNK_GATHER_BYTES));
        }
        self.small.extend_from_slice(&chunk);
        Ok((self.small.len() >= CHUNK_GATHER_BYTES).then(|| self.small.split().freeze()))
    }

    /// Hashes a chunk and gives it out.
    fn give(&mut self, chunk: Bytes) -> Poll<Option<Result<Bytes>>> {
        self.hashing.add(&chunk);
        Poll::Ready(Some(Ok(chunk)))
    }

    /// Ends with an error that the body itself earned.
    fn refuse(&mut self, error: Error) -> Poll<Option<Result<Bytes>>> {
        metrics().bodies_refused_total.add(1);
        self.end(error)
    }

    fn end(&mut self, error: Error) -> Poll<Option<Result<Bytes>>> {
        self.stop(Err(error.clone()));
        Poll::Ready(Some(Err(error)))
    }

    fn stop(&mut self, ended: Result<Tail>) {
        self.stage = Stage::Done;
        self.hashing = Hashing::Done;
        self.small = BytesMut::new();
        self.source = futures::stream::empty().boxed();
        if let Some(sender) = self.ended.take() {
            // Whoever is gone does not want to know.
            drop(sender.send(ended));
        }
    }
}

impl Hashing {
    fn add(&mut self, chunk: &Bytes) {
        match self {
            Hashing::Here(digests) => digests.update(chunk),
            Hashing::Beside { group, group_bytes, .. } => {
                group.push(chunk.clone());
                *group_bytes += chunk.len();
                if *group_bytes >= HASH_HOP_BYTES {
                    self.submit();
                }
            }
            Hashing::Done => {}
        }
    }

    fn submit(&mut self) {
        if let Hashing::Beside { lanes, group, group_bytes, .. } = self
            && !group.is_empty()
        {
            *group_bytes = 0;
            let group: Group = Arc::new(std::mem::take(group));
            for lane in lanes {
                lane.push(group.clone());
            }
        }
    }

    fn poll_room(&self, context: &mut Context<'_>) -> Poll<()> {
        if let Hashing::Beside { lanes, .. } = self {
            for lane in lanes {
                ready!(lane.poll_room(context));
            }
        }
        Poll::Ready(())
    }

    /// Finishes every digest. May be polled until it is ready, once.
    fn poll_finish(&mut self, context: &mut Context<'_>) -> Poll<Result<Finished>> {
        self.submit();
        match self {
            Hashing::Here(_) | Hashing::Done => {}
            Hashing::Beside { lanes, finished, .. } => {
                while let Some(lane) = lanes.last() {
                    match ready!(lane.poll_finish(context)) {
                        Ok(digests) => finished.merge(digests.finish()),
                        Err(error) => return Poll::Ready(Err(error)),
                    }
                    lanes.pop();
                }
            }
        }
        Poll::Ready(match std::mem::replace(self, Hashing::Done) {
            Hashing::Here(digests) => Ok(digests.finish()),
            Hashing::Beside { finished, .. } => Ok(finished),
            Hashing::Done => Err(Error::Internal("a body's digests were finished twice".into())),
        })
    }
}

impl Stream for HashedBody {
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_body(context)
    }
}
