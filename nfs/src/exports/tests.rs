//! The table, and as whom requests are carried out.

use std::net::SocketAddr;

use trefoil_core::files::{Caller, Defaults, NO_ID};
use trefoil_core::types::Principal;

use super::{Export, ExportError, ExportOptions, Exports, NOBODY, Squash};
use crate::hosts::Hosts;
use crate::limits::EXPORTS_MAX;
use crate::rpc::Identity;

fn options(name: &str) -> ExportOptions {
    ExportOptions {
        name: name.into(),
        bucket: "photos".parse().expect("a bucket's name"),
        prefix: String::new(),
        read_only: false,
        hosts: Hosts::local(),
        squash: Squash::Root,
        anonymous: (NOBODY, NOBODY),
        secure: false,
        defaults: Defaults::default(),
    }
}

fn export(id: u64, options: ExportOptions) -> Result<Export, ExportError> {
    Export::new(id, Principal::Anonymous, options, None)
}

fn unix(uid: u32, gid: u32, groups: &[u32]) -> Identity {
    Identity::Unix { uid, gid, groups: groups.to_vec() }
}

fn caller(uid: u32, gid: u32, groups: &[u32]) -> Caller {
    Caller { uid, gid, groups: groups.to_vec(), ..Caller::default() }
}

#[test]
fn exports_come_and_go_under_their_name_and_id() {
    let exports = Exports::default();
    exports.add(export(1, options("b")).expect("an export")).expect("added");
    exports.add(export(2, options("a")).expect("an export")).expect("added");
    assert_eq!(exports.add(export(3, options("a")).expect("an export")).expect_err("twice"), ExportError::Exists);
    assert_eq!(exports.add(export(1, options("c")).expect("an export")).expect_err("twice"), ExportError::Exists);
    let names: Vec<String> = exports.list().iter().map(|export| export.options.name.clone()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(exports.by_id(1).map(|export| export.options.name.clone()), Some("b".into()));
    assert!(exports.remove("b") && !exports.remove("b"));
    assert!(exports.by_id(1).is_none() && exports.by_name("b").is_none());
}

#[test]
fn there_is_a_last_one() {
    let exports = Exports::default();
    for number in 0..EXPORTS_MAX {
        assert!(!exports.is_full());
        exports.add(export(number as u64, options(&number.to_string())).expect("an export")).expect("added");
    }
    assert!(exports.is_full());
    let one_more = export(u64::MAX, options("more")).expect("an export");
    assert_eq!(exports.add(one_more).expect_err("too many"), ExportError::TooMany);
    assert!(exports.remove("7") && !exports.is_full());
}

#[test]
fn names_are_one_component_of_a_path() {
    for name in ["", ".", "..", "a/b", "a b", "é", "a\n", &"x".repeat(256)] {
        assert_eq!(export(1, options(name)).expect_err(name), ExportError::InvalidName);
    }
    for name in ["a", "A-b_c.9", &"x".repeat(255)] {
        assert!(export(1, options(name)).is_ok(), "{name}");
    }
}

#[test]
fn squashing_takes_root_or_everybody() {
    let of = |squash| export(1, ExportOptions { squash, anonymous: (7, 8), ..options("a") }).expect("an export");
    let root = of(Squash::Root);
    assert_eq!(root.caller(&unix(0, 0, &[0, 5])), caller(7, 8, &[8, 5]));
    assert_eq!(root.caller(&unix(1000, 0, &[])), caller(1000, 8, &[]));
    assert_eq!(root.caller(&unix(1000, 100, &[4])), caller(1000, 100, &[4]));
    assert_eq!(of(Squash::All).caller(&unix(1000, 100, &[4])), caller(7, 8, &[]));
    assert_eq!(of(Squash::None).caller(&unix(0, 0, &[0])), caller(0, 0, &[0]));
    // No id at all, which a kernel lets not even root take away from a file.
    for squash in [Squash::Root, Squash::None] {
        assert_eq!(of(squash).caller(&unix(NO_ID, NO_ID, &[NO_ID, 5])), caller(7, 8, &[5]));
    }
    for squash in [Squash::Root, Squash::All, Squash::None] {
        assert_eq!(of(squash).caller(&Identity::Nobody), caller(7, 8, &[]));
    }
}

#[test]
fn hosts_and_ports_are_looked_at() {
    let peer = |text: &str| text.parse::<SocketAddr>().expect("an address");
    let open = export(1, options("a")).expect("an export");
    assert!(open.admits(peer("127.0.0.1:40000")) && !open.admits(peer("192.0.2.1:700")));
    let secure = export(2, ExportOptions { secure: true, ..options("b") }).expect("an export");
    assert!(secure.admits(peer("127.0.0.1:700")) && !secure.admits(peer("127.0.0.1:40000")));
    assert!(!secure.admits(peer("127.0.0.1:0")) && !secure.admits(peer("127.0.0.1:1024")));
    let exports = Exports::default();
    assert!(!exports.admit(peer("127.0.0.1:40000")));
    exports.add(open).expect("added");
    assert!(exports.admit(peer("127.0.0.1:40000")) && !exports.admit(peer("192.0.2.1:40000")));
}
