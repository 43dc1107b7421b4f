//! The data directory as it is made, and the run file's life.

use std::os::unix::fs::PermissionsExt;

use super::{DataDir, Running};

#[test]
fn a_new_directory_is_private_and_an_old_one_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let made = DataDir::create(&dir.path().join("a/b")).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(made.root()), 0o700);
    std::fs::set_permissions(made.root(), std::fs::Permissions::from_mode(0o750)).unwrap();
    assert_eq!(mode(DataDir::create(made.root()).unwrap().root()), 0o750);
    std::fs::write(dir.path().join("file"), "").unwrap();
    assert!(DataDir::create(&dir.path().join("file")).is_err());
}

#[test]
fn the_run_file_is_believed_while_its_process_lives() {
    let dir = tempfile::tempdir().unwrap();
    let dir = DataDir::create(dir.path()).unwrap();
    assert_eq!(dir.running(), None);
    let mut running = Running {
        pid: std::process::id(),
        s3: "127.0.0.1:8000".parse().unwrap(),
        admin: "[::1]:8001".parse().unwrap(),
        version: "0".into(),
    };
    dir.write_running(&running).unwrap();
    assert_eq!(dir.running(), Some(running.clone()));
    let text = std::fs::read_to_string(dir.run_file()).unwrap();
    assert!(text.contains(r#""s3":"127.0.0.1:8000","admin":"[::1]:8001""#), "{text}");
    // A process that has ended and was waited for has no entry any more.
    let mut child = std::process::Command::new("true").spawn().unwrap();
    running.pid = child.id();
    child.wait().unwrap();
    dir.write_running(&running).unwrap();
    assert_eq!(dir.running(), None);
    std::fs::write(dir.run_file(), "{").unwrap();
    assert_eq!(dir.running(), None);
    dir.remove_running();
    assert!(!dir.run_file().exists());
}
