//! An answer on its way out: its head, and the bytes of a file that are not copied into it.
//!
//! Always holds: the head begins with its record mark, which is filled in once all of it is known.

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use crate::xdr::{Encode, length, padding};

/// Most answers fit.
const HEAD_BYTES: usize = 256;
const MARK_BYTES: usize = 4;

#[derive(Debug)]
pub struct Answer {
    head: Vec<u8>,
    /// READ's data, which is the last thing in its answer.
    data: Vec<Bytes>,
    /// What it holds of the room for large answers, until it was sent.
    pub room: Option<OwnedSemaphorePermit>,
}

impl Answer {
    /// One whose head is written by `write`.
    pub fn new(write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut head = Vec::with_capacity(HEAD_BYTES);
        head.u32(0);
        write(&mut head);
        Self { head, data: Vec::new(), room: None }
    }

    /// One that is already there, without its mark.
    pub fn from_body(body: &[u8]) -> Self {
        Self::new(|head| head.bytes(body))
    }

    pub fn head(&mut self) -> &mut Vec<u8> {
        &mut self.head
    }

    /// The answer without its mark, as it is kept; it has no data.
    pub fn body(&self) -> &[u8] {
        &self.head[MARK_BYTES..]
    }

    /// Opaque data, behind which nothing comes.
    pub fn put_data(&mut self, data: Vec<Bytes>) {
        self.head.u32(length(data.iter().map(Bytes::len).sum()));
        self.data = data;
    }

    /// The head with its mark, the data, and what pads it.
    pub fn into_parts(mut self) -> (Vec<u8>, Vec<Bytes>, &'static [u8], Option<OwnedSemaphorePermit>) {
        let data: usize = self.data.iter().map(Bytes::len).sum();
        let pad = padding(data);
        let mark = length(self.head.len() - MARK_BYTES + data + pad) | 1 << 31;
        self.head[..MARK_BYTES].copy_from_slice(&mark.to_be_bytes());
        (self.head, self.data, &[0; 3][..pad], self.room)
    }
}
