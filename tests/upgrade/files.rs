//! What a fixture holds of the file doors: written through NFS and a mount, looked at through NFS, S3 and a mount.
//!
//! Always holds: what [`Files::write`] makes, [`Files::is_whole`] looks at: owners and modes, links of both kinds, a fifo, a file that was
//! written into (inline pieces and blobs, over what was there before), copies of it that were written into again, a sealed version, an
//! export, and, where this is root, an attribute and a list of access rights.

use std::path::Path;
use std::process::Command;

use trefoil_tests::nfs::{Client, Credential, Set, Words};
use trefoil_tests::{Server, Test};

const EXPORT: &str = "/files-of-a-fixture";
const BYTES: usize = (3 << 20) + 777;
/// A small write goes inline, a large one to a blob of its own.
const WRITES: &[(usize, usize)] = &[(5, 100), (1 << 20, 300_000), (2_500_000, 4096), (BYTES - 50, 50)];
const MODE: u32 = 0o2750;
const OWNER: (u32, u32) = (1000, 1001);
const LINK: u32 = 15;
const MKNOD: u32 = 11;
const READLINK: u32 = 5;
const FIFO: u32 = 7;
/// user:1234 may read and write; as setfacl would store it.
const ACCESS: &str = "0200000001000600ffffffff02000600d204000004000400ffffffff10000600ffffffff20000000ffffffff";

fn pattern(seed: usize, length: usize) -> Vec<u8> {
    // It compresses well, so that the fixture is small.
    (0..length).map(|at| b'a' + u8::try_from((at / 1024 + seed) % 23).expect("a letter")).collect()
}

/// The file as it is after its writes, `layer` copies of copies later.
fn body(layer: usize) -> Vec<u8> {
    let mut body = pattern(0, BYTES);
    for (number, (at, length)) in WRITES.iter().enumerate() {
        body[*at..at + length].copy_from_slice(&pattern(number + 5, *length));
    }
    for layer in 1..=layer {
        body[layer * 10_000..][..1000].copy_from_slice(&pattern(layer + 9, 1000));
    }
    body
}

/// Whether a bucket can be mounted here.
fn can_mount() -> bool {
    nix::unistd::geteuid().is_root() && Path::new("/dev/fuse").exists()
}

/// What the extended attributes of a file of the mount are set to, or are, as Python's os has it.
fn on_mount(server: &Server, program: &str) {
    let place = tempfile::tempdir().expect("a directory");
    let text = place.path().display().to_string();
    server.command(&["mount", "files", &text, "--json"]).expect("mounted");
    let output = Command::new("python3").args(["-c", program, &text, ACCESS]).output().expect("python3");
    server.command(&["umount", &text, "--json"]).expect("unmounted");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

pub struct Files<'a>(pub &'a Server);

impl Files<'_> {
    fn test(&self, bucket: &str) -> Test {
        let target = trefoil_tests::Target { address: self.0.s3, root: self.0.root.clone(), main: None, alt: None };
        Test::new(target, bucket.into())
    }

    fn client(&self) -> (Client, Vec<u8>) {
        let mut client = Client::open(self.0.nfs.expect("the NFS door listens"), Credential::unix(0, 0, &[]));
        let root = client.mount(EXPORT).expect("mounted");
        (client, root)
    }

    pub fn write(&self) {
        let test = self.test("files");
        test.put("/{b}").is(200);
        let words = ["export", "create", EXPORT.trim_start_matches('/'), "files", "--squash", "none", "--json"];
        self.0.command(&words).expect("an export");
        test.put("/{b}/d/written").body(pattern(0, BYTES)).is(200);
        let (mut client, root) = self.client();
        let directory = client.lookup(&root, b"d").expect("there");
        assert_eq!(client.setattr(&directory, Set { mode: Some(MODE), ..Set::owner(OWNER.0, OWNER.1) }), 0);
        let written = client.lookup(&directory, b"written").expect("there");
        for (number, (at, length)) in WRITES.iter().enumerate() {
            assert_eq!(client.write(&written, *at as u64, &pattern(number + 5, *length)), 0);
        }
        for layer in 1..=2 {
            let from = if layer == 1 { "d/written".to_owned() } else { format!("d/layer{}", layer - 1) };
            let key = format!("d/layer{layer}");
            test.put(&format!("/{{b}}/{key}")).with("x-amz-copy-source", &format!("/files/{from}")).is(200);
            let copy = client.lookup(&directory, format!("layer{layer}").as_bytes()).expect("there");
            assert_eq!(client.write(&copy, layer as u64 * 10_000, &pattern(layer + 9, 1000)), 0);
        }
        let small = client.create(&directory, b"small", Set::mode(0o4711)).expect("made");
        assert_eq!(client.write(&small, 0, b"small"), 0);
        let link = Words::default().opaque(&small).opaque(&directory).opaque(b"hard");
        assert_eq!(client.nfs(LINK, &link).status(), 0);
        client.symlink(&directory, b"soft", b"../d/small").expect("made");
        let fifo = Words::default().opaque(&directory).opaque(b"fifo").u32(FIFO).set(Set::mode(0o640));
        assert_eq!(client.nfs(MKNOD, &fifo).status(), 0);
        test.put("/{c}").is(200);
        self.test("files-2").versioning("Enabled");
        test.put("/{c}/k").body("first").is(200);
        if can_mount() {
            on_mount(
                self.0,
                "import os, sys\n\
                 path = sys.argv[1] + '/d/small'\n\
                 os.setxattr(path, 'user.colour', b'red')\n\
                 os.setxattr(path, 'system.posix_acl_access', bytes.fromhex(sys.argv[2]))",
            );
        }
    }

    pub fn is_whole(&self) {
        let test = self.test("files");
        if test.head("/{b}").go().status == 404 {
            // It was written before there were file doors.
            return;
        }
        for (key, layer) in [("written", 0), ("layer1", 1), ("layer2", 2)] {
            assert!(test.get(&format!("/{{b}}/d/{key}")).is(200).body == body(layer), "{key}");
        }
        test.get("/{b}/d/hard").is(200).holds("small");
        let (mut client, root) = self.client();
        let directory = client.lookup(&root, b"d").expect("there");
        assert_eq!(
            client.mode(&directory).map(|(mode, uid, gid)| (mode & 0o7777, uid, gid)),
            Ok((MODE, OWNER.0, OWNER.1))
        );
        let small = client.lookup(&directory, b"small").expect("there");
        assert_eq!(client.lookup(&directory, b"hard").expect("there"), small, "one file by two names");
        let soft = client.lookup(&directory, b"soft").expect("there");
        let mut target = client.nfs(READLINK, &Words::default().opaque(&soft)).ok();
        target.skip_attributes();
        assert_eq!(target.opaque(), b"../d/small");
        let fifo = client.lookup(&directory, b"fifo").expect("there");
        assert_eq!(client.nfs(1, &Words::default().opaque(&fifo)).ok().u32(), FIFO);
        // It is written into again, and what lies over it is not changed by that.
        let written = client.lookup(&directory, b"written").expect("there");
        assert_eq!(client.write(&written, 0, b"new"), 0);
        let whole = [&b"new"[..], &body(0)[3..]].concat();
        assert!(test.get("/{b}/d/written").is(200).body == whole, "written into again");
        assert!(test.get("/{b}/d/layer2").is(200).body == body(2), "what was copied from it");
        test.get("/{c}/k").is(200).holds("first");
        if can_mount() {
            on_mount(
                self.0,
                "import os, sys\n\
                 path = sys.argv[1] + '/d/hard'\n\
                 assert os.getxattr(path, 'user.colour') == b'red'\n\
                 assert os.getxattr(path, 'system.posix_acl_access').hex() == sys.argv[2], os.getxattr(path, 'system.posix_acl_access').hex()",
            );
        }
    }
}
