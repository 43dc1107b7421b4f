//! ONC RPC (RFC 5531): what a record calls, by whom, and how an answer begins.
//!
//! Always holds: every call that has a number gets the answer that the RFC has for what is wrong with it; a record that is no call gets
//! none. An identity is what the client says of itself (AUTH_SYS): squashing and host lists decide what it is worth.

#[cfg(test)]
mod tests;

use bytes::Bytes;

use crate::limits::{AUTH_BYTES_MAX, GROUPS_MAX, MACHINE_NAME_BYTES_MAX};
use crate::xdr::{Decoder, Encode, Garbage};

pub const NFS_PROGRAM: u32 = 100_003;
pub const MOUNT_PROGRAM: u32 = 100_005;
/// The one version of either program that is served.
pub const VERSION: u32 = 3;

const RPC_VERSION: u32 = 2;
const CALL: u32 = 0;
const REPLY: u32 = 1;
const AUTH_NONE: u32 = 0;
pub const AUTH_SYS: u32 = 1;

/// Why the credentials of a call are not taken (RFC 5531, auth_stat).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum AuthError {
    /// AUTH_SYS that does not decode, or is beyond its bounds.
    BadCredential = 1,
    BadVerifier = 3,
    /// A flavor that is not served. Clients give up on this one instead of trying again.
    TooWeak = 5,
}

/// What is wrong with a call that was accepted (RFC 5531, accept_stat).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoProgram,
    /// Only [`VERSION`] is served.
    NoVersion,
    NoProcedure,
    Garbage,
    SystemError,
}

/// Who a client says it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// AUTH_NONE.
    Nobody,
    /// AUTH_SYS.
    Unix { uid: u32, gid: u32, groups: Vec<u32> },
}

/// A call whose head was understood.
#[derive(Clone, Debug)]
pub struct Call {
    pub xid: u32,
    pub program: u32,
    pub version: u32,
    pub procedure: u32,
    pub identity: Result<Identity, AuthError>,
    pub arguments: Bytes,
}

/// What a record is.
#[derive(Debug)]
pub enum Parsed {
    Call(Call),
    /// No call of this RPC version: the answer.
    Answered(Vec<u8>),
    /// To be passed over: a reply, which nobody answers.
    Nothing,
}

/// Reads the head of a record. `Garbage` where it is too short to say anything of it.
pub fn parse(record: &Bytes) -> Result<Parsed, Garbage> {
    let mut decoder = Decoder::new(record);
    let xid = decoder.u32()?;
    match decoder.u32()? {
        CALL => {}
        REPLY => return Ok(Parsed::Nothing),
        _ => return Err(Garbage),
    }
    if decoder.u32()? != RPC_VERSION {
        return Ok(Parsed::Answered(version_denied(xid)));
    }
    let (program, version, procedure) = (decoder.u32()?, decoder.u32()?, decoder.u32()?);
    let (flavor, body) = (decoder.u32()?, opaque_auth(&mut decoder));
    let Ok(body) = body else { return Ok(Parsed::Answered(auth_denied(xid, AuthError::BadCredential))) };
    let verifier = decoder.u32().and_then(|_| opaque_auth(&mut decoder));
    if verifier.is_err() {
        return Ok(Parsed::Answered(auth_denied(xid, AuthError::BadVerifier)));
    }
    let identity = identify(flavor, &body);
    Ok(Parsed::Call(Call { xid, program, version, procedure, identity, arguments: decoder.rest() }))
}

fn opaque_auth(decoder: &mut Decoder<'_>) -> Result<Bytes, Garbage> {
    decoder.opaque_bytes(AUTH_BYTES_MAX)
}

fn identify(flavor: u32, body: &Bytes) -> Result<Identity, AuthError> {
    match flavor {
        AUTH_NONE => Ok(Identity::Nobody),
        AUTH_SYS => unix(body).map_err(|Garbage| AuthError::BadCredential),
        _ => Err(AuthError::TooWeak),
    }
}

/// RFC 5531, appendix A.
fn unix(body: &Bytes) -> Result<Identity, Garbage> {
    let mut decoder = Decoder::new(body);
    let _stamp = decoder.u32()?;
    let _machine = decoder.opaque(MACHINE_NAME_BYTES_MAX)?;
    let (uid, gid) = (decoder.u32()?, decoder.u32()?);
    let count = usize::try_from(decoder.u32()?).map_err(|_| Garbage)?;
    if count > GROUPS_MAX {
        return Err(Garbage);
    }
    let mut groups = Vec::with_capacity(count);
    for _ in 0..count {
        groups.push(decoder.u32()?);
    }
    Ok(Identity::Unix { uid, gid, groups })
}

/// The beginning of an answer to a call that was carried out; its results follow.
pub fn accepted(out: &mut Vec<u8>, xid: u32) {
    head(out, xid);
    out.u32(0);
}

/// The whole answer to a call that was accepted and could not be carried out.
pub fn refused(xid: u32, refusal: Refusal) -> Vec<u8> {
    let mut out = Vec::with_capacity(32);
    head(&mut out, xid);
    match refusal {
        Refusal::NoProgram => out.u32(1),
        Refusal::NoVersion => [2, VERSION, VERSION].into_iter().for_each(|word| out.u32(word)),
        Refusal::NoProcedure => out.u32(3),
        Refusal::Garbage => out.u32(4),
        Refusal::SystemError => out.u32(5),
    }
    out
}

/// MSG_ACCEPTED, with an empty verifier.
fn head(out: &mut Vec<u8>, xid: u32) {
    [xid, REPLY, 0, AUTH_NONE, 0].into_iter().for_each(|word| out.u32(word));
}

/// MSG_DENIED, AUTH_ERROR.
pub fn auth_denied(xid: u32, error: AuthError) -> Vec<u8> {
    words(&[xid, REPLY, 1, 1, error as u32])
}

/// MSG_DENIED, RPC_MISMATCH.
fn version_denied(xid: u32) -> Vec<u8> {
    words(&[xid, REPLY, 1, 0, RPC_VERSION, RPC_VERSION])
}

fn words(words: &[u32]) -> Vec<u8> {
    let mut out = Vec::with_capacity(words.len() * 4);
    words.iter().for_each(|word| out.u32(*word));
    out
}
