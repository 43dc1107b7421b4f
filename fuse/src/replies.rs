//! Answers: what is found becomes what the kernel is told, with the time that it may keep it.
//!
//! Always holds: a node is counted before an answer tells of it; an error becomes its number.

use std::time::Duration;

use fuser::{FopenFlags, ReplyAttr, ReplyEmpty, ReplyEntry};
use trefoil_core::error::{Error, Result};
use trefoil_core::files::{Attributes, Caller, FileError, is_by_number};

use crate::door::Door;
use crate::errno::errno;
use crate::freshness::Stamp;
use crate::limits::LOOKUP_ATTEMPTS_MAX;
use crate::operations::names::Place;

/// Counts what the kernel is about to be told of.
pub async fn told(door: &Door, found: Result<Attributes>) -> Result<Attributes> {
    let found = found?;
    door.known.told(&door.files, &found, false).await?;
    Ok(found)
}

/// What a name leads to, kept for the kernel.
pub async fn lookup(door: &Door, caller: &Caller, place: &Place) -> Result<Attributes> {
    for _ in 0..LOOKUP_ATTEMPTS_MAX {
        let found = door.files.lookup(&door.view, caller, place.directory, &place.name).await?;
        match door.known.told(&door.files, &found, true).await {
            Ok(()) => return Ok(found),
            // Another has its name since it was found.
            Err(Error::File(FileError::Stale)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(FileError::Stale.into())
}

/// `name`: where it is one that was looked up. Of one by number the kernel could not be told that it leads elsewhere.
pub fn entry(door: &Door, stamp: Stamp, name: &[u8], found: Result<Attributes>, reply: ReplyEntry) {
    match found {
        Ok(found) => {
            let generation = door.known.generation(found.node);
            door.fresh.send(stamp, |lifetime| {
                reply.entry(kept(lifetime, name), &door.shape(&found), generation);
            });
        }
        Err(error) => reply.error(errno(&error)),
    }
}

/// How long the kernel may keep what a name leads to.
pub fn kept<'a>(lifetime: &'a Duration, name: &[u8]) -> &'a Duration {
    if is_by_number(name) { &Duration::ZERO } else { lifetime }
}

pub fn attribute(door: &Door, stamp: Stamp, found: Result<Attributes>, reply: ReplyAttr) {
    match found {
        Ok(found) => {
            door.known.renewed(&found);
            door.fresh.send(stamp, |lifetime| reply.attr(lifetime, &door.shape(&found)));
        }
        Err(error) => reply.error(errno(&error)),
    }
}

pub fn empty<T>(done: Result<T>, reply: ReplyEmpty) {
    match done {
        Ok(_) => reply.ok(),
        Err(error) => reply.error(errno(&error)),
    }
}

/// What an open file is told: pages that are known already are kept, for they are dropped when others change the file. With a second
/// mount of the bucket, only what is opened anew is sure to see the other's changes also through mapped pages.
pub fn open_flags(door: &Door) -> FopenFlags {
    if door.fresh.is_alone() { FopenFlags::FOPEN_KEEP_CACHE } else { FopenFlags::empty() }
}
