//! Access control lists as Debian's `acl` sets them, kept by the store and gone by by the kernel.
//!
//! Always holds: needs Debian's `acl` and `attr` beside what every mount needs; where nobody demands the tests, they are left out without.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use trefoil_core::files::{Caller, SetAttributes};

use super::{Store, store};

/// Somebody who is neither owner nor in a group of theirs.
pub(super) const ALICE: u32 = 54_321;
pub(super) const BOB: u32 = 54_322;

pub(super) fn lists() -> Option<Store> {
    if ["setfacl", "setfattr"].iter().any(|program| Command::new(program).arg("--version").output().is_err()) {
        assert!(std::env::var_os("TREFOIL_TEST_FUSE").is_none(), "setfacl and setfattr are needed (Debian: acl, attr)");
        eprintln!("left out: setfacl and setfattr are needed");
        return None;
    }
    store()
}

/// Runs a program; its output where it succeeds, else its complaint.
pub(super) fn run(program: &str, arguments: &[&str], path: &Path) -> Result<String, String> {
    let done = Command::new(program).args(arguments).arg(path).output().unwrap();
    match done.status.success() {
        true => Ok(String::from_utf8(done.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&done.stderr).into_owned()),
    }
}

fn set(arguments: &[&str], path: &Path) {
    run("setfacl", arguments, path).unwrap();
}

/// The entries, in setfacl's words.
fn get(path: &Path) -> Vec<String> {
    let text = run("getfacl", &["--absolute-names", "--numeric", "--omit-header", "--no-effective"], path).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

pub(super) fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o7777
}

/// A shell's line as somebody else, with none of root's groups.
pub(super) fn as_user(uid: u32, line: &str, path: &Path) -> bool {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(line).arg("sh").arg(path).stderr(std::process::Stdio::null());
    // Groups go with the uid, for it is root that asks.
    shell.uid(uid).gid(uid).status().unwrap().success()
}

const READ: &str = "cat \"$1\" >/dev/null";
pub(super) const WRITE: &str = "printf x >>\"$1\"";

/// Lets others come as far as the mount.
pub(super) fn open_the_way(store: &Store, root: &Path) {
    for path in [store.dir.path(), root] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn a_list_decides_and_chmod_sets_its_mask() {
    let Some(store) = lists() else { return };
    let (root, mount) = store.mount("m", "");
    open_the_way(&store, &root);
    let file = root.join("file");
    std::fs::write(&file, b"bytes").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(!as_user(ALICE, READ, &file));
    set(&["-m", "u:54321:rw"], &file);
    assert_eq!(mode(&file), 0o660, "the mask shows in the group's place");
    assert_eq!(get(&file), ["user::rw-", "user:54321:rw-", "group::r--", "mask::rw-", "other::---"]);
    assert!(as_user(ALICE, READ, &file) && as_user(ALICE, WRITE, &file));
    assert!(!as_user(BOB, READ, &file));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(get(&file), ["user::rw-", "user:54321:rw-", "group::r--", "mask::r--", "other::r--"]);
    assert!(as_user(ALICE, READ, &file) && !as_user(ALICE, WRITE, &file));
    // Only its owner sets it.
    assert!(!as_user(ALICE, "setfacl -m u:54321:rwx \"$1\"", &file));
    set(&["-b"], &file);
    assert_eq!(get(&file), ["user::rw-", "group::r--", "other::r--"]);
    mount.unmount(false).unwrap();
}

#[test]
fn a_default_list_is_inherited_and_stands_in_for_the_umask() {
    let Some(store) = lists() else { return };
    let (root, mount) = store.mount("m", "");
    open_the_way(&store, &root);
    let (directory, plain) = (root.join("d"), root.join("plain"));
    std::fs::create_dir(&directory).unwrap();
    std::fs::create_dir(&plain).unwrap();
    set(&["-d", "-m", "u::rwx,u:54321:rwx,g::rx,o::-"], &directory);
    let make = "umask 077 && cd \"$1\" && mkdir sub && : >file && mkfifo pipe";
    assert!(Command::new("sh").args(["-c", make, "sh"]).arg(&directory).status().unwrap().success());
    assert!(Command::new("sh").args(["-c", make, "sh"]).arg(&plain).status().unwrap().success());
    let modes = |root: &Path| ["sub", "file", "pipe"].map(|name| mode(&root.join(name)));
    assert_eq!(modes(&plain), [0o700, 0o600, 0o600], "without one, the umask counts");
    assert_eq!(modes(&directory), [0o770, 0o660, 0o660]);
    assert_eq!(get(&directory.join("file")), ["user::rw-", "user:54321:rwx", "group::r-x", "mask::rw-", "other::---"]);
    let sub = get(&directory.join("sub"));
    assert!(
        sub.contains(&"default:user:54321:rwx".to_owned()) && sub.contains(&"user:54321:rwx".to_owned()),
        "{sub:?}"
    );
    assert!(as_user(ALICE, WRITE, &directory.join("file")));
    assert!(as_user(ALICE, ": >\"$1\"", &directory.join("sub/of-alice")));
    set(&["-k"], &directory);
    std::fs::write(directory.join("later"), b"").unwrap();
    assert_eq!(get(&directory.join("later")).len(), 3);
    mount.unmount(false).unwrap();
}

#[test]
fn what_another_door_sets_counts_at_once() {
    let Some(store) = lists() else { return };
    let (one, first) = store.mount("one", "");
    open_the_way(&store, &one);
    let file = one.join("file");
    std::fs::write(&file, b"bytes").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    set(&["-m", "u:54321:r"], &file);
    assert!(as_user(ALICE, READ, &file), "the kernel has the list now");
    // A change of mode by another door cuts the mask, and by that the list that this kernel keeps.
    let node = std::fs::metadata(&file).unwrap().ino();
    let chmod = |mode| SetAttributes { mode: Some(mode), ..SetAttributes::default() };
    let view = store.view("");
    let nfs = |set| store.runtime.block_on(store.files.set_attributes(&view, &Caller::root(), node, set)).unwrap();
    nfs(chmod(0o600));
    assert!(!as_user(ALICE, READ, &file));
    nfs(chmod(0o640));
    assert!(as_user(ALICE, READ, &file));
    let (two, second) = store.mount("two", "");
    open_the_way(&store, &two);
    for (path, other) in [(&one, &two), (&two, &one)] {
        set(&["-b"], &path.join("file"));
        assert!(!as_user(ALICE, READ, &other.join("file")));
        set(&["-m", "u:54321:r"], &path.join("file"));
        assert!(as_user(ALICE, READ, &other.join("file")));
        assert_eq!(get(&other.join("file")), get(&path.join("file")));
    }
    second.unmount(false).unwrap();
    first.unmount(false).unwrap();
}

#[test]
fn a_list_by_whoever_is_not_in_the_group_takes_the_set_group_id_bit() {
    let Some(store) = lists() else { return };
    let (root, mount) = store.mount("m", "");
    open_the_way(&store, &root);
    let file = root.join("file");
    for (owner, group, after) in [(ALICE, BOB, 0o775), (ALICE, ALICE, 0o2775), (0, BOB, 0o2775)] {
        std::fs::write(&file, b"bytes").unwrap();
        std::os::unix::fs::chown(&file, Some(owner), Some(group)).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o2755)).unwrap();
        assert!(as_user(owner, "setfacl -m u:54322:rwx \"$1\"", &file));
        assert_eq!(mode(&file), after, "{owner} {group}");
        std::fs::remove_file(&file).unwrap();
    }
    mount.unmount(false).unwrap();
}

#[test]
fn an_old_kernel_refuses_lists_and_applies_the_umask() {
    let Some(mut store) = lists() else { return };
    store.pretended = Some((4, 8));
    let (root, mount) = store.mount("m", "");
    let file = root.join("file");
    std::fs::write(&file, b"bytes").unwrap();
    let refused = run("setfacl", &["-m", "u:54321:rw"], &file).unwrap_err();
    assert!(refused.contains("not supported"), "{refused}");
    assert_eq!(get(&file), ["user::rw-", "group::r--", "other::r--"]);
    let make = "umask 077 && mkdir \"$1/d\" && : >\"$1/f\"";
    assert!(Command::new("sh").args(["-c", make, "sh"]).arg(&root).status().unwrap().success());
    assert_eq!([mode(&root.join("d")), mode(&root.join("f"))], [0o700, 0o600]);
    mount.unmount(false).unwrap();
}
