//! The NFS door: records, calls, handles, names and identities that no honest client sends.
//!
//! Always holds: each test names one thing and claims the exact answer: a status of RFC 1813, a refusal of RFC 5531, or the end of the
//! connection. After each, the door answers NULL, S3 answers too, and nothing in the server has panicked.

mod credentials;
mod handles;
mod identities;
mod lengths;
mod memory;
mod names;
mod numbers;
mod records;
mod symlinks;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use trefoil_tests::nfs::{Client, Credential, NFS, Outcome, Set};
use trefoil_tests::{Server, Test, shared};

const PERM: u32 = 1;
const NOENT: u32 = 2;
const ACCES: u32 = 13;
const EXIST: u32 = 17;
const XDEV: u32 = 18;
const NOTDIR: u32 = 20;
const ISDIR: u32 = 21;
const INVAL: u32 = 22;
const FBIG: u32 = 27;
const ROFS: u32 = 30;
const NAMETOOLONG: u32 = 63;
const STALE: u32 = 70;
const BADHANDLE: u32 = 10_001;
const BAD_COOKIE: u32 = 10_003;
const TOOSMALL: u32 = 10_005;
const BADTYPE: u32 = 10_007;

/// uid and gid of squashed requests, where an export names none.
const NOBODY: u32 = 65_534;

/// One test's bucket, and its exports.
pub struct Door<'a> {
    pub t: &'a Test,
    pub address: SocketAddr,
}

macro_rules! nfs {
    ($($name:ident: $run:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let run: fn(&$crate::bad_input::nfs::Door<'_>) = $run;
                $crate::bad_input::nfs::with_door(stringify!($name), run);
            }
        )*
    };
}
use nfs;

/// Runs a test in a bucket of its own on the shared server, and looks at the server afterwards.
fn with_door(name: &str, run: fn(&Door<'_>)) {
    shared::with_bucket(super::options, name, |t| {
        let address = shared::server(|server| server.nfs).expect("the NFS door listens");
        run(&Door { t, address });
        is_well(address);
        assert_eq!(panics(), BTreeSet::new());
    });
}

/// NULL is answered.
fn is_well(address: SocketAddr) {
    let answered = Client::open(address, Credential::nobody()).ask(NFS, 0, b"");
    assert!(matches!(answered, Outcome::Done(_)), "{answered:?}");
}

/// What the shared server has said of panics.
pub fn panics() -> BTreeSet<String> {
    shared::server(Server::said).into_iter().filter(|line| line.contains("panicked")).collect()
}

impl Door<'_> {
    /// Makes an export of the test's bucket, or of a directory of it. Its name.
    pub fn export(&self, suffix: &str, prefix: &str, options: &[&str]) -> String {
        let name = format!("{}-{suffix}", self.t.bucket);
        let bucket = format!("{}{prefix}", self.t.bucket);
        let words = [&["export", "create", &name, &bucket, "--json"], options].concat();
        shared::server(|server| server.command(&words)).unwrap_or_else(|error| panic!("{error}"));
        name
    }

    pub fn client(&self, who: Credential) -> Client {
        Client::open(self.address, who)
    }

    /// Root, not squashed, in an export of the whole bucket: the client and the root's handle.
    pub fn root(&self) -> (Client, Vec<u8>) {
        let name = self.export("root", "", &["--squash", "none"]);
        let mut client = self.client(Credential::unix(0, 0, &[]));
        let root = client.mount(&format!("/{name}")).expect("mounted");
        (client, root)
    }

    /// The same, with a file of five bytes in it.
    pub fn file(&self) -> (Client, Vec<u8>, Vec<u8>) {
        let (mut client, root) = self.root();
        let file = client.create(&root, b"file", Set::mode(0o644)).expect("made");
        assert_eq!(client.write(&file, 0, b"bytes"), 0);
        (client, root, file)
    }
}
