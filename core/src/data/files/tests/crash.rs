//! A process that dies at each fail point: what it had acknowledged is there, what it had not is whole or an orphan.
//!
//! The test runs itself as a child, with the fail point armed. The child says each acknowledged locator on its standard output.

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use futures::StreamExt as _;

use super::open;
use crate::data::conformance::{body, bytes_of, locators, origin, read};
use crate::data::{DataStore as _, Entry, Locator, Stored};
use crate::limits::VOLUME_BLOB_BYTES_MAX;

const DIRECTORY: &str = "TREFOIL_TEST_CRASH_DIRECTORY";

/// The fail points of this store, each armed for a passage in the middle of the child's work. Those of volumes and own files are passed
/// only a few times, and `file.directory_made` once.
const POINTS: [(&str, u32); 14] = [
    ("blob.before_delete", 3),
    ("blob.deleted", 3),
    ("file.created", 2),
    ("file.directory_made", 1),
    ("file.directory_synced", 2),
    ("file.linked", 2),
    ("file.synced", 2),
    ("file.written", 2),
    ("volume.before_sync", 6),
    ("volume.created", 2),
    ("volume.opened", 2),
    ("volume.reserved", 8),
    ("volume.synced", 6),
    ("volume.written", 8),
];

/// The child's work: puts of every kind, some deleted again. Does nothing in an ordinary run of the tests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let store = open(Path::new(&directory), 1);
    let say = |line: String| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{line}").unwrap();
        out.flush().unwrap();
    };
    for round in 0..6 {
        let lengths = [0, 5000, 100_000, 3 << 20, VOLUME_BLOB_BYTES_MAX, VOLUME_BLOB_BYTES_MAX + 5000];
        let puts = lengths.into_iter().enumerate().map(|(index, length)| {
            let (store, content) = (store.clone(), round * 10 + index as u64 + 1);
            async move {
                if let Ok(stored) = store.put(origin(content), Some(length), body(length, content)).await {
                    say(format!("stored {content} {} {length}", hex::encode(&stored.locator.0)));
                    if round % 2 == 1 {
                        say(format!("deleting {content}"));
                        store.delete(&stored.locator).await.ok();
                    }
                }
            }
        });
        futures::future::join_all(puts).await;
    }
}

/// Runs the child; gives content, blob and whether its deletion had begun.
fn run_child(directory: &Path, failpoints: &str) -> (bool, Vec<(u64, Stored, bool)>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "data::files::tests::crash::child", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory)
        .env("TREFOIL_FAILPOINTS", failpoints)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said: Vec<(u64, Stored, bool)> = Vec::new();
    for line in std::io::BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["stored", content, locator, length] => {
                let stored =
                    Stored { locator: Locator(hex::decode(locator).unwrap()), length: length.parse().unwrap() };
                said.push((content.parse().unwrap(), stored, false));
            }
            ["deleting", content] => {
                let content: u64 = content.parse().unwrap();
                said.iter_mut().filter(|(other, ..)| *other == content).for_each(|(.., deleting)| *deleting = true);
            }
            _ => {}
        }
    }
    (child.wait().unwrap().success(), said)
}

#[test]
fn each_fail_point_of_the_store_is_visited() {
    let of_store = |name: &&str| ["blob.", "file.", "volume."].iter().any(|area| name.starts_with(area));
    let named: Vec<&str> = crate::failpoint::NAMES.iter().copied().filter(of_store).collect();
    assert_eq!(named, POINTS.map(|(point, _)| point));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t4_what_was_acknowledged_survives_a_death_at_every_fail_point() {
    for (point, passage) in &POINTS {
        let root = tempfile::tempdir().unwrap();
        let (ended_well, said) = run_child(root.path(), &format!("{point}={passage}*abort"));
        assert!(!ended_well, "{point} was not passed {passage} times");
        assert!(!said.is_empty() || *passage == 1, "{point}: the child died before it had stored anything");
        let store = open(root.path(), 2);
        for (content, stored, deleting) in &said {
            let found = read(&*store, stored, 0, stored.length).await;
            match found {
                Ok(found) => assert!(found == bytes_of(stored.length, *content), "{point}: {content} has wrong bytes"),
                Err(error) => assert!(deleting, "{point}: {content} was acknowledged and is lost: {error}"),
            }
        }
        // The listing shows all that is there and nothing else, and what it shows can be removed.
        let listed: Vec<_> = store.list().unwrap().collect().await;
        for listed in listed {
            match listed.unwrap() {
                Entry::Blob(listed) => store.delete(&listed.locator).await.unwrap(),
                Entry::Remnant(remnant) => store.clear(&remnant).await.unwrap(),
            }
        }
        assert_eq!(store.list().unwrap().count().await, 0, "{point}");
        assert_eq!(std::fs::read_dir(root.path().join("incoming")).unwrap().count(), 0, "{point}");
        assert_eq!(std::fs::read_dir(root.path().join("volumes")).unwrap().count(), 0, "{point}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t9_an_error_at_every_fail_point_fails_the_put_and_keeps_nothing_of_it() {
    for (point, passage) in &POINTS {
        let root = tempfile::tempdir().unwrap();
        let (ended_well, said) = run_child(root.path(), &format!("{point}={passage}*error"));
        assert!(ended_well, "{point}");
        let store = open(root.path(), 2);
        let listed = locators(&*store).await.unwrap();
        let is_delete = point.starts_with("blob.");
        for (content, stored, deleting) in &said {
            if !deleting {
                assert_eq!(read(&*store, stored, 0, stored.length).await.unwrap(), bytes_of(stored.length, *content));
            }
        }
        let kept = |locator: &Locator| {
            said.iter().any(|(_, stored, deleting)| stored.locator == *locator && (!deleting || is_delete))
        };
        assert!(listed.iter().all(kept), "{point}: something that failed was kept");
    }
}
