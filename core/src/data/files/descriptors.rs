//! Files that are open for reading.
//!
//! Always holds: at most [`DESCRIPTORS_MAX`] are kept open here (readers under way may hold as many more as there are readers). A
//! file is forgotten after its name was removed, so that its space comes back; none without a name is remembered.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use quick_cache::sync::Cache;

use super::place::FileId;
use crate::limits::DESCRIPTORS_MAX;

#[derive(Debug)]
pub struct Descriptors {
    cache: Cache<FileId, Arc<File>>,
}

impl Default for Descriptors {
    fn default() -> Self {
        Self { cache: Cache::new(DESCRIPTORS_MAX) }
    }
}

impl Descriptors {
    /// The file, if it is open. Never waits.
    pub fn cached(&self, id: FileId) -> Option<Arc<File>> {
        self.cache.get(&id)
    }

    /// The file, opened if need be.
    pub fn open(&self, root: &Path, id: FileId) -> io::Result<Arc<File>> {
        if let Some(file) = self.cache.get(&id) {
            return Ok(file);
        }
        let file = Arc::new(File::open(id.path(root))?);
        self.cache.insert(id, file.clone());
        // Removed since it was opened, and perhaps forgotten before it was remembered: nobody would forget it again.
        if file.metadata()?.nlink() == 0 {
            self.forget(id);
        }
        Ok(file)
    }

    pub fn forget(&self, id: FileId) {
        self.cache.remove(&id);
    }
}

#[cfg(test)]
mod tests;
