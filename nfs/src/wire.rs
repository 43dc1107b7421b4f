//! The structures that NFS procedures have in common (RFC 1813, 2.6), to and from the core's words.
//!
//! Always holds: attributes are written whole or as absent; a time before 1970 or after 2106, which the protocol can't say, is the nearest
//! that it can.

#[cfg(test)]
mod tests;

use trefoil_core::clock::Timestamp;
use trefoil_core::files::{Around, Attributes, Kind, NO_ID, SetAttributes, SetTime, View};
use trefoil_core::limits::FILE_NAME_BYTES_MAX;

use crate::status::Status;
use crate::xdr::{Decoder, Encode, Garbage};

/// Bytes of `fattr3`, and of `post_op_attr` where it is there.
pub const ATTRIBUTES_BYTES: usize = 84;
pub const POST_OP_BYTES: usize = 4 + ATTRIBUTES_BYTES;

const NANOS: u64 = 1_000_000_000;
/// mode3: permission bits, suid, sgid, sticky.
const MODE_BITS: u32 = 0o7777;

/// ftype3.
pub fn kind(kind: Kind) -> u32 {
    match kind {
        Kind::File => 1,
        Kind::Directory => 2,
        Kind::BlockDevice => 3,
        Kind::CharacterDevice => 4,
        Kind::Symlink => 5,
        Kind::Socket => 6,
        Kind::Fifo => 7,
    }
}

pub fn time(out: &mut Vec<u8>, time: Timestamp) {
    out.u32(u32::try_from(time.as_secs()).unwrap_or(u32::MAX));
    out.u32(u32::try_from(time.0 % NANOS).unwrap_or(0));
}

/// A time as it was sent; INVAL where its nanoseconds are a second or more.
pub fn read_time(decoder: &mut Decoder<'_>) -> Result<Result<Timestamp, Status>, Garbage> {
    let (seconds, nanos) = (u64::from(decoder.u32()?), u64::from(decoder.u32()?));
    Ok(if nanos < NANOS { Ok(Timestamp(seconds * NANOS + nanos)) } else { Err(Status::Inval) })
}

/// fattr3. A node's id is its fileid, for it is never used again; the bucket is the file system.
pub fn attributes(out: &mut Vec<u8>, view: &View, attributes: &Attributes) {
    out.u32(kind(attributes.kind));
    out.u32(attributes.mode & MODE_BITS);
    out.u32(attributes.links);
    out.u32(attributes.uid);
    out.u32(attributes.gid);
    out.u64(attributes.size);
    out.u64(attributes.used);
    let (major, minor) = device_parts(attributes.device);
    out.u32(major);
    out.u32(minor);
    out.u64(view.bucket_id);
    out.u64(attributes.node);
    time(out, attributes.accessed);
    time(out, attributes.modified);
    time(out, attributes.changed);
}

/// post_op_attr
pub fn post_op(out: &mut Vec<u8>, view: &View, found: Option<&Attributes>) {
    out.boolean(found.is_some());
    if let Some(found) = found {
        attributes(out, view, found);
    }
}

/// wcc_data: the attributes on both sides of a change.
pub fn around(out: &mut Vec<u8>, view: &View, around: &Around) {
    out.boolean(around.before.is_some());
    if let Some((size, modified, changed)) = around.before {
        out.u64(size);
        time(out, modified);
        time(out, changed);
    }
    post_op(out, view, around.after.as_ref());
}

/// wcc_data that says nothing.
pub fn around_nothing(out: &mut Vec<u8>) {
    out.boolean(false);
    out.boolean(false);
}

/// sattr3. INVAL where a time is none. An owner that nobody is leaves it as it is, as chown(2) has it.
pub fn set_attributes(decoder: &mut Decoder<'_>) -> Result<Result<SetAttributes, Status>, Garbage> {
    let mut set = SetAttributes::default();
    if decoder.boolean()? {
        set.mode = Some(decoder.u32()? & MODE_BITS);
    }
    if decoder.boolean()? {
        set.uid = Some(decoder.u32()?).filter(|uid| *uid != NO_ID);
    }
    if decoder.boolean()? {
        set.gid = Some(decoder.u32()?).filter(|gid| *gid != NO_ID);
    }
    if decoder.boolean()? {
        set.size = Some(decoder.u64()?);
    }
    let (accessed, modified) = (set_time(decoder)?, set_time(decoder)?);
    Ok(accessed.and_then(|accessed| {
        set.accessed = accessed;
        set.modified = modified?;
        Ok(set)
    }))
}

/// time_how, and the time.
fn set_time(decoder: &mut Decoder<'_>) -> Result<Result<Option<SetTime>, Status>, Garbage> {
    match decoder.u32()? {
        0 => Ok(Ok(None)),
        1 => Ok(Ok(Some(SetTime::Now))),
        2 => Ok(read_time(decoder)?.map(|time| Some(SetTime::To(time)))),
        _ => Err(Garbage),
    }
}

/// filename3: of any length that was sent; [`check_name`] says what is wrong with it.
pub fn name<'a>(decoder: &mut Decoder<'a>) -> Result<&'a [u8], Garbage> {
    decoder.opaque(usize::MAX)
}

/// RFC 1813, 3.2, as far as it is of the protocol.
pub fn check_name(name: &[u8]) -> Result<(), Status> {
    if name.is_empty() || name.contains(&b'/') || name.contains(&0) {
        return Err(Status::Acces);
    }
    if name.len() > FILE_NAME_BYTES_MAX { Err(Status::NameTooLong) } else { Ok(()) }
}

/// `makedev` of Linux, which the core keeps: major bits 8–19 and 44–63, minor bits 0–7 and 20–43 (makedev(3)).
pub fn device(major: u32, minor: u32) -> u64 {
    let (major, minor) = (u64::from(major), u64::from(minor));
    (minor & 0xff) | (major & 0xfff) << 8 | (minor & !0xff) << 12 | (major & !0xfff) << 32
}

/// Major and minor number.
fn device_parts(device: u64) -> (u32, u32) {
    let low = |word: u64| u32::try_from(word & u64::from(u32::MAX)).unwrap_or(0);
    (low((device >> 8 & 0xfff) | (device >> 32 & !0xfff)), low((device & 0xff) | (device >> 12 & !0xff)))
}
