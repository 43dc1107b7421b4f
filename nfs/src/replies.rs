//! Answers kept for requests that come again (RFC 1813, 4.5): a client that got no answer, or lost its connection, asks again under the
//! same number, and what it asked for must not be done twice.
//!
//! Always holds: a request is told by its client's address without the port (a new connection has another), its number, its procedure
//! and a keyed hash of who asks and of the first bytes of what for (and not of the credential's stamp, which may differ). While the first is under way nothing is done for the second; it gets the first one's answer.
//! Answers are bounded in number, bytes and age, and the oldest go first.

#[cfg(test)]
mod tests;

use std::collections::hash_map::{Entry, RandomState};
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::limits::{REPETITIONS_MAX, REPLIES_BYTES_MAX, REPLIES_MAX, REPLY_LIFE, REPLY_SHARDS, REQUEST_HEAD_BYTES};
use crate::procedure::Procedure;
use crate::rpc::Identity;

/// What tells one request from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    client: IpAddr,
    xid: u32,
    procedure: u8,
    length: usize,
    hash: u64,
}

#[derive(Debug)]
enum State {
    /// Those who wait for the answer.
    UnderWay(Vec<oneshot::Sender<Bytes>>),
    /// The answer, and which of the order's entries is its own.
    Done(Bytes, u64),
}

#[derive(Debug, Default)]
struct Shard {
    states: HashMap<Key, State>,
    /// Answers by age.
    order: VecDeque<(Key, u64, Instant)>,
    bytes: usize,
    made: u64,
}

impl Shard {
    fn forget_oldest(&mut self) {
        let Some((key, number, _)) = self.order.pop_front() else { return };
        if let Entry::Occupied(entry) = self.states.entry(key)
            && let State::Done(answer, own) = entry.get()
            && *own == number
        {
            self.bytes -= answer.len();
            entry.remove();
        }
    }

    fn forget_old(&mut self, now: Instant) {
        while self.order.front().is_some_and(|(_, _, made)| now.duration_since(*made) > REPLY_LIFE) {
            self.forget_oldest();
        }
    }

    fn keep(&mut self, key: Key, answer: Bytes, now: Instant) {
        self.made += 1;
        self.bytes += answer.len();
        self.order.push_back((key, self.made, now));
        self.states.insert(key, State::Done(answer, self.made));
        self.forget_old(now);
        while self.order.len() > REPLIES_MAX / REPLY_SHARDS || self.bytes > REPLIES_BYTES_MAX / REPLY_SHARDS {
            self.forget_oldest();
        }
    }
}

#[derive(Debug)]
pub struct Replies {
    /// Those of WRITE behind the others: they are many, and push out only each other.
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
}

/// What to do with a request.
#[derive(Debug)]
pub enum Begun {
    /// It is the first: to be carried out.
    First(Ticket),
    /// It was done: the answer.
    Done(Bytes),
    /// It is under way: the answer comes. An error means that there will be none.
    UnderWay(oneshot::Receiver<Bytes>),
    /// It is under way, and enough wait for it.
    Dropped,
}

/// A request that is carried out. Dropped without an answer, it was never begun.
#[derive(Debug)]
pub struct Ticket {
    replies: Arc<Replies>,
    key: Key,
    finished: bool,
}

impl Default for Replies {
    fn default() -> Self {
        let shards = (0..2 * REPLY_SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, hasher: RandomState::new() }
    }
}

impl Replies {
    fn shard(&self, key: &Key) -> &Mutex<Shard> {
        let kind = if key.procedure == Procedure::Write as u8 { REPLY_SHARDS } else { 0 };
        &self.shards[kind + usize::try_from(key.hash).unwrap_or(0) % REPLY_SHARDS]
    }

    pub fn begin(
        self: &Arc<Self>,
        client: IpAddr,
        identity: &Identity,
        xid: u32,
        procedure: Procedure,
        arguments: &[u8],
    ) -> Begun {
        let head = &arguments[..arguments.len().min(REQUEST_HEAD_BYTES)];
        let hash = self.hasher.hash_one((identity, head));
        let client = client.to_canonical();
        let key = Key { client, xid, procedure: procedure as u8, length: arguments.len(), hash };
        let mut shard = self.shard(&key).lock();
        // A client may begin with the same number each time: hours later, it is another request.
        shard.forget_old(Instant::now());
        match shard.states.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(State::UnderWay(Vec::new()));
                Begun::First(Ticket { replies: Arc::clone(self), key, finished: false })
            }
            Entry::Occupied(mut entry) => match entry.get_mut() {
                State::Done(answer, _) => Begun::Done(answer.clone()),
                State::UnderWay(waiting) if waiting.len() < REPETITIONS_MAX => {
                    let (sender, receiver) = oneshot::channel();
                    waiting.push(sender);
                    Begun::UnderWay(receiver)
                }
                State::UnderWay(_) => Begun::Dropped,
            },
        }
    }
}

impl Ticket {
    /// Gives the answer to those who wait; it is kept for those who come later, unless it is one that is to be asked for again.
    pub fn finish(mut self, answer: &[u8], keep: bool) {
        let answer = Bytes::copy_from_slice(answer);
        let waiting = {
            let mut shard = self.replies.shard(&self.key).lock();
            self.finished = true;
            let state = shard.states.remove(&self.key);
            if keep {
                shard.keep(self.key, answer.clone(), Instant::now());
            }
            state
        };
        if let Some(State::UnderWay(waiting)) = waiting {
            // Whoever has gone needs no answer.
            waiting.into_iter().for_each(|sender| drop(sender.send(answer.clone())));
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.finished {
            self.replies.shard(&self.key).lock().states.remove(&self.key);
        }
    }
}
