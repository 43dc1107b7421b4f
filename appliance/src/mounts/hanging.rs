//! Work on directories that may never answer: what is mounted there, or above, may be of a server that is gone.
//!
//! Always holds: such work is waited for within a limit, and as long as it goes on in the kernel no more of the same directory is begun; so
//! each directory holds up one thread at most, and nobody else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::{Refused, blocking};
use crate::limits::MOUNTS_MAX;

#[derive(Debug, Default)]
pub struct Hanging {
    under_way: Arc<Mutex<BTreeSet<PathBuf>>>,
}

/// Work that is under way, until this is dropped.
struct UnderWay {
    all: Arc<Mutex<BTreeSet<PathBuf>>>,
    directory: PathBuf,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.all.lock().remove(&self.directory);
    }
}

impl Hanging {
    /// What the work gives, on a thread that may wait. `Hangs` where that takes longer than the limit, or earlier work still does.
    pub async fn wait<T: Send + 'static>(
        &self,
        directory: &Path,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let hangs = || Refused::Hangs(directory.display().to_string());
        let under_way = self.begin(directory)?;
        let done = blocking(move || {
            let _under_way = under_way;
            work()
        });
        tokio::time::timeout(limit, done).await.map_err(|_| hangs())?
    }

    fn begin(&self, directory: &Path) -> Result<UnderWay, Refused> {
        let mut all = self.under_way.lock();
        if all.contains(directory) {
            return Err(Refused::Hangs(directory.display().to_string()));
        }
        if all.len() >= MOUNTS_MAX {
            return Err(Refused::TooMany);
        }
        all.insert(directory.to_owned());
        Ok(UnderWay { all: Arc::clone(&self.under_way), directory: directory.to_owned() })
    }
}

#[cfg(test)]
mod tests;
