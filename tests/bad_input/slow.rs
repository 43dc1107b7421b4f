//! Clients that are slow or silent: they are cut off, and keep nobody else waiting.
//!
//! Always holds: all of these run side by side from the first that is asked for, because most of their time is waiting: the whole
//! takes as long as the server's longest wait, that for a head.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use trefoil_tests::Test;
use trefoil_tests::wire::Connection;

/// Longer than any wait of the server for a client that is silent, as [`super::options`] sets them, and shorter than the defaults.
const PATIENCE: Duration = Duration::from_secs(15);

type Runs = Mutex<HashMap<&'static str, JoinHandle<()>>>;

/// Starts all of them, once; waits for the one with this name and fails as it failed.
fn outcome(name: &str) {
    static RUNS: OnceLock<Runs> = OnceLock::new();
    let runs = RUNS.get_or_init(|| {
        let start = |&(name, run): &(&'static str, fn(&Test))| {
            let body = move || {
                trefoil_tests::shared::with_bucket(super::options, name, |t| {
                    run(t);
                    t.get("/{b}?versions").is(200).omits("Version").omits("DeleteMarker");
                });
            };
            (name, std::thread::spawn(body))
        };
        Mutex::new(ALL.iter().map(start).collect())
    });
    let run = runs.lock().unwrap_or_else(PoisonError::into_inner).remove(name).expect("each is waited for once");
    if let Err(panic) = run.join() {
        std::panic::resume_unwind(panic);
    }
}

macro_rules! slow {
    ($($name:ident: $run:expr;)*) => {
        const ALL: &[(&str, fn(&Test))] = &[$((stringify!($name), $run)),*];
        $(
            #[test]
            fn $name() {
                outcome(stringify!($name));
            }
        )*
    };
}

/// Sends `bytes` and then nothing. The server must end it in time; meanwhile others are served.
fn silent(t: &Test, bytes: &[u8]) -> Option<trefoil_tests::Answer> {
    let mut connection = Connection::open_with(t.target.address, PATIENCE).expect("a connection");
    connection.send(bytes).expect("sent");
    t.head("/{b}").is(200);
    let begun = Instant::now();
    let answer = connection.receive("SLOW");
    assert!(begun.elapsed() < PATIENCE, "the connection was left open");
    answer.ok()
}

/// So, where the server has a request to answer.
fn times_out(t: &Test, bytes: &[u8]) {
    let answer = silent(t, bytes).expect("an answer");
    assert_eq!((answer.status, answer.code().as_str()), (400, "RequestTimeout"), "{}", answer.text());
}

slow! {
    a_head_that_stops: |t| { silent(t, b"GET / HTTP/1.1\r\nHost: a\r\nx-half"); };
    a_head_that_drips: |t| {
        let mut connection = Connection::open_with(t.target.address, PATIENCE).expect("a connection");
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if connection.send(b"x").is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("a head that drips was waited for");
    };
    a_body_that_stops: |t| {
        let mut wire = t.put("/{b}/k").payload(trefoil_tests::Payload::Unsigned).request.wire(t.target.address);
        wire.set("Content-Length", "1000");
        let mut bytes = wire.head();
        bytes.extend(b"some of it");
        times_out(t, &bytes);
    };
    a_chunk_that_stops: |t| {
        let call = t.put("/{b}/k").payload(trefoil_tests::Payload::UnsignedChunks(1)).with("x-amz-decoded-content-length", "1000");
        let mut wire = call.request.wire(t.target.address);
        wire.set("Content-Length", "2000");
        let mut bytes = wire.head();
        bytes.extend(b"3e8\r\nsome of it");
        times_out(t, &bytes);
    };
    a_document_that_stops: |t| {
        let mut wire = t.post("/{b}?delete").payload(trefoil_tests::Payload::Unsigned).request.wire(t.target.address);
        wire.set("Content-Length", "1000");
        let mut bytes = wire.head();
        bytes.extend(b"<Delete>");
        times_out(t, &bytes);
    };
    documents_that_drip_keep_nobody_waiting: |t| {
        // As many as would take all room, if it were taken as announced.
        let head = format!("PUT /{}?acl HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n<AccessControlPolicy>", t.bucket);
        let mut drips: Vec<Connection> = (0..16)
            .map(|_| {
                let mut connection = Connection::open_with(t.target.address, PATIENCE).expect("a connection");
                connection.send(head.as_bytes()).expect("sent");
                connection
            })
            .collect();
        for _ in 0..5 {
            for drip in &mut drips {
                drip.send(b" ").expect("sent");
            }
            let begun = Instant::now();
            t.post("/{b}?delete").body("<Delete><Object><Key>none</Key></Object></Delete>").md5().is(200);
            t.put("/{b}?acl").anonymous().with("x-amz-acl", "private").body("").fails(403, "AccessDenied");
            t.post("/{b}?delete").anonymous().body("<Delete><Object><Key>none</Key></Object></Delete>").md5().is(200);
            assert!(begun.elapsed() < Duration::from_secs(3), "others waited for {:?}", begun.elapsed());
            std::thread::sleep(Duration::from_millis(500));
        }
    };
    a_connection_that_says_nothing: |t| {
        let mut connection = Connection::open_with(t.target.address, PATIENCE).expect("a connection");
        assert!(connection.is_closed(), "a silent connection was left open");
    };
    a_promise_of_more_that_is_never_kept: |t| {
        let mut wire = t.put("/{b}/k").with("expect", "100-continue").body("body").request.wire(t.target.address);
        wire.set("Content-Length", "4");
        times_out(t, &wire.head());
    };
}
