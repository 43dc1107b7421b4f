//! Handles that the server did not make, or made for something else.
//!
//! Always holds: none opens anything; what it was is told apart from what it never was (STALE, BADHANDLE).

use super::{BADHANDLE, Door, NOTDIR, STALE, nfs};
use trefoil_tests::nfs::{Client, Credential, GARBAGE, Outcome, Set, Words};
use trefoil_tests::{Options, Server, Test};

/// Bytes of a handle, and where its proof begins.
const HANDLE_BYTES: usize = 36;
const BODY_BYTES: usize = 20;

fn getattr(client: &mut Client, handle: &[u8]) -> Outcome {
    client.nfs(1, &Words::default().opaque(handle))
}

/// Each bit of each byte in the range.
fn flipped(door: &Door<'_>, range: std::ops::Range<usize>) {
    let (mut client, _, file) = door.file();
    assert_eq!((file.len(), getattr(&mut client, &file).status()), (HANDLE_BYTES, 0));
    for at in range {
        for bit in 0..8 {
            let mut forged = file.clone();
            forged[at] ^= 1 << bit;
            assert_eq!(getattr(&mut client, &forged).status(), BADHANDLE, "byte {at}, bit {bit}");
        }
    }
}

nfs! {
    a_body_with_a_bit_flipped: |door| flipped(door, 0..BODY_BYTES);
    a_proof_with_a_bit_flipped: |door| flipped(door, BODY_BYTES..HANDLE_BYTES);
    every_length_but_the_right_one: |door| {
        let (mut client, _, file) = door.file();
        let long = [&file[..], &[0; 64]].concat();
        for length in (0..=64).filter(|length| *length != HANDLE_BYTES) {
            assert_eq!(getattr(&mut client, &long[..length]).status(), BADHANDLE, "{length} bytes");
        }
        for length in [65, 68, 1000, 65_536] {
            assert_eq!(getattr(&mut client, &vec![1; length]), GARBAGE, "{length} bytes");
        }
    };
    lengths_that_are_lies: |door| {
        let (mut client, _, file) = door.file();
        for length in [37, 64, 65, 1 << 16, 1 << 20, 0x7fff_ffff, 1 << 31, u32::MAX - 3, u32::MAX] {
            let words = Words::default().u32(length).fixed(&file);
            assert_eq!(client.nfs(1, &words), GARBAGE, "{length}");
        }
    };
    the_body_of_one_with_the_proof_of_another: |door| {
        let (mut client, root, file) = door.file();
        let forged = [&root[..BODY_BYTES], &file[BODY_BYTES..]].concat();
        assert_eq!(getattr(&mut client, &forged).status(), BADHANDLE);
    };
    the_node_of_one_in_the_export_of_another: |door| {
        let (mut client, _, file) = door.file();
        door.t.put("/{b}/shown/x").body("x").is(200);
        let other = door.export("other", "/shown", &[]);
        let shown = client.mount(&format!("/{other}")).expect("mounted");
        // A version and the export's id; then the node's id, and the proof.
        let forged = [&shown[..12], &file[12..]].concat();
        assert_eq!(getattr(&mut client, &forged).status(), BADHANDLE);
    };
    one_of_another_data_directory: |door| {
        let (mut client, _, file) = door.file();
        let other = Server::start(Options::default().arg("--nfs-listen").arg("127.0.0.1:0"));
        let test = Test::new(other.target(), "foreign".into());
        test.put("/{b}").is(200);
        other.command(&["export", "create", "foreign", "foreign", "--json"]).expect("an export");
        let mut stranger = Client::open(other.nfs.expect("the NFS door listens"), Credential::unix(0, 0, &[]));
        let foreign = stranger.mount("/foreign").expect("mounted");
        assert_eq!(getattr(&mut client, &foreign).status(), BADHANDLE);
        assert_eq!(getattr(&mut stranger, &file).status(), BADHANDLE);
    };
    one_of_what_was_removed: |door| {
        let (mut client, root, file) = door.file();
        let directory = client.mkdir(&root, b"d", Set::mode(0o755)).expect("made");
        assert_eq!(client.nfs(12, &Words::default().opaque(&root).opaque(b"file")).status(), 0);
        assert_eq!(client.nfs(13, &Words::default().opaque(&root).opaque(b"d")).status(), 0);
        for gone in [file, directory] {
            assert_eq!(getattr(&mut client, &gone).status(), STALE);
            assert_eq!(client.read(&gone, 0, 10), Err(STALE));
            assert_eq!(client.write(&gone, 0, b"x"), STALE);
            assert_eq!(client.create(&gone, b"x", Set::default()), Err(STALE));
        }
    };
    one_of_an_export_that_was_deleted: |door| {
        let (mut client, _, file) = door.file();
        let name = format!("{}-root", door.t.bucket);
        trefoil_tests::shared::server(|server| server.command(&["export", "delete", &name, "--json"])).expect("deleted");
        assert_eq!(getattr(&mut client, &file).status(), STALE);
        // An export made anew is another, of the same name too.
        door.root();
        assert_eq!(getattr(&mut client, &file).status(), STALE);
    };
    one_of_a_bucket_that_was_deleted: |door| {
        let (mut client, root, _) = door.file();
        door.t.delete("/{b}/file").is(204);
        door.t.delete("/{b}").is(204);
        assert_eq!(getattr(&mut client, &root).status(), STALE);
        door.t.put("/{b}").is(200);
        assert_eq!(getattr(&mut client, &root).status(), STALE, "the new bucket is another");
    };
    one_of_what_has_left_the_exported_directory: |door| {
        let (mut client, root) = door.root();
        for key in ["shown/d/x", "shown/f", "secret"] {
            door.t.put(&format!("/{{b}}/{key}")).body("x").is(200);
        }
        let name = door.export("prefix", "/shown", &["--squash", "none"]);
        let shown = client.mount(&format!("/{name}")).expect("mounted");
        let (directory, file) = (client.lookup(&shown, b"d").expect("there"), client.lookup(&shown, b"f").expect("there"));
        assert_eq!(client.lookup(&shown, b"..").map(|above| above == shown), Ok(true), "nothing is above the root");
        let inside = client.lookup(&root, b"shown").expect("there");
        for name in [b"d", b"f"] {
            let words = Words::default().opaque(&inside).opaque(name).opaque(&root).opaque(name);
            assert_eq!(client.nfs(14, &words).status(), 0);
        }
        assert_eq!(client.lookup(&directory, b".."), Err(STALE), "the way out");
        for left in [&directory, &file] {
            assert_eq!(getattr(&mut client, left).status(), STALE);
        }
        assert_eq!(client.create(&directory, b"y", Set::default()), Err(STALE));
        assert_eq!(client.read(&file, 0, 10), Err(STALE));
        // What comes back is there again, and so is what has one of its names there.
        let words = Words::default().opaque(&root).opaque(b"d").opaque(&inside).opaque(b"d");
        assert_eq!(client.nfs(14, &words).status(), 0);
        assert_eq!(client.lookup(&directory, b"x").map(|_| ()), Ok(()));
    };
    one_of_a_file_where_a_directory_is_wanted: |door| {
        let (mut client, _, file) = door.file();
        assert_eq!(client.lookup(&file, b"x"), Err(NOTDIR));
        assert_eq!(client.create(&file, b"x", Set::default()), Err(NOTDIR));
        assert_eq!(client.nfs(16, &Words::default().opaque(&file).u64(0).u64(0).u32(4096)).status(), NOTDIR);
        assert_eq!(client.nfs(12, &Words::default().opaque(&file).opaque(b"x")).status(), NOTDIR);
    };
}
