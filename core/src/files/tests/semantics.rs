//! `SEMANTICS.md`, heading by heading: a test has its heading's words, and shows what stands there.

use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;

use super::*;
use crate::clock::{ManualClock, Timestamp};
use crate::metadata::MetadataStore;
use crate::metadata::watched::Watched;
use crate::objects::tests::bytes;
use crate::types::ETag;

/// What a mount was told.
#[derive(Debug, Default)]
struct Heard(Mutex<Vec<Change>>);

impl Watcher for Heard {
    fn changing(&self, _begins: bool) {}

    fn changed(&self, changes: &[Change]) {
        self.0.lock().extend_from_slice(changes);
    }
}

impl Heard {
    fn names(&self) -> Vec<String> {
        let changes = std::mem::take(&mut *self.0.lock());
        let names = changes.into_iter().filter_map(|change| match change {
            Change::Name { name, .. } => Some(String::from_utf8(name).unwrap()),
            Change::Node { .. } => None,
        });
        names.filter(|name| !name.starts_with("%~")).collect()
    }
}

/// Files whose index tells watchers of its changes.
pub(super) async fn watched() -> Files {
    let mut s3 = Fixture::new().await;
    let (metadata, coherence) = Watched::new(s3.store.clone() as Arc<dyn MetadataStore>);
    s3.service = s3.service_over(metadata, s3.data.clone());
    let service = FileService::new(s3.service.clone(), coherence);
    let view = service.view(&s3.root, Files::request(&s3)).await.unwrap();
    Files { s3, service, view, root: Caller::root() }
}

pub(super) async fn write(files: &Files, node: Id, offset: u64, body: &[u8]) {
    let (at, body) = (WriteAt::Offset(offset), Bytes::copy_from_slice(body));
    files.service.write(&files.view, &files.root, node, at, body, Stability::Unstable).await.unwrap();
}

pub(super) async fn publish(files: &Files, node: Id) {
    files.service.publish(&files.view, node).await.unwrap();
}

pub(super) async fn read(files: &Files, node: Id) -> Vec<u8> {
    files.service.read(&files.view, &files.root, node, 0, 1 << 20).await.unwrap().0.concat()
}

async fn got(files: &Files, name: &str) -> Bytes {
    files.s3.get(files.s3.request(name)).await.unwrap()
}

async fn etag(files: &Files, name: &str) -> ETag {
    files.s3.service.head(&files.s3.root, files.s3.request(name)).await.unwrap().info.etag
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_one_name_on_every_door() {
    let files = watched().await;
    let root = files.view.root;
    let heard = Arc::new(Heard::default());
    let watch = files.service.watch(heard.clone()).await;
    let mount = View { watcher: Some(watch.id()), ..files.view.clone() };

    // Made, moved and removed, by each door in turn: the others see it when it was answered, and the mount was told before that.
    files.s3.put("by-s3", &bytes(1, 10)).await;
    assert!(files.lookup(root, "by-s3").await.is_ok());
    assert_eq!(heard.names(), ["by-s3"]);
    let file = files.file(root, "by-nfs").await;
    assert_eq!((files.keys().await, heard.names()), (vec!["by-nfs".into(), "by-s3".into()], vec!["by-nfs".into()]));
    files.rename((root, "by-nfs"), (root, "moved"), RenameMode::Replace).await.unwrap();
    let mut names = heard.names();
    names.sort();
    assert_eq!(
        (files.keys().await, names),
        (vec!["by-s3".into(), "moved".into()], vec!["by-nfs".into(), "moved".into()])
    );
    files.delete_key("by-s3").await;
    assert_eq!(error(files.lookup(root, "by-s3").await), FileError::NoSuchName);
    assert_eq!(heard.names(), ["by-s3"]);
    // What the mount does itself it is not told.
    files.service.remove_file(&mount, &Caller::checked(), root, b"moved").await.unwrap();
    assert!(files.keys().await.is_empty() && heard.names().is_empty());
    assert_eq!(error(files.service.attributes(&files.view, file).await), FileError::Stale);

    for number in 0..50 {
        files.s3.put(&format!("d/{number}/x"), &bytes(1, 10)).await;
    }
    let before = files.s3.store.counts();
    files.rename((root, "d"), (root, "e"), RenameMode::Replace).await.unwrap();
    assert_eq!(files.s3.store.counts().since(&before).commits, 1, "whatever is below it");
    assert!(files.keys().await.iter().all(|key| key.starts_with("e/")));
    files.check().await;
}

#[tokio::test(start_paused = true)]
async fn what_s3_sees_of_a_file_being_written() {
    let files = Files::new().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let background = files.service.clone();
    let running = tokio::spawn(async move { background.run_background(async { drop(stopped.await) }).await });
    let node = files.file(files.view.root, "f").await;
    write(&files, node, 0, b"first").await;
    assert_eq!(read(&files, node).await, b"first", "the file doors see it");
    assert_eq!(files.stat(node).await.size, 5);
    assert_eq!(got(&files, "f").await, "", "S3 does not yet");
    publish(&files, node).await;
    assert_eq!(got(&files, "f").await, "first", "closed, or fsynced");
    write(&files, node, 5, b" and second").await;
    assert_eq!(got(&files, "f").await, "first");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(got(&files, "f").await, "first and second", "nobody has written for a second");
    drop(stop);
    running.await.unwrap();
    files.check().await;
}

#[tokio::test]
async fn directories() {
    let files = Files::new().await;
    let root = files.view.root;
    let made = files.directory(root, "made").await;
    assert_eq!(files.keys().await, ["made/"]);
    assert_eq!(got(&files, "made/").await, "");
    // One that is there because a key lies below it.
    files.s3.put("implied/a/b", &bytes(1, 10)).await;
    let implied = files.lookup(root, "implied").await.unwrap();
    assert_eq!((implied.kind, files.stat(made).await.kind), (Kind::Directory, Kind::Directory));
    assert_eq!((implied.links, files.stat(made).await.links), (3, 2));
    let a = files.lookup(implied.node, "a").await.unwrap().node;
    files.delete_key("implied/a/b").await;
    assert_eq!(error(files.lookup(root, "implied").await), FileError::NoSuchName, "S3 takes it away");
    assert_eq!(error(files.service.attributes(&files.view, a).await), FileError::Stale);
    files.s3.put("implied/b", &bytes(1, 10)).await;
    let implied = files.lookup(root, "implied").await.unwrap().node;
    files.unlink(implied, "b").await.unwrap();
    assert_eq!(files.keys().await, ["implied/", "made/"], "a file door leaves it");
    files.rmdir(root, "implied").await.unwrap();
    files.rmdir(root, "made").await.unwrap();
    assert!(files.keys().await.is_empty());
    files.check().await;
}

#[tokio::test]
async fn names_that_only_one_door_can_say() {
    let files = Files::new().await;
    let root = files.view.root;
    let long = "x".repeat(300);
    for key in ["a", "a/b", "e//f", ".", "..", "n\0l", &long] {
        files.s3.put(key, &bytes(1, 10)).await;
    }
    let names = files.names(root).await;
    for name in ["a", "%~sa", "e", "%~d", "%~D", "%~nn%00l"] {
        assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
        assert!(files.lookup(root, name).await.is_ok(), "{name}");
    }
    assert_eq!(names.len(), 7, "and the long one: {names:?}");
    let e = files.lookup(root, "e").await.unwrap().node;
    assert_eq!(files.names(e).await, ["%~e"]);
    let make = files.service.make(&files.view, &files.root, root, b"\xff", Make::Directory, SetAttributes::default());
    assert_eq!(error(make.await), FileError::InvalidName, "EILSEQ");
    // What is no escape is not there, and is not made; nor is what only the tree gives.
    for name in ["%~x", "%~", "%~lfedcba9876543210", "%~sb"] {
        assert_eq!(error(files.lookup(root, name).await), FileError::NoSuchName, "{name}");
        assert_eq!(error(files.unlink(root, name).await), FileError::NoSuchName, "{name}");
        assert!(matches!(error(files.make(root, name, Make::Fifo).await), FileError::Invalid(_)), "{name}");
        let moved = files.rename((root, "a"), (root, name), RenameMode::Replace).await;
        assert!(matches!(error(moved), FileError::Invalid(_)), "{name}");
        let node = files.lookup(root, "%~sa").await.unwrap().node;
        let linked = files.service.link(&files.view, &files.root, node, root, name.as_bytes()).await;
        assert!(matches!(error(linked), FileError::Invalid(_)), "{name}");
    }
    assert!(matches!(error(files.make(root, "%~e", Make::Fifo).await), FileError::Invalid(_)));
    assert_eq!(error(files.make(root, &long[..256], Make::Fifo).await), FileError::NameTooLong);

    // A path longer than a key: S3 lists and reads it, and can't make it.
    let (mut directory, mut key) = (root, String::new());
    for _ in 0..6 {
        let name = "d".repeat(200);
        directory = files.directory(directory, &name).await;
        key.push_str(&format!("{name}/"));
    }
    let file = files.file(directory, "f").await;
    write(&files, file, 0, b"deep").await;
    publish(&files, file).await;
    key.push('f');
    assert!(files.keys().await.contains(&key));
    assert!(crate::types::ObjectKey::new(&key).is_err(), "no key that a request to make one may have");
    files.check().await;
}

#[tokio::test]
async fn symbolic_links_and_special_files() {
    let files = Files::new().await;
    let root = files.view.root;
    files.s3.put("target", &bytes(1, 10)).await;
    files.make(root, "link", Make::Symlink(b"target".to_vec())).await.unwrap();
    assert_eq!(got(&files, "link").await, "target", "the text, and not what it leads to");
    let others = [
        ("fifo", Make::Fifo, "inode/fifo"),
        ("socket", Make::Socket, "inode/socket"),
        ("block", Make::BlockDevice(0x801), "inode/blockdevice"),
        ("character", Make::CharacterDevice(0x501), "inode/chardevice"),
    ];
    for (name, make, content_type) in others {
        files.make(root, name, make).await.unwrap();
        let head = files.s3.service.head(&files.s3.root, files.s3.request(name)).await.unwrap();
        assert_eq!(head.info.headers.content_type.as_deref(), Some(content_type));
        assert_eq!(got(&files, name).await, "");
    }
    for name in ["link", "fifo", "block"] {
        files.s3.put(name, &bytes(1, 10)).await;
        assert_eq!(files.lookup(root, name).await.unwrap().kind, Kind::File, "a PUT puts a file in its place");
    }
    files.check().await;
}

#[tokio::test]
async fn files_that_are_open_and_have_no_name() {
    let files = Files::new().await;
    let root = files.view.root;
    for how in ["removed", "replaced", "overwritten by PUT"] {
        let node = files.file(root, "a").await;
        write(&files, node, 0, b"bytes").await;
        publish(&files, node).await;
        let open = files.service.open(&files.view, &files.root, node, Access::READ, false).await.unwrap();
        match how {
            "removed" => files.unlink(root, "a").await.unwrap(),
            "replaced" => {
                files.file(root, "b").await;
                files.rename((root, "b"), (root, "a"), RenameMode::Replace).await.unwrap();
            }
            _ => drop(files.s3.put("a", &bytes(1, 10)).await),
        }
        assert_eq!(read(&files, node).await, b"bytes", "{how}");
        assert_ne!(files.s3.get(files.s3.request("a")).await.ok(), Some(Bytes::from_static(b"bytes")), "{how}");
        // After a crash nobody has it open.
        drop(open);
        files.service.recover().await.unwrap();
        assert_eq!(error(files.service.attributes(&files.view, node).await), FileError::Stale, "{how}");
        if how != "removed" {
            files.unlink(root, "a").await.unwrap();
        }
    }
    files.file(root, "b").await;
    files.rename((root, "b"), (root, ".nfs0123456789abcdef00000001"), RenameMode::Replace).await.unwrap();
    assert!(files.keys().await.is_empty(), "what an NFS client keeps so");
    assert_eq!(files.names(root).await.len(), 1);
    files.check().await;
}

#[tokio::test]
async fn etags_of_files() {
    let files = Files::new().await;
    let root = files.view.root;
    let md5 = |body: &[u8]| ETag::Md5(crate::content::Md5::of(body));
    // Small, in any order; large, from its beginning.
    let small = files.file(root, "small").await;
    write(&files, small, 30_000, &[2; 30_000]).await;
    write(&files, small, 0, &[1; 30_000]).await;
    publish(&files, small).await;
    assert_eq!(etag(&files, "small").await, md5(&[[1; 30_000], [2; 30_000]].concat()));
    let large = files.file(root, "large").await;
    for at in 0..3 {
        write(&files, large, at * 100_000, &[3; 100_000]).await;
    }
    publish(&files, large).await;
    assert_eq!(etag(&files, "large").await, md5(&[3; 300_000]));
    // One that becomes small.
    files.service.truncate(&files.view, large, 10_000).await.unwrap();
    assert_eq!(etag(&files, "large").await, md5(&[3; 10_000]));
    write(&files, large, 10_000, &[3; 290_000]).await;
    publish(&files, large).await;
    // Any other has a tag with a dash, another one with each change.
    write(&files, large, 5, b"changed").await;
    publish(&files, large).await;
    let first = etag(&files, "large").await;
    assert!(first.to_string().contains('-'), "{first:?}");
    write(&files, large, 5, b"CHANGED").await;
    publish(&files, large).await;
    assert_ne!(etag(&files, "large").await, first);

    // A change of bytes drops what S3 has kept of them, and nothing else.
    let mut put = files.s3.put_request("kept", crate::objects::tests::upload(&bytes(1, 100)));
    put.headers.content_type = Some("text/x-kept".into());
    put.user_metadata = vec![("name".into(), "value".into())];
    files.s3.service.put(&files.s3.root, put).await.unwrap();
    let kept = files.lookup(root, "kept").await.unwrap().node;
    write(&files, kept, 0, b"other").await;
    publish(&files, kept).await;
    let info = files.s3.service.head(&files.s3.root, files.s3.request("kept")).await.unwrap().info;
    assert!(info.checksum.is_none());
    assert_eq!(info.headers.content_type.as_deref(), Some("text/x-kept"));
    assert_eq!(info.user_metadata.len(), 1);
    files.check().await;
}

#[tokio::test]
async fn owners_and_modes_of_objects_that_came_by_s3() {
    let files = Files::new().await;
    let defaults = Defaults { uid: 7, gid: 8, file_mode: 0o640, directory_mode: 0o750 };
    let request = ViewRequest { defaults, ..Files::request(&files.s3) };
    let view = files.service.view(&files.s3.root, request).await.unwrap();
    let shown = async |name: &str| {
        let found = files.service.lookup(&view, &files.root, view.root, name.as_bytes()).await.unwrap();
        (found.node, (found.uid, found.gid, found.mode))
    };
    files.s3.put("d/x", &bytes(1, 10)).await;
    files.s3.put("a", &bytes(1, 10)).await;
    assert_eq!(shown("d").await.1, (7, 8, 0o750));
    let (node, owner) = shown("a").await;
    assert_eq!(owner, (7, 8, 0o640));
    let set = SetAttributes { mode: Some(0), uid: Some(9), ..SetAttributes::default() };
    files.service.set_attributes(&view, &files.root, node, set).await.unwrap();
    assert_eq!(shown("a").await.1, (9, 8, 0));
    // By S3 an ACL decides, and by the file doors the mode.
    assert_eq!(got(&files, "a").await, bytes(1, 10));
    assert_eq!(error(files.service.read(&view, &user(9), node, 0, 10).await), FileError::PermissionDenied);
    let stranger = crate::objects::tests::made_account(&files.s3, 1).await;
    assert!(matches!(files.s3.service.get(&stranger, files.s3.request("a")).await, Err(Error::AccessDenied(_))));
    files.s3.put("a", &bytes(2, 10)).await;
    assert_eq!(shown("a").await.1, (7, 8, 0o640), "a PUT makes a new file");
    files.check().await;
}

#[tokio::test]
async fn locks() {
    let files = Files::new().await;
    let node = files.file(files.view.root, "a").await;
    let owner = |door| LockOwner { door, owner: 1 };
    let lock = |kind| Lock { kind, first: 0, last: 9, process: 1 };
    let set = async |door, kind| files.service.set_lock(node, LockFamily::Range, owner(door), lock(kind), false).await;
    // Of two mounts, one and the same lock.
    set(1, LockKind::Write).await.unwrap();
    assert_eq!(error(set(2, LockKind::Read).await), FileError::Locked);
    files.service.unlock_all(node, LockFamily::Range, owner(1));
    set(2, LockKind::Read).await.unwrap();
    set(1, LockKind::Read).await.unwrap();
    // They bind those who ask: a write, an NFS client's for one, does not.
    write(&files, node, 0, b"written").await;
    publish(&files, node).await;
    files.check().await;
}

#[tokio::test]
async fn what_survives() {
    let files = Files::new().await;
    let root = files.view.root;
    let stable = || files.service.inner.barrier.is_stable();
    // On a mount a change is in the log when it is answered, and stable with a sync of anybody.
    let node = files.file(root, "a").await;
    assert!(!stable());
    files.service.sync(&files.view, node).await.unwrap();
    assert!(stable());
    files.file(root, "b").await;
    write(&files, node, 0, b"bytes").await;
    publish(&files, node).await;
    assert!(!stable());
    files.service.sync_all().await.unwrap();
    assert!(stable());
    // With durability=strict, and by NFS, each one is stable when it is answered.
    let strict = View { strict: true, ..files.view.clone() };
    let set = SetAttributes::default;
    for name in ["c", "d"] {
        files.service.make(&strict, &files.root, root, name.as_bytes(), Make::Directory, set()).await.unwrap();
        assert!(stable());
    }
    files.service.remove_directory(&strict, &files.root, root, b"c").await.unwrap();
    assert!(stable());
    // What was written unstable, with COMMIT; one verifier, as long as nothing was lost.
    let verifier = files.service.write_verifier();
    let (at, body) = (WriteAt::Offset(0), Bytes::from_static(b"BYTES"));
    let written = files.service.write(&strict, &files.root, node, at, body.clone(), Stability::Unstable).await.unwrap();
    assert_eq!((written.stability, got(&files, "a").await), (Stability::Unstable, Bytes::from_static(b"bytes")));
    files.service.sync(&strict, node).await.unwrap();
    assert!(stable());
    assert_eq!((got(&files, "a").await, files.service.write_verifier()), (body, verifier));
    // Another process has another verifier, so that a client sends again what may be lost.
    let again = FileService::new(files.s3.service.clone(), Arc::default());
    assert_ne!(again.write_verifier(), verifier);
    // What was written is lost with the process until it was closed; a change of size, as of names, is not.
    let left = async || again.read(&files.view, &files.root, node, 0, 100).await.unwrap().0.concat();
    write(&files, node, 5, b" and more").await;
    assert_eq!(left().await, b"BYTES");
    publish(&files, node).await;
    assert_eq!(left().await, b"BYTES and more");
    let set = SetAttributes { size: Some(9), ..SetAttributes::default() };
    files.service.set_attributes(&files.view, &files.root, node, set).await.unwrap();
    assert_eq!(left().await, b"BYTES and");
    files.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_s_cache_adds() {
    let files = watched().await;
    let root = files.view.root;
    let node = files.file(root, "a").await;
    let heard = Arc::new(Heard::default());
    let _watch = files.service.watch(heard.clone()).await;
    // A mount hears of bytes and attributes, too, before whoever changed them is answered.
    let told = |bytes| heard.0.lock().drain(..).any(|change| change == Change::Node { node, bytes });
    write(&files, node, 0, b"bytes").await;
    assert!(told(true));
    let mode = SetAttributes { mode: Some(0o600), ..SetAttributes::default() };
    files.service.set_attributes(&files.view, &files.root, node, mode).await.unwrap();
    assert!(told(false));
    // Whoever asks again, as an NFS client does when a file is opened, sees what is so now.
    assert_eq!((files.stat(node).await.size, files.stat(node).await.mode), (5, 0o600));
    files.check().await;
}

#[tokio::test]
async fn times() {
    const DAY: u64 = 24 * 60 * 60 * 1_000_000_000;
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_000_000)));
    let files = Files::with_clock(clock.clone()).await;
    let node = files.file(files.view.root, "a").await;
    let tick = |nanos| clock.advance_nanos(nanos);
    // mtime is what S3 shows, and can be set.
    let set = SetAttributes { modified: Some(SetTime::To(Timestamp::from_secs(5))), ..SetAttributes::default() };
    files.service.set_attributes(&files.view, &files.root, node, set).await.unwrap();
    let head = files.s3.service.head(&files.s3.root, files.s3.request("a")).await.unwrap();
    assert_eq!(head.info.modified.as_secs(), 5);
    let before = files.stat(node).await;
    tick(1_000_000_000);
    let mode = SetAttributes { mode: Some(0o600), ..SetAttributes::default() };
    files.service.set_attributes(&files.view, &files.root, node, mode).await.unwrap();
    let after = files.stat(node).await;
    assert!(after.changed > before.changed);
    assert_eq!((after.modified, after.accessed), (before.modified, before.accessed));
    // Which reads change atime is the mount's to say; other doors' do not.
    let moves = async |access_times, read_only| {
        let view = View { access_times, read_only, ..files.view.clone() };
        let before = files.stat(node).await;
        files.service.accessed(&view, node).await;
        let after = files.stat(node).await;
        assert_eq!((after.modified, after.changed), (before.modified, before.changed));
        after.accessed != before.accessed
    };
    tick(1);
    assert!(!moves(AccessTimes::Never, false).await, "noatime");
    assert!(!moves(AccessTimes::Always, true).await, "read-only");
    assert!(moves(AccessTimes::Relative, false).await, "the first since the file was changed");
    tick(1);
    assert!(!moves(AccessTimes::Relative, false).await);
    assert!(moves(AccessTimes::Always, false).await, "strictatime");
    tick(DAY);
    assert!(moves(AccessTimes::Relative, false).await, "the first of a day");
    tick(1);
    let seen = files.stat(node).await.accessed;
    got(&files, "a").await;
    assert_eq!(read(&files, node).await, b"", "as NFS does");
    assert_eq!(files.stat(node).await.accessed, seen);
    // It is in the index later.
    files.service.settle().await.unwrap();
    assert_eq!(files.service.node(node).await.unwrap().posix.unwrap().accessed, seen);
    files.check().await;
}

#[tokio::test]
async fn room_and_holes() {
    const MIB: u64 = 1 << 20;
    let files = Files::new().await;
    let node = files.file(files.view.root, "a").await;
    let free = async || files.service.space(&files.view).await.unwrap().free_bytes;
    let reserve = async |length| {
        let how = Allocate::Reserve { keep_size: false };
        files.service.allocate(&files.view, &files.root, node, how, 0, length).await
    };
    // It is seen whether there is room, and none is kept.
    let before = free().await;
    reserve(before).await.unwrap();
    assert_eq!((files.stat(node).await.size, free().await), (before, before));
    assert!(matches!(reserve(before + 1).await, Err(Error::StorageFull(_))));
    // Holes take none, whatever `st_blocks` says.
    write(&files, node, 50 * MIB, &[1; 100_000]).await;
    publish(&files, node).await;
    assert_eq!(before - free().await, 100_000);
    let seek = async |what, at| files.service.seek(&files.view, node, what, at).await.unwrap();
    assert_eq!((seek(Seek::Data, 0).await, seek(Seek::Hole, 50 * MIB).await), (50 * MIB, 50 * MIB + 100_000));
    assert_eq!(files.stat(node).await.used, before);
    reserve(before).await.unwrap();
    assert_eq!(files.s3.service.head(&files.s3.root, files.s3.request("a")).await.unwrap().info.size, before);
    files.check().await;
}

#[tokio::test]
async fn extended_attributes() {
    let files = Files::new().await;
    let (view, service, root) = (&files.view, &files.service, files.view.root);
    let mut put = files.s3.put_request("a", crate::objects::tests::upload(&bytes(1, 10)));
    put.user_metadata = vec![("name".into(), "value".into())];
    files.s3.service.put(&files.s3.root, put).await.unwrap();
    let node = files.lookup(root, "a").await.unwrap().node;
    assert!(service.list_xattrs(view, &files.root, node).await.unwrap().is_empty(), "S3's are others");
    for name in ["user.x", "trusted.x", "security.x"] {
        service.set_xattr(view, &files.root, node, name.as_bytes(), b"1", SetXattr::Any).await.unwrap();
        assert_eq!(service.get_xattr(view, &files.root, node, name.as_bytes()).await.unwrap(), "1");
    }
    let other = service.set_xattr(view, &files.root, node, b"other.x", b"1", SetXattr::Any).await;
    assert!(matches!(error(other), FileError::NotSupported(_)));
    let info = files.s3.service.head(&files.s3.root, files.s3.request("a")).await.unwrap().info;
    assert_eq!(info.user_metadata.len(), 1, "S3 does not see them");

    // ACLs: owner, user 1001, group, mask, others. A default is inherited, and stands in for the umask.
    let none = u32::MAX;
    let entries: [(u16, u16, u32); 5] = [(1, 7, none), (2, 7, 1001), (4, 5, none), (0x10, 7, none), (0x20, 0, none)];
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        list.extend([&tag.to_le_bytes()[..], &permissions.to_le_bytes(), &id.to_le_bytes()].concat());
    }
    for name in [&b"system.posix_acl_access"[..], b"system.posix_acl_default"] {
        service.set_xattr(view, &files.root, root, name, &list, SetXattr::Any).await.unwrap();
    }
    let caller = Caller { umask: 0o077, ..user(1001) };
    let wanted = SetAttributes { mode: Some(0o666), ..SetAttributes::default() };
    let made = service.make(view, &caller, root, b"made", Make::File(Exclusive::Yes), wanted).await.unwrap();
    let made = made.0.attributes;
    assert_eq!(made.mode, 0o660);
    let refused = service.make(view, &user(1002), root, b"no", Make::Directory, wanted).await;
    assert_eq!(error(refused), FileError::PermissionDenied, "they decide");
    // chmod sets the mask.
    let mode = SetAttributes { mode: Some(0o640), ..SetAttributes::default() };
    service.set_attributes(view, &files.root, made.node, mode).await.unwrap();
    let list = service.get_xattr(view, &files.root, made.node, b"system.posix_acl_access").await.unwrap();
    let mask = list[4..].chunks(8).find(|entry| entry[..2] == 0x10_u16.to_le_bytes()).unwrap();
    assert_eq!(mask[2], 4);
    files.check().await;
}
