//! FSSTAT, FSINFO, PATHCONF (RFC 1813, 3.3.18 to 3.3.20).
//!
//! Always holds: what is told of transfers and names is what the door and the core keep to.

use trefoil_core::limits::{FILE_BYTES_MAX, FILE_NAME_BYTES_MAX, NODE_LINKS_MAX};

use super::failed;
use crate::door::Request;
use crate::limits::{FILES_SHOWN, HANDLE_BYTES_MAX, TRANSFER_BYTES_MAX};
use crate::procedure::Procedure;
use crate::status::Status;
use crate::wire;
use crate::xdr::{Decoder, Encode, Garbage, length};

/// What sizes of transfers should be a multiple of: a page.
const MULTIPLE: u32 = 4096;
/// FSF3_LINK, FSF3_SYMLINK, FSF3_HOMOGENEOUS, FSF3_CANSETTIME.
const PROPERTIES: u32 = 0x01 | 0x02 | 0x08 | 0x10;

pub async fn stat(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::FsStat, out, status),
    };
    let space = request.files().space(&place.view).await;
    let attributes = request.attributes_after(&place).await;
    let space = match space {
        Ok(space) => space,
        Err(error) => {
            let status = Status::from(error);
            out.u32(status as u32);
            wire::post_op(out, &place.view, attributes.as_ref());
            return Ok(status);
        }
    };
    out.u32(Status::Ok as u32);
    wire::post_op(out, &place.view, attributes.as_ref());
    out.u64(space.total_bytes);
    out.u64(space.free_bytes);
    out.u64(space.free_bytes);
    [FILES_SHOWN; 3].into_iter().for_each(|files| out.u64(files));
    // Seconds for which this does not change: none.
    out.u32(0);
    Ok(Status::Ok)
}

pub async fn info(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::FsInfo, out, status),
    };
    let attributes = match request.files().attributes(&place.view, place.node).await {
        Ok(attributes) => attributes,
        Err(error) => return failed(Procedure::FsInfo, out, error.into()),
    };
    out.u32(Status::Ok as u32);
    wire::post_op(out, &place.view, Some(&attributes));
    // READ, then WRITE: the most, the best, the multiple; then READDIR.
    for _ in 0..2 {
        [TRANSFER_BYTES_MAX, TRANSFER_BYTES_MAX, MULTIPLE].into_iter().for_each(|size| out.u32(size));
    }
    out.u32(TRANSFER_BYTES_MAX);
    out.u64(FILE_BYTES_MAX);
    // Times are kept to the nanosecond.
    out.u32(0);
    out.u32(1);
    out.u32(PROPERTIES);
    Ok(Status::Ok)
}

pub async fn path(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::PathConf, out, status),
    };
    let attributes = match request.files().attributes(&place.view, place.node).await {
        Ok(attributes) => attributes,
        Err(error) => return failed(Procedure::PathConf, out, error.into()),
    };
    out.u32(Status::Ok as u32);
    wire::post_op(out, &place.view, Some(&attributes));
    out.u32(NODE_LINKS_MAX);
    out.u32(length(FILE_NAME_BYTES_MAX));
    // no_trunc, chown_restricted, case_insensitive, case_preserving.
    [true, true, false, true].into_iter().for_each(|property| out.boolean(property));
    Ok(Status::Ok)
}
