//! What a file loses when its bytes or its owner change through a mount: set-id bits and capabilities.
//!
//! Always holds: each is seen by the kernel right after the change, as on Linux's own file systems.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use super::lists::{ALICE, BOB, WRITE, as_user, lists, mode, open_the_way, run};
use super::{Mount, Store};

fn set_capability(file: &Path) {
    run("setfattr", &["-n", "security.capability", "-v", "0x0100000200040000000000000000000000000000"], file).unwrap();
}

fn has_capability(file: &Path) -> bool {
    match run("getfattr", &["--absolute-names", "-n", "security.capability"], file) {
        Ok(_) => true,
        Err(error) => {
            assert!(error.contains("No such attribute"), "{error}");
            false
        }
    }
}

/// The mode as a kernel has it that is asked for nothing else.
fn mode_alone(file: &Path) -> u32 {
    u32::from_str_radix(run("stat", &["-c", "%a"], file).unwrap().trim(), 8).unwrap()
}

fn set_mode(file: &Path, mode: u32) {
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Makes it a program that lends its owner's rights.
fn lend(file: &Path, mode: u32) {
    std::fs::write(file, b"bytes").unwrap();
    set_mode(file, mode);
    set_capability(file);
}

/// A mount that everybody may come to, and the name of a file of it.
fn place(store: &Store) -> (PathBuf, Mount) {
    let (root, mount) = store.mount("m", "suid");
    open_the_way(store, &root);
    (root.join("file"), mount)
}

#[test]
fn a_write_takes_the_rights_that_a_program_lends() {
    // Before 5.11, the kernel asks for it by changes of its own.
    for pretended in [None, Some((5, 10))] {
        let Some(mut store) = lists() else { return };
        store.pretended = pretended;
        writes_take(&store);
    }
}

fn writes_take(store: &Store) {
    let (file, mount) = place(store);
    std::fs::write(file.with_file_name("other"), b"other bytes").unwrap();
    let copy = "cp \"$(dirname \"$1\")/other\" \"$1\"";
    let direct = "printf %4096s x | dd of=\"$1\" bs=4096 oflag=direct conv=notrunc status=none";
    for line in [WRITE, ": >\"$1\"", "truncate -s 3 \"$1\"", "fallocate -l 100 \"$1\"", copy, direct] {
        lend(&file, 0o6777);
        assert!(as_user(ALICE, line, &file), "{line}");
        assert_eq!((mode_alone(&file), mode(&file)), (0o777, 0o777), "{line}");
        assert!(!has_capability(&file), "{line}");
    }
    mount.unmount(false).unwrap();
}

#[test]
fn root_keeps_set_id_bits_when_it_writes_and_nobody_when_hands_change() {
    let Some(store) = lists() else { return };
    let (file, mount) = place(&store);
    lend(&file, 0o6777);
    std::fs::OpenOptions::new().append(true).open(&file).unwrap().write_all(b"more").unwrap();
    assert_eq!((mode(&file), has_capability(&file)), (0o6777, false));
    set_capability(&file);
    std::os::unix::fs::chown(&file, Some(ALICE), None).unwrap();
    assert_eq!((mode(&file), has_capability(&file)), (0o777, false));
    mount.unmount(false).unwrap();
}

#[test]
fn who_may_not_write_takes_nothing_by_changing_nothing() {
    let Some(store) = lists() else { return };
    let (file, mount) = place(&store);
    lend(&file, 0o6755);
    // fchownat(2) of neither, at which an owner takes set-id bits.
    let nothing = "chown '' \"$1\"";
    // Linux's own file systems refuse it, where there are set-id bits to take.
    let _ = as_user(BOB, nothing, &file);
    assert_eq!((mode(&file), has_capability(&file)), (0o6755, true));
    // Nor as the root of a namespace that does not know the file's owner; where nobody may make one, it fails.
    let _ = as_user(BOB, "unshare -Ur chown '' \"$1\"", &file);
    assert_eq!((mode(&file), has_capability(&file)), (0o6755, true));
    std::os::unix::fs::chown(&file, Some(ALICE), None).unwrap();
    set_mode(&file, 0o6755);
    assert!(as_user(ALICE, nothing, &file));
    assert_eq!(mode(&file), 0o755);
    // An owner who may not write to it.
    set_mode(&file, 0o4555);
    assert!(as_user(ALICE, nothing, &file));
    assert_eq!(mode_alone(&file), 0o555);
    mount.unmount(false).unwrap();
}

#[test]
fn who_writes_by_what_another_has_opened_takes_it_too() {
    let Some(store) = lists() else { return };
    let (file, mount) = place(&store);
    lend(&file, 0o6755);
    assert_eq!(mode_alone(&file), 0o6755);
    let open = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
    let mut writer = std::process::Command::new("sh");
    writer.args(["-c", "printf x"]).stdout(open).uid(BOB).gid(BOB);
    assert!(writer.status().unwrap().success());
    drop(writer);
    assert!(!has_capability(&file));
    assert_eq!(mode_alone(&file), 0o755);
    mount.unmount(false).unwrap();
}

#[test]
fn a_directory_keeps_what_it_has() {
    let Some(store) = lists() else { return };
    let (file, mount) = place(&store);
    let directory = file.with_file_name("directory");
    std::fs::create_dir(&directory).unwrap();
    set_mode(&directory, 0o2775);
    set_capability(&directory);
    std::os::unix::fs::chown(&directory, Some(ALICE), Some(ALICE)).unwrap();
    std::os::unix::fs::chown(&directory, None, None).unwrap();
    assert_eq!((mode(&directory), has_capability(&directory)), (0o2775, true));
    mount.unmount(false).unwrap();
}

#[test]
fn a_capability_that_another_mount_set_meanwhile_goes_too() {
    let Some(store) = lists() else { return };
    let ((one, first), (other, second)) = (store.mount("one", ""), store.mount("other", ""));
    let mut open = std::fs::File::create(one.join("file")).unwrap();
    // The first write(2) finds no capability, and the kernel does not look again.
    open.write_all(b"some").unwrap();
    set_capability(&other.join("file"));
    open.write_all(b"more").unwrap();
    assert!(!has_capability(&other.join("file")) && !has_capability(&one.join("file")));
    drop(open);
    for mount in [first, second] {
        mount.unmount(false).unwrap();
    }
}
