//! The other commands: over the socket, over the admin address, without a daemon.
//!
//! Always holds: each claims its exit status, and what stands on which stream.

use std::os::unix::fs::FileExt;

use serde_json::Value;
use trefoil_tests::request::Auth;
use trefoil_tests::{Options, Request, Server};

use super::{run, words};

fn json(output: &std::process::Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

/// The command's failure: status, one `error:` line, and nothing that looks like a result.
fn fails(output: &std::process::Output, status: i32, text: &str) {
    let said = words(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains("error: ") && said.contains(text), "{said}");
    assert!(output.stdout.is_empty(), "{}", words(&output.stdout));
}

/// Users and keys from their making to their end, by whatever way the daemon is asked.
fn users_and_keys(way: &[&str], environment: &[(&str, &str)]) {
    let ask = |words: &[&str]| run(&[words, way].concat(), environment);
    let user = json(&ask(&["user", "create", "zoe", "--email", "zoe@example.com", "--json"]));
    assert_eq!(user["id"].as_str().expect("an id").len(), 64);
    fails(&ask(&["user", "create", "zoe"]), 1, "exists already");
    let key = json(&ask(&["key", "create", "zoe", "--json"]));
    let id = key["access_key_id"].as_str().expect("an id");
    let keys = json(&ask(&["key", "list", "zoe", "--json"]));
    assert_eq!(keys["keys"][0]["access_key_id"], id, "{keys}");
    assert!(words(&ask(&["user", "list"]).stdout).contains("zoe@example.com"));
    assert_eq!(ask(&["key", "delete", id]).status.code(), Some(0));
    fails(&ask(&["key", "delete", id]), 1, "there is no access key");
    assert_eq!(ask(&["user", "delete", "zoe"]).status.code(), Some(0));
    fails(&ask(&["key", "list", "zoe"]), 1, "there is no user");
    assert_eq!(json(&ask(&["check", "--json"]))["clean"], true);
}

#[test]
fn the_daemon_is_asked_over_its_socket_and_over_its_address() {
    let server = Server::start(Options::default());
    let (directory, admin) = (server.directory().display().to_string(), server.admin.to_string());
    users_and_keys(&["--data-dir", &directory], &[]);
    let root = [("TREFOIL_ACCESS_KEY_ID", &*server.root.id), ("TREFOIL_SECRET_ACCESS_KEY", &*server.root.secret)];
    users_and_keys(&["--admin", &admin], &root);
    fails(&run(&["user", "list", "--admin", &admin], &[]), 1, "--admin needs the root key");
    let wrong = [("TREFOIL_ACCESS_KEY_ID", &*server.root.id), ("TREFOIL_SECRET_ACCESS_KEY", "not-the-secret")];
    fails(&run(&["user", "list", "--admin", &admin], &wrong), 1, "signature");
}

#[test]
fn without_a_daemon_and_with_wrong_words() {
    let scratch = tempfile::tempdir().expect("a directory");
    let directory = scratch.path().display().to_string();
    fails(&run(&["user", "list", "--data-dir", &directory], &[]), 1, "no daemon runs on");
    fails(&run(&["check", "--data-dir", &directory, "--json"], &[]), 1, "there is no store in");
    // The obvious guess at a variable's name is told of, by every command.
    let output = run(&["check", "--data-dir", &directory], &[("TREFOIL_DATA_DIR", "/nowhere")]);
    assert!(words(&output.stderr).contains("did you mean TREFOIL_STORE_DATA_DIR?"), "{}", words(&output.stderr));
    for arguments in [&["user", "make", "zoe"][..], &["check", "--fix"], &["bench", "s3", "--endpoint", "https://a"]] {
        assert_eq!(run(arguments, &[]).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_store_that_is_not_clean_is_told_from_one_that_could_not_be_checked() {
    let mut server = Server::start(Options::default());
    let put = |target: &str, body: Vec<u8>| {
        let mut request = Request::new("PUT", target, Auth::Header(server.root.clone()));
        request.body = body;
        assert_eq!(request.send(server.s3).expect("an answer").status, 200);
    };
    put("/damaged", Vec::new());
    put("/damaged/k", vec![b'x'; 9 << 20]);
    assert_eq!(server.stop(), Some(0));
    let mut largest = (0, std::path::PathBuf::new());
    let mut folders = vec![server.directory().join("blobs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            match entry.metadata().expect("an entry") {
                of if of.is_dir() => folders.push(entry.path()),
                of => largest = largest.max((of.len(), entry.path())),
            }
        }
    }
    let file = std::fs::OpenOptions::new().write(true).open(&largest.1).expect("the blob");
    file.write_all_at(b"y", 5 << 20).expect("written");
    let directory = server.directory().display().to_string();
    let output = run(&["check", "--data-dir", &directory, "--json"], &[]);
    assert_eq!(output.status.code(), Some(3), "{}", words(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report");
    assert_eq!(
        (&report["clean"], &report["problems"][0]["kind"]),
        (&Value::from(false), &Value::from("damaged_bytes"))
    );
}

#[test]
fn bench_takes_away_what_it_made() {
    let server = Server::start(Options::default());
    let endpoint = format!("http://{}", server.s3);
    let keys = [("AWS_ACCESS_KEY_ID", &*server.root.id), ("AWS_SECRET_ACCESS_KEY", &*server.root.secret)];
    let arguments = ["bench", "s3", "--endpoint", &endpoint, "--duration", "0.2", "--objects", "200", "--json"];
    let report = json(&run(&arguments, &keys));
    assert_eq!(report["left_over_count"], 0, "{report}");
    assert_eq!(report["operations"].as_array().map(Vec::len), Some(5), "{report}");
    let list = Request::new("GET", "/", Auth::Header(server.root.clone()));
    list.send(server.s3).expect("an answer").omits("Bucket");
}
