//! Names there and back.

use proptest::prelude::*;

use super::*;

#[test]
fn what_a_path_can_say_stays_as_it_is() {
    for name in ["a", "a.txt", "%", "%~", " ", "..a", ".nfs", ".nfsx", "ü"] {
        if name != "%~" {
            assert_eq!(FileName::parse(name.as_bytes()), Ok(FileName::Either(name.into())));
            assert_eq!(shown(name.as_bytes(), 7, false), name.as_bytes());
        }
    }
}

#[test]
fn what_a_path_cannot_say_has_an_escape() {
    let cases: [(&[u8], bool, &str); 8] = [
        (b"", false, "%~e"),
        (b".", false, "%~d"),
        (b"..", false, "%~D"),
        (b"a\0%", false, "%~na%00%25"),
        (b"%~x", false, "%~r%~x"),
        (b".nfs0123456789", false, "%~r.nfs0123456789"),
        (b"a", true, "%~sa"),
        (b"%~x", true, "%~l2a"),
    ];
    for (stored, hidden, name) in cases {
        assert_eq!(shown(stored, 42, hidden), name.as_bytes());
    }
    assert_eq!(shown(&[b'x'; 256], 42, false), b"%~l2a");
    assert_eq!(FileName::parse(b"%~l2a"), Ok(FileName::Node(42)));
}

#[test]
fn what_is_no_name_is_told_so() {
    assert_eq!(FileName::parse(b""), Err(FileError::NoSuchName));
    assert_eq!(FileName::parse(&[b'x'; 256]), Err(FileError::NameTooLong));
    assert_eq!(FileName::parse(b"\xff"), Err(FileError::InvalidName));
    for name in [
        "%~",
        "%~x",
        "%~r",
        "%~ra",
        "%~l",
        "%~l02a",
        "%~lX",
        "%~na",
        "%~n%0",
        "%~ee",
        "%~s",
        "%~s.",
        "%~s%~x",
        "%~s.nfs0123456789",
    ] {
        assert_eq!(FileName::parse(name.as_bytes()), Ok(FileName::Unknown), "{name}");
    }
    for name in ["a/b", ".", ".."] {
        assert!(matches!(FileName::parse(name.as_bytes()), Err(FileError::Invalid(_))), "{name}");
    }
}

proptest! {
    /// No two names of files are one name of the tree.
    #[test]
    fn a_name_that_stands_for_one_of_the_tree_is_the_one_that_is_shown(name in "(%~[sednrlD]?)?(%~)?[%~.0nfsa]{0,12}") {
        match FileName::parse(name.as_bytes()) {
            Ok(FileName::Either(stored)) => prop_assert_eq!(shown(&stored, 9, false), name.as_bytes()),
            Ok(FileName::Hidden(stored)) => prop_assert_eq!(shown(&stored, 9, true), name.as_bytes()),
            _ => {}
        }
    }

    /// Each name of the tree is found again under the name that files have for it, and no two have the same.
    #[test]
    fn every_name_comes_back(stored in "([%~a.\\x00snfs]{0,6})|(.{0,300})", hidden: bool) {
        prop_assume!(!stored.contains('/'));
        prop_assume!(!(hidden && stored.is_empty()));
        let stored = stored.into_bytes();
        let name = shown(&stored, 9, hidden);
        prop_assert!(name.len() <= FILE_NAME_BYTES_MAX);
        match FileName::parse(&name).unwrap() {
            FileName::Either(found) => { prop_assert_eq!(found, stored); prop_assert!(!hidden) }
            FileName::Hidden(found) => { prop_assert_eq!(found, stored); prop_assert!(hidden) }
            FileName::Node(node) => prop_assert_eq!(node, 9),
            FileName::Unknown => prop_assert!(false, "no name is shown so"),
        }
    }
}
