//! Exports from their making to their end: by command, in the settings, over a restart, and as a client sees them.
//!
//! Always holds: a client is a socket on which MNT and GETATTR are written byte by byte, from RFC 5531 and RFC 1813.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;
use trefoil_tests::request::Auth;
use trefoil_tests::{Options, Request, Server};

use super::{run, words};

/// Calls a procedure with one opaque argument; what stands behind SUCCESS.
fn call(address: &str, program: u32, procedure: u32, argument: &[u8]) -> Vec<u8> {
    let mut body: Vec<u8> =
        [7, 0, 2, program, 3, procedure, 0, 0, 0, 0].iter().flat_map(|word: &u32| word.to_be_bytes()).collect();
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("short");
    body.extend(length(argument).to_be_bytes());
    body.extend(argument);
    body.resize(body.len().next_multiple_of(4), 0);
    let mut stream = TcpStream::connect(address).expect("the NFS door listens");
    stream.write_all(&[&(length(&body) | 1 << 31).to_be_bytes()[..], &body].concat()).expect("it reads");
    let mut mark = [0; 4];
    stream.read_exact(&mut mark).expect("an answer");
    let mut answer = vec![0; (u32::from_be_bytes(mark) & 0x7fff_ffff) as usize];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(answer[..24], [7, 1, 0, 0, 0, 0].iter().flat_map(|word: &u32| word.to_be_bytes()).collect::<Vec<_>>());
    answer.split_off(24)
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().expect("four"))
}

/// MNT: the handle, or the status.
fn mount(address: &str, path: &str) -> Result<Vec<u8>, u32> {
    let answer = call(address, 100_005, 1, path.as_bytes());
    match word(&answer) {
        0 => Ok(answer[8..8 + word(&answer[4..]) as usize].to_vec()),
        status => Err(status),
    }
}

/// GETATTR's status.
fn getattr(address: &str, handle: &[u8]) -> u32 {
    word(&call(address, 100_003, 1, handle))
}

fn nfs_address(server: &Server) -> String {
    let text = std::fs::read_to_string(server.directory().join("run.json")).expect("the run file");
    let running: Value = serde_json::from_str(&text).expect("JSON");
    running["nfs"].as_str().expect("the NFS door's address").to_owned()
}

fn ask(server: &Server, words: &[&str]) -> std::process::Output {
    run(&[words, &["--data-dir", &server.directory().display().to_string()]].concat(), &[])
}

fn done(output: &std::process::Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
    words(&output.stdout)
}

fn fails(output: &std::process::Output, text: &str) {
    let said = words(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains(text), "{said}");
}

fn make_bucket(server: &Server) {
    let request = Request::new("PUT", "/photos", Auth::Header(server.root.clone()));
    assert_eq!(request.send(server.s3).expect("an answer").status, 200);
}

#[test]
fn an_export_is_made_kept_over_a_restart_and_ended() {
    let mut server = Server::start(Options::default().arg("--nfs-listen").arg("127.0.0.1:0"));
    fails(&ask(&server, &["export", "create", "p", "photos"]), "the bucket photos does not exist");
    make_bucket(&server);
    let output = ask(&server, &["export", "create", "p", "photos"]);
    done(&output);
    let address = nfs_address(&server);
    let port = address.rsplit(':').next().expect("a port");
    assert!(words(&output.stderr).contains(&format!("port={port},mountport={port},nolock 127.0.0.1:/p DIR")));
    fails(&ask(&server, &["export", "create", "p", "photos"]), "an export p exists");
    fails(&ask(&server, &["export", "create", "a/b", "photos"]), "the name of an export");
    fails(&ask(&server, &["export", "create", "q", "photos/none"]), "there is no directory photos/none");
    fails(&ask(&server, &["export", "create", "q", "photos", "--hosts", "my-nas"]), "is no host");
    assert_eq!(ask(&server, &["export", "create", "q", "photos", "--squash", "me"]).status.code(), Some(2));
    done(&ask(&server, &["export", "create", "far", "photos", "--hosts", "192.0.2.0/24,2001:db8::1", "--read-only"]));
    let list = done(&ask(&server, &["export", "list"]));
    let line = list.lines().find(|line| line.starts_with("/far")).expect("it is listed");
    assert!(line.contains("192.0.2.0/24,2001:db8::1") && line.contains(" read ") && line.ends_with("ready"), "{list}");

    let handle = mount(&address, "/p").expect("mounted");
    assert_eq!(getattr(&address, &handle), 0);
    assert_eq!(mount(&address, "/far"), Err(13));
    assert_eq!(mount(&address, "/none"), Err(2));

    assert_eq!(server.stop(), Some(0));
    server.restart();
    let address = nfs_address(&server);
    assert_eq!(getattr(&address, &handle), 0, "a handle outlives a restart");
    assert_eq!(mount(&address, "/p"), Ok(handle.clone()));
    done(&ask(&server, &["export", "delete", "p"]));
    assert_eq!((getattr(&address, &handle), mount(&address, "/p")), (70, Err(2)));
    fails(&ask(&server, &["export", "delete", "p"]), "there is no export");
    // The same name again is another export.
    done(&ask(&server, &["export", "create", "p", "photos", "--json"]));
    assert_eq!(getattr(&address, &handle), 70);
    assert_ne!(mount(&address, "/p"), Ok(handle));
}

#[test]
fn exports_of_the_settings_are_there_from_the_start_and_stay() {
    let scratch = tempfile::tempdir().expect("a directory");
    let file = scratch.path().join("trefoil.toml");
    let text = "[nfs]\nlisten = '127.0.0.1:0'\n[[export]]\nname = 'p'\nbucket = 'photos'\n";
    std::fs::write(&file, text).expect("a file");
    let server = Server::start(Options::default().arg("--config").arg(&file.display().to_string()));
    // Its bucket may come later.
    let address = nfs_address(&server);
    assert_eq!(mount(&address, "/p"), Err(2));
    let list: Value = serde_json::from_str(&done(&ask(&server, &["export", "list", "--json"]))).expect("JSON");
    assert_eq!((&list["exports"][0]["origin"], &list["address"]), (&"settings".into(), &address.as_str().into()));
    assert!(list["exports"][0]["problem"].as_str().is_some_and(|problem| problem.contains("photos")), "{list}");
    make_bucket(&server);
    mount(&address, "/p").expect("mounted");
    fails(&ask(&server, &["export", "delete", "p"]), "of the settings");
    fails(&ask(&server, &["export", "create", "p", "photos"]), "an export p exists");
}

#[test]
fn without_an_address_the_door_does_not_listen_and_says_so() {
    let server = Server::start(Options::default());
    make_bucket(&server);
    let output = ask(&server, &["export", "create", "p", "photos"]);
    done(&output);
    assert!(words(&output.stderr).contains("the NFS door does not listen"), "{}", words(&output.stderr));
    let text = std::fs::read_to_string(server.directory().join("run.json")).expect("the run file");
    assert!(!text.contains("nfs"), "{text}");
}
