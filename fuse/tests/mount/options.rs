//! What a mount's options make of files that came by S3, and of who may come in.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::store;

/// Somebody who is not the daemon's user.
const ALICE: u32 = 54_321;

fn can_list(path: &Path) -> bool {
    let mut ls = Command::new("ls");
    // Groups go with the uid, for it is root that asks.
    ls.arg(path).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).uid(ALICE).gid(ALICE);
    ls.status().unwrap().success()
}

#[test]
fn owner_and_masks_are_those_of_what_has_none_of_its_own() {
    let Some(store) = store() else { return };
    store.put("by-s3", b"bytes");
    store.put("d/below", b"bytes");
    let (root, mount) = store.mount("m", "uid=54321,gid=7,fmask=0137,dmask=0027");
    let stat = |name: &str| std::fs::metadata(root.join(name)).unwrap();
    for (name, mode) in [("by-s3", 0o640), ("d/below", 0o640), ("d", 0o750), ("", 0o750)] {
        let stat = stat(name);
        assert_eq!((stat.mode() & 0o7777, stat.uid(), stat.gid()), (mode, ALICE, 7), "{name:?}");
    }
    // What is made here has its own.
    std::fs::write(root.join("own"), b"x").unwrap();
    std::fs::set_permissions(root.join("own"), std::fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!((stat("own").mode() & 0o7777, stat("own").uid()), (0o666, 0));
    mount.unmount(false).unwrap();
    let (root, mount) = store.mount("again", "umask=077");
    assert_eq!(std::fs::metadata(root.join("by-s3")).unwrap().mode() & 0o7777, 0o600);
    assert_eq!(std::fs::metadata(root.join("own")).unwrap().mode() & 0o7777, 0o666);
    mount.unmount(false).unwrap();
}

#[test]
fn others_come_in_unless_they_are_kept_out() {
    let Some(store) = store() else { return };
    std::fs::set_permissions(store.dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for (options, comes_in) in [("", true), ("noallow_other", false)] {
        let (root, mount) = store.mount("m", options);
        std::fs::write(root.join("file"), b"x").unwrap();
        assert_eq!((can_list(&root), root.join("file").exists()), (comes_in, true), "{options:?}");
        // Who opened it goes on with it as somebody else.
        let program = "import fcntl, os, sys; f = os.open(sys.argv[1], os.O_RDWR); fcntl.lockf(f, fcntl.LOCK_EX)\n\
                       os.setuid(54321); os.write(f, b'as another'); os.close(f)";
        let went_on = Command::new("python3").args(["-c", program]).arg(root.join("file")).status().unwrap();
        assert!(went_on.success() && std::fs::read(root.join("file")).unwrap() == b"as another", "{options:?}");
        mount.unmount(false).unwrap();
    }
}
