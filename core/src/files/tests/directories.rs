//! Reading directories while they change, and directories that S3 made.

use super::*;
use crate::objects::tests::sharing::copy_of;
use crate::objects::tests::{bytes, key};
use crate::objects::{DeleteObject, ReadConditions, RenameObject, WriteConditions};
use crate::types::{VersionId, Versioning};

impl Files {
    /// Reads a directory name by name behind a cookie, up to one where it is given: its cookie, and the names.
    async fn read_on(&self, directory: Id, mut after: u64, up_to: Option<&str>) -> (u64, Vec<String>) {
        let mut names = Vec::new();
        loop {
            let read = self.service.read_directory(&self.view, &self.root, directory, after, 1, false).await;
            let page = read.unwrap_or_else(|error| panic!("behind {names:?}: {error}"));
            for entry in page.entries {
                after = entry.cookie;
                names.push(String::from_utf8(entry.name).unwrap());
            }
            if page.end || up_to.is_some_and(|up_to| names.last().is_some_and(|last| last == up_to)) {
                return (after, names);
            }
        }
    }

    async fn rename_key(&self, source: &str, target: &str) {
        let rename = RenameObject {
            bucket: self.s3.bucket.clone(),
            source: key(source),
            target: key(target),
            source_conditions: ReadConditions::default(),
            conditions: WriteConditions::default(),
            client_token: None,
        };
        self.s3.service.rename(&self.s3.root, rename).await.unwrap();
    }

    async fn delete_version(&self, name: &str, version: Option<VersionId>) {
        let delete = DeleteObject { version, ..self.s3.delete_request(name) };
        self.s3.service.delete(&self.s3.root, delete).await.unwrap();
    }
}

#[tokio::test]
async fn implicit_directories_are_directories() {
    let files = Files::new().await;
    files.s3.put("a/b/c", &bytes(1, 10)).await;
    let a = files.lookup(files.view.root, "a").await.unwrap();
    assert_eq!((a.kind, a.links, a.mode), (Kind::Directory, 3, 0o755));
    let b = files.lookup(a.node, "b").await.unwrap();
    assert_eq!(files.names(b.node).await, ["c"]);
    // Whoever removes the last name by a file door keeps the directory.
    files.unlink(b.node, "c").await.unwrap();
    assert_eq!(files.names(b.node).await, [""; 0]);
    assert_eq!(files.keys().await, ["a/b/"]);
    files.check().await;
    files.rmdir(a.node, "b").await.unwrap();
    files.rmdir(files.view.root, "a").await.unwrap();
    assert!(files.keys().await.is_empty());
    files.check().await;
}

#[tokio::test]
async fn s3_takes_a_directory_away_with_its_last_name() {
    let files = Files::new().await;
    files.s3.put("a/b", &bytes(1, 10)).await;
    let a = files.lookup(files.view.root, "a").await.unwrap();
    files.delete_key("a/b").await;
    assert_eq!(error(files.lookup(files.view.root, "a").await), FileError::NoSuchName);
    assert_eq!(error(files.service.attributes(&files.view, a.node).await), FileError::Stale);
    assert_eq!(error(files.make(a.node, "x", Make::Directory).await), FileError::Stale);
    assert_eq!(files.stat(files.view.root).await.links, 2);
    files.check().await;
}

#[tokio::test]
async fn what_a_path_cannot_say_is_seen_and_can_be_removed() {
    let files = Files::new().await;
    let root = files.view.root;
    let long = "x".repeat(300);
    for key in ["a", "a/b", "d//e", "./f", "../g", "n\0l", "%~z", &long, "%~q/r"] {
        files.s3.put(key, &bytes(1, 10)).await;
    }
    let names = files.names(root).await;
    assert_eq!(names.len(), 9, "{names:?}");
    for name in ["%~sa", "a", "d", "%~d", "%~D", "%~nn%00l", "%~r%~z", "%~r%~q"] {
        assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
    }
    // rm -r
    let mut pending = vec![(root, String::new())];
    let mut directories = Vec::new();
    while let Some((directory, _)) = pending.pop() {
        for name in files.names(directory).await {
            let found = files.lookup(directory, &name).await.unwrap();
            match found.kind {
                Kind::Directory => {
                    directories.push((directory, name.clone()));
                    pending.push((found.node, name));
                }
                _ => files.unlink(directory, &name).await.unwrap(),
            }
        }
    }
    for (directory, name) in directories.into_iter().rev() {
        files.rmdir(directory, &name).await.unwrap();
    }
    assert!(files.keys().await.is_empty());
    files.check().await;
}

#[tokio::test]
async fn reading_goes_on_after_what_it_stood_at_is_gone() {
    let files = Files::new().await;
    let root = files.view.root;
    for number in 0..50 {
        files.file(root, &format!("f{number:02}")).await;
    }
    let (mut seen, mut after) = (Vec::new(), 0);
    loop {
        let page = files.service.read_directory(&files.view, &files.root, root, after, 7, true).await.unwrap();
        for entry in &page.entries {
            seen.push(String::from_utf8(entry.name.clone()).unwrap());
            files.unlink(root, seen.last().unwrap()).await.unwrap();
        }
        after = page.entries.last().map_or(after, |entry| entry.cookie);
        if page.end {
            break;
        }
    }
    assert_eq!(seen.len(), 50);
    assert!(files.names(root).await.is_empty());
}

#[tokio::test]
async fn what_stays_is_given_once_while_others_move() {
    let files = Files::new().await;
    let root = files.view.root;
    for number in 0..20 {
        files.file(root, &format!("f{number:02}")).await;
    }
    let first = files.service.read_directory(&files.view, &files.root, root, 0, 5, false).await.unwrap();
    let cookie = first.entries[4].cookie;
    // The one that the reader stands at moves behind all others.
    files.rename((root, "f04"), (root, "z"), RenameMode::Replace).await.unwrap();
    let rest = files.service.read_directory(&files.view, &files.root, root, cookie, 100, false).await.unwrap();
    let names: Vec<_> = rest.entries.iter().map(|entry| String::from_utf8(entry.name.clone()).unwrap()).collect();
    assert_eq!(names[..15], (5..20).map(|number| format!("f{number:02}")).collect::<Vec<_>>()[..]);
    // And one whose name nobody remembers is told so.
    let unknown = files.service.read_directory(&files.view, &files.root, root, 1 << 40, 5, false).await;
    assert_eq!(error(unknown), FileError::BadCookie);
}

/// What S3 does with `d/b`, or below it, and what a reader of `d` that stands at `b` is given then.
const BY_S3: [(&str, &[&str]); 9] = [
    ("delete", &["c", "e"]),
    ("delete and put", &["c", "e"]),
    ("put", &["c", "e"]),
    ("copy", &["c", "e"]),
    ("rename over", &["c"]),
    ("rename away", &["c", "e", "z"]),
    ("rename to another directory", &["c", "e"]),
    ("prune", &["c", "e"]),
    ("rename the directory", &["c", "e", "z"]),
];

#[tokio::test]
async fn reading_goes_on_after_s3_has_changed_what_it_stood_at() {
    for (what, rest) in BY_S3 {
        let files = Files::new().await;
        let b = if ["prune", "rename the directory"].contains(&what) { "d/b/x" } else { "d/b" };
        for name in ["d/a", b, "d/c", "d/e", "f"] {
            files.s3.put(name, &bytes(1, 10)).await;
        }
        let directory = files.lookup(files.view.root, "d").await.unwrap().node;
        let (cookie, before) = files.read_on(directory, 0, Some("b")).await;
        assert_eq!(before, ["a", "b"], "{what}");
        match what {
            "delete" | "prune" => files.delete_key(b).await,
            "delete and put" => {
                files.delete_key(b).await;
                files.s3.put(b, &bytes(2, 10)).await;
            }
            "put" => drop(files.s3.put(b, &bytes(2, 10)).await),
            "copy" => drop(files.s3.service.copy(&files.s3.root, copy_of(&files.s3, "f", b)).await.unwrap()),
            "rename over" => files.rename_key("d/e", b).await,
            "rename away" => files.rename_key(b, "d/z").await,
            "rename to another directory" => files.rename_key(b, "g/b").await,
            _ => files.rename_key("d/b/", "d/z/").await,
        }
        assert_eq!(files.read_on(directory, cookie, None).await.1, rest, "{what}");
        // And once more: whoever stood there may not be the only one.
        assert_eq!(files.read_on(directory, cookie, None).await.1, rest, "{what}");
        files.check().await;
    }
}

#[tokio::test]
async fn reading_goes_on_after_another_version_has_come_to_light() {
    for state in [Versioning::Enabled, Versioning::Suspended] {
        for what in ["delete", "put", "delete the version", "delete the only version", "prune"] {
            let files = Files::new().await;
            files.s3.service.set_versioning(&files.s3.root, &files.s3.bucket, state).await.unwrap();
            let b = if what == "prune" { "d/b/x" } else { "d/b" };
            let mut newest = None;
            for name in ["d/a", "d/c", "d/e", b] {
                newest = files.s3.put(name, &bytes(1, 10)).await.version;
            }
            if what == "delete the version" {
                newest = files.s3.put(b, &bytes(2, 10)).await.version;
            }
            let directory = files.lookup(files.view.root, "d").await.unwrap().node;
            let (cookie, _) = files.read_on(directory, 0, Some("b")).await;
            match what {
                "put" => drop(files.s3.put(b, &bytes(3, 10)).await),
                "delete the version" | "delete the only version" => {
                    files.delete_version(b, Some(newest.unwrap_or(VersionId::Null))).await;
                }
                _ => files.delete_version(b, None).await,
            }
            assert_eq!(files.read_on(directory, cookie, None).await.1, ["c", "e"], "{state:?}, {what}");
            files.check().await;
        }
    }
}

/// The cookie of a name that a node had once is never that of a later one, though the node's version comes back from below another.
#[tokio::test]
async fn a_name_that_comes_to_light_again_has_no_cookie_of_an_older_one() {
    let files = Files::new().await;
    let root = files.view.root;
    files.s3.service.set_versioning(&files.s3.root, &files.s3.bucket, Versioning::Enabled).await.unwrap();
    for name in ["a", "b", "d"] {
        files.s3.put(name, &bytes(1, 10)).await;
    }
    let (cookie, _) = files.read_on(root, 0, Some("a")).await;
    files.rename((root, "a"), (root, "c"), RenameMode::Replace).await.unwrap();
    let newest = files.s3.put("c", &bytes(2, 10)).await.version;
    files.delete_version("c", newest).await;
    assert_eq!(files.read_on(root, cookie, None).await.1, ["b", "c", "d"]);
    files.check().await;
}

#[tokio::test]
async fn reading_goes_on_at_a_file_that_had_a_further_name_and_is_written_to() {
    let files = Files::new().await;
    let root = files.view.root;
    for name in ["a", "c"] {
        files.s3.put(name, &bytes(1, 10)).await;
    }
    let file = files.lookup(root, "a").await.unwrap().node;
    files.service.link(&files.view, &files.root, file, root, b"b").await.unwrap();
    files.unlink(root, "b").await.unwrap();
    files.s3.service.set_versioning(&files.s3.root, &files.s3.bucket, Versioning::Enabled).await.unwrap();
    let (cookie, _) = files.read_on(root, 0, Some("a")).await;
    super::semantics::write(&files, file, 0, b"a draft").await;
    files.service.sync(&files.view, file).await.unwrap();
    assert_eq!(files.read_on(root, cookie, None).await.1, ["c"]);
    files.check().await;
}

#[tokio::test]
async fn reading_goes_on_after_two_names_were_exchanged() {
    let files = Files::new().await;
    let root = files.view.root;
    for name in ["a", "b", "c", "e"] {
        files.file(root, name).await;
    }
    let (cookie, _) = files.read_on(root, 0, Some("b")).await;
    files.rename((root, "b"), (root, "e"), RenameMode::Exchange).await.unwrap();
    assert_eq!(files.read_on(root, cookie, None).await.1, ["c", "e"]);
}

#[tokio::test]
async fn times_of_a_directory_follow_its_names() {
    let files = Files::new().await;
    let directory = files.directory(files.view.root, "d").await;
    let before = files.stat(directory).await;
    files.file(directory, "a").await;
    let after = files.stat(directory).await;
    assert!(after.modified > before.modified && after.changed > before.changed);
    let set = SetAttributes {
        modified: Some(SetTime::To(crate::clock::Timestamp::from_secs(5))),
        ..SetAttributes::default()
    };
    files.service.set_attributes(&files.view, &files.root, directory, set).await.unwrap();
    let set = files.stat(directory).await;
    assert_eq!(set.modified.as_secs(), 5);
    assert!(set.changed > after.changed);
    files.s3.put("d/b", &bytes(1, 1)).await;
    assert!(files.stat(directory).await.modified > after.modified);
}
