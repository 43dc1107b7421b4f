//! The invariants of core/README.md that the sources themselves can show: who may know what.
//!
//! Always holds: each test names its invariant, reads every source file of the crates it speaks of, and leaves tests out.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Every source file below `folder` that is no test, with its text but for comments and what follows `#[cfg(test)]`.
fn sources(folder: &str) -> Vec<(String, String)> {
    fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && name != "tests" {
                walk(&path, found);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    assert!(!found.is_empty(), "{folder} has no sources");
    found
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
            (path.strip_prefix(root()).expect("below the root").display().to_string(), code.join("\n"))
        })
        .collect()
}

/// Fails where a file outside `allowed` holds one of the words.
fn only_in(folder: &str, words: &[&str], allowed: &[&str]) {
    let strays: Vec<String> = sources(folder)
        .into_iter()
        .filter(|(path, _)| !allowed.iter().any(|allowed| path.starts_with(allowed)))
        .flat_map(|(path, code)| {
            let hits = words.iter().filter(|word| code.contains(**word)).map(|word| format!("{path}: {word}"));
            hits.collect::<Vec<_>>()
        })
        .collect();
    assert!(strays.is_empty(), "{strays:#?}");
}

#[test]
fn t6_only_rocksdb_knows_rocksdb() {
    only_in("core/src", &["rocksdb::", "use rocksdb"], &["core/src/metadata/rocksdb"]);
    only_in("s3/src", &["rocksdb"], &[]);
    only_in("fuse/src", &["rocksdb"], &[]);
    only_in("nfs/src", &["rocksdb"], &[]);
}

#[test]
fn t6_only_the_namespace_writes_dentries() {
    let words = ["Dentry::Directory {", "keys::dentry("];
    // The check reads dentries; it has no way to write one.
    only_in(
        "core/src",
        &words,
        &[
            "core/src/namespace",
            "core/src/metadata/records",
            "core/src/metadata/keys.rs",
            "core/src/work/check",
            "core/src/work/migrate.rs",
        ],
    );
    only_in("core/src/work/check", &["Write::", ".commit(", "transact!"], &[]);
    only_in("s3/src", &["trefoil_core::metadata"], &[]);
    only_in("fuse/src", &["trefoil_core::metadata"], &[]);
    only_in("nfs/src", &["trefoil_core::metadata"], &[]);
}

#[test]
fn t7_the_core_knows_no_protocol() {
    only_in("core/src", &["http::", "StatusCode", "quick_xml", "s3s", "hyper", "nfsstat", "fuser"], &[]);
    // Error numbers stay where system calls are made.
    let calls = [
        "core/src/data/",
        "core/src/kernel",
        "core/src/metadata/rocksdb",
        "core/src/error.rs",
        "core/src/failpoint.rs",
    ];
    only_in("core/src", &["libc::E", "Errno"], &calls);
}

#[test]
fn t7_the_door_places_and_commits_nothing() {
    let words = ["trefoil_core::data", "trefoil_core::namespace", "transact!", "Digests", "Durability"];
    only_in("s3/src", &words, &[]);
    only_in("fuse/src", &words, &[]);
    only_in("nfs/src", &words, &[]);
}

#[test]
fn t8_no_channel_is_without_a_bound() {
    let words = ["unbounded", "mpsc::channel()", "mpsc::channel::<"];
    for folder in ["core/src", "s3/src", "fuse/src", "nfs/src", "appliance/src"] {
        only_in(folder, &words, &["core/src/data/conformance.rs"]);
    }
}

#[test]
fn t8_every_bound_of_the_core_has_its_name_in_one_place() {
    // Constants that bound something, by how bounds are named. Forms on disk and protocols have theirs where they are written.
    let bound = |line: &str| {
        let name =
            line.trim_start().trim_start_matches("pub ").strip_prefix("const ").and_then(|rest| rest.split(':').next());
        name.is_some_and(|name| name.ends_with("_MAX") || name.ends_with("_TIMEOUT") || name.ends_with("_ATTEMPTS"))
    };
    let strays: Vec<String> = sources("core/src")
        .into_iter()
        .filter(|(path, _)| path != "core/src/limits.rs")
        .flat_map(|(path, code)| {
            code.lines().filter(|line| bound(line)).map(|line| format!("{path}: {line}")).collect::<Vec<_>>()
        })
        .collect();
    assert!(strays.is_empty(), "{strays:#?}");
}

#[test]
fn t12_time_and_chance_enter_through_clock_and_random() {
    only_in("core/src", &["SystemTime::now", "Utc::now"], &["core/src/clock.rs"]);
    only_in("core/src", &["getrandom::", "thread_rng", "rand::"], &["core/src/random.rs"]);
}

/// A signature or digest that is compared byte by byte, up to the first that differs, can be guessed byte by byte.
#[test]
fn signatures_are_compared_in_constant_time() {
    let by_hand = ["signature ==", "signature !=", "== signature", "!= signature"];
    only_in("s3/src/auth", &by_hand, &[]);
    only_in("s3/src/body", &by_hand, &[]);
    let compared = |path: &str| {
        let found = sources("s3/src").into_iter().find(|(name, _)| name == path);
        found.expect("the file").1.matches(".ct_eq(").count()
    };
    // Headers and chunks of version 4, trailers, version 2.
    assert!(compared("s3/src/auth/signing_key.rs") > 0 && compared("s3/src/auth/sigv2.rs") > 0);
    assert!(compared("s3/src/body/chunked.rs") >= 2);
}
