//! A FUSE mount: what programs hand to the kernel that no honest program would, and names that only S3 can say.
//!
//! Always holds: each test names one thing and claims the exact error number. Root and `/dev/fuse` are needed; without them each says
//! that it was left out.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};

use trefoil_tests::{Test, shared};

/// A mounted bucket; unmounted when it is dropped.
struct Mount<'a> {
    t: &'a Test,
    root: PathBuf,
    _dir: tempfile::TempDir,
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let dir = self.root.display().to_string();
        let ended = shared::server(|server| server.command(&["umount", "--lazy", &dir, "--json"]));
        if !std::thread::panicking() {
            ended.expect("unmounted");
        }
    }
}

fn mounted(name: &str, run: fn(&Mount<'_>)) {
    if !(nix::unistd::geteuid().is_root() && Path::new("/dev/fuse").exists()) {
        assert!(std::env::var_os("TREFOIL_TEST_FUSE").is_none(), "root and /dev/fuse are needed");
        eprintln!("{name}: left out, root and /dev/fuse are needed");
        return;
    }
    shared::with_bucket(super::options, name, |t| {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path().to_owned();
        let text = root.display().to_string();
        shared::server(|server| server.command(&["mount", &t.bucket, &text, "--json"])).expect("mounted");
        run(&Mount { t, root, _dir: dir });
        assert_eq!(super::nfs::panics(), std::collections::BTreeSet::new());
    });
}

macro_rules! fuse {
    ($($name:ident: $run:expr;)*) => {
        $(
            #[test]
            fn $name() {
                mounted(stringify!($name), $run);
            }
        )*
    };
}

impl Mount<'_> {
    fn path(&self, name: &[u8]) -> PathBuf {
        self.root.join(OsStr::from_bytes(name))
    }
}

#[track_caller]
fn fails<T>(result: io::Result<T>, errno: i32) {
    match result {
        Ok(_) => panic!("it should have failed with {}", io::Error::from_raw_os_error(errno)),
        Err(error) => assert_eq!(error.raw_os_error(), Some(errno), "{error}"),
    }
}

/// Everything that gives a name to something new.
#[track_caller]
fn cant_be_made(mount: &Mount<'_>, name: &[u8], errno: i32) {
    let path = mount.path(name);
    std::fs::write(mount.path(b"there"), b"x").expect("written");
    fails(File::create(&path), errno);
    fails(std::fs::create_dir(&path), errno);
    fails(symlink("target", &path), errno);
    fails(std::fs::hard_link(mount.path(b"there"), &path), errno);
    fails(std::fs::rename(mount.path(b"there"), &path), errno);
    let text = CString::new(path.as_os_str().as_bytes()).expect("no NUL");
    // SAFETY: the path lives for the call.
    fails(status(unsafe { libc::mknod(text.as_ptr(), libc::S_IFIFO | 0o600, 0) }), errno);
    mount.t.get("/{b}").is(200).lists("Contents/Key", &["there"]);
}

fn status(result: i32) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Names of the root as the mount shows them, sorted.
fn names(mount: &Mount<'_>) -> Vec<String> {
    let entries = std::fs::read_dir(&mount.root).expect("the root");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

fn set_xattr(path: &Path, name: &str, value: &[u8]) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes()).expect("no NUL");
    let name = CString::new(name).expect("no NUL");
    // SAFETY: all three live for the call, and the length is that of the value.
    status(unsafe { libc::setxattr(path.as_ptr(), name.as_ptr(), value.as_ptr().cast(), value.len(), 0) })
}

fn allocate(file: &File, mode: i32, offset: i64, length: i64) -> io::Result<()> {
    // SAFETY: the descriptor is open for the whole call, which takes nothing else.
    status(unsafe { libc::fallocate(file.as_raw_fd(), mode, offset, length) })
}

const MAX_BYTES: u64 = 1 << 52;

fuse! {
    a_name_of_256_bytes_on_a_mount: |mount| {
        cant_be_made(mount, &[b'x'; 256], libc::ENAMETOOLONG);
        fails(std::fs::metadata(mount.path(&[b'x'; 256])), libc::ENAMETOOLONG);
        std::fs::write(mount.path(&[b'x'; 255]), b"x").expect("255 are a name");
    };
    a_name_of_64_kibibytes_on_a_mount: |mount| cant_be_made(mount, &[b'x'; 65_536], libc::ENAMETOOLONG);
    a_name_that_is_no_utf_8_on_a_mount: |mount| {
        for name in [&b"\xff"[..], b"a\xc3", b"\xed\xa0\x80", b"\xc0\xae"] {
            cant_be_made(mount, name, libc::EILSEQ);
            fails(std::fs::metadata(mount.path(name)), libc::EILSEQ);
            std::fs::remove_file(mount.path(b"there")).expect("removed");
        }
    };
    escapes_that_were_made_up: |mount| {
        for name in [&b"%~"[..], b"%~x", b"%~s", b"%~n", b"%~nabc", b"%~r", b"%~rfile", b"%~lxyz", b"%~l01", b"%~l1"] {
            cant_be_made(mount, name, libc::EINVAL);
            std::fs::remove_file(mount.path(b"there")).expect("removed");
        }
        for name in [&b"%~l1"[..], b"%~x"] {
            fails(std::fs::metadata(mount.path(name)), libc::ENOENT);
        }
    };
    keys_that_no_path_can_say: |mount| {
        for key in ["../x", "./x", "a//b", "%00n", "..", "d/../../x"] {
            mount.t.put(&format!("/{{b}}/{}", key.replace("..", "%2E%2E").replace("./", "%2E/"))).body("x").is(200);
        }
        for name in names(mount) {
            assert!(!name.contains('\0') && name != "." && name != "..", "{name:?}");
        }
        assert!(names(mount).contains(&"%~D".to_owned()), "{:?}", names(mount));
        assert_eq!(std::fs::read(mount.path(b"%~D/x")).expect("the key ../x"), b"x");
        let above = std::fs::canonicalize(mount.root.join("..")).expect("there");
        assert_eq!(above, mount.root.parent().expect("not the root"), "the mount's .. is the machine's");
        std::fs::remove_dir_all(mount.path(b"%~D")).expect("rm -r");
        assert!(mount.root.parent().expect("not the root").exists());
    };
    links_that_point_out: |mount| {
        let outside = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(outside.path(), b"of this machine").expect("written");
        symlink(outside.path(), mount.path(b"out")).expect("made");
        symlink("../../../../../../../../etc", mount.path(b"up")).expect("made");
        symlink("out", mount.path(b"chain")).expect("made");
        symlink("loop", mount.path(b"loop")).expect("made");
        // The kernel of whoever reads follows them, as it does everywhere.
        assert_eq!(std::fs::read(mount.path(b"chain")).expect("followed"), b"of this machine");
        fails(std::fs::read(mount.path(b"loop")), libc::ELOOP);
        // The server has the texts, and S3 shows nothing else.
        mount.t.get("/{b}/out").root().is(200).holds(outside.path().as_os_str().as_bytes());
        mount.t.get("/{b}/up").root().is(200).holds("../../../../../../../../etc");
        mount.t.get("/{b}/up/passwd").root().fails(404, "NoSuchKey");
        mount.t.get("/{b}/chain").root().is(200).holds("out");
        fails(symlink("x".repeat(4096), mount.path(b"long")), libc::ENAMETOOLONG);
        fails(symlink("", mount.path(b"empty")), libc::ENOENT);
    };
    a_directory_above_the_root: |mount| {
        mount.t.put("/{b}/x").body("inside").is(200);
        assert!(!mount.root.join("../x").exists(), "what is above is of the machine");
        assert_eq!(std::fs::read(mount.root.join("d/../x")).map_err(|error| error.raw_os_error()), Err(Some(libc::ENOENT)));
        std::fs::create_dir(mount.root.join("d")).expect("made");
        assert_eq!(std::fs::read(mount.root.join("d/../x")).expect("there"), b"inside");
    };
    attributes_with_names_that_are_none: |mount| {
        let file = mount.path(b"file");
        std::fs::write(&file, b"x").expect("written");
        for (name, errno) in [
            ("user.", libc::EOPNOTSUPP),
            ("other.x", libc::EOPNOTSUPP),
            ("nodot", libc::EOPNOTSUPP),
            ("", libc::ERANGE),
            ("system.other", libc::EOPNOTSUPP),
        ] {
            fails(set_xattr(&file, name, b"v"), errno);
        }
        fails(set_xattr(&file, &format!("user.{}", "n".repeat(251)), b"v"), libc::ERANGE);
        fails(set_xattr(&file, &format!("user.{}", "n".repeat(65_536)), b"v"), libc::ERANGE);
        set_xattr(&file, &format!("user.{}", "n".repeat(250)), b"v").expect("255 bytes are a name");
    };
    attributes_that_are_too_large_and_too_many: |mount| {
        let file = mount.path(b"file");
        std::fs::write(&file, b"x").expect("written");
        fails(set_xattr(&file, "user.large", &vec![1; 65_537]), libc::E2BIG);
        fails(set_xattr(&file, "user.large", &vec![1; 65_536]), libc::E2BIG);
        set_xattr(&file, "user.large", &vec![1; (64 << 10) - 64]).expect("the largest");
        for number in 1..256 {
            set_xattr(&file, &format!("user.{number}"), b"v").expect("256 of them");
        }
        fails(set_xattr(&file, "user.one-more", b"v"), libc::ENOSPC);
        set_xattr(&file, "user.1", b"other").expect("one that is there");
    };
    sizes_and_offsets_beyond_every_file: |mount| {
        let file = File::options().read(true).write(true).create_new(true).open(mount.path(b"file")).expect("made");
        file.write_at(b"bytes", 0).expect("written");
        for size in [MAX_BYTES + 1, 1 << 60, i64::MAX as u64] {
            fails(file.set_len(size), libc::EFBIG);
            fails(file.write_at(b"x", size - 1), libc::EFBIG);
        }
        assert_eq!(file.read_at(&mut [0; 8], i64::MAX as u64 - 8).expect("behind the end"), 0);
        fails(allocate(&file, 0, i64::MAX - 4096, 4096), libc::EFBIG);
        fails(allocate(&file, 0, i64::MAX, 4096), libc::EFBIG);
        fails(allocate(&file, 0, -1, 4096), libc::EINVAL);
        fails(allocate(&file, 0, 0, 0), libc::EINVAL);
        let punch = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
        fails(allocate(&file, punch, i64::MAX - 4096, 4096), libc::EFBIG);
        fails(allocate(&file, 0x4000, 0, 10), libc::EOPNOTSUPP);
        for whence in [libc::SEEK_DATA, libc::SEEK_HOLE] {
            for offset in [5, 1 << 40, i64::MAX] {
                // SAFETY: the descriptor is open.
                let found = unsafe { libc::lseek(file.as_raw_fd(), offset, whence) };
                assert_eq!((found, io::Error::last_os_error().raw_os_error()), (-1, Some(libc::ENXIO)), "{offset}");
            }
        }
        // The largest is only large, and is cut at once.
        file.set_len(MAX_BYTES).expect("the largest");
        assert_eq!(file.write_at(b"end", MAX_BYTES - 3).expect("its last bytes"), 3);
        fails(file.write_at(b"x", MAX_BYTES), libc::EFBIG);
        file.set_len(5).expect("cut");
        assert_eq!(std::fs::read(mount.path(b"file")).expect("there"), b"bytes");
    };
    directories_deeper_than_a_path: |mount| {
        let open = |at: &File, name: &str| nix::fcntl::openat(at, name, nix::fcntl::OFlag::O_DIRECTORY, nix::sys::stat::Mode::empty());
        let mut at = File::open(&mount.root).expect("the root");
        let name = "d".repeat(250);
        let depth = 40;
        for _ in 0..depth {
            nix::sys::stat::mkdirat(&at, name.as_str(), nix::sys::stat::Mode::S_IRWXU).expect("made");
            at = File::from(open(&at, &name).expect("opened"));
        }
        // 10,000 bytes of path: more than the kernel takes in one, and than S3 can make a key of.
        let file = nix::fcntl::openat(&at, "file", nix::fcntl::OFlag::O_CREAT | nix::fcntl::OFlag::O_RDWR, nix::sys::stat::Mode::S_IRWXU);
        File::from(file.expect("made")).write_at(b"deep", 0).expect("written");
        fails(std::fs::metadata(mount.root.join(format!("{name}/").repeat(depth))), libc::ENAMETOOLONG);
        let key = format!("{}file", format!("{name}/").repeat(depth));
        let listed = mount.t.get("/{b}").is(200).all("Contents/Key");
        assert!(listed.contains(&key), "S3 lists it");
        mount.t.get(&format!("/{{b}}/{key}")).root().is(200).holds("deep");
        mount.t.put(&format!("/{{b}}/{key}2")).body("x").fails(400, "KeyTooLongError");
        std::fs::remove_dir_all(mount.root.join(&name)).expect("rm -r");
        mount.t.get("/{b}").is(200).omits("Contents");
    };
    times_beyond_every_clock: |mount| {
        let file = mount.path(b"file");
        std::fs::write(&file, b"x").expect("written");
        let path = CString::new(file.as_os_str().as_bytes()).expect("no NUL");
        for seconds in [i64::MIN, i64::MAX, 1 << 62, 1 << 40] {
            let times = [libc::timespec { tv_sec: seconds, tv_nsec: 0 }; 2];
            // SAFETY: path and times live for the call.
            let set = status(unsafe { libc::utimensat(libc::AT_FDCWD, path.as_ptr(), times.as_ptr(), 0) });
            assert!(set.is_ok(), "{seconds}: {set:?}");
            mount.t.head("/{b}/file").root().is(200);
            std::fs::metadata(&file).expect("it has a time that can be shown");
        }
    };
}
