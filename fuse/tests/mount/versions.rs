//! When the closes of a file's descriptors make a version of it, in a bucket with versions.

use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use trefoil_core::objects::ListVersions;
use trefoil_core::types::Versioning;

use super::*;

impl Store {
    fn versioned() -> Option<Self> {
        let store = store()?;
        let bucket: BucketName = BUCKET.parse().unwrap();
        let set = store.objects.set_versioning(&store.principal, &bucket, Versioning::Enabled);
        store.runtime.block_on(set).unwrap();
        Some(store)
    }

    /// How long each version in the bucket is, newest first.
    fn versions(&self) -> Vec<u64> {
        let (prefix, delimiter, key_marker) = (String::new(), String::new(), String::new());
        let request = ListVersions { prefix, delimiter, key_marker, version_marker: None, max_keys: 100 };
        let bucket: BucketName = BUCKET.parse().unwrap();
        let page = self.runtime.block_on(self.objects.list_versions(&self.principal, &bucket, request)).unwrap();
        page.versions.iter().map(|version| version.entry.size).collect()
    }
}

/// `make >log`: each program that it starts has the descriptor, and ends.
#[test]
fn the_end_of_a_child_that_was_given_the_descriptor_makes_no_version() {
    let Some(store) = Store::versioned() else { return };
    let (root, mount) = store.mount("m", "");
    let mut log = std::fs::File::create(root.join("log")).unwrap();
    log.write_all(b"one\n").unwrap();
    let descriptor = log.as_raw_fd();
    let program = format!("import os; os.write({descriptor}, b'two\\n')");
    for _ in 0..2 {
        let mut child = Command::new("python3");
        child.args(["-c", &program]);
        // In the child alone: others are started at the same time, and are to have nothing of this mount.
        // SAFETY: fcntl(2) may be called between fork and exec, and allocates nothing.
        unsafe {
            child.pre_exec(move || match libc::fcntl(descriptor, libc::F_SETFD, 0) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            });
        }
        assert!(child.status().unwrap().success());
        assert_eq!(store.versions(), [], "a child's end");
    }
    log.write_all(b"three\n").unwrap();
    drop(log);
    assert_eq!(store.versions(), [18], "the end of the one that opened it");
    mount.unmount(false).unwrap();
}

/// Its opener is not there any more to be asked about.
#[test]
fn who_closes_what_a_thread_opened_that_has_ended_makes_the_version() {
    let Some(store) = Store::versioned() else { return };
    let (root, mount) = store.mount("m", "");
    let path = root.join("file");
    let file = std::thread::spawn(move || std::fs::File::create(path).unwrap()).join().unwrap();
    file.write_at(b"bytes", 0).unwrap();
    drop(file);
    assert_eq!(store.versions(), [5]);
    mount.unmount(false).unwrap();
}

/// It has its number again, which the kernel would take for the dead one's as long as somebody stands in that.
#[test]
fn a_directory_that_is_made_again_is_alive_while_a_program_has_the_old_one_open() {
    let Some(store) = Store::versioned() else { return };
    let (root, mount) = store.mount("m", "");
    let directory = root.join("d");
    for round in 0..3 {
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("old"), b"x").unwrap();
        let held = std::fs::File::open(&directory).unwrap();
        std::fs::remove_file(directory.join("old")).unwrap();
        std::fs::remove_dir(&directory).unwrap();
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("new"), b"new").unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert_eq!(std::fs::read(directory.join("new")).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
        drop(held);
        std::fs::remove_file(directory.join("new")).unwrap();
        std::fs::remove_dir(&directory).unwrap();
    }
    mount.unmount(false).unwrap();
}
