//! Starting: addresses, credentials, the ready line, an old kernel.
//!
//! Always holds: what a start says is claimed by its words, what it leaves behind by its files.

use std::net::TcpListener;

use serde_json::Value;
use trefoil_tests::request::Auth;
use trefoil_tests::{Key, Options, Request, Server};

use super::{Daemon, run, words};

fn root_of(directory: &std::path::Path) -> Key {
    let text = std::fs::read_to_string(directory.join("root-credentials")).expect("the credentials");
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).expect("a line").to_owned();
    Key::new(value("TREFOIL_ACCESS_KEY_ID="), value("TREFOIL_SECRET_ACCESS_KEY="))
}

fn secret_of(directory: &std::path::Path) -> String {
    root_of(directory).secret
}

#[test]
fn a_busy_address_leaves_nothing_behind_and_the_next_start_shows_the_key_once() {
    let scratch = tempfile::tempdir().expect("a directory");
    let directory = scratch.path().join("data");
    let taken = TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = taken.local_addr().expect("its address").to_string();
    for (busy, free) in [("--s3-listen", "--admin-listen"), ("--admin-listen", "--s3-listen")] {
        let path = directory.display().to_string();
        let output = run(&["serve", "--data-dir", &path, busy, &address, free, "127.0.0.1:0"], &[]);
        let said = words(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("can't listen on {address}")) && said.contains(busy), "{said}");
        assert!(!directory.exists(), "{busy}: something was made");
    }
    let (status, first) = Daemon::start(&directory).stop();
    assert_eq!(status, Some(0), "{first}");
    let secret = secret_of(&directory);
    assert!(first.contains(&format!("AWS_SECRET_ACCESS_KEY={secret}\n")), "{first}");
    let (_, second) = Daemon::start(&directory).stop();
    assert!(!second.contains(&secret) && !second.contains("export "), "{second}");
    let path = std::fs::canonicalize(&directory).expect("a path").join("root-credentials");
    assert!(second.contains(&path.display().to_string()), "it does not say where the secret is: {second}");
}

#[test]
fn what_was_not_said_to_its_end_is_said_by_the_next_start() {
    let scratch = tempfile::tempdir().expect("a directory");
    let directory = scratch.path().join("data");
    drop(Daemon::start(&directory).stop());
    // As a kill before the words leaves it.
    std::fs::remove_file(directory.join("welcomed")).expect("the mark");
    let (_, said) = Daemon::start(&directory).stop();
    assert!(said.contains(&format!("AWS_SECRET_ACCESS_KEY={}\n", secret_of(&directory))), "{said}");
}

#[test]
fn the_ready_line_is_what_the_run_file_says() {
    let scratch = tempfile::tempdir().expect("a directory");
    let directory = scratch.path().join("data");
    let daemon = Daemon::start(&directory);
    let text = std::fs::read_to_string(directory.join("run.json")).expect("the run file");
    let running: Value = serde_json::from_str(&text).expect("JSON");
    let line = |name: &str| running[name].as_str().expect("an address").to_owned();
    assert_eq!(daemon.ready, format!("ready s3={} admin={}\n", line("s3"), line("admin")));
    assert_eq!(running["pid"], daemon.child.id());
    assert_eq!(daemon.stop().0, Some(0));
    assert!(!directory.join("run.json").exists() && !directory.join("admin.sock").exists());
}

#[test]
fn a_second_daemon_with_the_same_addresses_is_told_of_the_first() {
    let scratch = tempfile::tempdir().expect("a directory");
    let directory = scratch.path().join("data");
    let daemon = Daemon::start(&directory);
    let s3 = daemon.ready.split(['=', ' ']).nth(2).expect("an address").to_owned();
    let path = directory.display().to_string();
    let output = run(&["serve", "--data-dir", &path, "--s3-listen", &s3, "--admin-listen", "127.0.0.1:0"], &[]);
    let said = words(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("a daemon already runs on"), "{said}");
}

/// On Linux 3.10 every newer call has its fallback; the variable hides them.
#[test]
fn a_store_works_on_the_oldest_kernel() {
    let mut server = Server::start(Options::default().env("TREFOIL_PRETEND_KERNEL", "3.10"));
    let send = |server: &Server, method: &str, target: &str, body: Vec<u8>| {
        let mut request = Request::new(method, target, Auth::Header(server.root.clone()));
        request.body = body;
        request.send(server.s3).expect("an answer")
    };
    assert_eq!(send(&server, "PUT", "/old", Vec::new()).status, 200);
    let sizes = [0, 1000, 300_000, 9 << 20];
    let body = |size: usize| (0..size).map(|at| u8::try_from(at * 7 % 251).unwrap_or(0)).collect::<Vec<u8>>();
    for size in sizes {
        assert_eq!(send(&server, "PUT", &format!("/old/{size}"), body(size)).status, 200, "{size}");
    }
    server.kill();
    server.restart();
    for size in sizes {
        assert!(send(&server, "GET", &format!("/old/{size}"), Vec::new()).body == body(size), "{size}");
        assert_eq!(send(&server, "DELETE", &format!("/old/{size}"), Vec::new()).status, 204, "{size}");
    }
    let report = server.command(&["check", "--repair", "--json"]).expect("a check");
    assert_eq!(report["clean"], true, "{report}");
    assert_eq!(server.stop(), Some(0));
}

/// s3s logs each refused request as an error; a client that asks for what is not there is none.
#[test]
fn what_is_not_there_is_no_error_in_the_log() {
    let scratch = tempfile::tempdir().expect("a directory");
    let daemon = Daemon::start(&scratch.path().join("data"));
    let s3 = daemon.ready.split(['=', ' ']).nth(2).expect("an address").to_owned();
    let key = root_of(&scratch.path().join("data"));
    let address = s3.parse().expect("an address");
    for (method, target, status) in [("GET", "/none", 404), ("GET", "/none/k", 404), ("GET", "/none?acl", 404)] {
        let answer = Request::new(method, target, Auth::Header(key.clone())).send(address).expect("an answer");
        assert_eq!(answer.status, status, "{target}");
    }
    let anonymous = Request::new("GET", "/none/k", Auth::Anonymous).send(address).expect("an answer");
    assert_eq!(anonymous.status, 404);
    let (status, said) = daemon.stop();
    assert_eq!(status, Some(0));
    assert!(said.contains("INFO") && !said.contains("ERROR") && !said.contains("WARN"), "{said}");
}
