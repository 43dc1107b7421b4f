//! GETATTR, SETATTR, ACCESS (RFC 1813, 3.3.1, 3.3.2, 3.3.4).
//!
//! Always holds: ACCESS grants what a later call would be granted, and nothing that writes where the export is read-only.

use trefoil_core::error::Error;
use trefoil_core::files::{Access, Around, Caller, FileError, Kind, SetAttributes};

use super::failed;
use crate::door::{Place, Request};
use crate::limits::HANDLE_BYTES_MAX;
use crate::procedure::Procedure;
use crate::status::Status;
use crate::wire;
use crate::xdr::{Decoder, Encode, Garbage};

pub async fn get(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::GetAttr, out, status),
    };
    match request.files().attributes(&place.view, place.node).await {
        Ok(attributes) => {
            out.u32(Status::Ok as u32);
            wire::attributes(out, &place.view, &attributes);
            Ok(Status::Ok)
        }
        Err(error) => failed(Procedure::GetAttr, out, error.into()),
    }
}

pub async fn set(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let set = wire::set_attributes(arguments)?;
    let guard = if arguments.boolean()? { Some(wire::read_time(arguments)?) } else { None };
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::SetAttr, out, status),
    };
    let changed = async {
        let mut set = set?;
        set.unchanged_since = guard.transpose()?;
        change(request, &place, set).await
    };
    let (status, around) = match changed.await {
        Ok(around) => (Status::Ok, around),
        Err(status) => (status, request.around_now(&place).await),
    };
    out.u32(status as u32);
    wire::around(out, &place.view, &around);
    Ok(status)
}

/// Sets attributes. A client that opened a file before it lost the right to write it truncates it by this, too.
pub async fn change(request: &Request<'_>, place: &Place, set: SetAttributes) -> Result<Around, Status> {
    let changed = request.files().set_attributes(&place.view, &place.caller, place.node, set).await;
    match changed {
        Err(Error::File(FileError::PermissionDenied)) if only_truncates(&set) => {
            let caller = as_owner(request, place).await?.ok_or(Status::Acces)?;
            let around = request.files().set_attributes(&place.view, &caller, place.node, set).await?;
            request.files().written_by(&place.view, &place.caller, place.node).await?;
            Ok(around)
        }
        changed => Ok(changed?),
    }
}

fn only_truncates(set: &SetAttributes) -> bool {
    set.size.is_some() && set.mode.is_none() && set.uid.is_none() && set.gid.is_none()
}

/// The caller as one who has the file open, where it is the file's owner: NFSv3 has no open files, and its clients have checked the mode
/// when the file was opened (RFC 1813, 4.4).
pub async fn as_owner(request: &Request<'_>, place: &Place) -> Result<Option<Caller>, Status> {
    let attributes = request.files().attributes(&place.view, place.node).await?;
    let owns = attributes.uid == place.caller.uid && attributes.kind == Kind::File;
    Ok(owns.then(|| Caller { checked: true, ..place.caller.clone() }))
}

const READ: u32 = 0x01;
const LOOKUP: u32 = 0x02;
const MODIFY: u32 = 0x04;
const EXTEND: u32 = 0x08;
const DELETE: u32 = 0x10;
const EXECUTE: u32 = 0x20;

/// What a mode allows, in ACCESS's bits.
fn granted(access: Access, kind: Kind, read_only: bool) -> u32 {
    let write = access.write && !read_only;
    let bits = if kind == Kind::Directory {
        let change = write && access.execute;
        [(READ, access.read), (LOOKUP, access.execute), (MODIFY, change), (EXTEND, change), (DELETE, change)]
    } else {
        [(READ, access.read), (EXECUTE, access.execute), (MODIFY, write), (EXTEND, write), (0, false)]
    };
    bits.into_iter().filter(|(_, granted)| *granted).fold(0, |sum, (bit, _)| sum | bit)
}

pub async fn access(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let wanted = arguments.u32()?;
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::Access, out, status),
    };
    match request.files().access(&place.view, &place.caller, place.node).await {
        Ok((access, attributes)) => {
            out.u32(Status::Ok as u32);
            wire::post_op(out, &place.view, Some(&attributes));
            out.u32(wanted & granted(access, attributes.kind, place.view.read_only));
            Ok(Status::Ok)
        }
        Err(error) => failed(Procedure::Access, out, error.into()),
    }
}
