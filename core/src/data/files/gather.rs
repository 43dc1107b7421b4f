//! A body, gathered into pieces that are worth a hop to a disk thread.
//!
//! Always holds: at most one piece, and one chunk of the body, is held. A body of another length than was declared is an error, and
//! so is anything behind the last declared byte: the last piece is given out only after the stream has ended well.

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;

use crate::data::{ByteStream, DataError};
use crate::error::Error;
use crate::limits::{CHUNK_COALESCE_BYTES, DISK_HOP_BYTES};

pub struct Gather {
    body: ByteStream<Error>,
    length: Option<u64>,
    /// Bytes taken from the body.
    taken: u64,
    /// What a piece had no more room for.
    rest: Bytes,
}

/// Bytes that follow each other.
#[derive(Debug, Default)]
pub struct Piece {
    pub chunks: Vec<Bytes>,
    pub bytes: u64,
    /// The body ended with this piece.
    pub last: bool,
    small: BytesMut,
}

impl Piece {
    fn push(&mut self, chunk: Bytes) {
        self.bytes += chunk.len() as u64;
        if chunk.len() < CHUNK_COALESCE_BYTES {
            self.small.extend_from_slice(&chunk);
        } else {
            self.flush();
            self.chunks.push(chunk);
        }
    }

    fn flush(&mut self) {
        if !self.small.is_empty() {
            self.chunks.push(self.small.split().freeze());
        }
    }
}

impl Gather {
    pub fn new(length: Option<u64>, body: ByteStream<Error>) -> Self {
        Self { body, length, taken: 0, rest: Bytes::new() }
    }

    /// The next piece: [`DISK_HOP_BYTES`] of them, fewer at the end.
    pub async fn next(&mut self) -> Result<Piece, DataError> {
        let mut piece = Piece::default();
        loop {
            let room = DISK_HOP_BYTES - usize::try_from(piece.bytes).unwrap_or(DISK_HOP_BYTES);
            let complete = self.length == Some(self.taken) && self.rest.is_empty();
            if room == 0 && !complete {
                break;
            }
            if !self.rest.is_empty() {
                piece.push(self.rest.split_to(room.min(self.rest.len())));
                continue;
            }
            match self.body.next().await {
                Some(Ok(chunk)) => {
                    self.taken += chunk.len() as u64;
                    if let Some(length) = self.length.filter(|length| self.taken > *length) {
                        return Err(wrong_length(format!("more than the {length} bytes announced arrived")));
                    }
                    self.rest = chunk;
                }
                Some(Err(error)) => return Err(DataError::Source(Box::new(error))),
                None => {
                    if let Some(length) = self.length.filter(|length| self.taken < *length) {
                        return Err(wrong_length(format!("{} of {length} bytes arrived", self.taken)));
                    }
                    piece.last = true;
                    break;
                }
            }
        }
        piece.flush();
        Ok(piece)
    }
}

fn wrong_length(message: String) -> DataError {
    DataError::Source(Box::new(Error::IncompleteBody(message)))
}
