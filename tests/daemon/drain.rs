//! Ending: what is under way is answered, and health says so meanwhile.
//!
//! Always holds: the signal comes while a request is half sent, so that there is something to wait for.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use trefoil_tests::request::Auth;
use trefoil_tests::wire::Connection;
use trefoil_tests::{Options, Payload, Request, Server};

use super::signal;

const SIZE: usize = 100_000;

/// A PUT of which half is sent.
fn half_a_put(server: &Server) -> (Connection, Vec<u8>) {
    let bucket = Request::new("PUT", "/drain", Auth::Header(server.root.clone()));
    assert_eq!(bucket.send(server.s3).expect("an answer").status, 200);
    let mut put = Request::new("PUT", "/drain/k", Auth::Header(server.root.clone()));
    put.payload = Payload::Unsigned;
    put.body = vec![b'x'; SIZE];
    let head = put.wire(server.s3).head();
    let mut connection = Connection::open(server.s3).expect("a connection");
    connection.send(&head).expect("sent");
    connection.send(&put.body[..SIZE / 2]).expect("sent");
    // So that the request is taken before the signal comes.
    std::thread::sleep(Duration::from_millis(300));
    (connection, put.body)
}

fn health(server: &Server, what: &str) -> u16 {
    let request = Request::new("GET", &format!("/_/health/{what}"), Auth::Anonymous);
    request.send(server.admin).map_or(0, |answer| answer.status)
}

#[test]
fn a_request_under_way_is_answered_and_health_shows_the_drain() {
    let mut server = Server::start(Options::default());
    assert_eq!((health(&server, "live"), health(&server, "ready")), (200, 200));
    let (mut connection, body) = half_a_put(&server);
    signal(server.pid(), Signal::SIGTERM);
    let deadline = Instant::now() + Duration::from_secs(5);
    while health(&server, "ready") != 503 {
        assert!(Instant::now() < deadline, "ready says {} while draining", health(&server, "ready"));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(health(&server, "live"), 200);
    assert!(server.command(&["user", "list", "--json"]).is_ok(), "the admin API is gone before the doors");
    assert!(Connection::open(server.s3).is_err(), "a new connection was taken");
    connection.send(&body[SIZE / 2..]).expect("sent");
    assert_eq!(connection.receive("PUT").expect("an answer").status, 200);
    assert_eq!(server.wait_end().code(), Some(0));
    server.restart();
    let get = Request::new("GET", "/drain/k", Auth::Header(server.root.clone()));
    assert!(get.send(server.s3).expect("an answer").body == body);
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut server = Server::start(Options::default());
    let (_connection, _) = half_a_put(&server);
    signal(server.pid(), Signal::SIGTERM);
    std::thread::sleep(Duration::from_millis(300));
    assert!(server.is_running(), "it did not wait for the request");
    let begun = Instant::now();
    signal(server.pid(), Signal::SIGINT);
    assert_eq!(server.wait_end().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
