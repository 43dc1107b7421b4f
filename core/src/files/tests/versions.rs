//! Files in a bucket with versions: drafts, and what S3 sees of them.

mod closing;
mod replaced;

use std::collections::BTreeMap;

use bytes::Bytes;

use super::*;
use crate::limits::DRAFT_IDLE;
use crate::objects::tests::{bytes, key};
use crate::objects::{DeleteObject, GetObject, ListVersions, VersionEntry};
use crate::random::{Random, SeededRandom};
use crate::types::{VersionId, Versioning};

impl Files {
    async fn versioned(state: Versioning) -> Self {
        let files = Self::new().await;
        files.set_versioning(state).await;
        files
    }

    async fn set_versioning(&self, state: Versioning) {
        self.s3.service.set_versioning(&self.s3.root, &self.s3.bucket, state).await.unwrap();
    }

    async fn open(&self, node: Id) -> Open {
        self.service.open(&self.view, &self.root, node, Access { read: true, ..Access::WRITE }, false).await.unwrap()
    }

    async fn write_at(&self, node: Id, offset: u64, body: &Bytes) {
        let at = WriteAt::Offset(offset);
        let written =
            self.service.write(&self.view, &self.root, node, at, body.clone(), Stability::Unstable).await.unwrap();
        assert_eq!(written.count, body.len() as u64);
    }

    async fn close(&self, open: Open) {
        self.service.close(&self.view, &open).await.unwrap();
    }

    /// Opens, writes at the beginning, closes.
    async fn save(&self, node: Id, body: &Bytes) {
        let open = self.open(node).await;
        self.service.truncate(&self.view, node, 0).await.unwrap();
        self.write_at(node, 0, body).await;
        self.close(open).await;
    }

    async fn read(&self, node: Id) -> Bytes {
        let (chunks, _) = self.service.read_range(node, 0, 1 << 24).await.unwrap();
        chunks.concat().into()
    }

    async fn versions(&self) -> Vec<VersionEntry> {
        let request = ListVersions {
            prefix: String::new(),
            delimiter: String::new(),
            key_marker: String::new(),
            version_marker: None,
            max_keys: 1000,
        };
        self.s3.service.list_versions(&self.s3.root, &self.s3.bucket, request).await.unwrap().versions
    }

    /// Versions of one key, newest first: size, or `None` for a delete marker.
    async fn sizes(&self, name: &str) -> Vec<Option<u64>> {
        let of_name = |version: VersionEntry| {
            (version.entry.key == name).then_some((!version.is_delete_marker).then_some(version.entry.size))
        };
        self.versions().await.into_iter().filter_map(of_name).collect()
    }

    async fn version(&self, name: &str, version: VersionId) -> Bytes {
        self.s3.get(GetObject { version: Some(version), ..self.s3.request(name) }).await.unwrap()
    }
}

#[tokio::test]
async fn buckets_with_versions() {
    for size in [10, 100_000, 3 << 20] {
        let files = Files::versioned(Versioning::Enabled).await;
        let root = files.view.root;
        let file = files.file(root, "a").await;
        let open = files.open(file).await;
        let first = bytes(1, size);
        files.write_at(file, 0, &first).await;
        // What was fsynced is kept, and S3 sees it when it is closed.
        files.service.sync(&files.view, file).await.unwrap();
        assert!(files.keys().await.is_empty() && files.versions().await.is_empty());
        assert_eq!(files.names(root).await, ["a"]);
        files.close(open).await;
        assert_eq!(files.keys().await, ["a"]);
        assert_eq!(files.s3.get(files.s3.request("a")).await.unwrap(), first);

        // A sealed version never changes: what is written is the next one, of the same file.
        let sealed = files.versions().await;
        let open = files.open(file).await;
        files.write_at(file, 3, &bytes(2, 5)).await;
        files.service.sync(&files.view, file).await.unwrap();
        let mut second = first.to_vec();
        second[3..8].copy_from_slice(&bytes(2, 5));
        assert_eq!(files.read(file).await, second);
        assert_eq!(files.lookup(root, "a").await.unwrap().node, file);
        assert_eq!(files.s3.get(files.s3.request("a")).await.unwrap(), first);
        let still = files.versions().await;
        assert_eq!((still.len(), still[0].version), (1, sealed[0].version));
        files.close(open).await;
        assert_eq!(files.s3.get(files.s3.request("a")).await.unwrap(), second);
        let both = files.versions().await;
        assert_eq!((both.len(), both[1].version), (2, sealed[0].version));
        assert_eq!(files.version("a", sealed[0].version).await, first);
        assert_eq!(files.version("a", both[0].version).await, second);
        // Nothing was written: no version.
        let open = files.open(file).await;
        files.close(open).await;
        assert_eq!(files.versions().await.len(), 2);
        assert_eq!(files.names(root).await, ["a"]);
        files.check().await;
    }
}

#[tokio::test]
async fn a_suspended_bucket_has_one_version_that_is_null() {
    let files = Files::versioned(Versioning::Suspended).await;
    let file = files.file(files.view.root, "a").await;
    files.save(file, &bytes(1, 10)).await;
    files.save(file, &bytes(2, 20)).await;
    assert_eq!(files.sizes("a").await, [Some(20)]);
    files.set_versioning(Versioning::Enabled).await;
    files.save(file, &bytes(3, 30)).await;
    files.set_versioning(Versioning::Suspended).await;
    files.save(file, &bytes(4, 40)).await;
    assert_eq!(files.sizes("a").await, [Some(40), Some(30)]);
    files.check().await;
}

#[tokio::test]
async fn a_name_that_goes_leaves_a_delete_marker() {
    let files = Files::versioned(Versioning::Enabled).await;
    let root = files.view.root;
    let directory = files.directory(root, "d").await;
    let file = files.file(directory, "a").await;
    files.save(file, &bytes(1, 10)).await;
    files.unlink(directory, "a").await.unwrap();
    assert_eq!(files.sizes("d/a").await, [None, Some(10)]);
    assert_eq!(files.keys().await, ["d/"]);
    assert_eq!(error(files.lookup(directory, "a").await), FileError::NoSuchName);
    // What S3 never saw leaves nothing.
    files.file(directory, "draft").await;
    files.unlink(directory, "draft").await.unwrap();
    assert!(files.sizes("d/draft").await.is_empty());
    // A draft over a version goes with it.
    let again = files.file(directory, "a").await;
    files.save(again, &bytes(2, 20)).await;
    let open = files.open(again).await;
    files.write_at(again, 0, &bytes(3, 30)).await;
    files.service.sync(&files.view, again).await.unwrap();
    files.unlink(directory, "a").await.unwrap();
    assert_eq!(files.read(again).await, bytes(3, 30));
    files.write_at(again, 0, &bytes(4, 30)).await;
    assert_eq!(files.read(again).await, bytes(4, 30));
    files.close(open).await;
    assert_eq!(files.sizes("d/a").await, [None, Some(20), None, Some(10)]);
    files.rmdir(root, "d").await.unwrap();
    assert_eq!(files.sizes("d/").await, [None, Some(0)]);
    assert!(files.keys().await.is_empty() && files.names(root).await.is_empty());
    // The directory that held them is taken up again.
    let directory = files.directory(root, "d").await;
    assert!(files.names(directory).await.is_empty());
    assert_eq!(files.keys().await, ["d/"]);
    tokio::task::yield_now().await;
    files.check().await;
}

#[tokio::test]
async fn a_renamed_file_is_a_new_version_and_a_delete_marker() {
    let files = Files::versioned(Versioning::Enabled).await;
    let root = files.view.root;
    let (from, to) = (files.directory(root, "from").await, files.directory(root, "to").await);
    let file = files.file(from, "a").await;
    files.save(file, &bytes(1, 70_000)).await;
    let target = files.file(to, "b").await;
    files.save(target, &bytes(2, 20)).await;
    files.rename((from, "a"), (to, "b"), RenameMode::Replace).await.unwrap();
    assert_eq!(files.lookup(to, "b").await.unwrap().node, file);
    assert_eq!(files.sizes("from/a").await, [None, Some(70_000)]);
    assert_eq!(files.sizes("to/b").await, [Some(70_000), Some(20)]);
    assert_eq!(files.keys().await, ["from/", "to/", "to/b"]);
    assert_eq!(files.s3.get(files.s3.request("to/b")).await.unwrap(), bytes(1, 70_000));
    // What is open for writing stays a draft under its new name.
    let open = files.open(file).await;
    files.write_at(file, 0, &bytes(3, 80_000)).await;
    files.service.sync(&files.view, file).await.unwrap();
    files.rename((to, "b"), (from, "c"), RenameMode::Replace).await.unwrap();
    assert_eq!(files.sizes("to/b").await, [None, Some(70_000), Some(20)]);
    assert!(files.sizes("from/c").await.is_empty());
    files.close(open).await;
    assert_eq!(files.sizes("from/c").await, [Some(80_000)]);
    // Over a version that stays until the draft is sealed.
    let draft = files.file(from, "d").await;
    let open = files.open(draft).await;
    files.rename((from, "d"), (from, "c"), RenameMode::Replace).await.unwrap();
    assert_eq!(files.lookup(from, "c").await.unwrap().node, draft);
    assert_eq!(files.sizes("from/c").await, [Some(80_000)]);
    files.close(open).await;
    assert_eq!(files.sizes("from/c").await, [Some(0), Some(80_000)]);
    files.check().await;
}

#[tokio::test]
async fn what_versions_have_no_word_for_is_refused() {
    let files = Files::versioned(Versioning::Enabled).await;
    let root = files.view.root;
    let (directory, file) = (files.directory(root, "d").await, files.file(root, "a").await);
    files.file(root, "b").await;
    let renamed = files.rename((root, "d"), (root, "e"), RenameMode::Replace).await;
    assert_eq!(error(renamed), FileError::CrossDevice);
    let linked = files.service.link(&files.view, &files.root, file, directory, b"l").await;
    assert_eq!(error(linked), FileError::NotPermitted);
    let exchanged = files.rename((root, "a"), (root, "b"), RenameMode::Exchange).await;
    assert!(matches!(error(exchanged), FileError::Invalid(_)));
    let kept = files.rename((root, "a"), (root, "b"), RenameMode::NoReplace).await;
    assert_eq!(error(kept), FileError::Exists);
    assert_eq!(error(files.rename((root, "a"), (root, "d"), RenameMode::Replace).await), FileError::IsADirectory);
    files.file(directory, "x").await;
    assert_eq!(error(files.rmdir(root, "d").await), FileError::NotEmpty);
}

#[tokio::test]
async fn s3_changes_a_name_whose_file_is_being_written() {
    let files = Files::versioned(Versioning::Enabled).await;
    let root = files.view.root;
    let file = files.file(root, "a").await;
    let open = files.open(file).await;
    files.write_at(file, 0, &bytes(1, 10)).await;
    files.service.sync(&files.view, file).await.unwrap();
    // What was written so far is a version before the new one; the file goes on without a name.
    files.s3.put("a", &bytes(2, 20)).await;
    assert_eq!(files.sizes("a").await, [Some(20), Some(10)]);
    let new = files.lookup(root, "a").await.unwrap().node;
    assert!(new != file);
    files.write_at(file, 0, &bytes(3, 30)).await;
    files.service.sync(&files.view, file).await.unwrap();
    assert_eq!((files.read(file).await, files.read(new).await), (bytes(3, 30), bytes(2, 20)));
    files.close(open).await;
    assert_eq!(files.sizes("a").await, [Some(20), Some(10)]);
    let open = files.open(new).await;
    files.write_at(new, 0, &bytes(4, 40)).await;
    files.service.sync(&files.view, new).await.unwrap();
    files.s3.delete("a").await;
    assert_eq!(files.sizes("a").await, [None, Some(40), Some(20), Some(10)]);
    assert!(files.names(root).await.is_empty());
    files.close(open).await;
    // A version goes by its id, whichever node has it.
    for version in files.versions().await {
        let request = DeleteObject { version: Some(version.version), ..files.s3.delete_request("a") };
        files.s3.service.delete(&files.s3.root, request).await.unwrap();
    }
    assert!(files.versions().await.is_empty());
    tokio::task::yield_now().await;
    files.check().await;
}

#[tokio::test]
async fn what_had_several_names_before_can_be_replaced_and_not_written_to() {
    let files = Files::new().await;
    let root = files.view.root;
    let file = files.file(root, "a").await;
    files.save(file, &bytes(1, 10)).await;
    files.service.link(&files.view, &files.root, file, root, b"b").await.unwrap();
    let named = files.file(root, "x").await;
    let view = (&files.view, &files.root);
    files.service.set_xattr(view.0, view.1, named, b"user.a", b"1", SetXattr::Any).await.unwrap();
    files.set_versioning(Versioning::Enabled).await;
    files.write_at(file, 0, &bytes(2, 5)).await;
    assert_eq!(error(files.service.publish(&files.view, file).await), FileError::NotPermitted);
    files.service.discard(file).await;
    files.s3.put("a", &bytes(3, 20)).await;
    files.s3.put("x", &bytes(3, 20)).await;
    assert_eq!((files.sizes("a").await, files.sizes("b").await), (vec![Some(20), Some(10)], vec![Some(10)]));
    assert_eq!(files.sizes("x").await, [Some(20), Some(0)]);
    assert_eq!(files.stat(file).await.links, 1);
    files.s3.delete("b").await;
    assert_eq!(files.sizes("b").await, [None, Some(10)]);
    files.check().await;
}

#[tokio::test]
async fn a_time_that_is_set_is_of_the_next_version() {
    let files = Files::versioned(Versioning::Enabled).await;
    let file = files.file(files.view.root, "a").await;
    files.save(file, &bytes(1, 10)).await;
    let before = files.versions().await;
    let set = SetAttributes { mode: Some(0o600), ..SetAttributes::default() };
    files.service.set_attributes(&files.view, &files.root, file, set).await.unwrap();
    assert_eq!(files.versions().await.len(), 1);
    let time = crate::clock::Timestamp(1_000_000_000);
    let set = SetAttributes { modified: Some(SetTime::To(time)), ..SetAttributes::default() };
    files.service.set_attributes(&files.view, &files.root, file, set).await.unwrap();
    assert_eq!(files.stat(file).await.modified, time);
    assert_eq!(files.versions().await[0].entry.modified, before[0].entry.modified);
    tokio::time::sleep(DRAFT_IDLE).await;
    files.service.seal_idle_once().await;
    let after = files.versions().await;
    assert_eq!((after.len(), after[0].entry.modified, after[1].version), (2, time, before[0].version));
    assert_eq!(files.stat(file).await.mode, 0o600);
    files.check().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_written_without_a_close_is_a_version_when_it_has_rested() {
    let files = Files::versioned(Versioning::Enabled).await;
    let (service, view) = (&files.service, &files.view);
    let file = files.file(files.view.root, "a").await;
    for turn in 0..3 {
        for change in 0..4 {
            // As NFS does it: each is the object's in full when it is answered, and the session has gone.
            match change {
                0 => files.write_at(file, turn * 10, &bytes(turn, 10)).await,
                1 => drop(service.truncate(view, file, 100 + turn).await.unwrap()),
                2 => service.allocate(view, &files.root, file, Allocate::Punch, 20, 1).await.unwrap(),
                _ => {
                    let reserve = Allocate::Reserve { keep_size: false };
                    service.allocate(view, &files.root, file, reserve, 0, 110 + turn).await.unwrap();
                }
            }
            service.sync(view, file).await.unwrap();
            tokio::time::sleep(DRAFT_IDLE / 2).await;
            service.seal_idle_once().await;
            assert!(files.versions().await.is_empty(), "turn {turn}, change {change}");
        }
    }
    tokio::time::sleep(DRAFT_IDLE).await;
    service.seal_idle_once().await;
    assert_eq!(files.sizes("a").await, [Some(112)]);
    files.check().await;
}

#[tokio::test]
async fn the_next_start_seals_what_was_left() {
    let files = Files::versioned(Versioning::Enabled).await;
    let root = files.view.root;
    let (file, gone) = (files.file(root, "a").await, files.file(root, "b").await);
    let held = files.open(gone).await;
    files.write_at(file, 0, &bytes(1, 10)).await;
    files.service.sync(&files.view, file).await.unwrap();
    files.unlink(root, "b").await.unwrap();
    let restarted = FileService::new(files.s3.service.clone(), Arc::new(Coherence::default()));
    assert_eq!(restarted.recover().await.unwrap(), 2, "a draft and an orphan");
    assert_eq!((files.keys().await, files.sizes("a").await), (vec!["a".to_owned()], vec![Some(10)]));
    assert_eq!(restarted.seal_left().await.unwrap(), 0);
    drop(held);
    tokio::task::yield_now().await;
    files.check().await;
}

#[tokio::test]
async fn a_reader_of_a_directory_sees_each_name_once_while_files_are_sealed() {
    let files = Files::versioned(Versioning::Enabled).await;
    let root = files.view.root;
    let mut nodes = Vec::new();
    for number in 0..30 {
        let name = format!("{number:02}");
        nodes.push(files.file(root, &name).await);
        if number % 2 == 0 {
            files.save(nodes[number], &bytes(1, 10)).await;
        }
    }
    files.directory(root, "07x").await;
    let expected: Vec<String> = (0..30)
        .flat_map(|number| match number {
            7 => vec!["07".to_owned(), "07x".to_owned()],
            _ => vec![format!("{number:02}")],
        })
        .collect();
    for page in [1, 2, 7, 100] {
        let (mut names, mut after, mut turn) = (Vec::new(), 0, 0);
        loop {
            let read = files.service.read_directory(&files.view, &files.root, root, after, page, true).await.unwrap();
            after = read.entries.last().map_or(after, |entry| entry.cookie);
            names.extend(read.entries.into_iter().map(|entry| String::from_utf8(entry.name).unwrap()));
            if read.end {
                break;
            }
            // Drafts become versions, and versions drafts, on both sides of the reader.
            turn += 1;
            for number in [turn % 30, (turn * 7 + 11) % 30] {
                let open = files.open(nodes[number]).await;
                files.write_at(nodes[number], 0, &bytes(turn as u64, 5)).await;
                files.service.sync(&files.view, nodes[number]).await.unwrap();
                if turn % 2 == 0 {
                    files.close(open).await;
                }
            }
        }
        assert_eq!(names, expected, "pages of {page}");
    }
}

/// Random changes through both doors. Whatever version S3 has once told of stays as it was until it is deleted by its id, and each
/// door tells of each name what the last one to change it made of it.
#[tokio::test]
async fn versions_never_change_whatever_files_do() {
    for seed in 0..3 {
        let files = Files::versioned(Versioning::Enabled).await;
        let root = files.view.root;
        let random = SeededRandom::new(seed);
        let draw = |below: u64| random.next_u64() % below;
        let directories = [root, files.directory(root, "d").await];
        let prefixes = ["", "d/"];
        let mut known: BTreeMap<(String, String), (Bytes, u64)> = BTreeMap::new();
        // What files show of each name.
        let mut shown: BTreeMap<(usize, String), Bytes> = BTreeMap::new();
        for step in 0..60_u64 {
            let place = usize::try_from(draw(2)).unwrap();
            let name = ["a", "b", "c"][usize::try_from(draw(3)).unwrap()].to_owned();
            let (directory, at) = (directories[place], (place, name.clone()));
            let object = format!("{}{name}", prefixes[place]);
            let body = bytes(step, [1, 500, 2000, 70_000, 70_001, 1_100_000][usize::try_from(draw(6)).unwrap()]);
            match draw(7) {
                0 => {
                    files.s3.put(&object, &body).await;
                    shown.insert(at, body);
                }
                1 => {
                    files.s3.delete(&object).await;
                    shown.remove(&at);
                }
                2 | 3 => {
                    let node = match files.lookup(directory, &name).await {
                        Ok(found) => found.node,
                        Err(_) => files.file(directory, &name).await,
                    };
                    let open = files.open(node).await;
                    let mut whole = shown.get(&at).map(|bytes| bytes.to_vec()).unwrap_or_default();
                    let offset = usize::try_from(draw(whole.len() as u64 + 1)).unwrap();
                    files.write_at(node, offset as u64, &body).await;
                    whole.resize(whole.len().max(offset + body.len()), 0);
                    whole[offset..offset + body.len()].copy_from_slice(&body);
                    if draw(2) == 0 {
                        files.service.sync(&files.view, node).await.unwrap();
                    }
                    // Else a close that nobody waits for; it comes before anything else is asked of the file.
                    if draw(3) > 0 {
                        files.close(open).await;
                    } else {
                        files.service.publish(&files.view, node).await.unwrap();
                        drop(open);
                    }
                    shown.insert(at, whole.into());
                }
                4 => match files.unlink(directory, &name).await {
                    Ok(()) => assert!(shown.remove(&at).is_some()),
                    Err(_) => assert!(!shown.contains_key(&at)),
                },
                5 => {
                    let (other, to) =
                        (usize::try_from(draw(2)).unwrap(), ["a", "b", "c"][usize::try_from(draw(3)).unwrap()]);
                    let renamed = files.rename((directory, &name), (directories[other], to), RenameMode::Replace).await;
                    match shown.get(&at).cloned() {
                        Some(body) => {
                            renamed.unwrap();
                            shown.remove(&at);
                            shown.insert((other, to.to_owned()), body);
                        }
                        None => assert_eq!(error(renamed), FileError::NoSuchName),
                    }
                }
                _ => {
                    if let Some(version) = files.versions().await.first()
                        && !version.is_delete_marker
                        && !version.is_latest
                    {
                        let object = &version.entry.key;
                        let request =
                            DeleteObject { version: Some(version.version), ..files.s3.delete_request(object) };
                        files.s3.service.delete(&files.s3.root, request).await.unwrap();
                        known.remove(&(object.clone(), version.version.to_string()));
                    }
                }
            }
            let listed = files.versions().await;
            let mut still = known.clone();
            for version in listed.iter().filter(|version| !version.is_delete_marker) {
                let object = &version.entry.key;
                let id = (object.clone(), version.version.to_string());
                if known.contains_key(&id) && step % 8 > 0 {
                    still.remove(&id);
                    continue;
                }
                let now = (files.version(object, version.version).await, version.entry.modified.0);
                assert_eq!(now.0.len() as u64, version.entry.size);
                if let Some(before) = still.remove(&id) {
                    assert!(before == now, "seed {seed}, step {step}: version {id:?} has changed");
                }
                known.insert(id, now);
            }
            assert!(still.is_empty(), "seed {seed}, step {step}: versions are gone: {:?}", still.keys());
            for (place, directory) in directories.iter().enumerate() {
                let expected: Vec<&String> = shown.keys().filter(|at| at.0 == place).map(|at| &at.1).collect();
                let found: Vec<String> = files.names(*directory).await.into_iter().filter(|name| name != "d").collect();
                assert_eq!(found.iter().collect::<Vec<_>>(), expected, "seed {seed}, step {step}");
            }
            for ((place, name), body) in &shown {
                let node = files.lookup(directories[*place], name).await.unwrap().node;
                assert!(files.read(node).await == *body, "seed {seed}, step {step}: {name} in {place}");
            }
        }
        files.service.settle().await.unwrap();
        for ((place, name), body) in &shown {
            let object = key(&format!("{}{name}", prefixes[*place]));
            assert!(files.s3.get(files.s3.request(object.as_str())).await.unwrap() == *body);
        }
        files.check().await;
    }
}

#[tokio::test]
async fn a_copy_in_steps_is_one_version_and_leaves_those_before_it() {
    const MIB: u64 = 1 << 20;
    let files = Files::versioned(Versioning::Enabled).await;
    let root = files.view.root;
    let (first, second) = (bytes(1, 5 << 20), bytes(2, 5 << 20));
    files.s3.put("from", &first).await;
    let from = files.lookup(root, "from").await.unwrap().node;
    let to = files.file(root, "to").await;
    for body in [&first, &second] {
        if body == &second {
            files.save(from, &second).await;
        }
        let open = files.open(to).await;
        files.service.truncate(&files.view, to, 0).await.unwrap();
        let mut done = 0;
        while done < 5 * MIB {
            let (source, target) = ((from, done), (to, done));
            let copied = files.service.copy_range(&files.view, &files.root, source, target, 2 * MIB + 9).await.unwrap();
            assert!(copied > 0);
            done += copied;
        }
        files.close(open).await;
        assert_eq!(&files.s3.get(files.s3.request("to")).await.unwrap(), body);
        assert_eq!(&files.read(to).await, body);
    }
    let whole = files.sizes("to").await.into_iter().filter(|size| *size == Some(5 * MIB)).count();
    assert_eq!(whole, 2, "each copy is one version");
    files.check().await;
}
