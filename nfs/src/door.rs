//! What all connections share, and the way of one request through the door.
//!
//! Always holds: whatever happens to a request, a panic too, its client gets the answer that RFC 5531 or RFC 1813 has for it; only a record
//! that is no call, and a repetition of a call under way, get none.

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use trefoil_core::error::Error;
use trefoil_core::files::{Around, Attributes, Caller, FileError, FileService, View};

use crate::answer::Answer;
use crate::exports::{Export, Exports};
use crate::handle::{Handles, Named};
use crate::limits::{RECORD_BYTES_MAX, REQUESTS_MAX, ROOM_BYTES, ROOM_UNIT_BYTES, SMALL_ANSWER_BYTES_MAX};
use crate::metrics::Metrics;
use crate::mount::{self, Mounts};
use crate::procedure::Procedure;
use crate::procedures;
use crate::record::Record;
use crate::replies::{Begun, Replies};
use crate::rpc::{self, AuthError, Call, Identity, Parsed, Refusal};
use crate::status::Status;
use crate::xdr::{Encode, Garbage};

pub struct Door {
    pub files: FileService,
    pub exports: Arc<Exports>,
    pub handles: Handles,
    pub metrics: Arc<Metrics>,
    pub mounts: Mounts,
    pub replies: Arc<Replies>,
    /// Requests under way.
    pub requests: Arc<Semaphore>,
    /// Room for large records and answers, in [`ROOM_UNIT_BYTES`].
    pub room: Arc<Semaphore>,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("exports", &self.exports).finish_non_exhaustive()
    }
}

/// The permits that so many bytes take.
pub fn room_units(bytes: usize) -> u32 {
    u32::try_from(bytes.min(ROOM_BYTES).div_ceil(ROOM_UNIT_BYTES)).unwrap_or(u32::MAX)
}

/// What a handle leads to, and as whom.
#[derive(Clone, Debug)]
pub struct Place {
    pub export: Arc<Export>,
    pub view: Arc<View>,
    pub caller: Caller,
    pub node: u64,
}

/// Who asks, and of which door.
#[derive(Debug)]
pub struct Request<'a> {
    pub door: &'a Door,
    pub peer: SocketAddr,
    pub identity: &'a Identity,
    /// Whether its record is a part of a buffer with others: then what is to be kept of it is copied.
    pub shares_buffer: bool,
}

impl Request<'_> {
    pub fn files(&self) -> &FileService {
        &self.door.files
    }

    /// What the handle leads to, where this client may go there.
    pub async fn place(&self, handle: &[u8]) -> Result<Place, Status> {
        let named = self.door.handles.open(handle).ok_or(Status::BadHandle)?;
        let export = self.door.exports.by_id(named.export).ok_or(Status::Stale)?;
        if !export.admits(self.peer) {
            return Err(Status::Acces);
        }
        let view = match export.view(&self.door.files).await {
            // The directory that is exported has gone, and what was in it.
            Err(Error::File(FileError::NoSuchName | FileError::NotADirectory)) => return Err(Status::Stale),
            view => view?,
        };
        // What has left the directory that is exported is no part of it, whoever holds a handle.
        if !export.options.prefix.is_empty() && !self.door.files.shows(&view, named.node).await? {
            return Err(Status::Stale);
        }
        let caller = export.caller(self.identity);
        Ok(Place { export, view, caller, node: named.node })
    }

    /// The handle of a node in the export of `place`.
    pub fn handle(&self, place: &Place, node: u64) -> [u8; crate::handle::HANDLE_BYTES] {
        self.door.handles.make(Named { export: place.export.id, node })
    }

    /// post_op_fh3 of a node that is there.
    pub fn post_op_handle(&self, out: &mut Vec<u8>, place: &Place, node: u64) {
        out.boolean(true);
        out.opaque(&self.handle(place, node));
    }

    /// The attributes once all has been carried out, for an answer that can do without them. What is a fault of the store's is logged.
    pub async fn attributes_after(&self, place: &Place) -> Option<Attributes> {
        self.files().attributes(&place.view, place.node).await.map_err(Status::from).ok()
    }

    /// wcc_data of an operation that changed nothing.
    pub async fn around_now(&self, place: &Place) -> Around {
        Around { before: None, after: self.attributes_after(place).await }
    }

    /// What the core told of a change, with the attributes of now where it told none of after. Those may show another's change, too; so
    /// nothing is said of before then, by which a client would take all of it for its own.
    pub async fn around(&self, place: &Place, around: Around) -> Around {
        if around.after.is_some() { around } else { self.around_now(place).await }
    }

    /// Room for an answer of so many bytes, where it is large. Where there is none, a client gets less at once: it asks for the rest, and
    /// holds up nobody meanwhile.
    pub fn room(&self, bytes: usize) -> (usize, Option<OwnedSemaphorePermit>) {
        if bytes <= SMALL_ANSWER_BYTES_MAX {
            return (bytes, None);
        }
        match Arc::clone(&self.door.room).try_acquire_many_owned(room_units(bytes)) {
            Ok(room) => (bytes, Some(room)),
            Err(_) => (SMALL_ANSWER_BYTES_MAX, None),
        }
    }
}

impl Door {
    pub fn new(files: FileService, exports: Arc<Exports>, handles: Handles) -> Self {
        Self {
            files,
            exports,
            handles,
            metrics: Arc::default(),
            mounts: Mounts::default(),
            replies: Arc::default(),
            requests: Arc::new(Semaphore::new(REQUESTS_MAX)),
            room: Arc::new(Semaphore::new(ROOM_BYTES / ROOM_UNIT_BYTES)),
        }
    }

    /// Whether there is less room than one record may need: then those who hold some are not waited for.
    pub fn is_short_of_room(&self) -> bool {
        self.room.available_permits() < usize::try_from(room_units(RECORD_BYTES_MAX)).unwrap_or(usize::MAX)
    }

    /// Answers one record. `None`: there is no answer. `Garbage`: it is no record of RPC, and nothing behind it can be trusted.
    pub async fn answer(self: Arc<Self>, peer: SocketAddr, record: Record) -> Result<Option<Answer>, Garbage> {
        let call = match rpc::parse(&record.bytes)? {
            Parsed::Call(call) => call,
            Parsed::Nothing => return Ok(None),
            Parsed::Answered(body) => {
                Metrics::add(&self.metrics.refused, 1);
                return Ok(Some(Answer::from_body(&body)));
            }
        };
        let (procedure, identity) = match self.admit(&call) {
            Ok(admitted) => admitted,
            Err(body) => {
                Metrics::add(&self.metrics.refused, 1);
                return Ok(Some(Answer::from_body(&body)));
            }
        };
        let started = Instant::now();
        let request = Request { door: &self, peer, identity: &identity, shares_buffer: record.room.is_none() };
        let carried_out = self.once(&request, procedure, &call);
        // What it would have answered is lost, and nothing else: the service's state is behind transactions.
        let (answer, failed) = match AssertUnwindSafe(carried_out).catch_unwind().await {
            Ok(answered) => answered,
            Err(_) => {
                Metrics::add(&self.metrics.panics, 1);
                tracing::error!(procedure = procedure.name(), "a handler panicked");
                (Some(fault(call.xid, procedure)), true)
            }
        };
        self.metrics.record(procedure, failed, started.elapsed());
        Ok(answer)
    }

    /// The procedure that is called and by whom, or the answer that says what is wrong with it.
    fn admit(&self, call: &Call) -> Result<(Procedure, Identity), Vec<u8>> {
        let refused = |refusal| Err(rpc::refused(call.xid, refusal));
        let find = match call.program {
            rpc::NFS_PROGRAM => Procedure::of_nfs,
            rpc::MOUNT_PROGRAM => Procedure::of_mount,
            _ => return refused(Refusal::NoProgram),
        };
        if call.version != rpc::VERSION {
            return refused(Refusal::NoVersion);
        }
        let Some(procedure) = find(call.procedure) else { return refused(Refusal::NoProcedure) };
        match &call.identity {
            Ok(identity) => Ok((procedure, identity.clone())),
            // Whether there is a server is told to everybody (RFC 1813, 3.3.0).
            Err(AuthError::TooWeak) if procedure.is_null() => Ok((procedure, Identity::Nobody)),
            Err(error) => Err(rpc::auth_denied(call.xid, *error)),
        }
    }

    /// Carries a call out, unless it is a repetition of one that was or is.
    async fn once(&self, request: &Request<'_>, procedure: Procedure, call: &Call) -> (Option<Answer>, bool) {
        if !procedure.is_kept() {
            let (answer, status) = self.carry_out(request, procedure, call).await;
            return (Some(answer), status != Status::Ok);
        }
        let client = request.peer.ip();
        let ticket = match self.replies.begin(client, request.identity, call.xid, procedure, &call.arguments) {
            Begun::First(ticket) => ticket,
            Begun::Done(body) => {
                Metrics::add(&self.metrics.repeated, 1);
                return (Some(Answer::from_body(&body)), false);
            }
            Begun::UnderWay(answer) => {
                Metrics::add(&self.metrics.repeated, 1);
                return (answer.await.ok().map(|body| Answer::from_body(&body)), false);
            }
            Begun::Dropped => {
                Metrics::add(&self.metrics.repeated_dropped, 1);
                return (None, false);
            }
        };
        let (answer, status) = self.carry_out(request, procedure, call).await;
        ticket.finish(answer.body(), status != Status::Jukebox);
        (Some(answer), status != Status::Ok)
    }

    async fn carry_out(&self, request: &Request<'_>, procedure: Procedure, call: &Call) -> (Answer, Status) {
        let mut answer = Answer::new(|head| rpc::accepted(head, call.xid));
        let done = if call.program == rpc::NFS_PROGRAM {
            procedures::carry_out(request, procedure, &call.arguments, &mut answer).await
        } else {
            mount::carry_out(request, procedure, &call.arguments, &mut answer).await
        };
        match done {
            Ok(status) => (answer, status),
            Err(Garbage) => {
                Metrics::add(&self.metrics.refused, 1);
                (Answer::from_body(&rpc::refused(call.xid, Refusal::Garbage)), Status::Inval)
            }
        }
    }
}

/// The answer of a call whose handler panicked.
fn fault(xid: u32, procedure: Procedure) -> Answer {
    if !procedure.has_status() {
        return Answer::from_body(&rpc::refused(xid, Refusal::SystemError));
    }
    Answer::new(|head| {
        rpc::accepted(head, xid);
        head.u32(Status::ServerFault as u32);
        procedure.failed(head);
    })
}
