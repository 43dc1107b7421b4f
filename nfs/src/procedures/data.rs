//! READ, WRITE, COMMIT (RFC 1813, 3.3.6, 3.3.7, 3.3.21).
//!
//! Always holds: a WRITE is as stable as it was asked to be before it is answered. Its verifier was read before its bytes were taken, and
//! COMMIT's after they were safe: bytes that were lost in between are seen by a verifier that differs.

use bytes::Bytes;
use trefoil_core::error::Error;
use trefoil_core::files::{Caller, FileError, Kind, Stability, WriteAt, Written};

use super::attributes::as_owner;
use super::failed;
use crate::answer::Answer;
use crate::door::{Place, Request};
use crate::limits::{HANDLE_BYTES_MAX, TRANSFER_BYTES_MAX};
use crate::metrics::Metrics;
use crate::procedure::Procedure;
use crate::status::Status;
use crate::wire;
use crate::xdr::{Decoder, Encode, Garbage, length};

pub async fn read(request: &Request<'_>, arguments: &mut Decoder<'_>, answer: &mut Answer) -> Result<Status, Garbage> {
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let (offset, count) = (arguments.u64()?, arguments.u32()?.min(TRANSFER_BYTES_MAX));
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::Read, answer.head(), status),
    };
    let (count, room) = request.room(count as usize);
    answer.room = room;
    let found = bytes(request, &place, offset, count as u64).await;
    let attributes = request.attributes_after(&place).await;
    // A symbolic link has bytes, and READLINK for them.
    let is_file = attributes.as_ref().is_none_or(|attributes| attributes.kind == Kind::File);
    let found = if is_file { found } else { found.and(Err(Status::Inval)) };
    let out = answer.head();
    match found {
        Ok((chunks, end)) => {
            let read: usize = chunks.iter().map(Bytes::len).sum();
            // Who appends meanwhile makes the attributes' size the larger: a client that is told of both fills what is between with zeros.
            let seen = offset.saturating_add(read as u64);
            let grown = end && attributes.as_ref().is_some_and(|attributes| attributes.size > seen);
            // But nothing, and no end, is an error to a client: then it is told of the end alone.
            let (attributes, end) = match grown {
                true if read > 0 => (attributes, false),
                true => (None, true),
                false => (attributes, end),
            };
            Metrics::add(&request.door.metrics.bytes_read, read as u64);
            out.u32(Status::Ok as u32);
            wire::post_op(out, &place.view, attributes.as_ref());
            out.u32(length(read));
            out.boolean(end);
            answer.put_data(chunks);
            Ok(Status::Ok)
        }
        Err(status) => {
            out.u32(status as u32);
            wire::post_op(out, &place.view, attributes.as_ref());
            Ok(status)
        }
    }
}

/// Reads as the caller, and where its mode forbids that as one who has the file open: its owner, or whoever executes it.
async fn bytes(request: &Request<'_>, place: &Place, offset: u64, count: u64) -> Result<(Vec<Bytes>, bool), Status> {
    let files = request.files();
    match files.read(&place.view, &place.caller, place.node, offset, count).await {
        Err(Error::File(FileError::PermissionDenied)) => {
            let caller = match as_owner(request, place).await? {
                Some(owner) => owner,
                None => as_executor(request, place).await?.ok_or(Status::Acces)?,
            };
            Ok(files.read(&place.view, &caller, place.node, offset, count).await?)
        }
        found => Ok(found?),
    }
}

/// The caller as one who may read what it may execute (RFC 1813, 4.4).
async fn as_executor(request: &Request<'_>, place: &Place) -> Result<Option<Caller>, Status> {
    let (access, _) = request.files().access(&place.view, &place.caller, place.node).await?;
    Ok(access.execute.then(|| Caller { checked: true, ..place.caller.clone() }))
}

pub async fn write(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let (offset, count) = (arguments.u64()?, arguments.u32()?);
    let stability = match arguments.u32()? {
        0 => Stability::Unstable,
        1 => Stability::Data,
        2 => Stability::File,
        _ => return Err(Garbage),
    };
    let mut data = arguments.opaque_bytes(usize::MAX)?;
    let follows = !arguments.is_at_end();
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::Write, out, status),
    };
    let verifier = request.files().write_verifier();
    let written = async {
        if length(data.len()) != count {
            return Err(Status::Inval);
        }
        // More than FSINFO's wtmax: the client writes the rest by another call.
        data.truncate(TRANSFER_BYTES_MAX as usize);
        // What is kept of a record keeps the whole: whoever sends more than a WRITE needs does not get that for nothing.
        if request.shares_buffer || follows {
            data = Bytes::copy_from_slice(&data);
        }
        put(request, &place, offset, data, stability).await
    };
    match written.await {
        Ok(written) => {
            Metrics::add(&request.door.metrics.bytes_written, written.count);
            let around = request.around(&place, written.around).await;
            out.u32(Status::Ok as u32);
            wire::around(out, &place.view, &around);
            out.u32(u32::try_from(written.count).unwrap_or(u32::MAX));
            out.u32(match written.stability {
                Stability::Unstable => 0,
                Stability::Data => 1,
                Stability::File => 2,
            });
            out.bytes(&verifier);
            Ok(Status::Ok)
        }
        Err(status) => {
            out.u32(status as u32);
            wire::around(out, &place.view, &request.around_now(&place).await);
            Ok(status)
        }
    }
}

async fn put(
    request: &Request<'_>,
    place: &Place,
    offset: u64,
    data: Bytes,
    stability: Stability,
) -> Result<Written, Status> {
    let (files, view, node, at) = (request.files(), &place.view, place.node, WriteAt::Offset(offset));
    match files.write(view, &place.caller, node, at, data.clone(), stability).await {
        Err(Error::File(FileError::PermissionDenied)) => {
            let caller = as_owner(request, place).await?.ok_or(Status::Acces)?;
            files.written_by(view, &place.caller, node).await?;
            Ok(files.write(view, &caller, node, at, data, stability).await?)
        }
        written => Ok(written?),
    }
}

/// The whole file is made stable, whatever range is named: that is what a client has written and not seen to be stable.
pub async fn commit(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let (_offset, _count) = (arguments.u64()?, arguments.u32()?);
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::Commit, out, status),
    };
    let files = request.files();
    // Nothing that attributes tell changes by it: one instant is both sides.
    let committed = async {
        files.sync(&place.view, place.node).await?;
        files.around_nothing(&place.view, place.node).await
    };
    match committed.await {
        Ok(around) => {
            out.u32(Status::Ok as u32);
            wire::around(out, &place.view, &around);
            out.bytes(&request.files().write_verifier());
            Ok(Status::Ok)
        }
        Err(error) => {
            let status = Status::from(error);
            out.u32(status as u32);
            wire::around(out, &place.view, &request.around_now(&place).await);
            Ok(status)
        }
    }
}
