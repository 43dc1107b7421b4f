//! Which reads a kernel lets the daemon hear of, and what `stat` says then.

use std::fs::{File, FileTimes, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::store;

fn old() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)
}

/// Makes the time of access older than any other.
fn age(path: &Path) {
    File::options().write(true).open(path).unwrap().set_times(FileTimes::new().set_accessed(old())).unwrap();
}

fn accessed(path: &Path) -> SystemTime {
    std::fs::symlink_metadata(path).unwrap().accessed().unwrap()
}

fn read(path: &Path, flags: i32) {
    let mut bytes = Vec::new();
    OpenOptions::new().read(true).custom_flags(flags).open(path).unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"bytes");
}

#[test]
fn relatime_counts_the_first_read_since_a_change() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "relatime");
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
    assert!(mounts.lines().any(|line| line.contains(root.to_str().unwrap()) && line.contains("relatime")));
    let file = root.join("file");
    std::fs::write(&file, b"bytes").unwrap();
    age(&file);
    read(&file, libc::O_NOATIME);
    assert_eq!(accessed(&file), old());
    read(&file, 0);
    let first = accessed(&file);
    let stat = std::fs::metadata(&file).unwrap();
    assert!(first > stat.modified().unwrap(), "read after it was written");
    assert!((stat.atime(), stat.atime_nsec()) > (stat.ctime(), stat.ctime_nsec()), "and that is no change");
    read(&file, 0);
    assert_eq!(accessed(&file), first, "nothing has changed since");
    // The kernel has the pages: what is opened now is read from the daemon all the same.
    age(&file);
    read(&file, 0);
    assert!(accessed(&file) > first);

    let directory = root.join("d");
    std::fs::create_dir(&directory).unwrap();
    let made = accessed(&directory);
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
    assert!(accessed(&directory) > made);
    let link = root.join("link");
    symlink("file", &link).unwrap();
    let made = accessed(&link);
    std::fs::read_link(&link).unwrap();
    assert!(accessed(&link) > made);

    // The time is the file's, whoever looks, and stays when its daemon ends.
    let (other, second) = store.mount("other", "");
    let read_at = accessed(&file);
    assert_eq!(accessed(&other.join("file")), read_at);
    second.unmount(false).unwrap();
    mount.unmount(false).unwrap();
    store.runtime.block_on(store.files.settle()).unwrap();
    let (root, mount) = store.mount("again", "");
    assert_eq!(accessed(&root.join("file")), read_at);
    mount.unmount(false).unwrap();
}

#[test]
fn without_an_option_reads_change_no_time_and_strictatime_counts_each_opening() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    let file = root.join("file");
    std::fs::write(&file, b"bytes").unwrap();
    age(&file);
    read(&file, 0);
    std::fs::read_dir(&root).unwrap().count();
    assert_eq!(accessed(&file), old());
    mount.unmount(false).unwrap();
    let (root, mount) = store.mount("strict", "strictatime");
    let file = root.join("file");
    let mut last = accessed(&file);
    for _ in 0..3 {
        read(&file, 0);
        let now = accessed(&file);
        assert!(now > last);
        last = now;
    }
    mount.unmount(false).unwrap();
}
