//! Lines as the kernel writes them.

use std::path::Path;

use super::{at, covered, parse, resolved};

#[test]
fn a_line_is_read() {
    let line =
        br"512 28 0:48 / /mnt/with\040space rw,nosuid,nodev,noatime shared:7 - fuse.trefoil photos/a\134b rw,user_id=0";
    let mount = parse(line).unwrap();
    assert_eq!((mount.id, mount.parent, mount.device.as_str()), (512, 28, "0:48"));
    assert_eq!((mount.root.as_path(), mount.path.as_path()), (Path::new("/"), Path::new("/mnt/with space")));
    assert_eq!((mount.kind.as_str(), mount.source.as_str()), ("fuse.trefoil", r"photos/a\b"));
}

#[test]
fn what_is_covered_is_told_from_the_root_of_its_file_system() {
    let table = b"1 0 8:1 / / rw - ext4 /dev/root rw\n\
        30 1 0:48 / /mnt/a rw - fuse.trefoil photos rw\n\
        31 30 0:50 / /mnt/a/d/with\\040space rw - tmpfs none rw\n\
        32 1 0:48 /2026 /srv/bound rw - fuse.trefoil photos rw\n\
        33 32 8:1 /home /srv/bound/march rw - ext4 /dev/root rw\n\
        34 31 0:51 / /mnt/a/d/with\\040space/below rw - tmpfs none rw\n\
        35 30 0:52 / /mnt/a rw - tmpfs none rw\n\
        36 1 0:53 / /mnt/b rw - fuse.trefoil other rw\n";
    assert_eq!(covered(table, "0:48"), [Path::new("d/with space"), Path::new("2026/march")]);
    assert!(covered(table, "0:53").is_empty());
}

#[test]
fn what_is_no_line_is_none() {
    for line in ["", "x", "1 2 0:1 / /mnt rw", "1 2 0:1 / /mnt rw - ext4", "1 x 0:1 / /mnt rw - ext4 y"] {
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
