//! Lengths that lie, in each field of variable length of each of the 22 procedures and of MOUNT's.
//!
//! Always holds: what does not decode is GARBAGE_ARGS, and what decodes and is too long has the status of that; nothing is made of a
//! length that was not sent.

use super::{BADHANDLE, Door, INVAL, NAMETOOLONG, NOENT, nfs};
use trefoil_tests::nfs::{Client, GARBAGE, MOUNT, NFS, Outcome, Part, Words, arguments, join, mount_arguments};

const BOMBS: [u32; 6] = [1 << 16, 1 << 20, 0x7fff_ffff, 1 << 31, u32::MAX - 3, u32::MAX];
const LONG: usize = 64 << 10;

/// The parts with the length of the one at `at` replaced.
fn lie(parts: &[Part], at: usize, length: u32) -> Words {
    let said = Words::default().u32(length).fixed(parts[at].variable().unwrap_or_default());
    [join(&parts[..at]), said, join(&parts[at + 1..])].iter().fold(Words::default(), |all, words| all.fixed(&words.0))
}

/// The parts with the one at `at` of another content.
fn long(parts: &[Part], at: usize, length: usize) -> Words {
    let bytes = vec![b'x'; length];
    let mut parts = parts.to_vec();
    parts[at] = match parts[at] {
        Part::Handle(_) => Part::Handle(bytes),
        Part::Name(_) => Part::Name(bytes),
        Part::Path(_) => Part::Path(bytes),
        Part::Data(_) => Part::Data(bytes),
        Part::Fixed(_) => unreachable!("it has a length"),
    };
    join(&parts)
}

/// Every lie about every length, and every end before the end.
fn bombs(client: &mut Client, program: u32, procedure: u32, parts: &[Part]) {
    for at in (0..parts.len()).filter(|at| parts[*at].variable().is_some()) {
        for length in BOMBS {
            let outcome = client.ask(program, procedure, &lie(parts, at, length).0);
            assert_eq!(outcome, GARBAGE, "part {at}, a length of {length}");
        }
    }
    let whole = join(parts).0;
    for end in 0..whole.len() {
        assert_eq!(client.ask(program, procedure, &whole[..end]), GARBAGE, "{end} of {} bytes", whole.len());
    }
}

/// So for one of NFS's, and with contents of 64 KiB that are really there.
fn procedure(door: &Door<'_>, procedure: u32) {
    let (mut client, root, file) = door.file();
    let parts = arguments(procedure, &root, &file);
    bombs(&mut client, NFS, procedure, &parts);
    for (at, part) in parts.iter().enumerate() {
        let outcome = |client: &mut Client, length| client.nfs(procedure, &long(&parts, at, length));
        match part {
            Part::Handle(_) => {
                assert_eq!(outcome(&mut client, LONG), GARBAGE);
                assert_eq!(outcome(&mut client, 64).status(), BADHANDLE);
            }
            Part::Name(_) => {
                assert_eq!(outcome(&mut client, LONG).status(), NAMETOOLONG);
                assert_eq!(outcome(&mut client, 256).status(), NAMETOOLONG);
            }
            Part::Path(_) => assert_eq!(outcome(&mut client, LONG).status(), NAMETOOLONG),
            // The count says five.
            Part::Data(_) => assert_eq!(outcome(&mut client, LONG).status(), INVAL),
            Part::Fixed(_) => {}
        }
    }
    // Nothing of it was done.
    assert_eq!(client.lookup(&root, b"name"), Err(NOENT));
    assert_eq!(client.read(&file, 0, 100), Ok(b"bytes".to_vec()));
}

fn mount(door: &Door<'_>, procedure: u32) {
    let name = door.export("mounted", "", &[]);
    let mut client = door.client(trefoil_tests::nfs::Credential::unix(0, 0, &[]));
    bombs(&mut client, MOUNT, procedure, &mount_arguments(procedure, &format!("/{name}")));
}

nfs! {
    of_null: |door| procedure(door, 0);
    of_getattr: |door| procedure(door, 1);
    of_setattr: |door| procedure(door, 2);
    of_lookup: |door| procedure(door, 3);
    of_access: |door| procedure(door, 4);
    of_readlink: |door| procedure(door, 5);
    of_read: |door| procedure(door, 6);
    of_write: |door| procedure(door, 7);
    of_create: |door| procedure(door, 8);
    of_mkdir: |door| procedure(door, 9);
    of_symlink: |door| procedure(door, 10);
    of_mknod: |door| procedure(door, 11);
    of_remove: |door| procedure(door, 12);
    of_rmdir: |door| procedure(door, 13);
    of_rename: |door| procedure(door, 14);
    of_link: |door| procedure(door, 15);
    of_readdir: |door| procedure(door, 16);
    of_readdirplus: |door| procedure(door, 17);
    of_fsstat: |door| procedure(door, 18);
    of_fsinfo: |door| procedure(door, 19);
    of_pathconf: |door| procedure(door, 20);
    of_commit: |door| procedure(door, 21);
    of_mount_null: |door| mount(door, 0);
    of_mnt: |door| {
        mount(door, 1);
        let mut client = door.client(trefoil_tests::nfs::Credential::unix(0, 0, &[]));
        for path in ["/".to_owned() + &"x".repeat(LONG), "/x".repeat(LONG / 2), "/".repeat(1025)] {
            assert_eq!(client.mount(&path), Err(NAMETOOLONG));
        }
    };
    of_dump: |door| mount(door, 2);
    of_umnt: |door| {
        mount(door, 3);
        let mut client = door.client(trefoil_tests::nfs::Credential::unix(0, 0, &[]));
        assert_eq!(client.ask(MOUNT, 3, &Words::default().opaque(&vec![b'/'; LONG]).0), GARBAGE);
        assert!(matches!(client.ask(MOUNT, 3, &Words::default().opaque(b"\xff\0..").0), Outcome::Done(_)));
    };
    of_umntall: |door| mount(door, 4);
    of_export: |door| mount(door, 5);
}
