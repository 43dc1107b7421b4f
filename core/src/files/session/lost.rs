//! Written bytes that were lost: given up, because they could not be stored for long.
//!
//! Always holds (T9): whoever had the file open is told, each opening once, by its next close or fsync; and so is the first that is opened
//! later where nobody was told yet. A close of what only reads, and looks that need the file published, tell nobody. A client of NFS learns
//! it from the write verifier, which every loss changes, and writes again.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use super::table::{Session, Sessions};
use crate::error::{Error, Result};
use crate::files::{FileError, FileService};
use crate::limits::SESSION_FAILED_MAX;
use crate::metadata::keys::Id;

/// The last loss of a file.
#[derive(Debug)]
pub(super) struct Lost {
    /// Counted over all files, from 1.
    number: u64,
    error: Error,
    at: Instant,
    told: bool,
    /// The file is a version that another has followed: what is written to it is lost, until it is the name's again.
    displaced: bool,
}

/// Which losses an opening has been told of.
#[derive(Debug, Default)]
pub struct Told(AtomicU64);

impl Session {
    /// What was written and not committed is lost, of this error.
    pub(super) fn lose(&self, sessions: &Sessions, error: Error) {
        let displaced = matches!(error, Error::File(FileError::Stale));
        let lost = Lost { number: sessions.lost(), error, at: Instant::now(), told: false, displaced };
        *self.lost.lock() = Some(Box::new(lost));
    }

    /// Nobody is left to be told.
    pub(super) fn forget_loss(&self) {
        *self.lost.lock() = None;
    }

    /// Something was committed: the file is no version that another has followed, or is none any more.
    pub(super) fn is_writable_again(&self) {
        if let Some(lost) = self.lost.lock().as_mut() {
            lost.displaced = false;
        }
    }

    pub(super) fn has_lost(&self) -> bool {
        self.lost.lock().is_some()
    }
}

impl FileService {
    /// What an opening that begins now has been told of: all but a loss that nobody was told of.
    pub(in crate::files) fn told_so_far(&self, node: Id) -> Told {
        let session = self.inner.sessions.get(node);
        let number =
            session.and_then(|session| session.lost.lock().as_ref().filter(|lost| lost.told).map(|lost| lost.number));
        Told(AtomicU64::new(number.unwrap_or(0)))
    }

    /// The error of a loss that the opening was not told of yet; from now on it is.
    pub(in crate::files) fn tell_loss(&self, node: Id, told: &Told) -> Result<()> {
        let Some(session) = self.inner.sessions.get(node) else { return Ok(()) };
        let mut lost = session.lost.lock();
        match lost.as_mut() {
            Some(lost) if told.0.swap(lost.number, Ordering::AcqRel) != lost.number => {
                lost.told = true;
                Err(lost.error.clone())
            }
            _ => Ok(()),
        }
    }

    /// The error of a loss of the file that came after so many: of what was written since, which was to be stable.
    pub(in crate::files) fn tell_loss_since(&self, node: Id, losses: u64) -> Result<()> {
        self.last_loss(node, |lost| (lost.number > losses).then(|| lost.error.clone()))
    }

    /// `Stale` where what was written lately was lost because the file is a version that another has followed.
    pub(in crate::files) fn tell_displaced(&self, node: Id) -> Result<()> {
        self.last_loss(node, |lost| lost.displaced.then(|| FileError::Stale.into()))
    }

    fn last_loss(&self, node: Id, told: impl FnOnce(&Lost) -> Option<Error>) -> Result<()> {
        let Some(session) = self.inner.sessions.get(node) else { return Ok(()) };
        let error = session.lost.lock().as_deref().and_then(told);
        error.map_or(Ok(()), Err)
    }

    /// Forgets a loss of long ago where nobody has the file open for writing.
    pub(in crate::files) fn forget_old_loss(&self, session: &Session) {
        let mut lost = session.lost.lock();
        let old = lost.as_ref().is_some_and(|lost| lost.at.elapsed() >= SESSION_FAILED_MAX);
        if old && self.inner.drafts.writers(session.node) == 0 {
            *lost = None;
        }
    }
}
