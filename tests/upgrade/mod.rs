//! Opening every fixture, and writing the present version's.
//!
//! Always holds: a fixture holds nothing of the machine that made it: no log, no lock, no names of users.

mod contents;
mod files;

use std::path::{Path, PathBuf};
use std::process::Command;

use trefoil_tests::{Options, Server};

use contents::Store;
use files::Files;

const FIXTURE_BYTES_MAX: u64 = 1 << 20;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("upgrade/fixtures")
}

fn start(directory: &Path) -> Server {
    let options = Options { data_dir: Some(directory.to_owned()), ..Options::default() };
    Server::start(options.arg("--nfs-listen").arg("127.0.0.1:0"))
}

fn tar(arguments: &[&str], archive: &Path, directory: &Path) -> String {
    let mut command = Command::new("tar");
    let output = command.args(arguments).arg("-f").arg(archive).arg("-C").arg(directory).arg("data").output();
    let output = output.expect("tar");
    assert!(output.status.success(), "tar: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn every_released_store_opens_whole() {
    let mut seen = 0;
    for entry in std::fs::read_dir(fixtures()).expect("the fixtures") {
        let archive = entry.expect("a fixture").path();
        if !archive.to_string_lossy().ends_with(".tar.gz") {
            continue;
        }
        seen += 1;
        println!("{}", archive.display());
        assert!(archive.metadata().expect("a fixture").len() <= FIXTURE_BYTES_MAX, "{}: too large", archive.display());
        let directory = tempfile::tempdir().expect("a directory");
        let names = tar(&["-xzSv"], &archive, directory.path());
        assert!(!names.contains("/LOG") && !names.contains("/LOCK"), "it tells of the machine that made it:\n{names}");
        let mut server = start(&directory.path().join("data"));
        Store(&server).is_whole();
        Files(&server).is_whole();
        let report = server.command(&["check", "--json"]).expect("a clean check");
        assert_eq!(report["problems_total"], 0, "{report}");
        assert_eq!(server.stop(), Some(0));
    }
    assert!(seen > 0, "there is no fixture");
}

#[test]
#[ignore = "writes the present version's fixture: make fixture"]
fn write_the_fixture() {
    let directory = tempfile::tempdir().expect("a directory");
    let data = directory.path().join("data");
    let mut server = start(&data);
    Store(&server).write();
    Files(&server).write();
    let before = contents::own_files(&data);
    Store(&server).leave_a_task();
    // At once, before the worker has woken.
    assert_eq!(server.stop(), Some(0));
    assert_eq!(contents::own_files(&data), before + 1, "the worker was faster: run it again");
    let archive =
        fixtures().join(format!("{}-index{}.tar.gz", env!("CARGO_PKG_VERSION"), trefoil_core::work::start::FORMAT));
    let words = ["-czS", "--owner=0", "--group=0", "--numeric-owner", "--exclude=LOG*", "--exclude=LOCK*"];
    tar(&words, &archive, directory.path());
}
