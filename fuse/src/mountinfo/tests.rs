//! Lines as the kernel writes them.

use std::path::Path;

use super::{at, parse, resolved};

#[test]
fn a_line_is_read() {
    let line =
        br"512 28 0:48 / /mnt/with\040space rw,nosuid,nodev,noatime shared:7 - fuse.trefoil photos/a\134b rw,user_id=0";
    let mount = parse(line).unwrap();
    assert_eq!((mount.id, mount.device.as_str()), (512, "0:48"));
    assert_eq!(mount.path, Path::new("/mnt/with space"));
    assert_eq!((mount.kind.as_str(), mount.source.as_str()), ("fuse.trefoil", r"photos/a\b"));
}

#[test]
fn what_is_no_line_is_none() {
    for line in ["", "x", "1 2 0:1 / /mnt rw", "1 2 0:1 / /mnt rw - ext4"] {
        assert_eq!(parse(line.as_bytes()), None, "{line:?}");
    }
}

#[test]
fn the_root_is_mounted_and_a_new_directory_is_not() {
    assert!(at(Path::new("/")).unwrap().is_some());
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(at(&resolved(dir.path()).unwrap()).unwrap(), None);
}

#[test]
fn links_are_resolved_also_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().join("real");
    std::fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, dir.path().join("link")).unwrap();
    assert_eq!(resolved(&dir.path().join("link")).unwrap(), std::fs::canonicalize(&real).unwrap());
    assert!(resolved(&dir.path().join("absent/below")).is_err());
}
