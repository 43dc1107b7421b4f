//! The 22 procedures of NFSv3 (RFC 1813, 3.3), a file for what belongs together.
//!
//! Always holds: arguments are decoded whole before anything is done; an answer is written whole, in the RFC's order, with the attributes
//! that the core gave with the change (weak cache consistency), or with those of now where nothing was changed.

mod attributes;
mod data;
mod directory;
mod lookup;
mod make;
mod names;
mod space;

use bytes::Bytes;

use crate::answer::Answer;
use crate::door::Request;
use crate::procedure::Procedure;
use crate::status::Status;
use crate::xdr::{Decoder, Encode, Garbage};

/// Carries out one call and writes its results behind what is in `answer`.
pub async fn carry_out(
    request: &Request<'_>,
    procedure: Procedure,
    arguments: &Bytes,
    answer: &mut Answer,
) -> Result<Status, Garbage> {
    let mut decoder = Decoder::new(arguments);
    let arguments = &mut decoder;
    let out = answer.head();
    match procedure {
        Procedure::GetAttr => attributes::get(request, arguments, out).await,
        Procedure::SetAttr => attributes::set(request, arguments, out).await,
        Procedure::Access => attributes::access(request, arguments, out).await,
        Procedure::Lookup => lookup::lookup(request, arguments, out).await,
        Procedure::ReadLink => lookup::read_link(request, arguments, out).await,
        Procedure::Read => data::read(request, arguments, answer).await,
        Procedure::Write => data::write(request, arguments, out).await,
        Procedure::Commit => data::commit(request, arguments, out).await,
        Procedure::Create => make::create(request, arguments, out).await,
        Procedure::MkDir => make::directory(request, arguments, out).await,
        Procedure::Symlink => make::symlink(request, arguments, out).await,
        Procedure::MkNod => make::node(request, arguments, out).await,
        Procedure::Remove => names::remove(request, arguments, out).await,
        Procedure::RmDir => names::remove_directory(request, arguments, out).await,
        Procedure::Rename => names::rename(request, arguments, out).await,
        Procedure::Link => names::link(request, arguments, out).await,
        Procedure::ReadDir => directory::read(request, arguments, answer, false).await,
        Procedure::ReadDirPlus => directory::read(request, arguments, answer, true).await,
        Procedure::FsStat => space::stat(request, arguments, out).await,
        Procedure::FsInfo => space::info(request, arguments, out).await,
        Procedure::PathConf => space::path(request, arguments, out).await,
        Procedure::Null
        | Procedure::MountNull
        | Procedure::Mount
        | Procedure::Dump
        | Procedure::Unmount
        | Procedure::UnmountAll
        | Procedure::Export => Ok(Status::Ok),
    }
}

/// Writes a failure without attributes.
fn failed(procedure: Procedure, out: &mut Vec<u8>, status: Status) -> Result<Status, Garbage> {
    out.u32(status as u32);
    procedure.failed(out);
    Ok(status)
}
