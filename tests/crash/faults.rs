//! Faults made on purpose: the oracle must find them, or the server must stand them.
//!
//! Always holds: each fault is seen to have happened; a fault that did nothing fails its test.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use trefoil_tests::{Answer, Options, Payload, Server, Test};

use super::load;

/// Cycles within which a commit that is made after its answer must have been found out.
const CYCLES_MAX: usize = 40;

#[test]
#[ignore = "needs a binary with fail points: make crash-build"]
fn a_commit_after_its_answer_is_found() {
    let options = Options::default();
    let mut server = Server::start(options);
    let mut writers = load::writers(&server, 5);
    server.stop();
    let fault = ("TREFOIL_FAILPOINTS".to_owned(), "commit.answer_early=error;commit.before_write=sleep:30".to_owned());
    server.restart_with(vec![fault]).expect("a start");
    for round in 0..CYCLES_MAX {
        let early = load::cycle(&mut server, &mut writers, Duration::from_millis(100 + round as u64 * 13), false);
        assert!(early.is_empty(), "before any crash: {early:?}");
        server.restart();
        // What the writers met before the crash does not count: the crash is to show it.
        writers.iter_mut().for_each(|writer| writer.complaints.clear());
        let problems = super::problems(&server, &mut writers);
        if !problems.is_empty() {
            println!("found in cycle {round}: {}", problems[0]);
            return;
        }
    }
    panic!("{CYCLES_MAX} crashes of a server that answers before it commits, and the oracle saw nothing");
}

/// Fail points that stand just before a sync, and how many passages are let by: the start itself makes a few commits.
const BEFORE_SYNCS: [(&str, u32); 7] = [
    ("commit.sync_error", 8),
    ("volume.opened", 1),
    ("volume.before_sync", 1),
    ("file.written", 1),
    ("file.synced", 1),
    ("file.directory_made", 1),
    ("file.linked", 1),
];

fn put(test: &Test, key: &str, length: usize) -> Option<Answer> {
    let call = test.put(&format!("/{{b}}/{key}")).payload(Payload::Unsigned).body(vec![b'x'; length]);
    // The server may have ended: then there is no answer, which is no success either.
    call.request.send(test.target.address).ok()
}

/// A sync that fails is never reported as success. The process stops, or the request fails; and what failed is not there afterwards.
#[test]
#[ignore = "needs a binary with fail points: make crash-build"]
fn a_failed_sync_is_no_success() {
    for (point, passages) in BEFORE_SYNCS {
        if !trefoil_core::failpoint::NAMES.contains(&point) {
            panic!("there is no fail point {point} any more: name the one that stands before a sync");
        }
        let options = Options::default();
        let mut server = Server::start(options);
        let test = super::test_on(&server, "faulty");
        test.put("/{b}").is(200);
        test.object("old", "old");
        server.stop();
        server.restart_with(vec![("TREFOIL_FAILPOINTS".into(), format!("{point}={passages}*error"))]).expect("a start");
        // Different lengths, so that each has a key of its own.
        let lengths: Vec<usize> = (0..5).flat_map(|n| [100 + n, 300_000 + n, 9_000_000 + n]).collect();
        let mut succeeded = Vec::new();
        for &length in &lengths {
            match put(&test, &length.to_string(), length) {
                Some(answer) if answer.status == 200 => succeeded.push(length),
                Some(answer) => assert!(answer.status >= 500, "{point}: {} {}", answer.status, answer.text()),
                None => {}
            }
        }
        assert!(succeeded.len() < lengths.len(), "{point}: no request failed");
        if server.is_running() {
            server.kill();
        } else {
            server.wait_end();
        }
        server.restart_with(Vec::new()).expect("a start");
        test.get("/{b}/old").is(200).holds("old");
        for &length in &lengths {
            let answer = test.get(&format!("/{{b}}/{length}")).go();
            match (answer.status, succeeded.contains(&length)) {
                (200, true) => assert_eq!(answer.body, vec![b'x'; length], "{point}"),
                (404, false) => {}
                other => panic!("{point}: {length} bytes: {other:?}"),
            }
        }
        super::check_clean(&server).unwrap_or_else(|problem| panic!("{point}: {problem}"));
    }
}

/// The kernel's answer to a sync, replaced by strace in a process that runs.
struct Injection {
    strace: Child,
    record: tempfile::NamedTempFile,
}

impl Injection {
    /// From now on every `call` of the process fails.
    fn begin(pid: u32, call: &str) -> Self {
        let record = tempfile::NamedTempFile::new().expect("a file");
        let mut strace = Command::new("strace")
            .args(["-f", "-p", &pid.to_string(), "-e", &format!("trace={call}")])
            .args(["-e", &format!("inject={call}:error=EIO"), "-o", &record.path().display().to_string()])
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace is installed");
        let mut said = String::new();
        let mut lines = BufReader::new(strace.stderr.take().expect("its words"));
        while !said.contains("attached") {
            let read = lines.read_line(&mut said).expect("its words can be read");
            assert!(read > 0, "strace can't attach (kernel.yama.ptrace_scope must be 0, or this be root): {said}");
        }
        // Whatever it says later must not stop it.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self { strace, record }
    }

    /// Lets go of the process, if it is still there. How many calls have failed.
    fn end(mut self) -> usize {
        let pid = i32::try_from(self.strace.id()).expect("a process id fits");
        // It may have ended with the process.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM);
        self.strace.wait().expect("strace ends");
        let record = std::fs::read_to_string(self.record.path()).expect("strace's record");
        record.matches("(INJECTED)").count()
    }
}

/// The same with syncs that the kernel itself refuses, each at its place.
#[test]
fn a_sync_that_the_kernel_refuses_is_no_success() {
    // What is synced, by which call, for a body of which length; and whether the process ends of it.
    let syncs = [
        ("the log", "fdatasync", 1000, true),
        ("a volume's bytes", "fdatasync", 300_000, false),
        ("a new volume and its name", "fsync", 300_000, false),
        ("a file's bytes", "fdatasync", 9_000_000, false),
        ("a file's name", "fsync", 9_000_000, false),
    ];
    for (what, call, length, ends) in syncs {
        let mut server = Server::start(Options::default());
        let test = super::test_on(&server, "refused");
        test.put("/{b}").is(200);
        test.object("old", "old");
        let injection = Injection::begin(server.pid(), call);
        let answer = put(&test, "new", length);
        let failed = injection.end();
        assert!(failed > 0, "{what}: no {call} was made, so none failed");
        if let Some(answer) = &answer {
            assert_eq!(answer.status / 100, 5, "{what}: {} {}", answer.status, answer.text());
        }
        if ends {
            let status = server.wait_end();
            assert_ne!(
                status.code(),
                Some(0),
                "{what}: an index whose log can't be synced ends the process with an error"
            );
        } else {
            // It goes on with another volume, another directory; not with what failed.
            assert!(server.is_running(), "{what}");
            let after = put(&test, "after", length);
            assert_eq!(after.map(|answer| answer.status), Some(200), "{what}");
            server.kill();
        }
        server.restart();
        test.get("/{b}/old").is(200).holds("old");
        let new = test.get("/{b}/new").go();
        match new.status {
            404 => {}
            // The log was written; whether it was synced nobody was told.
            200 if ends => assert_eq!(new.body, vec![b'x'; length], "{what}"),
            status => panic!("{what}: a PUT that failed is there: {status}"),
        }
        if !ends {
            test.get("/{b}/after").is(200).holds(vec![b'x'; length]);
        }
        super::check_clean(&server).unwrap_or_else(|problem| panic!("{what}: {problem}"));
    }
}

/// A directory has one process; the second is told who holds it.
#[test]
fn a_second_process_is_refused() {
    let server = Server::start(Options::default());
    let second = Options { data_dir: Some(server.directory().to_owned()), ..Options::default() };
    let error = Server::try_start(second).err().expect("a second process was let in");
    assert!(error.contains(&server.pid().to_string()), "it does not say who holds it: {error}");
    super::test_on(&server, "still").put("/{b}").is(200);
}
