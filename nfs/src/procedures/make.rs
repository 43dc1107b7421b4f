//! CREATE, MKDIR, SYMLINK, MKNOD (RFC 1813, 3.3.8 to 3.3.11).
//!
//! Always holds: an answer has the new file's handle and attributes, and the directory's from the same change. Whoever is not root
//! gives away no file: owner and group that it names for a new file are not taken.

use trefoil_core::error::Error;
use trefoil_core::files::{Around, Attributes, Exclusive, FileError, Made, Make, SetAttributes};

use super::attributes::change;
use super::failed;
use crate::door::{Place, Request};
use crate::limits::HANDLE_BYTES_MAX;
use crate::procedure::Procedure;
use crate::status::Status;
use crate::wire;
use crate::xdr::{Decoder, Encode, Garbage};

/// The mode of a file made by an exclusive CREATE, until its maker sets its attributes.
const EXCLUSIVE_MODE: u32 = 0o600;
/// makedev3 and the other kinds that MKNOD makes (ftype3).
const BLOCK: u32 = 3;
const CHARACTER: u32 = 4;
const SOCKET: u32 = 6;
const FIFO: u32 = 7;

type Attempt = Result<(Attributes, Around), Status>;

/// `diropargs3`
struct Name<'a> {
    directory: &'a [u8],
    name: &'a [u8],
}

fn name<'a>(arguments: &mut Decoder<'a>) -> Result<Name<'a>, Garbage> {
    Ok(Name { directory: arguments.opaque(HANDLE_BYTES_MAX)?, name: wire::name(arguments)? })
}

/// RFC 1813, 3.2; `.` and `..` are always there.
fn check_new(name: &[u8]) -> Result<(), Status> {
    wire::check_name(name)?;
    if [&b"."[..], b".."].contains(&name) { Err(Status::Exist) } else { Ok(()) }
}

pub async fn create(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let Name { directory, name } = name(arguments)?;
    let (exclusive, set) = match arguments.u32()? {
        0 => (Exclusive::No, wire::set_attributes(arguments)?),
        1 => (Exclusive::Yes, wire::set_attributes(arguments)?),
        2 => {
            let set = SetAttributes { mode: Some(EXCLUSIVE_MODE), ..SetAttributes::default() };
            (Exclusive::Verifier(arguments.fixed()?), Ok(set))
        }
        _ => return Err(Garbage),
    };
    let place = match request.place(directory).await {
        Ok(place) => place,
        Err(status) => return failed(Procedure::Create, out, status),
    };
    let attempt = async {
        let mut set = set?;
        check_new(name)?;
        // A size is set by a change of its own: the core makes empty files.
        let size = set.size.take();
        let (made, around) = made(request, &place, name, Make::File(exclusive), set).await?;
        match size {
            Some(size) if !(made.created && size == 0) => {
                let file = Place { node: made.attributes.node, ..place.clone() };
                let sized = change(request, &file, SetAttributes { size: Some(size), ..SetAttributes::default() });
                Ok((sized.await?.after.unwrap_or(made.attributes), around))
            }
            _ => Ok((made.attributes, around)),
        }
    };
    let attempt = attempt.await;
    answered(request, &place, out, attempt).await
}

pub async fn directory(
    request: &Request<'_>,
    arguments: &mut Decoder<'_>,
    out: &mut Vec<u8>,
) -> Result<Status, Garbage> {
    let Name { directory, name } = name(arguments)?;
    let set = wire::set_attributes(arguments)?;
    make(request, Procedure::MkDir, directory, name, Ok(Make::Directory), set, out).await
}

pub async fn symlink(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let Name { directory, name } = name(arguments)?;
    let set = wire::set_attributes(arguments)?;
    let target = arguments.opaque(usize::MAX)?.to_vec();
    make(request, Procedure::Symlink, directory, name, Ok(Make::Symlink(target)), set, out).await
}

pub async fn node(request: &Request<'_>, arguments: &mut Decoder<'_>, out: &mut Vec<u8>) -> Result<Status, Garbage> {
    let Name { directory, name } = name(arguments)?;
    let kind = arguments.u32()?;
    let (make_what, set) = match kind {
        BLOCK | CHARACTER => {
            let set = wire::set_attributes(arguments)?;
            let device = wire::device(arguments.u32()?, arguments.u32()?);
            (Ok(if kind == BLOCK { Make::BlockDevice(device) } else { Make::CharacterDevice(device) }), set)
        }
        SOCKET => (Ok(Make::Socket), wire::set_attributes(arguments)?),
        FIFO => (Ok(Make::Fifo), wire::set_attributes(arguments)?),
        1 | 2 | 5 => (Err(Status::BadType), Ok(SetAttributes::default())),
        _ => return Err(Garbage),
    };
    make(request, Procedure::MkNod, directory, name, make_what, set, out).await
}

async fn make(
    request: &Request<'_>,
    procedure: Procedure,
    directory: &[u8],
    name: &[u8],
    make: Result<Make, Status>,
    set: Result<SetAttributes, Status>,
    out: &mut Vec<u8>,
) -> Result<Status, Garbage> {
    let place = match request.place(directory).await {
        Ok(place) => place,
        Err(status) => return failed(procedure, out, status),
    };
    let attempt = async {
        let (make, set) = (make?, set?);
        check_new(name)?;
        let (made, around) = made(request, &place, name, make, SetAttributes { size: None, ..set }).await?;
        Ok((made.attributes, around))
    };
    let attempt = attempt.await;
    answered(request, &place, out, attempt).await
}

async fn made(
    request: &Request<'_>,
    place: &Place,
    name: &[u8],
    make: Make,
    mut set: SetAttributes,
) -> Result<(Made, Around), Status> {
    if place.caller.uid != 0 {
        (set.uid, set.gid) = (None, None);
    }
    let is_file = matches!(make, Make::File(_));
    // Whoever says nothing of the mode leaves it to the server (RFC 1813, 3.3.8): then it is for its owner alone.
    set.mode.get_or_insert(if matches!(make, Make::Directory) { 0o700 } else { 0o600 });
    match request.files().make(&place.view, &place.caller, place.node, name, make, set).await {
        // A directory where a file was to be made or found.
        Err(Error::File(FileError::IsADirectory)) if is_file => Err(Status::Exist),
        made => Ok(made?),
    }
}

/// The results of all four: handle and attributes, and the directory's.
async fn answered(
    request: &Request<'_>,
    place: &Place,
    out: &mut Vec<u8>,
    attempt: Attempt,
) -> Result<Status, Garbage> {
    match attempt {
        Ok((attributes, around)) => {
            let around = request.around(place, around).await;
            out.u32(Status::Ok as u32);
            request.post_op_handle(out, place, attributes.node);
            wire::post_op(out, &place.view, Some(&attributes));
            wire::around(out, &place.view, &around);
            Ok(Status::Ok)
        }
        Err(status) => {
            out.u32(status as u32);
            wire::around(out, &place.view, &request.around_now(place).await);
            Ok(status)
        }
    }
}
