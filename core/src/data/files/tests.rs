//! The files store passes the suite of all stores, on this kernel and on an old one.

#[cfg(feature = "failpoints")]
mod crash;
mod damage;
mod restart;
mod volumes;

use std::path::Path;
use std::sync::Arc;

use super::{FilesOptions, FilesStore};
use crate::data::conformance;
use crate::kernel::Kernel;
use crate::limits::VOLUME_BLOB_BYTES_MAX;
use crate::random::SystemRandom;

/// Small volumes, so that many are begun.
pub(super) fn options(epoch: u64) -> FilesOptions {
    let mut options = FilesOptions::new(epoch, Arc::new(SystemRandom), Kernel::pretending("9.9").unwrap());
    options.volume_bytes = 3 * VOLUME_BLOB_BYTES_MAX;
    options
}

pub(super) fn open(root: &Path, epoch: u64) -> Arc<FilesStore> {
    FilesStore::open(root, options(epoch)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conforms() {
    let root = tempfile::tempdir().unwrap();
    conformance::run(open(root.path(), 1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conforms_on_an_old_kernel() {
    let root = tempfile::tempdir().unwrap();
    let options = FilesOptions { kernel: Kernel::pretending("3.10").unwrap(), ..options(1) };
    conformance::run(FilesStore::open(root.path(), options).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conforms_where_no_hole_can_be_punched() {
    let root = tempfile::tempdir().unwrap();
    let options = FilesOptions { punch_holes: false, ..options(1) };
    conformance::run(FilesStore::open(root.path(), options).unwrap()).await;
}
