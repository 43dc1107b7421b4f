//! A disk that is full refuses what needs room, goes on reading and deleting, and recovers when there is room.
//!
//! Always holds: the file system is small and the server's own, in a namespace of its own, so that no privilege is needed. What was
//! answered with 200 is there, what was not is not, and nothing is left over in the end.

use std::path::Path;
use std::time::{Duration, Instant};

use trefoil_tests::wire::Connection;
use trefoil_tests::{Answer, Options, Payload, Server, Test};

const DISK: &str = "600m";
const VOLUME_BYTES: usize = 6 << 20;
const OWN_FILE_BYTES: usize = 12 << 20;
const INLINE_BYTES: usize = 60_000;
/// How long it may take until room that was given back can be used.
const ROOM_WAIT: Duration = Duration::from_secs(30);

fn on_a_small_disk(scratch: &Path) -> Server {
    let directory = scratch.join("small");
    std::fs::create_dir(&directory).expect("a directory");
    let script = format!("mount -t tmpfs -o size={DISK} none \"$0\" && exec \"$@\"");
    let wrapper = ["unshare", "-rm", "sh", "-c", &script, &directory.display().to_string()].map(str::to_owned).to_vec();
    let options = Options { wrapper, data_dir: Some(directory.join("data")), ..Options::default() };
    Server::try_start(options)
        .unwrap_or_else(|error| panic!("this test needs user namespaces (unshare -rm true must work): {error}"))
}

fn put(test: &Test, key: &str, length: usize) -> Answer {
    test.put(&format!("/{{b}}/{key}")).payload(Payload::Unsigned).body(vec![b'x'; length]).go()
}

#[track_caller]
fn is_refusal(answer: &Answer) {
    assert!([503, 507].contains(&answer.status), "{} {}", answer.status, answer.text());
    assert_ne!(answer.code(), "", "{}", answer.text());
}

/// Puts until there is no room. How many there was room for.
fn fill(test: &Test, prefix: &str, length: usize) -> usize {
    for stored in 0..20_000 {
        let answer = put(test, &format!("{prefix}/{stored}"), length);
        if answer.status != 200 {
            is_refusal(&answer);
            test.head(&format!("/{{b}}/{prefix}/{stored}")).is(404);
            return stored;
        }
    }
    panic!("{DISK} were never full");
}

/// Nothing is left over: the check is clean at once where nothing is to be reclaimed any more.
fn is_clean(server: &Server) {
    server.remote_command(&["check", "--repair", "--json"]).expect("a check");
    let report = server.remote_command(&["check", "--json"]).expect("a clean check");
    assert!(report["clean"] == true && report["orphan_blobs"] == 0, "{report}");
}

fn until_there_is_room(what: &str, try_it: impl Fn() -> Answer) {
    let deadline = Instant::now() + ROOM_WAIT;
    loop {
        let answer = try_it();
        if answer.status == 200 {
            return;
        }
        is_refusal(&answer);
        assert!(Instant::now() < deadline, "{what}: no room came back: {}", answer.text());
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_full_disk() {
    let scratch = tempfile::tempdir().expect("a directory");
    let server = on_a_small_disk(scratch.path());
    let test = super::test_on(&server, "full");
    test.put("/{b}").is(200);
    test.object("first", "first");
    let upload = test.upload("parts");
    let part = |number: u32| {
        let call = test.put(&format!("/{{b}}/parts?partNumber={number}&uploadId={upload}"));
        call.payload(Payload::Unsigned).body(vec![b'x'; VOLUME_BYTES]).go()
    };
    assert_eq!(part(1).status, 200);
    // Bytes first, which leave a reserve to the index; then the index's own, into that reserve.
    let own_files = fill(&test, "own", OWN_FILE_BYTES);
    let in_volumes = fill(&test, "volume", VOLUME_BYTES);
    assert!(own_files + in_volumes > 5, "{own_files} {in_volumes}");
    is_refusal(&part(2));
    let inline = fill(&test, "inline", INLINE_BYTES);
    assert!(inline > 5, "{inline}");
    // Reading goes on, deleting too.
    test.get("/{b}/first").is(200).holds("first");
    test.get("/{b}/own/0").is(200).holds(vec![b'x'; OWN_FILE_BYTES]);
    for (prefix, count) in [("own", own_files), ("volume", in_volumes), ("inline", inline)] {
        for n in 0..count {
            test.delete(&format!("/{{b}}/{prefix}/{n}")).is(204);
        }
    }
    until_there_is_room("volume", || put(&test, "again/volume", VOLUME_BYTES));
    until_there_is_room("own file", || put(&test, "again/own", OWN_FILE_BYTES));
    until_there_is_room("inline", || put(&test, "again/inline", INLINE_BYTES));
    until_there_is_room("part", || part(2));
    test.get("/{b}/again/own").is(200).holds(vec![b'x'; OWN_FILE_BYTES]);
    test.get("/{b}").is(200).lists("Contents/Key", &["again/inline", "again/own", "again/volume", "first"]);
    is_clean(&server);
}

/// Each upload found room when it began; together they need more than there is.
#[test]
fn a_disk_that_is_full_midway() {
    const LENGTH: usize = 200 << 20;
    const UPLOADS: usize = 3;
    let scratch = tempfile::tempdir().expect("a directory");
    let server = on_a_small_disk(scratch.path());
    let test = super::test_on(&server, "midway");
    test.put("/{b}").is(200);
    test.object("first", "first");
    let body = vec![b'x'; LENGTH];
    let (start, rest) = body.split_at(2 << 20);
    let mut connections: Vec<Connection> = (0..UPLOADS)
        .map(|n| {
            let call =
                test.put(&format!("/{{b}}/{n}")).payload(Payload::Unsigned).with("content-length", &LENGTH.to_string());
            let mut connection = Connection::open(server.s3).expect("a connection");
            connection.send(&call.request.wire(server.s3).head()).expect("sent");
            connection.send(start).expect("sent");
            connection
        })
        .collect();
    // All have begun.
    std::thread::sleep(Duration::from_secs(1));
    let answers: Vec<Option<Answer>> = std::thread::scope(|scope| {
        let sends: Vec<_> = connections
            .iter_mut()
            .map(|connection| {
                scope.spawn(|| {
                    connection.send_until_refused(rest, rest.len() as u64);
                    connection.receive("PUT").ok()
                })
            })
            .collect();
        sends.into_iter().map(|send| send.join().expect("a thread that ends")).collect()
    });
    let refused = answers.iter().flatten().filter(|answer| answer.status != 200).count();
    println!("midway: {:?}", answers.iter().map(|answer| answer.as_ref().map(|it| it.status)).collect::<Vec<_>>());
    assert!(refused > 0, "three times 200 MiB can't be on {DISK}, and nobody was told so");
    for (n, answer) in answers.iter().enumerate() {
        match answer {
            Some(answer) if answer.status == 200 => {
                test.get(&format!("/{{b}}/{n}")).is(200).holds(&body);
                test.delete(&format!("/{{b}}/{n}")).is(204);
            }
            // One that was told nothing sees the connection close, which is no success either.
            other => {
                if let Some(answer) = other {
                    is_refusal(answer);
                }
                test.head(&format!("/{{b}}/{n}")).is(404);
            }
        }
    }
    until_there_is_room("own file", || put(&test, "again", OWN_FILE_BYTES));
    test.get("/{b}/first").is(200).holds("first");
    is_clean(&server);
}
