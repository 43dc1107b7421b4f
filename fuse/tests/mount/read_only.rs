//! A mount for reading: every call that would change something is EROFS, and changes nothing.

use std::os::unix::fs::chown;

use nix::errno::Errno;
use nix::sys::stat::{Mode, SFlag, mknod};

use super::*;

fn path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_encoded_bytes()).unwrap()
}

#[test]
fn a_read_only_mount_changes_nothing() {
    let Some(store) = store() else { return };
    let (writable, other) = store.mount("rw", "");
    std::fs::create_dir(writable.join("d")).unwrap();
    std::fs::write(writable.join("f"), b"bytes").unwrap();
    symlink("f", writable.join("l")).unwrap();
    other.unmount(false).unwrap();
    let (root, mount) = store.mount("m", "ro");
    let (f, d, new) = (root.join("f"), root.join("d"), root.join("new"));
    let open = |options: &mut std::fs::OpenOptions, at: &Path| options.open(at).map(drop);
    let errno = |error: Errno| std::io::Error::from(error);
    let readable = std::fs::File::open(&f).unwrap();
    let time = std::time::SystemTime::UNIX_EPOCH;
    let calls: Vec<(&str, std::io::Result<()>)> = vec![
        ("open to make", open(std::fs::OpenOptions::new().create(true).append(true), &new)),
        ("open to write", open(std::fs::OpenOptions::new().write(true), &f)),
        ("open to empty", open(std::fs::OpenOptions::new().write(true).truncate(true), &f)),
        ("chmod", std::fs::set_permissions(&f, std::fs::Permissions::from_mode(0o600))),
        ("chown", chown(&f, Some(1), Some(1))),
        ("lchown", std::os::unix::fs::lchown(root.join("l"), Some(1), Some(1))),
        ("link", std::fs::hard_link(&f, &new)),
        ("mkdir", std::fs::create_dir(&new)),
        ("mkfifo", nix::unistd::mkfifo(&new, Mode::S_IRWXU).map_err(errno)),
        ("mknod", mknod(&new, SFlag::S_IFREG, Mode::S_IRWXU, 0).map_err(errno)),
        ("rename", std::fs::rename(&f, &new)),
        ("rmdir", std::fs::remove_dir(&d)),
        ("symlink", symlink("f", &new)),
        ("truncate", nix::unistd::truncate(&f, 0).map_err(errno)),
        ("unlink", std::fs::remove_file(&f)),
        ("utimes", readable.set_times(std::fs::FileTimes::new().set_modified(time))),
        ("setxattr", set_xattr(&f)),
    ];
    for (call, outcome) in calls {
        assert_eq!(outcome.unwrap_err().raw_os_error(), Some(libc::EROFS), "{call}");
    }
    let mut names: Vec<_> = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!((names, std::fs::read(&f).unwrap()), (vec!["d".into(), "f".into(), "l".into()], b"bytes".to_vec()));
    drop(readable);
    mount.unmount(false).unwrap();
}

fn set_xattr(file: &Path) -> std::io::Result<()> {
    let (file, name, value) = (path(file), c"user.a", b"v");
    // SAFETY: all pointers are of values that outlive the call, with their lengths.
    let status = unsafe { libc::setxattr(file.as_ptr(), name.as_ptr(), value.as_ptr().cast(), value.len(), 0) };
    if status == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}
