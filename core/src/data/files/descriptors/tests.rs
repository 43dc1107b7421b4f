//! What is remembered, and what is not.

use std::os::fd::AsRawFd as _;

use super::Descriptors;
use crate::data::files::place::{FileId, FileKind, Run, VOLUMES};

#[test]
fn a_file_that_was_removed_while_it_was_opened_is_not_remembered() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join(VOLUMES)).unwrap();
    let id = FileId { kind: FileKind::Volume, run: Run { epoch: 1, salt: 2 }, number: 3 };
    let path = id.path(root.path());
    let descriptors = Descriptors::default();
    std::fs::write(&path, b"bytes").unwrap();
    descriptors.open(root.path(), id).unwrap();
    assert!(descriptors.cached(id).is_some());
    descriptors.forget(id);
    assert!(descriptors.cached(id).is_none());

    // Opened by a name that leads to it still, and that is gone a moment later.
    let removed = std::fs::File::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(format!("/proc/self/fd/{}", removed.as_raw_fd()), &path).unwrap();
    let opened = descriptors.open(root.path(), id).unwrap();
    assert_eq!(opened.metadata().unwrap().len(), 5, "who has it reads it to its end");
    assert!(descriptors.cached(id).is_none());
}
