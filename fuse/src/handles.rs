//! Open files, by the number that the kernel knows them by.
//!
//! Always holds: a number is never used twice within a mount. A file stays open from OPEN or CREATE to RELEASE, which comes once,
//! after the last descriptor and mapping are gone.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fuser::FileHandle;
use parking_lot::Mutex;
use trefoil_core::files::Open;

#[derive(Debug, Default)]
pub struct Handles {
    last: AtomicU64,
    open: Mutex<HashMap<u64, Handle>>,
}

#[derive(Clone, Debug)]
pub struct Handle {
    pub open: Arc<Open>,
    /// The thread that opened it.
    pub opener: u32,
}

impl Handles {
    pub fn insert(&self, open: Open, opener: u32) -> FileHandle {
        let handle = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.open.lock().insert(handle, Handle { open: Arc::new(open), opener });
        FileHandle(handle)
    }

    pub fn get(&self, handle: FileHandle) -> Option<Handle> {
        self.open.lock().get(&handle.0).cloned()
    }

    /// The open file, which is the caller's to close.
    pub fn remove(&self, handle: FileHandle) -> Option<Handle> {
        self.open.lock().remove(&handle.0)
    }
}
