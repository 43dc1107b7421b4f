//! The MD5 of a file while it is written from its beginning to its end.
//!
//! Always holds: what is pushed is hashed in its order, beside the caller; the digest so far may be asked for, and more pushed after that.
//! Memory: what the lane lets wait, and one group that is gathered; after the digest was asked for, only the digest.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::digest::Digests;
use super::hash_pool::Lane;
use crate::error::{Error, Result};
use crate::limits::{HASH_GATHER_BYTES, HASH_HOP_BYTES};

pub(crate) struct RunningMd5 {
    /// Of what was pushed before the lane was begun.
    digests: Digests,
    lane: Option<Lane>,
    group: Vec<Bytes>,
    group_bytes: usize,
    /// Small chunks, copied together.
    small: BytesMut,
    length: u64,
}

impl RunningMd5 {
    pub(crate) fn new() -> Self {
        let digests = Digests::new(true, []);
        Self { digests, lane: None, group: Vec::new(), group_bytes: 0, small: BytesMut::new(), length: 0 }
    }

    /// Bytes pushed so far.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that wait here to be hashed.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.group_bytes + self.small.len()
    }

    /// Adds the next bytes. Waits where hashing has fallen behind.
    pub(crate) async fn push(&mut self, bytes: &Bytes) {
        self.length += bytes.len() as u64;
        if bytes.len() >= HASH_GATHER_BYTES {
            self.end_small();
            self.add(bytes.clone());
        } else {
            self.small.extend_from_slice(bytes);
            if self.small.len() >= HASH_GATHER_BYTES {
                self.end_small();
            }
        }
        if self.group_bytes >= HASH_HOP_BYTES {
            self.submit().await;
        }
    }

    /// The MD5 of all that was pushed.
    pub(crate) async fn so_far(&mut self) -> Result<[u8; 16]> {
        self.end_small();
        self.submit().await;
        if let Some(lane) = &self.lane {
            self.digests = std::future::poll_fn(|context| lane.poll_finish(context)).await?;
            // Others may have more waiting while nothing comes here.
            self.lane = None;
        }
        self.small = BytesMut::new();
        self.digests.clone().finish().md5().ok_or_else(|| Error::Internal("a digest was not computed".into()))
    }

    fn end_small(&mut self) {
        if !self.small.is_empty() {
            let small = self.small.split().freeze();
            self.add(small);
        }
    }

    fn add(&mut self, bytes: Bytes) {
        self.group_bytes += bytes.len();
        self.group.push(bytes);
    }

    async fn submit(&mut self) {
        if self.group.is_empty() {
            return;
        }
        let lane = self.lane.get_or_insert_with(|| Lane::new(self.digests.clone()));
        std::future::poll_fn(|context| lane.poll_room(context)).await;
        lane.push(Arc::new(std::mem::take(&mut self.group)));
        self.group_bytes = 0;
    }
}

#[cfg(test)]
mod tests;
