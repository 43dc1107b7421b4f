//! Names that no file can have, in each procedure that takes one, and escapes that were made up.
//!
//! Always holds: each has its status, and nothing comes of it in the bucket.

use super::{ACCES, Door, EXIST, INVAL, NAMETOOLONG, NOENT, nfs};
use trefoil_tests::nfs::{Client, Part, Set, Words, arguments, join};

/// Procedures that take a name: LOOKUP, CREATE, MKDIR, SYMLINK, MKNOD, REMOVE, RMDIR, RENAME, LINK.
const NAMED: [u32; 9] = [3, 8, 9, 10, 11, 12, 13, 14, 15];

/// The status with the name of each place for one in turn.
fn statuses(client: &mut Client, procedure: u32, directory: &[u8], file: &[u8], name: &[u8]) -> Vec<u32> {
    let mut parts = arguments(procedure, directory, file);
    if procedure == 14 {
        // A source that is there, so that its target is looked at.
        parts[1] = Part::Name(b"file".to_vec());
    }
    let places = (0..parts.len()).filter(|at| matches!(parts[*at], Part::Name(_)));
    let call = |at: usize| {
        let mut parts = parts.clone();
        parts[at] = Part::Name(name.to_vec());
        client.nfs(procedure, &join(&parts)).status()
    };
    places.map(call).collect()
}

/// Each procedure refuses the name with this status, and the bucket holds what it held.
fn refused(door: &Door<'_>, names: &[&[u8]], status: u32) {
    let (mut client, root, file) = door.file();
    for procedure in NAMED {
        for name in names {
            for found in statuses(&mut client, procedure, &root, &file, name) {
                assert_eq!(found, status, "procedure {procedure}, {:?}", name[..name.len().min(40)].escape_ascii());
            }
        }
    }
    unchanged(door);
}

fn unchanged(door: &Door<'_>) {
    let listed = door.t.get("/{b}").is(200);
    assert_eq!(listed.all("Contents/Key"), ["file"], "the bucket holds what it held");
}

/// What each of them says, in the order of [`NAMED`]; RENAME's two.
fn each((client, root, file): &mut (Client, Vec<u8>, Vec<u8>), name: &[u8], expected: [&[u32]; 9]) {
    for (procedure, expected) in NAMED.into_iter().zip(expected) {
        let found = statuses(client, procedure, root, file, name);
        assert_eq!(found, expected, "procedure {procedure}, {:?}", name.escape_ascii());
    }
}

/// Names that nothing has, and that nothing gets.
fn absent(door: &Door<'_>, names: &[&[u8]]) {
    let mut found = door.file();
    for name in names {
        let made: [&[u32]; 9] =
            [&[NOENT], &[INVAL], &[INVAL], &[INVAL], &[INVAL], &[NOENT], &[NOENT], &[NOENT, INVAL], &[INVAL]];
        each(&mut found, name, made);
    }
    unchanged(door);
}

nfs! {
    an_empty_name: |door| refused(door, &[b""], ACCES);
    a_name_with_a_slash: |door| refused(door, &[b"/", b"a/b", b"../x", b"/etc/passwd", b"a/"], ACCES);
    a_name_with_a_nul: |door| refused(door, &[b"\0", b"a\0b", b"file\0"], ACCES);
    a_name_that_is_no_utf_8: |door| refused(door, &[b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xc0\xaf"], ACCES);
    a_name_of_256_bytes: |door| refused(door, &[&[b'x'; 256]], NAMETOOLONG);
    a_name_of_64_kibibytes: |door| refused(door, &[&[b'x'; 65_536], "é".repeat(32_768).as_bytes()], NAMETOOLONG);
    a_name_of_a_mebibyte: |door| refused(door, &[&vec![b'x'; 1 << 20]], NAMETOOLONG);
    the_name_of_the_directory_itself: |door| {
        each(&mut door.file(), b".", [&[0], &[EXIST], &[EXIST], &[EXIST], &[EXIST], &[ACCES], &[INVAL], &[INVAL, INVAL], &[EXIST]]);
        unchanged(door);
    };
    the_name_of_the_directory_above: |door| {
        each(&mut door.file(), b"..", [&[0], &[EXIST], &[EXIST], &[EXIST], &[EXIST], &[ACCES], &[EXIST], &[INVAL, INVAL], &[EXIST]]);
        unchanged(door);
    };
    escapes_that_are_none: |door| {
        // Without a letter, with one that is none, with what is not shown so, and with more behind.
        let forged: [&[u8]; 14] = [
            b"%~", b"%~x", b"%~S", b"%~s", b"%~e.", b"%~d/"[..3].as_ref(), b"%~n", b"%~nabc", b"%~n%00%41", b"%~n%2f", b"%~r", b"%~rfile",
            b"%~l", b"%~lxyz",
        ];
        let wrong: Vec<&[u8]> = forged.into_iter().filter(|name| *name != b"%~d").collect();
        absent(door, &wrong);
    };
    numbers_of_nodes_that_are_not_there: |door| {
        // `%~l` with a number as it is written; what is there under it lies elsewhere, or is not there at all.
        absent(door, &[b"%~lfedcba9876543210", b"%~l0", b"%~l1"]);
    };
    numbers_of_nodes_written_otherwise: |door| absent(door, &[b"%~l01", b"%~lA", b"%~l+1", b"%~l11111111111111111"]);
    the_number_of_a_node_in_another_directory: |door| {
        let (mut client, root, _) = door.file();
        let name = "x".repeat(300);
        door.t.put(&format!("/{{b}}/d/{name}")).body("x").is(200);
        let directory = client.lookup(&root, b"d").expect("there");
        let mut page = client.nfs(16, &Words::default().opaque(&directory).u64(2).u64(0).u32(4096)).ok();
        page.skip_attributes();
        let _verifier = page.u64();
        assert_eq!(page.u32(), 1);
        let (_, shown) = (page.u64(), page.opaque());
        assert!(shown.starts_with(b"%~l"), "{:?}", shown.escape_ascii());
        assert!(client.lookup(&directory, &shown).is_ok());
        assert_eq!(client.lookup(&root, &shown), Err(NOENT));
        assert_eq!(client.nfs(12, &Words::default().opaque(&root).opaque(&shown)).status(), NOENT);
        door.t.head(&format!("/{{b}}/d/{name}")).is(200);
    };
    an_escape_of_the_directory_above_is_a_name: |door| {
        let (mut client, root, _) = door.file();
        let above = client.mkdir(&root, b"%~D", Set::mode(0o755)).expect("made");
        client.create(&above, b"x", Set::mode(0o644)).expect("made");
        let listed = door.t.get("/{b}").is(200);
        assert_eq!(listed.all("Contents/Key"), ["../", "../x", "file"], "it is a key, and leads nowhere");
    };
    paths_to_mount: |door| {
        let name = door.export("mounted", "", &[]);
        let mut client = door.client(trefoil_tests::nfs::Credential::unix(0, 0, &[]));
        for (path, status) in [
            (String::new(), NOENT),
            ("/".into(), NOENT),
            (name.clone(), NOENT),
            (format!("/{name}/../{name}"), INVAL),
            (format!("/{name}/."), INVAL),
            (format!("/{name}/.."), INVAL),
            (format!("/{name}\0"), NOENT),
            (format!("/{name}/none"), NOENT),
            ("/none".into(), NOENT),
            (format!("/{name}/%~x"), NOENT),
            (format!("/{name}{}", "/x".repeat(129)), NAMETOOLONG),
        ] {
            assert_eq!(client.mount(&path), Err(status), "{path:?}");
        }
        assert!(client.mount(&format!("//{name}//")).is_ok());
        let words = Words::default().opaque(b"/\xff");
        assert_eq!(client.ask(trefoil_tests::nfs::MOUNT, 1, &words.0).status(), NOENT);
    };
}
