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
fn the_run_file_is_replaced_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = DataDir::create(dir.path()).unwrap();
    let mut running = Running {
        pid: 7,
        s3: "127.0.0.1:8000".parse().unwrap(),
        admin: "[::1]:8001".parse().unwrap(),
        nfs: None,
        version: "0".into(),
    };
    dir.write_running(&running).unwrap();
    running.pid = 8;
    dir.write_running(&running).unwrap();
    let text = std::fs::read_to_string(dir.run_file()).unwrap();
    assert_eq!(text, "{\"pid\":8,\"s3\":\"127.0.0.1:8000\",\"admin\":\"[::1]:8001\",\"version\":\"0\"}\n");
    running.nfs = Some("127.0.0.1:2049".parse().unwrap());
    dir.write_running(&running).unwrap();
    let text = std::fs::read_to_string(dir.run_file()).unwrap();
    assert!(text.contains("\"admin\":\"[::1]:8001\",\"nfs\":\"127.0.0.1:2049\","), "{text}");
    dir.remove_running();
    assert_eq!(std::fs::read_dir(dir.root()).unwrap().count(), 0);
}
