//! One client's connection: records in, answers out.
//!
//! Always holds: requests are carried out side by side, up to a bound, and answered as they are done (RFC 5531 lets answers overtake each
//! other). Each is tried at once, where its record was read; only one that has to wait for something gets a task of its own. No request
//! is begun while too many are under way, or while the client leaves too many answers lying. A client that is gone takes no request with
//! it: what was begun is finished.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use futures::FutureExt;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::answer::Answer;
use crate::door::{Door, room_units};
use crate::limits::{
    FILLS_MAX, IDLE_TIMEOUT, INLINE_BYTES_MAX, RECORD_TIMEOUT, REQUESTS_PER_CONNECTION_MAX, ROOM_PATIENCE,
    STRANGER_TIME_MAX, TICK, WRITE_IDLE_TIMEOUT,
};
use crate::metrics::Metrics;
use crate::outbox::Outbox;
use crate::places::Place;
use crate::record::{Broken, Next, Record, Records};
use crate::xdr::Garbage;

/// Why a connection ends before its client ends it.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("it is no RPC")]
    Garbage,
    #[error("a large record comes from a client that no export lets in")]
    Stranger,
    #[error("no export lets its client in, and it has had its time")]
    Overstayed,
    #[error("no export lets its client in, and another needs its place")]
    GaveWay,
    #[error("a record was not whole in time")]
    Slow,
    #[error("the client takes none of its answers")]
    Stalled,
    #[error("nothing happens on it")]
    Idle,
}

impl From<Garbage> for End {
    fn from(Garbage: Garbage) -> Self {
        End::Garbage
    }
}

/// What the next request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    Bytes,
    /// Room for so many bytes.
    Room(usize),
    /// That a request, of whatever connection, is done.
    Turn,
    /// That one of this connection is done, or an answer taken.
    Own,
}

type Done = Result<Option<Answer>, Garbage>;
type Permit = Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send>>;

struct Connection {
    door: Arc<Door>,
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    began: Instant,
    /// By an export that was made since it came as a stranger.
    is_let_in: bool,
    records: Records,
    outbox: Outbox,
    /// A whole record, and the turn that it waits for or has.
    next: Option<Record>,
    turn: Option<OwnedSemaphorePermit>,
    under_way: usize,
    done: mpsc::Sender<Done>,
    is_done: mpsc::Receiver<Done>,
    /// The client sends no more, or is listened to no more.
    ended: bool,
    active: Instant,
    taken: Instant,
    record_began: Option<Instant>,
    /// Reads that brought something, since the thread was last given to others.
    fills: u32,
}

/// Serves a connection until its client closes it, or `stopped` turns true.
pub async fn serve(door: Arc<Door>, stream: TcpStream, peer: SocketAddr, place: Place, stopped: watch::Receiver<bool>) {
    let metrics = Arc::clone(&door.metrics);
    Metrics::add(&metrics.connections_total, 1);
    Metrics::add(&metrics.connections, 1);
    let (done, is_done) = mpsc::channel(REQUESTS_PER_CONNECTION_MAX);
    let now = Instant::now();
    let mut connection = Connection {
        door,
        stream,
        peer,
        place,
        began: now,
        is_let_in: false,
        records: Records::default(),
        outbox: Outbox::default(),
        next: None,
        turn: None,
        under_way: 0,
        done,
        is_done,
        ended: false,
        active: now,
        taken: now,
        record_began: None,
        fills: 0,
    };
    if let Err(end) = connection.run(stopped).await {
        if matches!(end, End::Broken(_) | End::Garbage | End::Stranger | End::Slow | End::Stalled) {
            Metrics::add(&metrics.connections_broken, 1);
        }
        // Whoever can connect could fill the disk with warnings.
        tracing::debug!(client = %peer, reason = %end, "a connection by NFS was ended");
    }
    metrics.connections.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
}

impl Connection {
    async fn run(&mut self, mut stopped: watch::Receiver<bool>) -> Result<(), End> {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut permit: Option<(Wants, Permit)> = None;
        let mut looked = Instant::now();
        loop {
            // One that always has something to read comes to none of the others below by itself, and would keep its thread.
            if self.fills >= FILLS_MAX {
                self.fills = 0;
                tokio::task::yield_now().await;
            }
            self.ended |= *stopped.borrow();
            // Here, and not with the other times: one that always has something to read is to be looked at, too.
            if self.place.is_stranger {
                self.look_at_stranger()?;
            }
            let wants = self.begin()?;
            let was_full = self.outbox.is_full();
            let sent = self.outbox.send(|slices| self.stream.try_write_vectored(slices))?;
            if sent {
                self.taken = Instant::now();
            }
            // After what has come was begun, and what could go was sent: or a process that was stopped for a while would hold that against others.
            if looked.elapsed() >= TICK {
                looked = Instant::now();
                self.look_at_times(looked)?;
            }
            // What held the next request back may be gone.
            if sent && wants == Wants::Own && was_full && !self.outbox.is_full() {
                continue;
            }
            if self.ended && self.under_way == 0 && self.outbox.is_empty() {
                return Ok(());
            }
            if matches!(permit, Some((Wants::Turn, _))) && wants != Wants::Turn {
                permit = None;
            }
            match wants {
                _ if self.ended => permit = None,
                Wants::Room(bytes) if permit.is_none() => {
                    if !self.door.exports.admit(self.peer) {
                        return Err(End::Stranger);
                    }
                    let room = Arc::clone(&self.door.room).acquire_many_owned(room_units(bytes));
                    permit = Some((wants, Box::pin(async { room.await.ok() })));
                }
                Wants::Turn if permit.is_none() => {
                    let turn = Arc::clone(&self.door.requests).acquire_owned();
                    permit = Some((wants, Box::pin(async { turn.await.ok() })));
                }
                _ => {}
            }
            let reads = wants == Wants::Bytes && !self.ended;
            let interest = match (reads, self.outbox.is_empty()) {
                (true, true) => Some(Interest::READABLE),
                (true, false) => Some(Interest::READABLE | Interest::WRITABLE),
                (false, false) => Some(Interest::WRITABLE),
                (false, true) => None,
            };
            tokio::select! {
                biased;
                () = self.place.is_needed(), if self.place.is_stranger => return Err(End::GaveWay),
                done = self.is_done.recv(), if self.under_way > 0 => self.take_all(done)?,
                ready = self.stream.ready(interest.unwrap_or(Interest::READABLE)), if interest.is_some() => {
                    if ready?.is_readable() && reads {
                        self.read()?;
                    }
                }
                given = given(&mut permit), if permit.is_some() => {
                    match (permit.take(), given) {
                        (Some((Wants::Room(_), _)), Some(room)) => self.records.give_room(room),
                        (Some(_), turn) => self.turn = turn,
                        (None, _) => {}
                    }
                }
                // An error means that the sender has gone: then it is over, too.
                _ = stopped.wait_for(|stopped| *stopped), if !self.ended => self.ended = true,
                now = tick.tick() => self.look_at_times(now)?,
            }
        }
    }

    /// Begins as many requests as have come and may be begun. What the next one waits for.
    fn begin(&mut self) -> Result<Wants, End> {
        loop {
            if self.ended || self.under_way >= REQUESTS_PER_CONNECTION_MAX || self.outbox.is_full() {
                self.turn = None;
                return Ok(Wants::Own);
            }
            let record = match self.next.take() {
                Some(record) => record,
                None => match self.records.next()? {
                    Next::Record(record) => {
                        // It is whole, whatever it waits for from now on.
                        self.record_began = None;
                        record
                    }
                    // A turn is for others as long as there is nothing to do with it.
                    Next::NeedsRoom(bytes) => {
                        self.turn = None;
                        return Ok(Wants::Room(bytes));
                    }
                    Next::NeedsBytes => {
                        self.turn = None;
                        if !self.records.is_within() {
                            self.record_began = None;
                        } else if self.record_began.is_none() {
                            self.record_began = Some(Instant::now());
                        }
                        return Ok(Wants::Bytes);
                    }
                },
            };
            let turn = self.turn.take().or_else(|| Arc::clone(&self.door.requests).try_acquire_owned().ok());
            let Some(turn) = turn else {
                self.next = Some(record);
                return Ok(Wants::Turn);
            };
            self.begin_one(record, turn)?;
        }
    }

    fn begin_one(&mut self, record: Record, turn: OwnedSemaphorePermit) -> Result<(), Garbage> {
        let is_large = record.bytes.len() > INLINE_BYTES_MAX;
        let mut answer = Box::pin(Arc::clone(&self.door).answer(self.peer, record));
        if !is_large && let Some(done) = tokio::task::unconstrained(answer.as_mut()).now_or_never() {
            return self.take(done);
        }
        self.under_way += 1;
        let sender = self.done.clone();
        tokio::spawn(async move {
            let done = answer.await;
            drop(turn);
            // There is a place for each that is under way; a connection that has gone needs no answer.
            let _ = sender.send(done).await;
        });
        Ok(())
    }

    fn take_all(&mut self, done: Option<Done>) -> Result<(), Garbage> {
        let mut next = done;
        while let Some(done) = next {
            self.under_way -= 1;
            self.take(done)?;
            next = self.is_done.try_recv().ok();
        }
        Ok(())
    }

    fn take(&mut self, done: Done) -> Result<(), Garbage> {
        if let Some(answer) = done? {
            if self.outbox.is_empty() {
                self.taken = Instant::now();
            }
            self.outbox.put(answer);
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), End> {
        let mut place = self.records.place();
        match self.stream.try_read_buf(&mut place) {
            Ok(0) => self.ended = true,
            Ok(bytes) => {
                self.fills += 1;
                self.records.filled(bytes);
                self.active = Instant::now();
            }
            Err(error) if [io::ErrorKind::WouldBlock, io::ErrorKind::Interrupted].contains(&error.kind()) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn look_at_stranger(&mut self) -> Result<(), End> {
        if self.is_let_in || self.began.elapsed() <= STRANGER_TIME_MAX {
            return Ok(());
        }
        self.is_let_in = self.door.exports.admit(self.peer);
        if self.is_let_in { Ok(()) } else { Err(End::Overstayed) }
    }

    fn look_at_times(&self, now: Instant) -> Result<(), End> {
        if !self.outbox.is_empty() && now.duration_since(self.taken) > WRITE_IDLE_TIMEOUT {
            return Err(End::Stalled);
        }
        if self.record_began.is_some_and(|began| now.duration_since(began) > RECORD_TIMEOUT) {
            return Err(End::Slow);
        }
        let too_long = |since: Option<Instant>| since.is_some_and(|since| now.duration_since(since) > ROOM_PATIENCE);
        if self.door.is_short_of_room() {
            if too_long(self.records.holds_room_since()) {
                return Err(End::Slow);
            }
            if too_long(self.outbox.holds_room_since()) {
                return Err(End::Stalled);
            }
        }
        let idle = self.under_way == 0 && self.outbox.is_empty() && self.next.is_none();
        if idle && now.duration_since(self.active) > IDLE_TIMEOUT { Err(End::Idle) } else { Ok(()) }
    }
}

/// The permit, once it is given.
async fn given(permit: &mut Option<(Wants, Permit)>) -> Option<OwnedSemaphorePermit> {
    match permit {
        Some((_, permit)) => permit.await,
        None => std::future::pending().await,
    }
}
