//! kill -9 while a file's bytes are published, and while a file of many pieces is flattened behind everyone's back.
//!
//! Always holds: what NFS answered (FILE_SYNC) is there after the start, by S3, byte for byte; of the write that was not answered all
//! is there, or nothing; and the store's check is clean. A point at which the server does not die fails the test.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use serde_json::json;
use trefoil_core::failpoint::NAMES;
use trefoil_tests::nfs::{Client, Credential, Outcome, Words};
use trefoil_tests::{Options, Server};

use super::points::OF_FILES;

const PAGE: usize = 1 << 20;
/// Of the object that is written into.
const BYTES: usize = 3 * PAGE + 12_345;
const PIECE: usize = 4096;
/// In the first page; each is a piece, and so is what lies between two.
const PIECES: usize = 24;
/// A write that goes to a blob of its own.
const LARGE: usize = 300_000;
/// Copies of copies, each written into: more than may lie over each other.
const LAYERS: usize = 6;
/// How long what nobody waits for may take to begin.
const BACKGROUND_WAIT: Duration = Duration::from_secs(30);

fn pattern(seed: usize, length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 31 + at / 251 + seed * 89) % 251).expect("less than 256")).collect()
}

/// Object, and what was answered of it.
struct Victim {
    server: Server,
    /// By key: what is there, and what may be there instead.
    files: Vec<(String, Vec<u8>, Option<Vec<u8>>)>,
}

impl Victim {
    fn new() -> Self {
        let options = Options::default().arg("--nfs-listen").arg("127.0.0.1:0");
        let mut server = Server::start(options);
        let test = super::test_on(&server, "files");
        test.put("/{b}").is(200);
        let body = pattern(0, BYTES);
        test.put("/{b}/f0").body(body.clone()).is(200);
        server.command(&["export", "create", "files", "files", "--squash", "none", "--json"]).expect("an export");
        server.stop();
        Self { server, files: vec![("f0".to_owned(), body, None)] }
    }

    fn start_armed(&mut self, words: String) {
        self.server.restart_with(vec![("TREFOIL_FAILPOINTS".into(), words)]).expect("a start");
    }

    fn client(&self) -> (Client, Vec<u8>) {
        let address = self.server.nfs.expect("the NFS door listens");
        let mut client = Client::open(address, Credential::unix(0, 0, &[]));
        let root = client.mount("/files").expect("mounted");
        (client, root)
    }

    /// A FILE_SYNC WRITE into the last file. Whether it was answered.
    fn write(&mut self, at: usize, bytes: &[u8]) -> bool {
        let (mut client, root) = self.client();
        let (key, body, instead) = self.files.last_mut().expect("a file");
        let handle = client.lookup(&root, key.as_bytes()).expect("it is there");
        let count = u32::try_from(bytes.len()).expect("a WRITE's length");
        let words = Words::default().opaque(&handle).u64(at as u64).u32(count).u32(2).opaque(bytes);
        let mut written = body.clone();
        written[at..at + bytes.len()].copy_from_slice(bytes);
        match client.nfs(7, &words) {
            Outcome::Closed => {
                *instead = Some(written);
                false
            }
            outcome => {
                assert_eq!(outcome.status(), 0, "a WRITE");
                *body = written;
                true
            }
        }
    }

    /// Copies the last file, which shares its bytes.
    fn copy(&mut self) {
        let (key, body, _) = self.files.last().expect("a file");
        let (new, body) = (format!("f{}", self.files.len()), body.clone());
        let test = super::test_on(&self.server, "files");
        test.put(&format!("/{{b}}/{new}")).with("x-amz-copy-source", &format!("/files/{key}")).is(200);
        self.files.push((new, body, None));
    }

    fn died_at(&mut self, point: &str) {
        let begun = Instant::now();
        while self.server.is_running() {
            assert!(begun.elapsed() < BACKGROUND_WAIT, "{point}: the server came by no such point");
            std::thread::sleep(Duration::from_millis(20));
        }
        let status = self.server.wait_end();
        let said = self.server.said().join("\n");
        let aborted = status.signal() == Some(libc::SIGABRT) && said.contains(&format!("failpoint {point}: abort"));
        assert!(aborted, "{point}: the server ended otherwise than there: {status}; it said\n{said}");
    }

    fn look(&mut self, point: &str) {
        self.server.restart_with(Vec::new()).expect("a start");
        let test = super::test_on(&self.server, "files");
        for (key, body, instead) in &self.files {
            let found = test.get(&format!("/{{b}}/{key}")).is(200).body;
            assert!(found == *body || instead.as_ref() == Some(&found), "{point}: {key} is not what was answered");
        }
        super::check_clean(&self.server).unwrap_or_else(|problem| panic!("{point}: {problem}"));
    }
}

/// Dies at a point of a publication, of a small write (inline) or a large one (a blob).
fn while_publishing(point: &str) {
    for length in [PIECE, LARGE].into_iter().filter(|length| *length == LARGE || point != "session.stored") {
        let mut victim = Victim::new();
        // The first write makes the content that is written into; the second is into it.
        for passages in [1, 2] {
            victim.start_armed(format!("{point}={passages}*abort"));
            if passages == 2 {
                assert!(victim.write(PAGE + 7, &pattern(5, length)), "{point}: the first of two");
            }
            assert!(!victim.write(77_777, &pattern(passages, length)), "{point}: a WRITE was answered beyond it");
            victim.died_at(point);
            victim.look(point);
            let (_, body, instead) = victim.files.last_mut().expect("a file");
            let test = super::test_on(&victim.server, "files");
            *body = test.get("/{b}/f0").is(200).body;
            *instead = None;
            victim.server.stop();
        }
    }
}

/// Dies at a point of the flattening of a page, or of layers.
fn while_flattening(point: &str) {
    let mut victim = Victim::new();
    victim.start_armed(format!("{point}=abort"));
    let layers = if point.starts_with("flatten.released") || point.ends_with("release") { LAYERS } else { 0 };
    for number in 0..layers {
        victim.copy();
        assert!(victim.write(number * 10_000, &pattern(number + 7, PIECE)), "{point}: layer {number}");
    }
    let pieces = if layers == 0 { PIECES } else { 0 };
    for number in 0..pieces {
        // Flattening may begin before the last of them.
        if !victim.server.is_running() || !victim.write(number * 2 * PIECE, &pattern(number + 1, PIECE)) {
            break;
        }
    }
    victim.died_at(point);
    victim.look(point);
}

#[test]
#[ignore = "needs a binary with fail points: make crash-build"]
fn every_fail_point_of_the_file_doors() {
    let begun = Instant::now();
    let points: Vec<&str> =
        NAMES.iter().copied().filter(|name| OF_FILES.iter().any(|area| name.starts_with(area))).collect();
    let visited: BTreeSet<&str> = std::thread::scope(|scope| {
        let visits: Vec<_> = points
            .iter()
            .map(|point| {
                scope.spawn(move || {
                    match point.starts_with("session.") {
                        true => while_publishing(point),
                        false => while_flattening(point),
                    }
                    *point
                })
            })
            .collect();
        visits.into_iter().map(|visit| visit.join().expect("no problem")).collect()
    });
    assert!(visited.len() >= 7, "{visited:?}");
    let seconds = begun.elapsed().as_secs();
    eprintln!("crash: files: {} points, {seconds} s", visited.len());
    super::note_result("files", json!({ "points": visited, "problems": 0, "seconds": seconds }));
}
