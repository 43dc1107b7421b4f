//! Reading directories.
//!
//! Always holds: `.` and `..` come first, with the cookies 1 and 2; every other name has the cookie that the store gave it, so that a
//! reader goes on from where it was, whatever was removed meanwhile. A directory that was removed while it was open has no names, as POSIX
//! has it. A step asks the store for a bounded number of names.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicUsize, Ordering};

use fuser::{FileType, INodeNo, ReplyDirectory, ReplyDirectoryPlus};
use trefoil_core::error::{Error, Result};
use trefoil_core::files::{Attributes, Caller, FileError};

use crate::door::Door;
use crate::errno::errno;
use crate::freshness::Stamp;
use crate::limits::{DIRECTORY_STEP_NAMES, DIRECTORY_STEP_NAMES_MAX};
use crate::operations::attributes;
use crate::replies::kept;
use crate::shapes::file_type;

/// Cookies of `.` and `..`.
const SELF: u64 = 1;
const PARENT: u64 = 2;

/// How many names the last answers had room for: a good guess of what the next ones have, for the kernel's buffer is not told.
#[derive(Debug, Default)]
pub struct Fits {
    plain: AtomicUsize,
    with_attributes: AtomicUsize,
}

fn guess(fits: &AtomicUsize) -> usize {
    match fits.load(Ordering::Relaxed) {
        0 => DIRECTORY_STEP_NAMES,
        // One more, which shows that the buffer is full.
        fits => (fits + 1).clamp(DIRECTORY_STEP_NAMES, DIRECTORY_STEP_NAMES_MAX),
    }
}

/// `.` and `..`, as far as they follow the cookie.
async fn dots(door: &Door, directory: u64, after: u64) -> Result<Vec<(u64, u64, &'static str)>> {
    let mut dots = Vec::with_capacity(2);
    if after < SELF {
        dots.push((directory, SELF, "."));
    }
    if after < PARENT {
        dots.push((door.files.parent(&door.view, directory).await?, PARENT, ".."));
    }
    Ok(dots)
}

/// Answers READDIR: names with their kinds.
pub async fn read(door: &Door, caller: &Caller, directory: u64, after: u64, mut reply: ReplyDirectory) {
    match fill(door, caller, directory, after, &mut reply).await {
        Ok(()) => {
            door.files.accessed(&door.view, directory).await;
            reply.ok();
        }
        Err(error) if is_gone(door, directory, &error).await => reply.ok(),
        Err(error) => reply.error(errno(&error)),
    }
}

/// Whether a directory can't be read because it is there no more. (It may as well have been one next to it that went meanwhile.)
async fn is_gone(door: &Door, directory: u64, error: &Error) -> bool {
    let absent = matches!(error, Error::File(FileError::Stale | FileError::NotADirectory));
    absent && attributes::get(door, directory).await.is_ok_and(|directory| directory.links == 0)
}

async fn fill(door: &Door, caller: &Caller, directory: u64, mut after: u64, reply: &mut ReplyDirectory) -> Result<()> {
    for (node, cookie, name) in dots(door, directory, after).await? {
        if reply.add(INodeNo(door.inodes.of(node)), cookie, FileType::Directory, name) {
            return Ok(());
        }
        after = cookie;
    }
    let (mut step, mut given) = (guess(&door.fits.plain), 0);
    loop {
        let page = door.files.read_directory(&door.view, caller, directory, after, step, false).await?;
        for entry in &page.entries {
            let inode = INodeNo(door.inodes.of(entry.node));
            if reply.add(inode, entry.cookie, file_type(entry.kind), OsStr::from_bytes(&entry.name)) {
                door.fits.plain.store(given, Ordering::Relaxed);
                return Ok(());
            }
            after = entry.cookie;
            given += 1;
        }
        if page.end {
            return Ok(());
        }
        step = (step * 2).min(DIRECTORY_STEP_NAMES_MAX);
    }
}

/// Answers READDIRPLUS: names with attributes, which the kernel keeps as if each had been looked up.
pub async fn read_plus(
    door: &Door,
    caller: &Caller,
    stamp: Stamp,
    directory: u64,
    after: u64,
    mut reply: ReplyDirectoryPlus,
) {
    let names = match collect(door, caller, directory, after).await {
        Ok(names) => names,
        Err(error) if is_gone(door, directory, &error).await => return reply.ok(),
        Err(error) => return reply.error(errno(&error)),
    };
    for (counted, name) in names.iter().enumerate().filter(|(_, name)| counts(name)) {
        let (attributes, ..) = name;
        if let Err(error) = door.known.told(&door.files, attributes, false).await {
            // The kernel hears of none of them.
            forget(door, &names[..counted]);
            return reply.error(errno(&error));
        }
    }
    door.files.accessed(&door.view, directory).await;
    let given = door.fresh.send(stamp, |lifetime| {
        let mut given = 0;
        for (attributes, cookie, name) in &names {
            let generation = door.known.generation(attributes.node);
            let attributes = door.shape(attributes);
            let (lifetime, name) = (kept(lifetime, name), OsStr::from_bytes(name));
            if reply.add(attributes.ino, *cookie, name, lifetime, &attributes, generation) {
                door.fits.with_attributes.store(given, Ordering::Relaxed);
                break;
            }
            given += 1;
        }
        // All went in: the next time, ask for more.
        if given == names.len() && given >= DIRECTORY_STEP_NAMES {
            door.fits.with_attributes.store(given * 2, Ordering::Relaxed);
        }
        reply.ok();
        given
    });
    forget(door, &names[given..]);
}

/// Takes back that names were counted as told.
fn forget(door: &Door, names: &[Name]) {
    names.iter().filter(counts).for_each(|(attributes, ..)| door.known.forget(attributes.node, 1));
}

type Name = (Attributes, u64, Vec<u8>);

/// Whether the kernel takes it as told of: it does not with `.` and `..` (linux/fs/fuse/readdir.c, fuse_direntplus_link).
fn counts((_, cookie, _): &&Name) -> bool {
    *cookie > PARENT
}

/// The next names, as many as the last answer had room for. They are read before the first goes into the reply, for all of them get
/// the same lifetime.
async fn collect(door: &Door, caller: &Caller, directory: u64, after: u64) -> Result<Vec<Name>> {
    let step = guess(&door.fits.with_attributes);
    let mut names = Vec::with_capacity(step + 2);
    for (node, cookie, name) in dots(door, directory, after).await? {
        names.push((door.files.attributes(&door.view, node).await?, cookie, name.as_bytes().to_vec()));
    }
    let (dots, mut after) = (names.len(), after);
    loop {
        let page = door.files.read_directory(&door.view, caller, directory, after, step, true).await?;
        let Some(last) = page.entries.last() else { break };
        after = last.cookie;
        for entry in page.entries {
            let attributes = match entry.attributes {
                Some(attributes) => attributes,
                None => match door.files.attributes(&door.view, entry.node).await {
                    Ok(attributes) => attributes,
                    Err(Error::File(FileError::Stale | FileError::NoSuchName)) => continue,
                    Err(error) => return Err(error),
                },
            };
            names.push((attributes, entry.cookie, entry.name));
        }
        // Where all names of a page went away while they were read, an empty answer would say that nothing follows.
        if page.end || names.len() > dots {
            break;
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests;
