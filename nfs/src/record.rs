//! Record marking (RFC 5531, 11): a stream of bytes to records.
//!
//! Always holds: a record, with all its fragments, is within [`RECORD_BYTES_MAX`], which is compared before anything is made for it. What
//! fits into the connection's buffer is read there, many records at a time; memory of its own is made for a larger one only once there is
//! room ([`Next::NeedsRoom`]), and its bytes are then read to where they stay.

#[cfg(test)]
mod tests;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::limits::{FRAGMENTS_MAX, READ_BUFFER_BYTES, RECORD_BYTES_MAX, SMALL_RECORD_BYTES_MAX};

/// A record without its marks.
#[derive(Debug)]
pub struct Record {
    pub bytes: Bytes,
    /// What it holds of the room for large records: to be kept until it is done with. `None` for a small one, whose bytes are a part of a
    /// buffer with others.
    pub room: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
pub enum Next {
    Record(Record),
    /// More bytes have to be read first.
    NeedsBytes,
    /// Room for so many bytes has to be given first.
    NeedsRoom(usize),
}

/// A stream that is no longer one of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("a record has more than {RECORD_BYTES_MAX} bytes")]
    TooLarge,
    #[error("a record has more than {FRAGMENTS_MAX} fragments")]
    TooManyFragments,
}

/// A record that does not fit into the buffer.
#[derive(Debug)]
struct Large {
    bytes: BytesMut,
    room: Option<OwnedSemaphorePermit>,
    given: Option<Instant>,
    /// Of the fragment that is being read.
    missing: usize,
    is_last: bool,
    fragments: u32,
}

impl Large {
    /// What it may come to have, as far as its marks have told.
    fn bound(&self) -> usize {
        if self.is_last { self.bytes.len() + self.missing } else { RECORD_BYTES_MAX }
    }
}

#[derive(Debug, Default)]
pub struct Records {
    buffer: BytesMut,
    large: Option<Large>,
}

impl Records {
    /// Whether a record has begun and is not whole.
    pub fn is_within(&self) -> bool {
        self.large.is_some() || !self.buffer.is_empty()
    }

    /// Since when a record that is not whole holds room.
    pub fn holds_room_since(&self) -> Option<Instant> {
        self.large.as_ref().and_then(|large| large.given)
    }

    /// The room that [`Next::NeedsRoom`] asked for.
    pub fn give_room(&mut self, room: OwnedSemaphorePermit) {
        if let Some(large) = &mut self.large {
            large.bytes.reserve(large.bound());
            large.room = Some(room);
            large.given = Some(Instant::now());
        }
    }

    /// Where the next bytes of the stream go, and how many at most.
    pub fn place(&mut self) -> bytes::buf::Limit<&mut BytesMut> {
        match &mut self.large {
            Some(large) if large.room.is_some() && large.missing > 0 && self.buffer.is_empty() => {
                (&mut large.bytes).limit(large.missing)
            }
            _ => {
                let free = READ_BUFFER_BYTES - self.buffer.len();
                self.buffer.reserve(free);
                (&mut self.buffer).limit(free)
            }
        }
    }

    /// So many bytes were put to that place.
    pub fn filled(&mut self, bytes: usize) {
        if let Some(large) = &mut self.large
            && large.room.is_some()
            && self.buffer.is_empty()
        {
            large.missing = large.missing.saturating_sub(bytes);
        }
    }

    /// The next record, or what it needs.
    pub fn next(&mut self) -> Result<Next, Broken> {
        loop {
            let Some(large) = &mut self.large else {
                let Some((length, is_last)) = mark(&self.buffer) else { return Ok(Next::NeedsBytes) };
                if length > RECORD_BYTES_MAX {
                    return Err(Broken::TooLarge);
                }
                if is_last && length <= SMALL_RECORD_BYTES_MAX {
                    if self.buffer.len() < 4 + length {
                        return Ok(Next::NeedsBytes);
                    }
                    self.buffer.advance(4);
                    return Ok(Next::Record(Record { bytes: self.buffer.split_to(length).freeze(), room: None }));
                }
                self.buffer.advance(4);
                let bytes = BytesMut::new();
                self.large = Some(Large { bytes, room: None, given: None, missing: length, is_last, fragments: 1 });
                continue;
            };
            if large.room.is_none() {
                return Ok(Next::NeedsRoom(large.bound()));
            }
            let here = large.missing.min(self.buffer.len());
            large.bytes.put_slice(&self.buffer[..here]);
            self.buffer.advance(here);
            large.missing -= here;
            if large.missing > 0 {
                return Ok(Next::NeedsBytes);
            }
            if large.is_last {
                let Some(Large { bytes, room, .. }) = self.large.take() else { return Ok(Next::NeedsBytes) };
                return Ok(Next::Record(Record { bytes: bytes.freeze(), room }));
            }
            let Some((length, is_last)) = mark(&self.buffer) else { return Ok(Next::NeedsBytes) };
            if length > RECORD_BYTES_MAX - large.bytes.len() {
                return Err(Broken::TooLarge);
            }
            if large.fragments >= FRAGMENTS_MAX {
                return Err(Broken::TooManyFragments);
            }
            self.buffer.advance(4);
            large.fragments += 1;
            (large.missing, large.is_last) = (length, is_last);
        }
    }
}

/// A fragment's mark: its length, and whether it is the record's last.
fn mark(buffer: &BytesMut) -> Option<(usize, bool)> {
    let mark = u32::from_be_bytes(*buffer.first_chunk()?);
    Some((usize::try_from(mark & 0x7fff_ffff).unwrap_or(usize::MAX), mark >> 31 == 1))
}
