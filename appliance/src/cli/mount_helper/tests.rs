//! Calls as mount(8) makes them.

use std::ffi::OsString;

use super::{Call, MountSpec, is_called, parse};

fn call(line: &str) -> Result<Call, String> {
    parse(line.split_whitespace().map(OsString::from))
}

#[test]
fn a_line_of_fstab_is_a_call() {
    let parsed = call("photos/2026 /mnt/photos -n -o rw,noatime,_netdev,data_dir=/var/lib/trefoil,umask=027").unwrap();
    let expected = Call {
        spec: MountSpec::new("photos/2026", "/mnt/photos", "rw,noatime,_netdev,umask=027"),
        data_dir: Some("/var/lib/trefoil".into()),
        ..Call::default()
    };
    assert_eq!(parsed, expected);
    assert!(call("photos /m -sf").unwrap().fake);
    assert_eq!(call("photos /m -o config=/etc/t.toml -o ro -t trefoil").unwrap().spec.options, "ro");
}

#[test]
fn what_is_no_call_is_refused() {
    for line in ["", "bucket", "bucket /mnt more", "bucket /mnt -o", "bucket /mnt -x", "bucket /mnt -N 1"] {
        assert!(call(line).is_err(), "{line:?}");
    }
    // Before the daemon is asked: no other attempt makes it right.
    for (line, expected) in [
        ("Bucket /mnt", "bucket's name"),
        ("bucket//a//b /mnt", "prefix"),
        ("bucket /mnt -o no_such", "not known"),
        ("bucket /mnt -f -o uid=root", "a number"),
        ("bucket /mnt -o remount,ro", "unmount it"),
    ] {
        let error = call(line).unwrap_err();
        assert!(error.contains(expected), "{line:?}: {error}");
    }
}

#[test]
fn the_name_decides() {
    assert!(is_called(Some(&"/sbin/mount.trefoil".into())));
    assert!(!is_called(Some(&"/usr/bin/trefoil".into())));
    assert!(!is_called(None));
}
