//! Answers that wait for their socket.
//!
//! Always holds: small answers are gathered into one piece of memory, data of files is sent from where it is; one system call takes as many
//! pieces as there are, up to a bound. What an answer holds of the room is given back once its last byte was taken.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::{Buf, Bytes, BytesMut};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::answer::Answer;
use crate::limits::{COPIED_BYTES_MAX, PIECES_MAX, READ_BUFFER_BYTES, UNSENT_BYTES_MAX, UNSENT_SMALL_BYTES_MAX};

/// An answer that holds room.
#[derive(Debug)]
struct Roomy {
    /// Its bytes, among all that were ever put in.
    start: u64,
    end: u64,
    put: Instant,
    /// Given back when this is dropped.
    _room: OwnedSemaphorePermit,
}

#[derive(Debug, Default)]
pub struct Outbox {
    pieces: VecDeque<Bytes>,
    /// Behind the pieces.
    tail: BytesMut,
    /// Bytes ever put in, and ever sent.
    put: u64,
    sent: u64,
    /// Answers that hold room, until their last byte is sent.
    rooms: VecDeque<Roomy>,
}

impl Outbox {
    pub fn is_empty(&self) -> bool {
        self.put == self.sent
    }

    /// Bytes that wait.
    pub fn len(&self) -> usize {
        usize::try_from(self.put - self.sent).unwrap_or(usize::MAX)
    }

    /// Whether more waits than a client may leave lying.
    pub fn is_full(&self) -> bool {
        let roomy: u64 = self.rooms.iter().map(|answer| answer.end - answer.start.max(self.sent)).sum();
        let small = self.put - self.sent - roomy;
        self.len() > UNSENT_BYTES_MAX || small > UNSENT_SMALL_BYTES_MAX as u64
    }

    /// Since when the oldest answer that holds room waits.
    pub fn holds_room_since(&self) -> Option<Instant> {
        self.rooms.front().map(|answer| answer.put)
    }

    pub fn put(&mut self, answer: Answer) {
        let start = self.put;
        let (head, data, pad, room) = answer.into_parts();
        if head.len() <= COPIED_BYTES_MAX {
            self.copy(&head)
        } else {
            self.piece(Bytes::from(head))
        }
        for piece in data {
            if piece.len() <= COPIED_BYTES_MAX { self.copy(&piece) } else { self.piece(piece) }
        }
        self.copy(pad);
        self.rooms.extend(room.map(|room| Roomy { start, end: self.put, put: Instant::now(), _room: room }));
    }

    fn copy(&mut self, bytes: &[u8]) {
        if self.tail.capacity() - self.tail.len() < bytes.len() {
            self.end_tail();
            self.tail.reserve(READ_BUFFER_BYTES);
        }
        self.tail.extend_from_slice(bytes);
        self.put += bytes.len() as u64;
    }

    fn piece(&mut self, piece: Bytes) {
        self.end_tail();
        self.put += piece.len() as u64;
        self.pieces.push_back(piece);
    }

    fn end_tail(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push_back(self.tail.split().freeze());
        }
    }

    /// Gives what waits to `write`, until it takes no more. Whether it took anything.
    pub fn send(&mut self, mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>) -> io::Result<bool> {
        let before = self.sent;
        self.end_tail();
        while !self.pieces.is_empty() {
            let mut slices = [IoSlice::new(&[]); PIECES_MAX];
            let count = self.pieces.len().min(PIECES_MAX);
            slices.iter_mut().zip(&self.pieces).for_each(|(slice, piece)| *slice = IoSlice::new(piece));
            match write(&slices[..count]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => self.taken(taken),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.sent > before)
    }

    fn taken(&mut self, bytes: usize) {
        let mut left = bytes;
        while left > 0 {
            let Some(piece) = self.pieces.front_mut() else { break };
            let here = left.min(piece.len());
            piece.advance(here);
            left -= here;
            if piece.is_empty() {
                self.pieces.pop_front();
            }
        }
        self.sent += bytes as u64;
        while self.rooms.front().is_some_and(|answer| answer.end <= self.sent) {
            self.rooms.pop_front();
        }
    }
}
