//! REMOVE, RMDIR, RENAME, LINK (RFC 1813, 3.3.12 to 3.3.15).
//!
//! Always holds: names in two exports are in two file systems (XDEV), even where both show the same bucket.

use trefoil_core::files::{Around, RenameMode};

use super::failed;
use crate::door::{Place, Request};
use crate::limits::HANDLE_BYTES_MAX;
use crate::procedure::Procedure;
use crate::status::Status;
use crate::wire;
use crate::xdr::{Decoder, Encode, Garbage};

fn is_dots(name: &[u8]) -> bool {
    [&b"."[..], b".."].contains(&name)
}

pub async fn remove(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let (handle, name) = (arguments.opaque(HANDLE_BYTES_MAX)?, wire::name(arguments)?);
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::Remove, out, status),
    };
    let removed = async {
        wire::check_name(name)?;
        if is_dots(name) {
            return Err(Status::Acces);
        }
        Ok(request.files().remove_file(&place.view, &place.caller, place.node, name).await?)
    };
    let removed = removed.await;
    changed(request, &place, out, removed).await
}

pub async fn remove_directory(
    request: &Request<'_>,
    arguments: &mut Decoder<'_>,
    out: &mut Vec<u8>,
) -> Result<Status, Garbage> {
    let (handle, name) = (arguments.opaque(HANDLE_BYTES_MAX)?, wire::name(arguments)?);
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::RmDir, out, status),
    };
    let removed = async {
        wire::check_name(name)?;
        match name {
            b"." => return Err(Status::Inval),
            b".." => return Err(Status::Exist),
            _ => {}
        }
        Ok(request.files().remove_directory(&place.view, &place.caller, place.node, name).await?.1)
    };
    let removed = removed.await;
    changed(request, &place, out, removed).await
}

async fn changed(
    request: &Request<'_>,
    place: &Place,
    out: &mut Vec<u8>,
    changed: Result<Around, Status>,
) -> Result<Status, Garbage> {
    let (status, around) = match changed {
        Ok(around) => (Status::Ok, request.around(place, around).await),
        Err(status) => (status, request.around_now(place).await),
    };
    out.u32(status as u32);
    wire::around(out, &place.view, &around);
    Ok(status)
}

pub async fn rename(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let (from_handle, from_name) = (arguments.opaque(HANDLE_BYTES_MAX)?, wire::name(arguments)?);
    let (to_handle, to_name) = (arguments.opaque(HANDLE_BYTES_MAX)?, wire::name(arguments)?);
    let places = async { Ok((request.place(from_handle).await?, request.place(to_handle).await?)) };
    let (from, to) = match places.await {
        Ok(places) => places,
        Err(status) => return failed(Procedure::Rename, out, status),
    };
    let renamed = async {
        if from.export.id != to.export.id {
            return Err(Status::XDev);
        }
        wire::check_name(from_name)?;
        wire::check_name(to_name)?;
        if is_dots(from_name) || is_dots(to_name) {
            return Err(Status::Inval);
        }
        let (old, new) = ((from.node, from_name), (to.node, to_name));
        Ok(request.files().rename(&from.view, &from.caller, old, new, RenameMode::Replace).await?)
    };
    let (status, old, new) = match renamed.await {
        Ok((old, new)) => (Status::Ok, request.around(&from, old).await, request.around(&to, new).await),
        Err(status) => (status, request.around_now(&from).await, request.around_now(&to).await),
    };
    out.u32(status as u32);
    wire::around(out, &from.view, &old);
    wire::around(out, &to.view, &new);
    Ok(status)
}

pub async fn link(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let (directory, name) = (arguments.opaque(HANDLE_BYTES_MAX)?, wire::name(arguments)?);
    let places = async { Ok((request.place(handle).await?, request.place(directory).await?)) };
    let (file, directory) = match places.await {
        Ok(places) => places,
        Err(status) => return failed(Procedure::Link, out, status),
    };
    let linked = async {
        if file.export.id != directory.export.id {
            return Err(Status::XDev);
        }
        wire::check_name(name)?;
        if is_dots(name) {
            return Err(Status::Exist);
        }
        let Place { view, caller, .. } = &directory;
        Ok(request.files().link(view, caller, file.node, directory.node, name).await?)
    };
    let (status, attributes, around) = match linked.await {
        Ok((attributes, around)) => (Status::Ok, Some(attributes), request.around(&directory, around).await),
        Err(status) => (status, request.attributes_after(&file).await, request.around_now(&directory).await),
    };
    out.u32(status as u32);
    wire::post_op(out, &file.view, attributes.as_ref());
    wire::around(out, &directory.view, &around);
    Ok(status)
}
