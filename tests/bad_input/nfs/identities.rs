//! Identities that clients make up: AUTH_SYS says who asks, and the export what that is worth.
//!
//! Always holds: whoever is squashed has nobody's rights and makes nobody's files, whatever ids and groups a credential holds.

use super::{ACCES, Door, NOBODY, NOENT, PERM, ROFS, XDEV, nfs};
use trefoil_tests::nfs::{Client, Credential, Set, Words, arguments, call, join, record};

/// A bucket with files of several owners: the client is root and may do all, the handle is that of the root, which all may write.
struct Shared {
    root: Client,
    top: Vec<u8>,
}

impl Shared {
    fn new(door: &Door<'_>) -> Self {
        let (mut root, top) = door.root();
        assert_eq!(root.setattr(&top, Set::mode(0o777)), 0);
        Self { root, top }
    }

    /// A file with five bytes in it.
    fn file(&mut self, name: &[u8], mode: u32, uid: u32, gid: u32) {
        let file = self.root.create(&self.top, name, Set::mode(0o600)).expect("made");
        assert_eq!(self.root.write(&file, 0, b"bytes"), 0);
        assert_eq!(self.root.setattr(&file, Set { mode: Some(mode), ..Set::owner(uid, gid) }), 0);
    }
}

/// The same bucket by another export, as `who`.
fn mounted(door: &Door<'_>, suffix: &str, options: &[&str], who: Credential) -> (Client, Vec<u8>) {
    let name = door.export(suffix, "", options);
    let mut client = door.client(who);
    let top = client.mount(&format!("/{name}")).expect("mounted");
    (client, top)
}

/// Nothing of that file: not its bytes, not its mode, owner, size or times.
fn kept_out(client: &mut Client, top: &[u8], name: &[u8]) {
    let file = client.lookup(top, name).expect("there");
    assert_eq!(client.read(&file, 0, 10), Err(ACCES));
    assert_eq!(client.write(&file, 0, b"other"), ACCES);
    assert_eq!(client.setattr(&file, Set::size(0)), ACCES);
    assert_eq!(client.setattr(&file, Set::mode(0o777)), PERM);
    assert_eq!(client.setattr(&file, Set::owner(NOBODY, NOBODY)), PERM);
    assert_eq!(client.setattr(&file, Set { modified: Some((5, 5)), ..Set::default() }), PERM);
    let mut granted = client.nfs(4, &Words::default().opaque(&file).u32(0x3f)).ok();
    granted.skip_attributes();
    assert_eq!(granted.u32(), 0);
}

/// Everybody that a client might claim to be.
fn claims() -> Vec<Credential> {
    vec![
        Credential::nobody(),
        Credential::unix(0, 0, &[]),
        Credential::unix(1000, 1000, &[0, 4, 1000]),
        Credential::unix(0, 1000, &[1000]),
        Credential::unix(u32::MAX, u32::MAX, &[u32::MAX; 16]),
    ]
}

nfs! {
    root_is_nobody: |door| {
        let mut shared = Shared::new(door);
        shared.file(b"private", 0o600, 1000, 1000);
        shared.file(b"of-root", 0o600, 0, 0);
        for (number, who) in [Credential::unix(0, 0, &[]), Credential::unix(0, 0, &[0, 1, 2])].into_iter().enumerate() {
            let (mut client, top) = mounted(door, &format!("squash{number}"), &[], who);
            for name in [&b"private"[..], b"of-root"] {
                kept_out(&mut client, &top, name);
            }
        }
    };
    roots_group_is_nobodys: |door| {
        let mut shared = Shared::new(door);
        shared.file(b"of-the-group", 0o070, 1000, 0);
        for (number, (gid, groups)) in [(0, vec![]), (5, vec![0]), (5, vec![7, 0, 8])].into_iter().enumerate() {
            let who = Credential::unix(2000, gid, &groups);
            let (mut client, top) = mounted(door, &format!("group{number}"), &[], who.clone());
            kept_out(&mut client, &top, b"of-the-group");
            // Where nobody is squashed, the group counts.
            shared.root.who = who;
            let file = shared.root.lookup(&shared.top, b"of-the-group").expect("there");
            assert_eq!(shared.root.read(&file, 0, 10), Ok(b"bytes".to_vec()));
        }
    };
    all_are_nobody: |door| {
        let mut shared = Shared::new(door);
        shared.file(b"private", 0o600, 1000, 1000);
        shared.file(b"of-the-group", 0o070, 1, 1000);
        shared.file(b"of-nobody", 0o600, NOBODY, NOBODY);
        let (mut client, top) = mounted(door, "all", &["--squash", "all"], Credential::nobody());
        for (number, who) in claims().into_iter().enumerate() {
            client.who = who;
            kept_out(&mut client, &top, b"private");
            kept_out(&mut client, &top, b"of-the-group");
            let file = client.lookup(&top, b"of-nobody").expect("there");
            assert_eq!(client.read(&file, 0, 10), Ok(b"bytes".to_vec()));
            let made = client.create(&top, format!("made{number}").as_bytes(), Set::owner(0, 0)).expect("made");
            assert_eq!(client.mode(&made).map(|(_, uid, gid)| (uid, gid)), Ok((NOBODY, NOBODY)));
        }
    };
    the_export_names_nobody: |door| {
        let mut shared = Shared::new(door);
        shared.file(b"private", 0o600, 1000, 1000);
        let options = ["--squash", "all", "--anonuid", "3000", "--anongid", "3001"];
        let (mut client, top) = mounted(door, "anon", &options, Credential::unix(1000, 1000, &[]));
        kept_out(&mut client, &top, b"private");
        let made = client.mkdir(&top, b"made", Set::mode(0o700)).expect("made");
        assert_eq!(client.mode(&made), Ok((0o700, 3000, 3001)));
    };
    without_a_credential_there_is_nobody: |door| {
        let mut shared = Shared::new(door);
        shared.file(b"of-root", 0o600, 0, 0);
        let (mut client, top) = mounted(door, "none", &["--squash", "none"], Credential::nobody());
        kept_out(&mut client, &top, b"of-root");
        let made = client.create(&top, b"made", Set::default()).expect("made");
        assert_eq!(client.mode(&made).map(|(_, uid, gid)| (uid, gid)), Ok((NOBODY, NOBODY)));
    };
    nobody_gives_files_away: |door| {
        let _shared = Shared::new(door);
        let (mut client, top) = mounted(door, "users", &[], Credential::unix(1000, 1000, &[50]));
        let file = client.create(&top, b"mine", Set { mode: Some(0o644), ..Set::owner(0, 0) }).expect("made");
        assert_eq!(client.mode(&file), Ok((0o644, 1000, 1000)), "what it names for a new file is not taken");
        for (uid, gid) in [(0, 0), (1001, 1000), (1000, 0)] {
            assert_eq!(client.setattr(&file, Set::owner(uid, gid)), PERM, "{uid} {gid}");
        }
        // Nobody's id leaves the owner as it is.
        assert_eq!(client.setattr(&file, Set::owner(u32::MAX, u32::MAX)), 0);
        assert_eq!(client.mode(&file), Ok((0o644, 1000, 1000)));
        assert_eq!(client.setattr(&file, Set::owner(1000, 50)), 0);
    };
    devices_are_roots: |door| {
        let mut shared = Shared::new(door);
        let device = |top: &[u8], kind: u32| {
            let name = format!("device{kind}");
            Words::default().opaque(top).opaque(name.as_bytes()).u32(kind).set(Set::mode(0o666)).u32(1).u32(5)
        };
        let (mut client, top) = mounted(door, "mknod", &[], Credential::nobody());
        for who in [Credential::unix(0, 0, &[]), Credential::unix(1000, 1000, &[]), Credential::nobody()] {
            client.who = who;
            for kind in [3, 4] {
                assert_eq!(client.nfs(11, &device(&top, kind)).status(), PERM, "ftype3 {kind}");
                assert_eq!(client.lookup(&top, format!("device{kind}").as_bytes()), Err(NOENT));
            }
        }
        for kind in [3, 4] {
            assert_eq!(shared.root.nfs(11, &device(&shared.top, kind)).status(), 0);
        }
    };
    bits_that_lend_rights_go_with_a_strangers_write: |door| {
        let mut shared = Shared::new(door);
        let (mut client, top) = mounted(door, "suid", &[], Credential::unix(2000, 2000, &[]));
        for (name, mode, after) in
            [(&b"suid"[..], 0o4777, 0o777), (b"both", 0o6777, 0o777), (b"group", 0o2777, 0o777), (b"mark", 0o2767, 0o767)]
        {
            shared.file(name, mode, 0, 0);
            let file = client.lookup(&top, name).expect("there");
            assert_eq!(client.write(&file, 0, b"other"), 0);
            assert_eq!(client.mode(&file).map(|(mode, ..)| mode), Ok(after), "{mode:o} written");
            let same = shared.root.lookup(&shared.top, name).expect("there");
            assert_eq!(shared.root.setattr(&same, Set::mode(mode)), 0);
            assert_eq!(client.setattr(&file, Set::size(1)), 0);
            assert_eq!(client.mode(&file).map(|(mode, ..)| mode), Ok(after), "{mode:o} cut");
        }
    };
    a_read_only_export_is_not_changed: |door| {
        let (mut root, top, file) = door.file();
        assert_eq!(root.setattr(&top, Set::mode(0o777)), 0);
        assert_eq!(root.setattr(&file, Set::mode(0o666)), 0);
        let options = ["--read-only", "--squash", "none"];
        let (mut client, top) = mounted(door, "ro", &options, Credential::unix(0, 0, &[]));
        let file = client.lookup(&top, b"file").expect("there");
        for procedure in [2, 7, 8, 9, 10, 11, 15] {
            let outcome = client.nfs(procedure, &join(&arguments(procedure, &top, &file)));
            assert_eq!(outcome.status(), ROFS, "procedure {procedure}");
        }
        for procedure in [12, 13] {
            assert_eq!(client.nfs(procedure, &Words::default().opaque(&top).opaque(b"file")).status(), ROFS);
        }
        let renamed = Words::default().opaque(&top).opaque(b"file").opaque(&top).opaque(b"new");
        assert_eq!(client.nfs(14, &renamed).status(), ROFS);
        let exclusive = Words::default().opaque(&top).opaque(b"new").u32(2).u64(7);
        assert_eq!(client.nfs(8, &exclusive).status(), ROFS);
        assert_eq!(client.setattr(&file, Set::size(0)), ROFS);
        let mut granted = client.nfs(4, &Words::default().opaque(&file).u32(0x3f)).ok();
        granted.skip_attributes();
        assert_eq!(granted.u32(), 0x01, "READ alone");
        assert_eq!(client.read(&file, 0, 10), Ok(b"bytes".to_vec()));
    };
    a_client_that_no_host_list_has: |door| {
        let name = door.export("elsewhere", "", &["--hosts", "192.0.2.0/24,2001:db8::1"]);
        for who in claims() {
            assert_eq!(door.client(who).mount(&format!("/{name}")), Err(ACCES));
        }
    };
    a_port_that_anybody_may_send_from: |door| {
        let name = door.export("secure", "", &["--secure"]);
        assert_eq!(door.client(Credential::unix(0, 0, &[])).mount(&format!("/{name}")), Err(ACCES));
    };
    names_of_two_exports_are_of_two_file_systems: |door| {
        let (mut client, top, file) = door.file();
        let (_, other) = mounted(door, "second", &["--squash", "none"], Credential::unix(0, 0, &[]));
        let words = Words::default().opaque(&top).opaque(b"file").opaque(&other).opaque(b"moved");
        assert_eq!(client.nfs(14, &words).status(), XDEV);
        assert_eq!(client.nfs(15, &Words::default().opaque(&file).opaque(&other).opaque(b"linked")).status(), XDEV);
    };
    a_repeated_number_is_no_way_to_anothers_answer: |door| {
        let _shared = Shared::new(door);
        let (mut first, top) = mounted(door, "xid", &["--squash", "none"], Credential::unix(0, 0, &[]));
        let mkdir = |who: &Credential| {
            let words = Words::default().opaque(&top).opaque(b"d").set(Set::mode(0o700));
            record(&call(77, (100_003, 3, 9), who, &words.0))
        };
        let mut status = |who: Credential| {
            first.send(&mkdir(&who)).expect("sent");
            first.outcome(77).status()
        };
        assert_eq!(status(Credential::unix(0, 0, &[])), 0);
        assert_eq!(status(Credential::unix(0, 0, &[])), 0, "the same request gets the same answer");
        assert_eq!(status(Credential::unix(1000, 1000, &[])), super::EXIST, "another's is another");
    };
}
