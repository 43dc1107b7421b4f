//! The measuring targets at their CI size: that `make bench`, `make scale` and `make memory` run, and that what they hold to be
//! conditions is so (memory, growth, bytes), with bounds for their size. Speed is not judged, for it means little in a build without
//! optimisation.
//!
//! Always holds: the README shows the figures of the committed results, and no others; none of the results is missing, and each goal
//! that was missed has words on why and on what was tried.

use std::path::{Path, PathBuf};
use std::process::Command;

use trefoil_tests::server::binary;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the project").to_owned()
}

/// Runs a script; its whole output is the message where it fails.
fn run(script: &str, arguments: &[&str]) -> String {
    let test = std::env::current_exe().expect("a process knows its own binary");
    // target/PROFILE/deps/test-HASH
    let profile = test.parent().and_then(Path::parent).expect("a test lies in target/PROFILE/deps");
    let output = Command::new("python3")
        .arg(root().join("tests").join(script))
        .args(arguments)
        .env("TREFOIL_BIN", binary())
        .env("TREFOIL_EXAMPLES", profile.join("examples"))
        .output()
        .expect("python3 runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script} {arguments:?}: {}\n{out}\n{err}", output.status);
    out.into_owned()
}

#[test]
fn bench_runs_and_every_body_is_what_was_put() {
    let out = run("bench/run.py", &["--quick", "--servers", "trefoil", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&out).expect("one JSON object");
    let rows = document["rows"].as_array().expect("rows");
    for operation in ["put", "get", "head", "list", "delete"] {
        let done = rows.iter().filter(|row| row["operation"] == operation && row["server"] == "trefoil");
        assert!(done.clone().count() > 0, "{operation} was not measured: {out}");
        assert!(
            done.clone().all(|row| row["count"].as_u64() > Some(0) && row["error_count"] == 0),
            "{operation}: {out}"
        );
    }
}

#[test]
fn listings_and_the_index_grow_no_faster_than_they_may_and_a_directory_is_renamed_in_one_commit() {
    run("scale/run.py", &["--quick"]);
}

#[test]
fn large_transfers_need_little_memory() {
    run("memory/run.py", &["--quick"]);
}

#[test]
fn the_readme_shows_the_committed_figures() {
    run("bench/readme.py", &["--check"]);
}
