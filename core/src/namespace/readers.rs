//! Names that went while a reader of their directory may stand at them: it goes on by a cookie, which stands for the name.
//!
//! Always holds: whatever takes a name away, or lets it lead elsewhere, remembers it before that is committed, so whoever finds the name
//! gone finds it here, until many later ones have pushed it out. What is remembered of a change that was not made does no harm, for what
//! is live is looked at first. Only directories count that a file door has read or changed: where there is S3 alone, nothing is
//! remembered, and its overwrites push out nothing that somebody may ask for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Named, Tree};
use crate::limits::{CACHED_OVERHEAD_BYTES, DIRECTORIES_READ_BITS, REMOVED_NAMES_BYTES_MAX};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Dentry, Record};
use crate::metadata::transaction::Transaction;
use crate::metadata::{LockGuard, Table};
use crate::recent::{Recent, recent};
use bytes::Bytes;

/// A directory, and a name in it.
type Gone = (Id, Box<[u8]>);

pub(super) struct Readers {
    /// One bit for each directory that was read, by its id. Several share one, so that a directory may count which nobody has read.
    read: Box<[AtomicU64]>,
    /// Names by their cookies.
    gone: Recent<u64, Gone, Weight>,
}

#[derive(Clone)]
struct Weight;

impl quick_cache::Weighter<u64, Gone> for Weight {
    fn weight(&self, _: &u64, (_, name): &Gone) -> u64 {
        CACHED_OVERHEAD_BYTES + name.len() as u64
    }
}

impl Default for Readers {
    fn default() -> Self {
        let items = usize::try_from(REMOVED_NAMES_BYTES_MAX / CACHED_OVERHEAD_BYTES).unwrap_or(usize::MAX);
        Self {
            read: (0..DIRECTORIES_READ_BITS / 64).map(|_| AtomicU64::new(0)).collect(),
            gone: recent(items, REMOVED_NAMES_BYTES_MAX, Weight),
        }
    }
}

impl Readers {
    fn slot(&self, directory: Id) -> (&AtomicU64, u64) {
        // Ids are drawn in sequence: those of one time have a bit each.
        let word = directory / 64 % self.read.len() as u64;
        (&self.read[usize::try_from(word).expect("less than the number of words")], 1 << (directory % 64))
    }

    fn reads(&self, directory: Id) {
        let (word, bit) = self.slot(directory);
        if word.load(Ordering::SeqCst) & bit == 0 {
            word.fetch_or(bit, Ordering::SeqCst);
        }
    }

    fn is_read(&self, directory: Id) -> bool {
        let (word, bit) = self.slot(directory);
        word.load(Ordering::SeqCst) & bit != 0
    }

    pub fn name(&self, directory: Id, cookie: u64) -> Option<Vec<u8>> {
        self.gone.get(&cookie).filter(|(parent, _)| *parent == directory).map(|(_, name)| name.into_vec())
    }
}

/// A dentry that a transaction takes away, until the outcome is known.
struct Leaving {
    readers: Arc<Readers>,
    directory: Id,
    name: Vec<u8>,
    dentry: Bytes,
    noted: bool,
}

impl Leaving {
    fn note(&mut self) {
        if self.noted || !self.readers.is_read(self.directory) {
            return;
        }
        self.noted = true;
        // One that can't be read has given nobody a cookie.
        let Ok(dentry) = Dentry::decode(&self.dentry) else { return };
        let named = Named::from(&self.name, dentry);
        self.readers.gone.insert(named.cookie(), (self.directory, named.plain_name().into()));
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        // Again where nobody had read the directory when this began: who has done so since may have seen the name.
        self.note();
    }
}

impl std::fmt::Debug for Leaving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} in {} goes", self.name.escape_ascii().to_string(), self.directory)
    }
}

impl LockGuard for Leaving {}

impl Tree {
    /// A file door reads the directory, or changes it: to be said before it looks at the names.
    pub(crate) fn reads(&self, directory: Id) {
        self.readers.reads(directory);
    }

    /// The dentry at `at`, which the transaction has read, is about to go, or to lead elsewhere.
    pub(super) fn leaves(&self, tx: &mut Transaction<'_>, at: (Id, &[u8])) {
        let Some(dentry) = tx.known(Table::Index, &keys::dentry(at.0, at.1)) else { return };
        let readers = Arc::clone(&self.readers);
        let mut leaving = Leaving { readers, directory: at.0, name: at.1.to_vec(), dentry, noted: false };
        leaving.note();
        tx.keep(Box::new(leaving));
    }
}

#[cfg(test)]
mod tests;
