//! One process to a directory.
//!
//! Always holds: while a [`DirectoryLock`] lives, no other can be taken on the same directory, by this process or another. The kernel
//! lets it go when the process dies, however it dies; the file stays and only says who held it last.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::open::OpenError;
use crate::limits::LOCK_FILE_BYTES_MAX;

const NAME: &str = "LOCK.trefoil";

/// Held until dropped.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    #[allow(dead_code, reason = "kept to be dropped")]
    file: Flock<File>,
}

impl DirectoryLock {
    /// Takes the lock of an existing directory, or says who holds it.
    pub(super) fn take(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(NAME);
        let at = |source| OpenError::Io { path: path.clone(), source };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644)
            .open(&path)
            .map_err(at)?;
        // flock(2) rather than fcntl(2): it belongs to this opening of the file, so a second one in the same process is refused too.
        let mut file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(file) => file,
            Err((file, Errno::EWOULDBLOCK)) => {
                return Err(OpenError::Held { directory: directory.to_owned(), holder: holder(file) });
            }
            Err((_, errno)) => return Err(at(errno.into())),
        };
        note(&mut file).map_err(at)?;
        Ok(Self { file })
    }
}

/// Writes who holds the lock: process, when it started (in the kernel's ticks, so that a reused number is told apart), host.
fn note(file: &mut File) -> io::Result<()> {
    let pid = std::process::id();
    let text = format!("{pid} {} {}\n", start_ticks(pid).unwrap_or(0), host());
    file.set_len(0)?;
    file.write_all(text.as_bytes())
}

/// A phrase for the holder, as far as it can be known.
fn holder(file: File) -> String {
    let mut text = String::new();
    // A note that can't be read names nobody; the refusal stands without it.
    let read = file.take(LOCK_FILE_BYTES_MAX).read_to_string(&mut text);
    let mut words = text.split_ascii_whitespace();
    let (Ok(_), Some(Ok(pid)), Some(Ok(started)), Some(place)) =
        (read, words.next().map(str::parse::<u32>), words.next().map(str::parse::<u64>), words.next())
    else {
        return "another process".to_owned();
    };
    if pid == std::process::id() && place == host() {
        return format!("this process ({pid}) already");
    }
    if place == host() && start_ticks(pid) == Some(started) {
        let command = command_line(pid).map(|command| format!(" ({command})")).unwrap_or_default();
        return format!("process {pid}{command}");
    }
    format!("process {pid} on {place}")
}

fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.split_ascii_whitespace().next().unwrap_or("unknown").to_owned()
}

/// Field 22 of /proc/PID/stat; the second field is in parentheses and may hold anything.
fn start_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()
}

fn command_line(pid: u32) -> Option<String> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words: Vec<_> = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty()).collect();
    // The program and its first arguments: enough to know it by. Arguments of ours never hold secrets.
    let shown: Vec<_> = words.iter().take(4).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    (!shown.is_empty()).then(|| shown.join(" "))
}
