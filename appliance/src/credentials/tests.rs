//! The root credentials' sources and their file.

use std::os::unix::fs::PermissionsExt;

use trefoil_core::access::Secret;
use trefoil_core::random::{SeededRandom, SystemRandom};

use super::{Origin, load, pair_of_variables};

#[test]
fn made_once_kept_private_and_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let made = load(dir.path(), None, &SystemRandom).unwrap();
    assert_eq!(made.origin, Origin::Made);
    assert!(made.access_key_id.starts_with("TRFL") && made.access_key_id.len() == 20, "{}", made.access_key_id);
    assert_eq!(made.secret.expose().len(), 40);
    let path = dir.path().join("root-credentials");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    let expected =
        format!("TREFOIL_ACCESS_KEY_ID={}\nTREFOIL_SECRET_ACCESS_KEY={}\n", made.access_key_id, made.secret.expose());
    assert_eq!(text, expected);
    let again = load(dir.path(), None, &SystemRandom).unwrap();
    assert_eq!((again.origin, &again.access_key_id), (Origin::File, &made.access_key_id));
    assert!(again.secret == made.secret && again.warning.is_none());
    let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["root-credentials"]);
}

#[test]
fn two_stores_have_two_keys() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = load(one.path(), None, &SeededRandom::new(1)).unwrap();
    let other = load(other.path(), None, &SeededRandom::new(2)).unwrap();
    assert_ne!(one.access_key_id, other.access_key_id);
    assert!(one.secret != other.secret);
}

#[test]
fn the_environment_wins_and_leaves_the_file_alone() {
    let dir = tempfile::tempdir().unwrap();
    let environment = Some(("ROOTKEY".to_owned(), Secret::new("not-in-the-file")));
    let found = load(dir.path(), environment, &SystemRandom).unwrap();
    assert_eq!((found.origin, found.access_key_id.as_str()), (Origin::Environment, "ROOTKEY"));
    assert!(!dir.path().join("root-credentials").exists());
}

#[test]
fn a_file_open_to_others_is_warned_of() {
    let dir = tempfile::tempdir().unwrap();
    load(dir.path(), None, &SystemRandom).unwrap();
    let path = dir.path().join("root-credentials");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let warning = load(dir.path(), None, &SystemRandom).unwrap().warning.unwrap();
    assert!(warning.contains("0644") && warning.contains("chmod 600"), "{warning}");
}

#[test]
fn broken_sources_are_refused_with_a_cure_and_without_the_secret() {
    let dir = tempfile::tempdir().unwrap();
    for (text, expected) in [
        ("", "no line TREFOIL_ACCESS_KEY_ID="),
        ("TREFOIL_ACCESS_KEY_ID=abc\n", "no line TREFOIL_SECRET_ACCESS_KEY="),
        ("TREFOIL_ACCESS_KEY_ID=a b\nTREFOIL_SECRET_ACCESS_KEY=hush-hush-hush\n", "3 to 128 characters"),
        ("TREFOIL_ACCESS_KEY_ID=my.key\nTREFOIL_SECRET_ACCESS_KEY=hush-hush-hush\n", "characters of A-Z a-z 0-9 _ -"),
        ("TREFOIL_ACCESS_KEY_ID=abc\nTREFOIL_SECRET_ACCESS_KEY=hush\n", "8 to 128 characters"),
    ] {
        std::fs::write(dir.path().join("root-credentials"), text).unwrap();
        let error = load(dir.path(), None, &SystemRandom).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("root-credentials"), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
    let error = pair_of_variables(Some("abc".into()), None).unwrap_err().to_string();
    assert_eq!(error, "TREFOIL_ACCESS_KEY_ID is set but TREFOIL_SECRET_ACCESS_KEY is not; set both, or neither");
    let error = pair_of_variables(None, Some("hush-hush-hush".into())).unwrap_err().to_string();
    assert!(error.starts_with("TREFOIL_SECRET_ACCESS_KEY is set but") && !error.contains("hush"), "{error}");
    assert!(pair_of_variables(None, None).unwrap().is_none());
}
