//! What is mounted where, as this process sees it (`/proc/self/mountinfo`, proc_pid_mountinfo(5)).
//!
//! Always holds: of several mounts at one place, the last line is the one on top.

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountPoint {
    /// Unique among the mounts that are there, and reused.
    pub id: u64,
    /// The mount that it lies on.
    pub parent: u64,
    /// `major:minor` of the file system.
    pub device: String,
    /// What of the file system is shown.
    pub root: PathBuf,
    pub path: PathBuf,
    /// `fuse.trefoil`
    pub kind: String,
    pub source: String,
}

/// Where the kernel tells of mounts.
pub const TABLE: &str = "/proc/self/mountinfo";

/// The mount on top of the directory; `None` where nothing is mounted there. The path must be absolute and without links.
pub fn at(path: &Path) -> std::io::Result<Option<MountPoint>> {
    Ok(lines(&std::fs::read(TABLE)?).rfind(|mount| mount.path == path))
}

/// Where a mount is now, and whether another lies on top of it there. Its path changes where a directory above is moved.
pub fn now(mount: &MountPoint) -> std::io::Result<Option<(MountPoint, bool)>> {
    let table = std::fs::read(TABLE)?;
    let is_same = |line: &MountPoint| {
        (line.id, &line.device, &line.kind, &line.source) == (mount.id, &mount.device, &mount.kind, &mount.source)
    };
    let Some(own) = lines(&table).find(is_same) else { return Ok(None) };
    let covered = lines(&table).rfind(|line| line.path == own.path).is_some_and(|on_top| on_top.id != own.id);
    Ok(Some((own, covered)))
}

/// What of a file system has something else mounted on it: paths from its root, through whichever of its mounts.
pub fn covered(table: &[u8], device: &str) -> Vec<PathBuf> {
    let mounts: Vec<MountPoint> = lines(table).collect();
    let own: Vec<&MountPoint> = mounts.iter().filter(|mount| mount.device == device).collect();
    let covered = mounts.iter().filter_map(|mount| {
        let under = own.iter().find(|own| own.id == mount.parent)?;
        let below = mount.path.strip_prefix(&under.path).ok()?;
        Some(under.root.strip_prefix("/").ok()?.join(below))
    });
    // On the root as a whole, no name of the file system's leads there.
    covered.filter(|path| !path.as_os_str().is_empty()).collect()
}

fn lines(table: &[u8]) -> impl DoubleEndedIterator<Item = MountPoint> {
    table.split(|byte| *byte == b'\n').filter_map(parse)
}

/// Reads `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`.
fn parse(line: &[u8]) -> Option<MountPoint> {
    let mut words = line.split(|byte| *byte == b' ');
    let id = std::str::from_utf8(words.next()?).ok()?.parse().ok()?;
    let parent = std::str::from_utf8(words.next()?).ok()?.parse().ok()?;
    let (device, root, path) = (words.next()?, words.next()?, words.next()?);
    let mut rest = words.skip_while(|word| *word != b"-").skip(1);
    let (kind, source) = (rest.next()?, rest.next()?);
    let text = |word: &[u8]| String::from_utf8_lossy(&unescape(word)).into_owned();
    let at = |word: &[u8]| PathBuf::from(OsString::from_vec(unescape(word)));
    Some(MountPoint {
        id,
        parent,
        device: text(device),
        root: at(root),
        path: at(path),
        kind: text(kind),
        source: text(source),
    })
}

/// Space, tab, newline and backslash stand as three octal digits behind a backslash.
fn unescape(word: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(word.len());
    let mut at = 0;
    while let Some(byte) = word.get(at) {
        let octal = word.get(at + 1..at + 4).filter(|_| *byte == b'\\').and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 8).ok()
        });
        match octal {
            Some(octal) => {
                plain.push(octal);
                at += 4;
            }
            None => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    plain
}

/// The path with links resolved, though not at its end, which may be a mount that answers nobody.
pub fn resolved(path: &Path) -> std::io::Result<PathBuf> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => {
            let whole = std::fs::canonicalize(parent)?.join(name);
            match std::fs::symlink_metadata(&whole) {
                Ok(metadata) if metadata.is_symlink() => std::fs::canonicalize(&whole),
                // Also where it does not answer: its own name is as good.
                _ => Ok(whole),
            }
        }
        _ => std::fs::canonicalize(path),
    }
}
