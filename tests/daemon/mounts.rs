//! Mounts from their making to their end: of the settings, by mount(8), over restarts and kills.
//!
//! Always holds: root and `/dev/fuse` are needed; without them each says that it was left out. A test that fails leaves no mount behind.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use trefoil_tests::request::Auth;
use trefoil_tests::server::binary;
use trefoil_tests::{Options, Request, Server};

use super::words;

/// A directory to mount on; whatever lies there is taken off when it is dropped.
struct Place {
    scratch: tempfile::TempDir,
    directory: PathBuf,
}

impl Place {
    /// `None` where nothing can be mounted, and nobody demands it.
    fn new() -> Option<Self> {
        if !(nix::unistd::geteuid().is_root() && Path::new("/dev/fuse").exists()) {
            assert!(std::env::var_os("TREFOIL_TEST_FUSE").is_none(), "root and /dev/fuse are needed");
            eprintln!("left out: root and /dev/fuse are needed");
            return None;
        }
        let scratch = tempfile::tempdir().expect("a directory");
        let directory = std::fs::canonicalize(scratch.path()).expect("a path").join("m");
        std::fs::create_dir(&directory).expect("made");
        Some(Self { scratch, directory })
    }

    fn text(&self) -> String {
        self.directory.display().to_string()
    }

    fn shows(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.directory).expect("it answers");
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let how = nix::mount::MntFlags::MNT_DETACH;
        while nix::mount::umount2(&self.directory, how).is_ok() {}
    }
}

fn put(server: &Server, path: &str) {
    let mut request = Request::new("PUT", path, Auth::Header(server.root.clone()));
    request.body = if path.matches('/').count() > 1 { b"bytes".to_vec() } else { Vec::new() };
    assert_eq!(request.send(server.s3).expect("an answer").status, 200, "{path}");
}

/// Origin and state of each.
fn mounts(server: &Server) -> Vec<(String, String)> {
    let mounts = server.command(&["mounts", "--json"]).expect("a list");
    let text = |mount: &Value, field: &str| mount[field].as_str().expect("a text").to_owned();
    let mounts = mounts["mounts"].as_array().expect("a list");
    mounts.iter().map(|mount| (text(mount, "origin"), text(mount, "state"))).collect()
}

fn is(origin: &str, state: &str) -> Vec<(String, String)> {
    vec![(origin.to_owned(), state.to_owned())]
}

#[test]
fn mounts_of_the_settings_are_there_with_the_ready_line() {
    let Some(place) = Place::new() else { return };
    let file = place.scratch.path().join("trefoil.toml");
    let text =
        format!("[[mount]]\nbucket = 'photos'\nprefix = '2026'\ndir = '{}'\noptions = 'ro,umask=027'\n", place.text());
    std::fs::write(&file, text).expect("a file");
    let mut server = Server::start(Options::default().arg("--config").arg(&file.display().to_string()));
    assert_eq!(mounts(&server), is("settings", "waiting"));
    put(&server, "/photos");
    put(&server, "/photos/2026/cat.jpg");
    put(&server, "/photos/2025/dog.jpg");
    assert_eq!(server.stop(), Some(0));
    server.restart();
    assert_eq!((mounts(&server), place.shows()), (is("settings", "mounted"), vec!["cat.jpg".to_owned()]));
    let stat = std::fs::metadata(place.directory.join("cat.jpg")).expect("there");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&stat.permissions()) & 0o777, 0o640);
    let refused = std::fs::write(place.directory.join("new"), b"x").expect_err("it is for reading");
    assert_eq!(refused.raw_os_error(), Some(libc::EROFS));
    // Ended by command, it is the settings' all the same, and back with the next start.
    server.command(&["umount", &place.text(), "--json"]).expect("unmounted");
    assert_eq!((mounts(&server), place.shows().len()), (is("settings", "unmounted"), 0));
    assert_eq!(server.stop(), Some(0));
    server.restart();
    assert_eq!(mounts(&server), is("settings", "mounted"));
    // After a kill, too, which leaves a mount that answers nobody.
    server.kill();
    assert!(std::fs::read_dir(&place.directory).is_err());
    server.restart();
    assert_eq!((mounts(&server), place.shows()), (is("settings", "mounted"), vec!["cat.jpg".to_owned()]));
    assert_eq!(server.stop(), Some(0));
    assert!(place.shows().is_empty());
}

/// `mount -t trefoil`, in a mount namespace in which `/sbin` has nothing but the helper.
fn mount_8(server: &Server, place: &Place, options: &str) -> Output {
    let script = "mount -t tmpfs none \"$(readlink -f /sbin)\" && ln -s \"$1\" /sbin/mount.trefoil && \
                  exec mount -t trefoil \"$2\" \"$3\" -o \"$4\"";
    let options = format!("{options},_netdev,data_dir={}", server.directory().display());
    Command::new("unshare")
        .args(["--mount", "--propagation", "slave", "sh", "-c", script, "sh"])
        .arg(binary())
        .args(["photos", &place.text(), &options])
        .output()
        .expect("unshare is there")
}

#[test]
fn what_mount_8_mounts_is_etc_fstab_s_to_bring_back() {
    let Some(place) = Place::new() else { return };
    let mut server = Server::start(Options::default());
    let output = mount_8(&server, &place, "ro");
    assert_eq!(output.status.code(), Some(32), "there is no bucket yet: {}", words(&output.stderr));
    let output = mount_8(&server, &place, "no_such_option");
    assert_eq!(output.status.code(), Some(1), "it can't be: {}", words(&output.stderr));
    put(&server, "/photos");
    put(&server, "/photos/cat.jpg");
    let output = mount_8(&server, &place, "ro,umask=027");
    assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
    assert_eq!((mounts(&server), place.shows()), (is("mount8", "mounted"), vec!["cat.jpg".to_owned()]));
    // A daemon that is killed is no start of the machine: the next one takes the mount up again.
    server.kill();
    server.restart();
    assert_eq!((mounts(&server), place.shows()), (is("mount8", "mounted"), vec!["cat.jpg".to_owned()]));
    // After an end in order, and so after each start of the machine, there is none until mount(8) comes, with what holds then.
    assert_eq!(server.stop(), Some(0));
    server.restart();
    assert_eq!((mounts(&server), place.shows().len()), (vec![], 0));
    let output = mount_8(&server, &place, "rw");
    assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
    std::fs::write(place.directory.join("new"), b"x").expect("it is for writing");
    // umount(8) is all that ends it.
    nix::mount::umount(&place.directory).expect("unmounted");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !mounts(&server).is_empty() {
        assert!(std::time::Instant::now() < deadline, "{:?}", mounts(&server));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(server.stop(), Some(0));
}

/// The variable reaches the mounts: this one has no lists for access control, which came to FUSE with Linux 4.9.
#[test]
fn a_mount_works_on_the_oldest_kernel() {
    let Some(place) = Place::new() else { return };
    let mut server = Server::start(Options::default().env("TREFOIL_PRETEND_KERNEL", "3.10"));
    put(&server, "/photos");
    server.command(&["mount", "photos", &place.text(), "--json"]).expect("mounted");
    let directory = place.directory.join("d");
    std::fs::create_dir(&directory).expect("made");
    for number in 0..300 {
        std::fs::write(directory.join(number.to_string()), number.to_string()).expect("written");
    }
    put(&server, "/photos/d/cat.jpg");
    assert_eq!(std::fs::read_dir(&directory).expect("it answers").count(), 301);
    let file = directory.join("7");
    assert_eq!(std::fs::read(&file).expect("read"), b"7");
    std::fs::rename(&file, place.directory.join("moved")).expect("renamed");
    let list = Command::new("setfacl").args(["-m", "u:1001:r"]).arg(place.directory.join("moved")).output();
    let list = list.expect("setfacl is there");
    assert!(words(&list.stderr).contains("Operation not supported"), "{}", words(&list.stderr));
    assert_eq!(server.stop(), Some(0));
}
