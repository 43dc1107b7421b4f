//! Faults made on purpose: the oracle must find them, or the server must stand them.
//!
//! Always holds: each fault is seen to have happened; a fault that did nothing fails its test.

use std::time::Duration;

use trefoil_tests::{Options, Payload, Server, Test};

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
        load::cycle(&mut server, &mut writers, Duration::from_millis(100 + round as u64 * 13));
        server.restart();
        let problems = super::problems(&server, &mut writers);
        if !problems.is_empty() {
            println!("found in cycle {round}: {}", problems[0]);
            return;
        }
    }
    panic!("{CYCLES_MAX} crashes of a server that answers before it commits, and the oracle saw nothing");
}

/// A sync that fails is never reported as success. The process stops, or the request fails and is not there afterwards.
#[test]
#[ignore = "needs a binary with fail points: make crash-build"]
fn a_failed_sync_is_no_success() {
    for point in ["commit.sync_error", "volume.before_sync", "file.written", "file.synced"] {
        if !trefoil_core::failpoint::NAMES.contains(&point) {
            panic!("there is no fail point {point} any more: name the one that stands before a sync");
        }
        let options = Options::default();
        let mut server = Server::start(options);
        let address = server.s3;
        let root = server.root.clone();
        let target = trefoil_tests::Target { address, root: root.clone(), main: None, alt: None };
        let test = Test::new(target.clone(), "faulty".into());
        test.put("/{b}").is(200);
        test.object("old", "old");
        server.stop();
        // Some commits are let by, because the start itself makes a few.
        let passages = if point.starts_with("commit.") { 8 } else { 1 };
        server.restart_with(vec![("TREFOIL_FAILPOINTS".into(), format!("{point}={passages}*error"))]).expect("a start");
        let address = server.s3;
        // Different lengths, so that each has a key of its own.
        let lengths: Vec<usize> = (0..5).flat_map(|n| [100 + n, 300_000 + n, 9_000_000 + n]).collect();
        let mut succeeded = Vec::new();
        for &length in &lengths {
            let call = test.put(&format!("/{{b}}/{length}")).payload(Payload::Unsigned).body(vec![b'x'; length]);
            // The server may have ended: then there is no answer, which is no success either.
            if let Ok(answer) = call.request.send(address)
                && answer.status == 200
            {
                succeeded.push(length);
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
                (200, _) => assert_eq!(answer.body, vec![b'x'; length], "{point}"),
                (404, false) => {}
                other => panic!("{point}: {length} bytes: {other:?}"),
            }
        }
    }
}

/// A disk that is full refuses writes with 507 or 503, goes on reading and deleting, and recovers when there is room.
#[test]
fn a_full_disk() {
    let scratch = tempfile::tempdir().expect("a directory");
    let directory = scratch.path().join("small");
    std::fs::create_dir(&directory).expect("a directory");
    // A small file system of its own, in a namespace of its own, so that no privilege is needed.
    let script = "mount -t tmpfs -o size=600m none \"$0\" && exec \"$@\"";
    let wrapper = ["unshare", "-rm", "sh", "-c", script, &directory.display().to_string()].map(str::to_owned).to_vec();
    let options = Options { wrapper, data_dir: Some(directory.join("data")), ..Options::default() };
    let server = Server::start(options);
    let target = trefoil_tests::Target { address: server.s3, root: server.root.clone(), main: None, alt: None };
    let test = Test::new(target, "full".into());
    test.put("/{b}").is(200);
    test.object("first", "first");
    let body = vec![b'x'; 6 << 20];
    let mut stored = 0;
    let refused = (0..120).find_map(|n| {
        let answer = test.put(&format!("/{{b}}/big/{n}")).payload(Payload::Unsigned).body(&body).go();
        stored += usize::from(answer.status == 200);
        (answer.status != 200).then_some(answer)
    });
    let refused = refused.expect("600 MiB are full before 120 times 6 MiB");
    assert!([503, 507].contains(&refused.status), "{} {}", refused.status, refused.text());
    assert!(stored > 5, "{stored}");
    test.get("/{b}/first").is(200).holds("first");
    for n in 0..stored {
        test.delete(&format!("/{{b}}/big/{n}")).is(204);
    }
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    loop {
        let answer = test.put("/{b}/again").payload(Payload::Unsigned).body(&body).go();
        if answer.status == 200 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "no room came back: {}", answer.text());
        std::thread::sleep(Duration::from_millis(200));
    }
    test.get("/{b}/again").is(200).holds(&body);
}

/// A directory has one process; the second is told who holds it.
#[test]
fn a_second_process_is_refused() {
    let server = Server::start(Options::default());
    let second = Options { data_dir: Some(server.directory().to_owned()), ..Options::default() };
    let error = Server::try_start(second).err().expect("a second process was let in");
    assert!(error.contains(&server.pid().to_string()), "it does not say who holds it: {error}");
    let target = trefoil_tests::Target { address: server.s3, root: server.root.clone(), main: None, alt: None };
    Test::new(target, "still".into()).put("/{b}").is(200);
}
