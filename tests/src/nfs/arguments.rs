//! The arguments of every procedure as an honest client sends them, in parts, so that one of them can be made a lie.
//!
//! Always holds: each field of variable length of RFC 1813's procedures is a part of its own.

use super::Words;

/// sattr3
#[derive(Clone, Copy, Debug, Default)]
pub struct Set {
    pub mode: Option<u32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub size: Option<u64>,
    /// Seconds and nanoseconds.
    pub modified: Option<(u32, u32)>,
}

impl Set {
    pub fn mode(mode: u32) -> Self {
        Self { mode: Some(mode), ..Self::default() }
    }

    pub fn owner(uid: u32, gid: u32) -> Self {
        Self { uid: Some(uid), gid: Some(gid), ..Self::default() }
    }

    pub fn size(size: u64) -> Self {
        Self { size: Some(size), ..Self::default() }
    }
}

impl Words {
    pub fn set(self, set: Set) -> Self {
        let word = |this: Words, value: Option<u32>| match value {
            Some(value) => this.u32(1).u32(value),
            None => this.u32(0),
        };
        let this = word(word(word(self, set.mode), set.uid), set.gid);
        let this = match set.size {
            Some(size) => this.u32(1).u64(size),
            None => this.u32(0),
        };
        let this = this.u32(0);
        match set.modified {
            Some((seconds, nanos)) => this.u32(2).u32(seconds).u32(nanos),
            None => this.u32(0),
        }
    }
}

/// A piece of a call's arguments.
#[derive(Clone, Debug)]
pub enum Part {
    Handle(Vec<u8>),
    Name(Vec<u8>),
    /// The path of a symbolic link, or of an export.
    Path(Vec<u8>),
    Data(Vec<u8>),
    Fixed(Words),
}

impl Part {
    /// The bytes of one whose length is said.
    pub fn variable(&self) -> Option<&[u8]> {
        match self {
            Part::Handle(bytes) | Part::Name(bytes) | Part::Path(bytes) | Part::Data(bytes) => Some(bytes),
            Part::Fixed(_) => None,
        }
    }
}

pub fn join(parts: &[Part]) -> Words {
    parts.iter().fold(Words::default(), |words, part| match part {
        Part::Fixed(fixed) => words.fixed(&fixed.0),
        other => words.opaque(other.variable().unwrap_or_default()),
    })
}

/// Of one of NFS's procedures, on a directory and a file in it.
pub fn arguments(procedure: u32, directory: &[u8], file: &[u8]) -> Vec<Part> {
    let (directory, file) = (Part::Handle(directory.to_vec()), Part::Handle(file.to_vec()));
    let name = || Part::Name(b"name".to_vec());
    let fixed = |words: Words| Part::Fixed(words);
    let words = Words::default;
    let set = || Part::Fixed(Words::default().set(Set::mode(0o644)));
    match procedure {
        0 => vec![],
        2 => vec![file, set(), fixed(words().u32(0))],
        3 | 12 | 13 => vec![directory, name()],
        4 => vec![file, fixed(words().u32(0x3f))],
        6 => vec![file, fixed(words().u64(0).u32(4096))],
        7 => vec![file, fixed(words().u64(0).u32(5).u32(2)), Part::Data(b"bytes".to_vec())],
        8 => vec![directory, name(), fixed(words().u32(0)), set()],
        9 => vec![directory, name(), set()],
        10 => vec![directory, name(), set(), Part::Path(b"target".to_vec())],
        11 => vec![directory, name(), fixed(words().u32(7)), set()],
        14 => vec![directory.clone(), name(), directory, name()],
        15 => vec![file, directory, name()],
        16 => vec![directory, fixed(words().u64(0).u64(0).u32(4096))],
        17 => vec![directory, fixed(words().u64(0).u64(0).u32(4096).u32(32_768))],
        21 => vec![file, fixed(words().u64(0).u32(0))],
        _ => vec![file],
    }
}

/// Of one of MOUNT's.
pub fn mount_arguments(procedure: u32, path: &str) -> Vec<Part> {
    match procedure {
        1 | 3 => vec![Part::Path(path.as_bytes().to_vec())],
        _ => vec![],
    }
}
