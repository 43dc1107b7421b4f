//! LOOKUP and READLINK (RFC 1813, 3.3.3, 3.3.5).
//!
//! Always holds: an answer to LOOKUP has the directory's attributes, found or not, by which a client knows how long it may believe it.

use trefoil_core::error::Error;
use trefoil_core::files::FileError;

use super::failed;
use crate::door::Request;
use crate::limits::HANDLE_BYTES_MAX;
use crate::procedure::Procedure;
use crate::status::Status;
use crate::wire;
use crate::xdr::{Decoder, Encode, Garbage};

pub async fn lookup(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let name = wire::name(arguments)?;
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::Lookup, out, status),
    };
    let found = async {
        wire::check_name(name)?;
        Ok::<_, Status>(request.files().lookup(&place.view, &place.caller, place.node, name).await?)
    };
    // The directory first: a name that comes between is one that its attributes do not vouch for.
    let directory = request.attributes_after(&place).await;
    match found.await {
        Ok(attributes) => {
            out.u32(Status::Ok as u32);
            out.opaque(&request.handle(&place, attributes.node));
            wire::post_op(out, &place.view, Some(&attributes));
            wire::post_op(out, &place.view, directory.as_ref());
            Ok(Status::Ok)
        }
        Err(status) => {
            out.u32(status as u32);
            wire::post_op(out, &place.view, directory.as_ref());
            Ok(status)
        }
    }
}

pub async fn read_link(
    request: &Request<'_>,
    arguments: &mut Decoder<'_>,
    out: &mut Vec<u8>,
) -> Result<Status, Garbage> {
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::ReadLink, out, status),
    };
    let target = request.files().read_link(&place.view, place.node).await;
    let attributes = request.attributes_after(&place).await;
    let status = match target {
        Ok(target) => {
            out.u32(Status::Ok as u32);
            wire::post_op(out, &place.view, attributes.as_ref());
            out.opaque(&target);
            return Ok(Status::Ok);
        }
        // What is no symbolic link, a directory too (RFC 1813, 3.3.5).
        Err(Error::File(FileError::IsADirectory)) => Status::Inval,
        Err(error) => Status::from(error),
    };
    out.u32(status as u32);
    wire::post_op(out, &place.view, attributes.as_ref());
    Ok(status)
}
