//! A proof, inside the log, of how much of it was synced: so that a damaged log is not taken for one that a power cut tore.
//!
//! RocksDB replays its log up to the first record that doesn't fit. After a power cut that is right: what follows was never
//! acknowledged, and its pages may have reached the disk in any order. After a flipped bit in the middle it would drop acknowledged
//! commits without a word. So each group begins with a mark that says which sequence number of RocksDB's was synced before it. At
//! opening, all marks in the log files are looked for as plain bytes; when RocksDB's replay ends below the highest, acknowledged
//! commits are missing, and the store is not opened.
//!
//! Always holds: a mark only claims what was synced before it was written. The mark's magic number is drawn for each directory and
//! never leaves it, so no client's bytes can pass for a mark. A mark that a block boundary of the log splits is not seen; the next
//! group repeats the claim. What the last group itself did can't be told from a torn tail: only marks after it would speak for it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::limits::LOG_SCAN_BYTES;
use crate::random::{Random, SystemRandom};

const NAME: &str = "log-mark";
const MAGIC_BYTES: usize = 16;
const MARK_BYTES: usize = MAGIC_BYTES + 8 + 8;

/// Makes and finds the marks of one directory.
pub(super) struct LogMark {
    magic: [u8; MAGIC_BYTES],
}

impl LogMark {
    /// Reads the directory's magic number, or draws it where there is none yet.
    pub(super) fn load(directory: &Path) -> io::Result<Self> {
        let path = directory.join(NAME);
        match fs::read(&path) {
            Ok(bytes) => match bytes.try_into() {
                Ok(magic) => Ok(Self { magic }),
                Err(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "the file has not the length it was given")),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut magic = [0; MAGIC_BYTES];
                SystemRandom.fill(&mut magic);
                let temporary = directory.join("log-mark.new");
                let mut file = File::create(&temporary)?;
                file.write_all(&magic)?;
                file.sync_all()?;
                fs::rename(&temporary, &path)?;
                File::open(directory)?.sync_all()?;
                Ok(Self { magic })
            }
            Err(error) => Err(error),
        }
    }

    /// The mark of a group: everything up to `synced` is on stable storage.
    pub(super) fn mark(&self, synced: u64) -> [u8; MARK_BYTES] {
        let mut mark = [0; MARK_BYTES];
        mark[..MAGIC_BYTES].copy_from_slice(&self.magic);
        mark[MAGIC_BYTES..MAGIC_BYTES + 8].copy_from_slice(&synced.to_le_bytes());
        mark[MAGIC_BYTES + 8..].copy_from_slice(&(!synced).to_le_bytes());
        mark
    }

    /// The highest claim in the directory's log files; 0 where there is none.
    pub(super) fn highest(&self, directory: &Path) -> io::Result<u64> {
        let mut highest = 0;
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                highest = highest.max(self.highest_in(File::open(&path)?)?);
            }
        }
        Ok(highest)
    }

    fn highest_in(&self, mut log: impl Read) -> io::Result<u64> {
        let finder = memchr::memmem::Finder::new(&self.magic);
        let mut highest = 0;
        let mut window = Vec::with_capacity(LOG_SCAN_BYTES + MARK_BYTES);
        loop {
            let kept = window.len();
            window.resize(kept + LOG_SCAN_BYTES, 0);
            let read = match log.read(&mut window[kept..]) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    window.truncate(kept);
                    continue;
                }
                Err(error) => return Err(error),
            };
            window.truncate(kept + read);
            if read == 0 {
                return Ok(highest);
            }
            for at in finder.find_iter(&window) {
                if let Some(mark) = window.get(at + MAGIC_BYTES..at + MARK_BYTES)
                    && let (Ok(claim), Ok(check)) = (mark[..8].try_into(), mark[8..].try_into())
                    && u64::from_le_bytes(claim) == !u64::from_le_bytes(check)
                {
                    highest = highest.max(u64::from_le_bytes(claim));
                }
            }
            // What may be the first part of a mark is looked at again with what follows.
            let done = window.len().saturating_sub(MARK_BYTES - 1);
            window.drain(..done);
        }
    }
}

#[cfg(test)]
mod tests;
