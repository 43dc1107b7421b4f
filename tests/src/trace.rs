//! What a server asked of the kernel, in order: read from strace's record.
//!
//! Always holds: an event has the lines at which it began and ended, so that "before" means: ended before the other began.

use std::path::{Path, PathBuf};

/// The calls that are recorded: those that make, fill, sync and name files, and those that answer.
pub const CALLS: &str = "trace=openat,open,creat,write,pwrite64,pwritev,pwritev2,writev,fsync,fdatasync,sync_file_range,\
                         fallocate,link,linkat,rename,renameat,renameat2,unlink,unlinkat,sendto,sendmsg,mkdir,mkdirat";

/// One system call.
#[derive(Clone, Debug)]
pub struct Event {
    pub begin: usize,
    pub end: usize,
    pub call: String,
    /// Arguments and result, as strace writes them; with `-yy`, descriptors carry their paths.
    pub text: String,
}

/// The wrapper that records into `file`.
pub fn wrapper(file: &Path) -> Vec<String> {
    ["strace", "-f", "-yy", "-s", "96", "-e", CALLS, "-o"]
        .into_iter()
        .map(str::to_owned)
        .chain([file.display().to_string()])
        .collect()
}

/// Reads a record. Calls that were interrupted by other threads are put together again.
pub fn parse(text: &str) -> Vec<Event> {
    let mut open: Vec<(String, Event)> = Vec::new();
    let mut events = Vec::new();
    for (line_number, line) in text.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            if let Some(index) = open.iter().position(|(other, _)| other == thread) {
                let (_, mut event) = open.swap_remove(index);
                event.end = line_number;
                event.text.push_str(resumed.split_once('>').map(|(_, tail)| tail).unwrap_or_default());
                events.push(event);
            }
            continue;
        }
        let Some((call, tail)) = rest.split_once('(') else { continue };
        if !call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let mut event = Event { begin: line_number, end: line_number, call: call.to_owned(), text: tail.to_owned() };
        match tail.strip_suffix("<unfinished ...>") {
            Some(head) => {
                event.text = head.to_owned();
                open.push((thread.to_owned(), event));
            }
            None => events.push(event),
        }
    }
    events.sort_by_key(|event| event.begin);
    events
}

/// What a name was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    File = 0,
    Directory = 1,
    Rename = 2,
}

impl Event {
    pub fn has_succeeded(&self) -> bool {
        !self
            .text
            .trim_end()
            .rsplit_once("= ")
            .is_none_or(|(_, result)| result.starts_with('-') || result.starts_with('?'))
    }

    pub fn is_sync(&self) -> bool {
        matches!(self.call.as_str(), "fsync" | "fdatasync") && self.text.trim_end().ends_with("= 0")
    }

    /// The name that the call makes, where it makes one: that of a file that was not there, of a directory, or a rename's target.
    /// Names are absolute, as a server that was given an absolute directory writes them.
    pub fn made_name(&self) -> Option<(Made, PathBuf)> {
        let quoted: Vec<&str> = self.text.split('"').skip(1).step_by(2).collect();
        let (made, name) = match self.call.as_str() {
            "open" | "openat" if self.text.contains("O_CREAT") => (Made::File, quoted.first()?),
            "creat" => (Made::File, quoted.first()?),
            "mkdir" | "mkdirat" => (Made::Directory, quoted.first()?),
            "rename" | "renameat" | "renameat2" | "link" | "linkat" => (Made::Rename, quoted.get(1)?),
            _ => return None,
        };
        Some((made, PathBuf::from(name)))
    }

    pub fn is_write(&self) -> bool {
        matches!(self.call.as_str(), "write" | "pwrite64" | "writev" | "pwritev" | "pwritev2")
    }

    /// The first descriptor's path.
    pub fn path(&self) -> &str {
        self.text.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path).unwrap_or_default()
    }

    /// An answer to a request that succeeded.
    pub fn is_answer(&self) -> bool {
        matches!(self.call.as_str(), "write" | "writev" | "sendto" | "sendmsg") && self.text.contains("\"HTTP/1.1 200")
    }

    pub fn is_before(&self, other: &Event) -> bool {
        self.end < other.begin
    }
}

#[cfg(test)]
mod tests;
