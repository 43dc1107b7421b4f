//! The key is drawn once, kept privately, and refused where it is none.

use std::os::unix::fs::PermissionsExt;

use trefoil_core::random::SystemRandom;

use super::load;

#[test]
fn a_key_is_drawn_once_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let key = load(dir.path(), &SystemRandom).unwrap();
    assert_ne!(key, [0; 32]);
    assert_eq!(load(dir.path(), &SystemRandom).unwrap(), key);
    let mode = std::fs::metadata(dir.path().join("nfs-key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    for wrong in [31, 33] {
        std::fs::write(dir.path().join("nfs-key"), vec![1; wrong]).unwrap();
        assert!(load(dir.path(), &SystemRandom).unwrap_err().contains("remove it"));
    }
}
