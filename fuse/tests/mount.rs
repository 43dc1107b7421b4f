//! Real mounts of a store in memory: the kernel asks, and the door answers.
//!
//! Always holds: needs root and `/dev/fuse`, and fails without them where the environment says `TREFOIL_TEST_FUSE=1`; elsewhere it says
//! that it was left out. Each test has a directory of its own and leaves no mount behind.

use std::ffi::CString;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use trefoil_core::content::{Expected, Upload};
use trefoil_core::files::{FileService, View, ViewRequest};
use trefoil_core::in_memory::InMemory;
use trefoil_core::objects::{AclChange, ObjectHeaders, ObjectService, PutObject, WriteConditions};
use trefoil_core::types::{BucketName, ObjectKey, Principal, TagSet};
use trefoil_fuse::{Mount, MountError, MountOptions, Parts, Siblings, is_stale};

#[path = "mount/access_times.rs"]
mod access_times;
#[path = "mount/lists.rs"]
mod lists;
#[path = "mount/locks.rs"]
mod locks;
#[path = "mount/names.rs"]
mod names;
#[path = "mount/options.rs"]
mod options;
#[path = "mount/privileges.rs"]
mod privileges;
#[path = "mount/read_only.rs"]
mod read_only;
#[path = "mount/submounts.rs"]
mod submounts;
#[path = "mount/versions.rs"]
mod versions;

const BUCKET: &str = "mounted";

struct Store {
    runtime: tokio::runtime::Runtime,
    objects: ObjectService,
    files: FileService,
    principal: Principal,
    siblings: Arc<Siblings>,
    pretended: Option<(u32, u32)>,
    dir: tempfile::TempDir,
}

/// `None` where nothing can be mounted, and nobody demands it.
fn store() -> Option<Store> {
    let can = nix::unistd::geteuid().is_root() && Path::new("/dev/fuse").exists();
    if !can {
        assert!(std::env::var_os("TREFOIL_TEST_FUSE").is_none(), "root and /dev/fuse are needed");
        eprintln!("left out: root and /dev/fuse are needed");
        return None;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (objects, files, principal) = runtime.block_on(async {
        let store = InMemory::new(1 << 30).await.unwrap();
        store.bucket(BUCKET.parse().unwrap()).await.unwrap();
        (store.objects.clone(), store.files(), store.root)
    });
    Some(Store {
        runtime,
        objects,
        files,
        principal,
        siblings: Arc::default(),
        pretended: None,
        dir: tempfile::tempdir().unwrap(),
    })
}

impl Store {
    /// What a door of such options shows.
    fn view(&self, options: &str) -> View {
        let options = MountOptions::parse(options).unwrap();
        let bucket: BucketName = BUCKET.parse().unwrap();
        let wanted = ViewRequest {
            bucket,
            prefix: String::new(),
            read_only: options.read_only,
            strict: options.strict,
            access_times: options.access_times,
            defaults: options.defaults,
        };
        self.runtime.block_on(self.files.view(&self.principal, wanted)).unwrap()
    }

    /// As S3 puts an object.
    fn put(&self, key: &str, body: &'static [u8]) {
        let chunk = futures::stream::iter([Ok(bytes::Bytes::from_static(body))]);
        let length = Some(body.len() as u64);
        let put = PutObject {
            bucket: BUCKET.parse().unwrap(),
            key: ObjectKey::new(key).unwrap(),
            upload: Upload { body: Box::pin(chunk), length, expected: Expected::default() },
            headers: ObjectHeaders::default(),
            user_metadata: Vec::new(),
            tags: TagSet::default(),
            acl: AclChange::default(),
            conditions: WriteConditions::default(),
            location: None,
        };
        self.runtime.block_on(self.objects.put(&self.principal, put)).unwrap();
    }

    fn mount_at(&self, directory: PathBuf, options: &str) -> Result<Mount, MountError> {
        let view = self.view(options);
        let options = MountOptions::parse(options).unwrap();
        Mount::start(Parts {
            files: self.files.clone(),
            view,
            options,
            source: BUCKET.into(),
            directory,
            runtime: self.runtime.handle().clone(),
            through_links: true,
            siblings: Arc::clone(&self.siblings),
            pretended: self.pretended,
        })
    }

    /// A directory of its own, and the mount on it.
    fn mount(&self, name: &str, options: &str) -> (PathBuf, Mount) {
        let directory = self.dir.path().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        let mount = self.mount_at(directory.clone(), options).unwrap();
        (directory, mount)
    }

    fn wait(&self, mount: &Mount) -> trefoil_fuse::Ended {
        self.runtime.block_on(async { tokio::time::timeout(Duration::from_secs(10), mount.wait()).await.unwrap() })
    }
}

#[test]
fn files_are_made_written_read_moved_and_removed() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    files_work(&root);
    mount.unmount(false).unwrap();
    assert_eq!(store.wait(&mount), Ok(()));
}

/// The oldest kernel that Trefoil is for asks in other ways: smaller requests, one name of a directory at a time, its own umask.
#[test]
fn files_work_as_on_the_oldest_kernel() {
    let Some(mut store) = store() else { return };
    store.pretended = Some((3, 10));
    let (root, mount) = store.mount("m", "");
    files_work(&root);
    let large: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251).to_le_bytes()[0]).collect();
    std::fs::write(root.join("large"), &large).unwrap();
    let copied = std::process::Command::new("cp").arg(root.join("large")).arg(root.join("copy")).status().unwrap();
    assert!(copied.success() && std::fs::read(root.join("copy")).unwrap() == large);
    for number in 0..300 {
        std::fs::write(root.join(format!("many-{number:03}")), b"x").unwrap();
    }
    assert_eq!(std::fs::read_dir(&root).unwrap().count(), 302);
    let shell = std::process::Command::new("sh").args(["-c", "umask 027 && : >f"]).current_dir(&root).status().unwrap();
    assert!(shell.success());
    assert_eq!(std::fs::metadata(root.join("f")).unwrap().mode() & 0o777, 0o640);
    mount.unmount(false).unwrap();
    assert_eq!(store.wait(&mount), Ok(()));
    // What was written is there on a kernel of today.
    store.pretended = None;
    let (root, mount) = store.mount("again", "");
    assert!(std::fs::read(root.join("large")).unwrap() == large);
    mount.unmount(false).unwrap();
}

/// Everyday work below an empty root, which is empty again behind it.
fn files_work(root: &Path) {
    let dir = root.join("dir");
    std::fs::create_dir(&dir).unwrap();
    let file = dir.join("file");
    std::fs::write(&file, b"hello").unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"hello");
    let appended = std::fs::OpenOptions::new().append(true).open(&file).unwrap().write(b", world").unwrap();
    assert_eq!((appended, std::fs::read(&file).unwrap().as_slice()), (7, b"hello, world".as_slice()));

    let mut open = std::fs::OpenOptions::new().read(true).write(true).open(&file).unwrap();
    open.write_at(b"J", 0).unwrap();
    open.set_len(5).unwrap();
    open.sync_all().unwrap();
    let mut text = String::new();
    open.seek(SeekFrom::Start(0)).unwrap();
    open.read_to_string(&mut text).unwrap();
    assert_eq!(text, "Jello");

    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o7777, 0o640);
    let moved = root.join("moved");
    std::fs::rename(&file, &moved).unwrap();
    assert!(!file.exists() && moved.exists());
    std::fs::hard_link(&moved, root.join("second")).unwrap();
    assert_eq!(std::fs::metadata(&moved).unwrap().nlink(), 2);
    symlink("moved", root.join("link")).unwrap();
    assert_eq!(std::fs::read_link(root.join("link")).unwrap(), Path::new("moved"));
    assert_eq!(std::fs::read_to_string(root.join("link")).unwrap(), "Jello");

    let mut names: Vec<String> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["dir", "link", "moved", "second"]);

    std::fs::remove_file(&moved).unwrap();
    assert_eq!(std::fs::metadata(root.join("second")).unwrap().nlink(), 1);
    std::fs::remove_dir(&dir).unwrap();
    let again = std::fs::OpenOptions::new().create_new(true).write(true).open(root.join("second")).unwrap_err();
    assert_eq!(again.kind(), std::io::ErrorKind::AlreadyExists);
    // What is unlinked lives as long as it is open.
    std::fs::remove_file(root.join("second")).unwrap();
    open.write_at(b"still", 0).unwrap();
    open.seek(SeekFrom::Start(0)).unwrap();
    text.clear();
    open.read_to_string(&mut text).unwrap();
    assert_eq!(text, "still");
    std::fs::remove_file(root.join("link")).unwrap();
}

#[test]
fn a_directory_of_many_is_read_whole() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    for number in 0..1500 {
        std::fs::write(root.join(format!("file-with-a-longer-name-{number:04}")), b"x").unwrap();
    }
    let mut sizes: Vec<(String, u64)> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
        .collect();
    sizes.sort();
    assert_eq!(sizes.len(), 1500);
    assert!(
        sizes.iter().enumerate().all(|(number, (name, size))| name.ends_with(&format!("{number:04}")) && *size == 1)
    );
    // All of them go while they are read.
    for entry in std::fs::read_dir(&root).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
    mount.unmount(false).unwrap();
}

#[test]
fn the_umask_and_the_setgid_bit_are_honoured() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o777)).unwrap();
    let status = std::process::Command::new("sh")
        .arg("-c")
        .arg("umask 027 && mkdir d && : > f && mkfifo p")
        .current_dir(&root)
        .status()
        .unwrap();
    assert!(status.success());
    let mode = |name: &str| std::fs::metadata(root.join(name)).unwrap().mode() & 0o7777;
    assert_eq!((mode("d"), mode("f"), mode("p")), (0o750, 0o640, 0o640));
    mount.unmount(false).unwrap();
}

#[test]
fn locks_of_one_file_are_refused_to_another_process_and_end_with_close() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    let path = root.join("locked");
    std::fs::write(&path, b"x").unwrap();
    let held = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let kind = i16::try_from(libc::F_WRLCK).unwrap();
    let lock = libc::flock { l_type: kind, l_whence: 0, l_start: 0, l_len: 0, l_pid: 0 };
    // SAFETY: the descriptor is open, and the structure lives for the call.
    assert_eq!(unsafe { libc::fcntl(held.as_raw_fd(), libc::F_SETLK, &raw const lock) }, 0);
    let other = |wait: &str| {
        // Another process: locks are those of processes.
        std::process::Command::new("python3")
            .arg("-c")
            .arg(format!(
                "import fcntl, signal, sys\nsignal.alarm(3)\nf = open(sys.argv[1], 'r+')\n\
                 try: fcntl.lockf(f, fcntl.LOCK_EX{wait})\nexcept OSError as e: sys.exit(3)\n"
            ))
            .arg(&path)
            .status()
            .unwrap()
    };
    assert_eq!(other(" | fcntl.LOCK_NB").code(), Some(3));
    // Who waits can be interrupted.
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&other("")), Some(libc::SIGALRM));
    drop(held);
    assert_eq!(other(" | fcntl.LOCK_NB").code(), Some(0));
    mount.unmount(false).unwrap();
}

#[test]
fn a_mapped_file_is_written_back() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    let path = root.join("mapped");
    let status = std::process::Command::new("python3")
        .arg("-c")
        .arg("import mmap, sys\nf = open(sys.argv[1], 'w+b')\nf.truncate(10000)\nm = mmap.mmap(f.fileno(), 10000)\nm[5000:5005] = b'bytes'\nm.close()\nf.close()\n")
        .arg(&path)
        .status()
        .unwrap();
    assert!(status.success());
    mount.unmount(false).unwrap();
    assert_eq!(store.wait(&mount), Ok(()));
    let (root, mount) = store.mount("again", "");
    let bytes = std::fs::read(root.join("mapped")).unwrap();
    assert_eq!((bytes.len(), &bytes[5000..5005]), (10_000, b"bytes".as_slice()));
    mount.unmount(false).unwrap();
}

#[test]
fn with_two_mounts_each_sees_the_other_s_changes_at_once() {
    let Some(store) = store() else { return };
    let ((one, first), (two, second)) = (store.mount("one", ""), store.mount("two", ""));
    std::fs::write(one.join("file"), b"first").unwrap();
    for round in 0..20 {
        let (from, to) = if round % 2 == 0 { (&one, &two) } else { (&two, &one) };
        let text = format!("round {round}");
        assert!(to.join("file").exists());
        std::fs::write(from.join("file"), &text).unwrap();
        assert_eq!(std::fs::read_to_string(to.join("file")).unwrap(), text);
        std::fs::rename(from.join("file"), from.join("moved")).unwrap();
        assert!(!to.join("file").exists() && to.join("moved").exists());
        std::fs::rename(to.join("moved"), to.join("file")).unwrap();
    }
    first.unmount(false).unwrap();
    second.unmount(false).unwrap();
}

#[test]
fn who_is_inside_keeps_a_mount_and_a_lazy_end_frees_its_directory() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    let inside = std::fs::File::open(&root).unwrap();
    let error = mount.unmount(false).unwrap_err();
    assert!(matches!(error, MountError::Busy(_)) && error.to_string().contains("--lazy"), "{error}");
    mount.unmount(true).unwrap();
    assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
    assert_eq!(mount.ended(), None, "the session serves who is inside");
    drop(inside);
    assert_eq!(store.wait(&mount), Ok(()));
}

/// Whether the table of mounts has one with such an end of its path.
fn is_in_table(end: &str) -> bool {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    table.lines().any(|line| line.split(' ').nth(4).unwrap().ends_with(end))
}

#[test]
fn a_mount_is_taken_off_also_where_its_directory_was_moved() {
    let Some(store) = store() else { return };
    for lazy in [false, true] {
        let (_, mount) = store.mount("a/moved-away", "");
        std::fs::rename(store.dir.path().join("a"), store.dir.path().join("b")).unwrap();
        let place = format!("{}/b/moved-away", store.dir.path().display());
        assert!(is_in_table(&place));
        mount.unmount(lazy).unwrap();
        assert!(!is_in_table(&place));
        assert_eq!(store.wait(&mount), Ok(()));
        std::fs::remove_dir_all(store.dir.path().join("b")).unwrap();
    }
}

#[test]
fn a_mount_under_another_is_not_said_to_be_off() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("above/m", "");
    for covered in [root.clone(), store.dir.path().join("above")] {
        let none = nix::mount::MsFlags::empty();
        nix::mount::mount(Some("none"), &covered, Some("tmpfs"), none, None::<&str>).unwrap();
        for lazy in [false, true] {
            let error = mount.unmount(lazy).unwrap_err();
            assert!(matches!(error, MountError::Covered(_)) && error.to_string().contains("on top"), "{error}");
        }
        nix::mount::umount(&covered).unwrap();
    }
    mount.unmount(false).unwrap();
    assert_eq!(store.wait(&mount), Ok(()));
    assert!(!is_in_table(root.to_str().unwrap()));
}

#[test]
fn an_end_by_other_means_is_noticed() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    nix::mount::umount(&root).unwrap();
    assert_eq!(store.wait(&mount), Ok(()));
    mount.unmount(false).unwrap();
}

#[test]
fn what_a_killed_daemon_left_is_taken_off_and_a_living_mount_is_not() {
    let Some(store) = store() else { return };
    let directory = store.dir.path().join("m");
    std::fs::create_dir(&directory).unwrap();
    let device = std::fs::OpenOptions::new().read(true).write(true).open("/dev/fuse").unwrap();
    let data = format!("fd={},rootmode=40000,user_id=0,group_id=0", device.as_raw_fd());
    let none = nix::mount::MsFlags::empty();
    nix::mount::mount(Some("old"), &directory, Some("fuse.trefoil"), none, Some(data.as_str())).unwrap();
    drop(device);
    assert!(is_stale(&directory));
    let mount = store.mount_at(directory.clone(), "").unwrap();
    assert!(!is_stale(&directory));
    assert!(matches!(store.mount_at(directory.clone(), ""), Err(MountError::AlreadyMounted(_))));
    mount.unmount(false).unwrap();
    store.wait(&mount).unwrap();
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0, "nothing lies below");
}

#[test]
fn places_that_can_t_be_are_refused_with_a_cure() {
    let Some(store) = store() else { return };
    let absent = store.mount_at(store.dir.path().join("absent"), "").unwrap_err();
    assert!(absent.to_string().contains("mkdir"), "{absent}");
    let file = store.dir.path().join("file");
    std::fs::write(&file, b"").unwrap();
    assert!(matches!(store.mount_at(file, ""), Err(MountError::NotADirectory(_))));
    assert!(matches!(store.mount_at("relative".into(), ""), Err(MountError::NotAbsolute(_))));
}

#[test]
fn a_program_that_runs_is_neither_written_nor_emptied() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    let program = root.join("sleep");
    std::fs::copy("/bin/sleep", &program).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let size = std::fs::metadata(&program).unwrap().len();
    let mut running = std::process::Command::new(&program).arg("60").spawn().unwrap();
    for truncate in [false, true] {
        let error = std::fs::OpenOptions::new().write(true).truncate(truncate).open(&program).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ETXTBSY));
        assert_eq!(std::fs::metadata(&program).unwrap().len(), size);
    }
    running.kill().unwrap();
    running.wait().unwrap();
    std::fs::OpenOptions::new().write(true).truncate(true).open(&program).unwrap();
    assert_eq!(std::fs::metadata(&program).unwrap().len(), 0);
    mount.unmount(false).unwrap();
}

#[test]
fn a_time_before_the_epoch_does_no_harm() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    std::fs::write(root.join("old"), b"x").unwrap();
    let path = CString::new(root.join("old").to_str().unwrap()).unwrap();
    for seconds in [-1, -1_000_000_000, i64::MIN + 1] {
        let times = [libc::timespec { tv_sec: seconds, tv_nsec: 5 }; 2];
        // SAFETY: path and times live for the call.
        assert_eq!(unsafe { libc::utimensat(libc::AT_FDCWD, path.as_ptr(), times.as_ptr(), 0) }, 0);
        assert_eq!(std::fs::metadata(root.join("old")).unwrap().mtime(), 0, "the earliest that is kept");
    }
    mount.unmount(false).unwrap();
}
