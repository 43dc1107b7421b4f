//! Paths as clients write them, and the list of mounts.

use std::net::IpAddr;

use super::{Mounts, components, mount_status};
use crate::limits::{MOUNT_PATH_BYTES_MAX, MOUNTS_MAX};
use crate::status::Status;

#[test]
fn paths_are_taken_apart() {
    for (path, expected) in [
        ("/photos", Ok(vec!["photos"])),
        ("/photos/", Ok(vec!["photos"])),
        ("//photos//2026/", Ok(vec!["photos", "2026"])),
        ("/", Ok(vec![])),
        ("", Err(Status::NoEnt)),
        ("photos", Err(Status::NoEnt)),
        ("/photos/../secrets", Err(Status::Inval)),
        ("/photos/.", Err(Status::Inval)),
        ("/pho\0tos", Err(Status::NoEnt)),
    ] {
        assert_eq!(components(path.as_bytes()), expected, "{path:?}");
    }
    assert_eq!(components(b"/\xff"), Err(Status::NoEnt));
    assert_eq!(components(&vec![b'/'; MOUNT_PATH_BYTES_MAX + 1]), Err(Status::NameTooLong));
    assert_eq!(components("/a".repeat(200).as_bytes()), Err(Status::NameTooLong));
}

#[test]
fn the_list_of_mounts_is_bounded_and_kept_by_client() {
    let (mounts, one): (Mounts, IpAddr) = (Mounts::default(), "192.0.2.1".parse().expect("an address"));
    let two: IpAddr = "192.0.2.2".parse().expect("an address");
    for (client, path) in [(one, "/a"), (one, "/a"), (one, "/b"), (two, "/a")] {
        mounts.add(client, path.into());
    }
    mounts.remove(one, Some("/a"));
    assert_eq!(mounts.list(), [(one, "/b".into()), (two, "/a".into())]);
    mounts.remove(one, None);
    assert_eq!(mounts.list(), [(two, "/a".into())]);
    (0..MOUNTS_MAX * 2).for_each(|number| mounts.add(one, format!("/{number}")));
    assert_eq!(mounts.list().len(), MOUNTS_MAX);
}

#[test]
fn statuses_are_those_that_mount_has() {
    assert_eq!(mount_status(Status::NameTooLong), 63);
    assert_eq!(mount_status(Status::Stale), 2);
    assert_eq!(mount_status(Status::Jukebox), 10_006);
}
