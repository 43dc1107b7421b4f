//! Where a blob is: its identity, its locator, and the names of the files.
//!
//! Always holds (T3): an identity is never used twice. It is made of the epoch (allotted by the index, each start of the store has
//! its own), a random number of this start (should an index ever be lost and epochs begin anew), the number of the file, counted up
//! within the start, and the offset in it, which only grows. File names come from these numbers, never from keys.
//!
//! ```text
//! DIR/volumes/{epoch}-{salt}-{number}.volume                      many blobs, each at its offset
//! DIR/files/{epoch}-{salt}/{number / 1024}/{epoch}-{salt}-{number}.blob   one blob
//! DIR/incoming/{epoch}-{salt}-{number}.blob                       one blob that is not whole yet
//! ```

use std::path::{Path, PathBuf};

use crc_fast::CrcAlgorithm;

use crate::data::blocks::Binding;
use crate::data::{DataError, Locator};
use crate::limits::{BLOB_ALIGN_BYTES, FILES_PER_DIRECTORY};

/// One start of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    pub epoch: u64,
    pub salt: u32,
}

/// A file that holds blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId {
    pub kind: FileKind,
    pub run: Run,
    pub number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// Shared by many blobs.
    Volume,
    /// One blob's own.
    Own,
}

/// A blob's identity: what its header says, and what its checks are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlobId {
    pub file: FileId,
    /// Offset of the header in the file. 0 in a file of its own.
    pub offset: u64,
}

/// A stored blob: its identity and its bytes of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub id: BlobId,
    pub length: u64,
}

impl FileKind {
    pub fn code(self) -> u8 {
        match self {
            Self::Volume => 1,
            Self::Own => 2,
        }
    }

    pub fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Volume),
            2 => Some(Self::Own),
            _ => None,
        }
    }
}

impl BlobId {
    pub fn binding(&self) -> Binding {
        let FileId { kind, run, number } = self.file;
        Binding::new(&[u64::from(kind.code()), run.epoch, u64::from(run.salt), number, self.offset])
    }
}

const LOCATOR_BYTES: usize = 1 + 8 + 4 + 8 + 8 + 8 + 4;

impl Place {
    /// Kind, epoch, salt, number, offset, length, each little endian, and a CRC-32C: a damaged locator never names another blob.
    pub fn to_locator(self) -> Locator {
        let mut bytes = Vec::with_capacity(LOCATOR_BYTES);
        bytes.push(self.id.file.kind.code());
        bytes.extend_from_slice(&self.id.file.run.epoch.to_le_bytes());
        bytes.extend_from_slice(&self.id.file.run.salt.to_le_bytes());
        for word in [self.id.file.number, self.id.offset, self.length] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&crc32c(&bytes).to_le_bytes());
        Locator(bytes)
    }

    pub fn from_locator(locator: &Locator) -> Result<Self, DataError> {
        Self::parse(&locator.0).ok_or_else(|| DataError::Corrupt("the locator is none of the files store".into()))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LOCATOR_BYTES] = bytes.try_into().ok()?;
        let (named, crc) = bytes.split_at(LOCATOR_BYTES - 4);
        if crc != crc32c(named).to_le_bytes() {
            return None;
        }
        let word = |at: usize| named.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        let kind = FileKind::from_code(named[0])?;
        let run = Run { epoch: word(1)?, salt: u32::from_le_bytes(named[9..13].try_into().ok()?) };
        let (number, offset, length) = (word(13)?, word(21)?, word(29)?);
        let end = offset.checked_add(length)?.checked_add(length / 4)?.checked_add(1 << 20)?;
        let aligned = offset % BLOB_ALIGN_BYTES == 0 && (kind == FileKind::Volume || offset == 0);
        (aligned && i64::try_from(end).is_ok())
            .then_some(Self { id: BlobId { file: FileId { kind, run, number }, offset }, length })
    }
}

fn crc32c(bytes: &[u8]) -> u32 {
    // The algorithm has 32 bits; the upper half is zero.
    u32::try_from(crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, bytes)).unwrap_or(u32::MAX)
}

/// The directories of a store.
pub const VOLUMES: &str = "volumes";
pub const FILES: &str = "files";
pub const INCOMING: &str = "incoming";

impl Run {
    pub fn name(self) -> String {
        format!("{:016x}-{:08x}", self.epoch, self.salt)
    }

    pub fn parse(name: &str) -> Option<Self> {
        let (epoch, salt) = name.split_once('-')?;
        let run = Self { epoch: u64::from_str_radix(epoch, 16).ok()?, salt: u32::from_str_radix(salt, 16).ok()? };
        (run.name() == name).then_some(run)
    }
}

impl FileId {
    pub fn name(self) -> String {
        let extension = match self.kind {
            FileKind::Volume => "volume",
            FileKind::Own => "blob",
        };
        format!("{}-{:x}.{extension}", self.run.name(), self.number)
    }

    /// The file that a name says, if it is one of ours.
    pub fn parse(name: &str) -> Option<Self> {
        let (stem, extension) = name.split_once('.')?;
        let kind = match extension {
            "volume" => FileKind::Volume,
            "blob" => FileKind::Own,
            _ => return None,
        };
        let (run, number) = stem.rsplit_once('-')?;
        let file = Self { kind, run: Run::parse(run)?, number: u64::from_str_radix(number, 16).ok()? };
        (file.name() == name).then_some(file)
    }

    /// The directory of an own file within [`FILES`]: `{run}/{group}`.
    pub fn group(self) -> u64 {
        self.number / FILES_PER_DIRECTORY
    }

    pub fn directory(self, root: &Path) -> PathBuf {
        match self.kind {
            FileKind::Volume => root.join(VOLUMES),
            FileKind::Own => run_directory(root, self.run).join(format!("{:x}", self.group())),
        }
    }

    pub fn path(self, root: &Path) -> PathBuf {
        self.directory(root).join(self.name())
    }

    /// Where an own file grows until it is whole.
    pub fn incoming_path(self, root: &Path) -> PathBuf {
        root.join(INCOMING).join(self.name())
    }
}

/// The directory of the own files of one start of the store.
pub fn run_directory(root: &Path, run: Run) -> PathBuf {
    root.join(FILES).join(run.name())
}

#[cfg(test)]
mod tests;
