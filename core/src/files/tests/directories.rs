//! Reading directories while they change, and directories that S3 made.

use super::*;
use crate::objects::tests::bytes;

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
