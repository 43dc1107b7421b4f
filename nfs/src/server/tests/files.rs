//! Each procedure, over a real core: what it does, what it answers, and with which attributes.

use super::client::nfs::{Attributes, Set};
use super::client::{As, Client, NFS, Words};
use super::fixture::{Fixture, fixture};

const NOENT: u32 = 2;
const ACCES: u32 = 13;
const EXIST: u32 = 17;
const NOTDIR: u32 = 20;
const INVAL: u32 = 22;
const ROFS: u32 = 30;
const NOTEMPTY: u32 = 66;
const STALE: u32 = 70;
const BADHANDLE: u32 = 10_001;
const NOT_SYNC: u32 = 10_002;
const TOOSMALL: u32 = 10_005;
const BADTYPE: u32 = 10_007;

async fn open() -> (Fixture, Client, Vec<u8>) {
    let fixture = fixture().await;
    let mut client = fixture.root().await;
    let root = client.mount("/open").await.expect("mounted");
    (fixture, client, root)
}

#[tokio::test]
async fn the_root_is_a_directory_with_itself_above() {
    let (_fixture, mut client, root) = open().await;
    let attributes = client.getattr(&root).await.expect("attributes");
    assert_eq!((attributes.kind, attributes.mode), (2, 0o755));
    for name in [".", ".."] {
        assert_eq!(client.lookup(&root, name).await.expect("there").1.fileid, attributes.fileid, "{name}");
    }
    assert_eq!(client.lookup(&root, "none").await.expect_err("absent"), NOENT);
    let mut dump = client.call(super::client::MOUNT, 2, Words::default()).await;
    assert!(dump.boolean());
    assert_eq!((dump.text(), dump.text()), ("127.0.0.1".into(), "/open".into()));
}

#[tokio::test]
async fn files_are_made_three_ways() {
    let (_fixture, mut client, root) = open().await;
    let made = client.create(&root, "file", 0, Set::mode(0o640)).await.expect("made");
    assert_eq!((made.attributes.kind, made.attributes.mode, made.attributes.size), (1, 0o640, 0));
    assert_eq!(made.attributes.links, 1);
    assert!(made.directory.before.is_some() && made.directory.after.is_some());
    // Whoever says nothing of the mode gets one for its owner alone.
    let private = client.create(&root, "private", 0, Set::default()).await.expect("made");
    let directory = client.mkdir(&root, "private-directory", Set::default()).await.expect("made");
    assert_eq!((private.attributes.mode, directory.attributes.mode), (0o600, 0o700));
    // UNCHECKED finds it, and truncates it where a size is given; GUARDED does not.
    client.write(&made.handle, 0, b"bytes", 2).await.expect("written");
    let again = client.create(&root, "file", 0, Set::default()).await.expect("found");
    assert_eq!((&again.handle, again.attributes.size), (&made.handle, 5));
    let again = client.create(&root, "file", 0, Set::size(0)).await.expect("found");
    assert_eq!(again.attributes.size, 0);
    assert_eq!(client.create(&root, "file", 1, Set::default()).await.expect_err("there"), EXIST);
    // EXCLUSIVE is the same file for the same verifier.
    let first = client.create_exclusive(&root, "exclusive", *b"verifier").await.expect("made");
    let second = client.create_exclusive(&root, "exclusive", *b"verifier").await.expect("the same");
    assert_eq!(first.handle, second.handle);
    assert_eq!(client.create_exclusive(&root, "exclusive", *b"othersss").await.expect_err("another's"), EXIST);
    for name in [".", ".."] {
        assert_eq!(client.create(&root, name, 0, Set::default()).await.expect_err(name), EXIST);
    }
    for name in ["", "a/b"] {
        assert_eq!(client.create(&root, name, 0, Set::default()).await.expect_err("no name"), ACCES);
    }
}

#[tokio::test]
async fn bytes_are_written_and_read_as_stably_as_asked() {
    let (_fixture, mut client, root) = open().await;
    let file = client.create(&root, "file", 1, Set::mode(0o600)).await.expect("made").handle;
    let mut verifier = None;
    for (stable, at) in [(0, 0_u64), (1, 10), (2, 20)] {
        let written = client.write(&file, at, b"0123456789", stable).await.expect("written");
        assert_eq!(written.count, 10);
        assert!(written.committed >= stable, "{} for {stable}", written.committed);
        assert!(written.around.after.is_some_and(|attributes| attributes.size == at + 10));
        assert_eq!(*verifier.get_or_insert(written.verifier.clone()), written.verifier);
    }
    let (_, committed) = client.commit(&file).await.expect("committed");
    assert_eq!(Some(committed), verifier);
    assert_eq!(client.read(&file, 0, 100).await, Ok((b"0123456789".repeat(3), true)));
    assert_eq!(client.read(&file, 5, 10).await, Ok((b"5678901234".to_vec(), false)));
    assert_eq!(client.read(&file, 30, 10).await, Ok((vec![], true)));
    assert_eq!(client.read(&file, 1 << 40, 10).await, Ok((vec![], true)));
    assert_eq!(client.read(&file, 0, 0).await.map(|(data, _)| data), Ok(vec![]));
    // A hole reads as zeros.
    client.write(&file, 100, b"x", 2).await.expect("written");
    assert_eq!(client.read(&file, 30, 71).await, Ok(([&[0; 70][..], b"x"].concat(), true)));
    // The count is not that of the data.
    let words = Words::default().opaque(&file).u64(0).u32(4).u32(2).opaque(b"bytes");
    assert_eq!(client.call(NFS, 7, words).await.u32(), INVAL);
}

#[tokio::test]
async fn both_sides_of_a_write_a_cut_and_a_commit_are_told() {
    let (_fixture, mut client, root) = open().await;
    let file = client.create(&root, "file", 1, Set::mode(0o600)).await.expect("made").handle;
    let mut last = client.getattr(&file).await.expect("attributes");
    let sides = |attributes: &Attributes| Some((attributes.size, attributes.modified, attributes.changed));
    for (stable, at) in [(0, 0_u64), (1, 10), (2, 20), (0, 30)] {
        let around = client.write(&file, at, b"0123456789", stable).await.expect("written").around;
        assert_eq!(around.before, sides(&last), "stable {stable}");
        last = around.after.expect("attributes");
        assert_eq!((last.size, &last), (at + 10, &client.getattr(&file).await.expect("attributes")));
    }
    // COMMIT changes nothing that attributes tell, whatever waited.
    let (around, _) = client.commit(&file).await.expect("committed");
    assert_eq!((around.before, around.after.as_ref()), (sides(&last), Some(&last)));
    let around = client.setattr(&file, Set::size(5), None).await.expect("cut");
    assert_eq!(around.before, sides(&last));
    assert_eq!(around.after, client.getattr(&file).await.ok());
}

#[tokio::test]
async fn a_megabyte_goes_in_one_call_and_comes_back() {
    let (_fixture, mut client, root) = open().await;
    let file = client.create(&root, "large", 1, Set::mode(0o600)).await.expect("made").handle;
    let data: Vec<u8> = (0..=250).cycle().take(1 << 20).collect();
    for at in 0..3 {
        let written = client.write(&file, at << 20, &data, 0).await.expect("written");
        assert_eq!(written.count, 1 << 20);
    }
    client.commit(&file).await.expect("committed");
    let (read, end) = client.read(&file, 1 << 20, 1 << 20).await.expect("read");
    assert!(read == data && !end);
    // More than rtmax is asked for: so much is given.
    let (read, _) = client.read(&file, 0, u32::MAX).await.expect("read");
    assert!(read == data);
}

#[tokio::test]
async fn attributes_are_set_under_a_guard() {
    let (_fixture, mut client, root) = open().await;
    let made = client.create(&root, "file", 1, Set::mode(0o600)).await.expect("made");
    client.write(&made.handle, 0, b"0123456789", 2).await.expect("written");
    let before = client.getattr(&made.handle).await.expect("attributes");
    let set = Set { mode: Some(0o4755), uid: Some(7), gid: Some(8), modified: Some((5, 6)), ..Set::default() };
    let around = client.setattr(&made.handle, set, Some(before.changed)).await.expect("set");
    assert_eq!(around.before, Some((before.size, before.modified, before.changed)));
    let after = around.after.expect("attributes");
    assert_eq!((after.uid, after.gid, after.size, after.modified), (7, 8, 10, (5, 6)));
    assert_eq!(client.getattr(&made.handle).await, Ok(after));
    let stale = client.setattr(&made.handle, Set::mode(0o600), Some(before.changed)).await;
    assert_eq!(stale.expect_err("it changed"), NOT_SYNC);
    let set = Set { modified: Some((5, 1_000_000_000)), ..Set::default() };
    assert_eq!(client.setattr(&made.handle, set, None).await.expect_err("no time"), INVAL);
    let after = client.getattr(&made.handle).await.expect("attributes");
    client.setattr(&made.handle, Set::size(4), Some(after.changed)).await.expect("cut");
    let stale = client.setattr(&made.handle, Set::size(5), Some(after.changed)).await;
    assert_eq!(stale.expect_err("it changed"), NOT_SYNC);
    client.setattr(&made.handle, Set::size(100), None).await.expect("grown");
    assert_eq!(client.read(&made.handle, 0, 200).await, Ok(([&b"0123"[..], &[0; 96]].concat(), true)));
}

#[tokio::test]
async fn every_kind_is_made_and_shown() {
    let (_fixture, mut client, root) = open().await;
    let link = client.symlink(&root, "link", "../else where").await.expect("made");
    assert_eq!(link.attributes.kind, 5);
    assert_eq!(client.readlink(&link.handle).await, Ok("../else where".into()));
    assert_eq!(client.readlink(&root).await, Err(INVAL));
    for (name, kind, device) in
        [("block", 3, (8, 300)), ("char", 4, (1, 3)), ("socket", 6, (0, 0)), ("fifo", 7, (0, 0))]
    {
        let made = client.mknod(&root, name, kind, device).await.expect(name);
        assert_eq!(
            (made.attributes.kind, made.attributes.device, made.attributes.mode),
            (kind, device, 0o600),
            "{name}"
        );
    }
    for kind in [1, 2, 5] {
        assert_eq!(client.mknod(&root, "no", kind, (0, 0)).await.expect_err("no node"), BADTYPE);
    }
    let made = client.mkdir(&root, "dir", Set::mode(0o750)).await.expect("made");
    assert_eq!((made.attributes.kind, made.attributes.mode), (2, 0o750));
    assert_eq!(client.mkdir(&root, "dir", Set::default()).await.expect_err("there"), EXIST);
    assert_eq!(client.lookup(&made.handle, "..").await.map(|(handle, _)| handle), Ok(root));
    assert_eq!(client.lookup(&link.handle, "x").await.expect_err("a link"), NOTDIR);
}

#[tokio::test]
async fn names_are_removed_moved_and_linked() {
    let (_fixture, mut client, root) = open().await;
    let file = client.create(&root, "file", 1, Set::mode(0o600)).await.expect("made").handle;
    let dir = client.mkdir(&root, "dir", Set::mode(0o700)).await.expect("made").handle;
    let (linked, around) = client.link(&file, &dir, "second").await.expect("linked");
    assert_eq!(linked.map(|attributes| attributes.links), Some(2));
    assert!(around.after.is_some());
    assert_eq!(client.link(&file, &dir, "second").await.expect_err("there"), EXIST);
    assert_eq!(client.rmdir(&root, "dir").await.expect_err("not empty"), NOTEMPTY);
    assert_eq!(client.rmdir(&root, "file").await.expect_err("a file"), NOTDIR);
    for (name, status) in [(".", INVAL), ("..", EXIST), ("", ACCES)] {
        assert_eq!(client.rmdir(&root, name).await.expect_err(name), status);
    }
    let (from, to) = client.rename((&root, "file"), (&dir, "moved")).await.expect("moved");
    assert!(from.before.is_some() && from.after.is_some() && to.before.is_some() && to.after.is_some());
    assert_eq!(client.lookup(&root, "file").await.expect_err("moved"), NOENT);
    assert_eq!(client.lookup(&dir, "moved").await.map(|(handle, _)| handle), Ok(file.clone()));
    client.remove(&dir, "moved").await.expect("removed");
    assert_eq!(client.getattr(&file).await.map(|attributes| attributes.links), Ok(1));
    client.remove(&dir, "second").await.expect("removed");
    assert_eq!(client.getattr(&file).await, Err(STALE));
    assert_eq!(client.remove(&dir, "second").await.expect_err("gone"), NOENT);
    client.rmdir(&root, "dir").await.expect("removed");
    assert_eq!(client.getattr(&dir).await, Err(STALE));
}

#[tokio::test]
async fn a_directory_is_read_in_pages_that_keep_to_their_size() {
    let (_fixture, mut client, root) = open().await;
    let mut expected: Vec<String> = (0..300).map(|number| format!("file-{number:03}")).collect();
    for name in &expected {
        client.create(&root, name, 1, Set::mode(0o600)).await.expect("made");
    }
    for plus in [false, true] {
        for count in [600, 2000, 65_536] {
            let (mut names, mut cookie, mut removed) = (Vec::new(), 0, 0);
            loop {
                let (entries, end, bytes) = if plus {
                    client.readdirplus(&root, cookie, (count, count)).await.expect("a page")
                } else {
                    client.readdir(&root, cookie, count).await.expect("a page")
                };
                assert!(bytes <= count as usize, "{bytes} of {count}");
                for entry in entries {
                    assert!(entry.cookie != cookie && entry.fileid != 0);
                    if plus && entry.name.starts_with("file") {
                        let attributes = entry.attributes.expect("attributes");
                        assert_eq!((attributes.fileid, attributes.kind), (entry.fileid, 1));
                        assert_eq!(client.getattr(&entry.handle.expect("a handle")).await, Ok(attributes));
                    }
                    cookie = entry.cookie;
                    names.push(entry.name);
                }
                if end {
                    break;
                }
                // What was read goes on from there, though it is removed meanwhile.
                if count == 2000 && removed < 5 && names.len() > 10 {
                    let name = names.last().expect("read").clone();
                    client.remove(&root, &name).await.expect("removed");
                    expected.retain(|kept| *kept != name);
                    removed += 1;
                }
            }
            assert_eq!(names[..2], [".", ".."]);
            names.drain(..2);
            names.sort();
            let unique = {
                let mut unique = names.clone();
                unique.dedup();
                unique
            };
            assert_eq!(names, unique);
            assert!(expected.iter().all(|name| names.contains(name)), "plus {plus}, {count}");
        }
    }
    assert_eq!(client.readdir(&root, 0, 100).await.expect_err("too small"), TOOSMALL);
    assert_eq!(client.readdirplus(&root, 0, (100, 200)).await.expect_err("too small"), TOOSMALL);
    // dircount bounds names, maxcount all.
    let (entries, _, _) = client.readdirplus(&root, 0, (400, 65_536)).await.expect("a page");
    assert!((5..=14).contains(&entries.len()), "{}", entries.len());
    let file = client.lookup(&root, &expected[0]).await.expect("there").0;
    assert_eq!(client.readdir(&file, 0, 4096).await.expect_err("a file"), NOTDIR);
}

#[tokio::test]
async fn permissions_are_the_callers_and_squashing_decides_who_that_is() {
    let (fixture, mut client, root) = open().await;
    client.setattr(&root, Set::mode(0o777), None).await.expect("set");
    let secret = client.create(&root, "secret", 1, Set::mode(0o600)).await.expect("made").handle;
    assert_eq!(client.access(&secret, 0x3f).await, Ok(0x01 | 0x04 | 0x08));

    let mut user = fixture.client(As::Unix(1000, 100, vec![4])).await;
    let own = user.create(&root, "own", 1, Set { uid: Some(0), ..Set::mode(0o000) }).await.expect("made");
    assert_eq!((own.attributes.uid, own.attributes.gid), (1000, 100), "nobody gives files away");
    // Its owner has it open, as far as NFS knows.
    user.write(&own.handle, 0, b"bytes", 2).await.expect("the owner's");
    assert_eq!(user.read(&own.handle, 0, 10).await.map(|(data, _)| data), Ok(b"bytes".to_vec()));
    user.setattr(&own.handle, Set::size(1), None).await.expect("the owner's");
    assert_eq!(user.read(&secret, 0, 10).await, Err(ACCES));
    assert_eq!(user.write(&secret, 0, b"x", 2).await.expect_err("root's"), ACCES);
    assert_eq!(user.access(&secret, 0x3f).await, Ok(0));

    for (export, uid) in [("/squashed", 65_534), ("/root", 65_534)] {
        let root = client.mount(export).await.expect("mounted");
        let name = format!("by{}", export.replace('/', "-"));
        let made = client.create(&root, &name, 1, Set::mode(0o600)).await.expect("made");
        assert_eq!(made.attributes.uid, uid, "{export}");
        assert_eq!(client.read(&of_another_export(&secret, &root), 0, 1).await, Err(BADHANDLE));
    }
    let mut nobody = fixture.client(As::Nobody).await;
    assert_eq!(nobody.create(&root, "nobodys", 1, Set::mode(0o600)).await.expect("made").attributes.uid, 65_534);
}

#[tokio::test]
async fn a_directory_that_may_not_be_searched_tells_of_no_name() {
    let (fixture, mut client, root) = open().await;
    client.setattr(&root, Set::mode(0o777), None).await.expect("set");
    let closed = client.mkdir(&root, "closed", Set::mode(0o700)).await.expect("made").handle;
    client.create(&closed, "there", 1, Set::mode(0o666)).await.expect("made");
    let mut user = fixture.client(As::Unix(1000, 100, vec![])).await;
    let own = user.create(&root, "own", 1, Set::mode(0o600)).await.expect("made").handle;
    for name in ["there", "absent"] {
        assert_eq!(user.lookup(&closed, name).await.expect_err("closed"), ACCES);
        for how in [0, 1] {
            assert_eq!(user.create(&closed, name, how, Set::default()).await.expect_err("closed"), ACCES, "{how}");
        }
        assert_eq!(user.create_exclusive(&closed, name, *b"verifier").await.expect_err("closed"), ACCES);
        assert_eq!(user.mkdir(&closed, name, Set::default()).await.expect_err("closed"), ACCES);
        assert_eq!(user.symlink(&closed, name, "x").await.expect_err("closed"), ACCES);
        assert_eq!(user.link(&own, &closed, name).await.expect_err("closed"), ACCES);
        assert_eq!(user.rename((&closed, name), (&root, "x")).await.expect_err("closed"), ACCES);
        assert_eq!(user.rename((&root, "own"), (&closed, name)).await.expect_err("closed"), ACCES);
    }
}

#[tokio::test]
async fn a_directory_has_the_times_that_it_was_made_with() {
    let (_fixture, mut client, root) = open().await;
    let set = Set { accessed: Some((3, 4)), modified: Some((5, 6)), ..Set::mode(0o750) };
    let made = client.mkdir(&root, "dir", set).await.expect("made");
    assert_eq!((made.attributes.accessed, made.attributes.modified), ((3, 4), (5, 6)));
    assert_eq!(client.getattr(&made.handle).await, Ok(made.attributes));
}

#[tokio::test]
async fn a_write_by_another_than_root_takes_set_id_bits() {
    let (fixture, mut client, root) = open().await;
    client.setattr(&root, Set::mode(0o777), None).await.expect("set");
    let mut user = fixture.client(As::Unix(1000, 100, vec![4])).await;
    let program = user.create(&root, "program", 1, Set::mode(0o777)).await.expect("made").handle;
    for what in 0..5 {
        client.setattr(&program, Set::mode(0o6777), None).await.expect("set");
        client.write(&program, 0, b"root", 2).await.expect("root's");
        assert_eq!(client.getattr(&program).await.expect("attributes").mode, 0o6777);
        match what {
            0 => drop(user.write(&program, 0, b"bytes", 0).await.expect("written")),
            1 => drop(user.setattr(&program, Set::size(3), None).await.expect("cut")),
            // As one who has it open.
            2 | 3 => {
                client.setattr(&program, Set::mode(0o6577), None).await.expect("set");
                match what {
                    2 => drop(user.write(&program, 0, b"bytes", 0).await.expect("written")),
                    _ => drop(user.setattr(&program, Set::size(3), None).await.expect("cut")),
                }
                let left = client.getattr(&program).await.expect("attributes").mode;
                client.setattr(&program, Set::mode(left | 0o200), None).await.expect("set");
            }
            _ => drop(user.create(&root, "program", 0, Set::size(0)).await.expect("emptied")),
        }
        assert_eq!(client.getattr(&program).await.expect("attributes").mode, 0o777, "{what}");
    }
}

/// The same node by the handle of another export does not open: handles are sealed.
fn of_another_export(of: &[u8], export: &[u8]) -> Vec<u8> {
    [&export[..12], &of[12..]].concat()
}

#[tokio::test]
async fn a_read_only_export_takes_no_change() {
    let (_fixture, mut client, root) = open().await;
    client.create(&root, "file", 1, Set::mode(0o666)).await.expect("made");
    let read = client.mount("/read").await.expect("mounted");
    let file = client.lookup(&read, "file").await.expect("there").0;
    assert_eq!(client.write(&file, 0, b"x", 0).await.expect_err("read-only"), ROFS);
    assert_eq!(client.setattr(&file, Set::mode(0o600), None).await.expect_err("read-only"), ROFS);
    assert_eq!(client.create(&read, "new", 0, Set::default()).await.expect_err("read-only"), ROFS);
    assert_eq!(client.mkdir(&read, "new", Set::default()).await.expect_err("read-only"), ROFS);
    assert_eq!(client.symlink(&read, "new", "x").await.expect_err("read-only"), ROFS);
    assert_eq!(client.remove(&read, "file").await.expect_err("read-only"), ROFS);
    assert_eq!(client.rename((&read, "file"), (&read, "new")).await.expect_err("read-only"), ROFS);
    assert_eq!(client.link(&file, &read, "new").await.expect_err("read-only"), ROFS);
    assert_eq!(client.access(&file, 0x3f).await.map(|granted| granted & 0x1c), Ok(0));
}

#[tokio::test]
async fn directories_below_an_export_are_mounted_and_what_is_none_is_not() {
    let (_fixture, mut client, root) = open().await;
    let a = client.mkdir(&root, "a", Set::mode(0o700)).await.expect("made").handle;
    let b = client.mkdir(&a, "b", Set::mode(0o700)).await.expect("made");
    client.create(&a, "file", 1, Set::mode(0o600)).await.expect("made");
    assert_eq!(client.mount("/open/a/b/").await, Ok(b.handle));
    assert_eq!(client.mount("/open/a/none").await, Err(2));
    assert_eq!(client.mount("/open/a/file").await, Err(20));
    assert_eq!(client.mount("/gone").await, Err(2));
}

#[tokio::test]
async fn what_is_told_of_the_file_system_is_what_the_door_keeps_to() {
    let (_fixture, mut client, root) = open().await;
    let words = || Words::default().opaque(&root);
    let mut stat = client.call(NFS, 18, words()).await;
    assert_eq!(stat.u32(), 0);
    assert!(stat.post_op().is_some());
    let (total, free, available) = (stat.u64(), stat.u64(), stat.u64());
    assert!(total >= free && free >= available && available > 0);
    assert!([stat.u64(), stat.u64(), stat.u64()].iter().all(|files| *files > 1 << 30));
    assert_eq!(stat.u32(), 0);
    stat.end();
    let mut info = client.call(NFS, 19, words()).await;
    assert_eq!(info.u32(), 0);
    assert!(info.post_op().is_some());
    let sizes: Vec<u32> = (0..7).map(|_| info.u32()).collect();
    assert_eq!(sizes, [1 << 20, 1 << 20, 4096, 1 << 20, 1 << 20, 4096, 1 << 20]);
    assert_eq!((info.u64(), info.u32(), info.u32(), info.u32()), (trefoil_core::limits::FILE_BYTES_MAX, 0, 1, 0x1b));
    info.end();
    let mut path = client.call(NFS, 20, words()).await;
    assert_eq!(path.u32(), 0);
    assert!(path.post_op().is_some());
    assert_eq!((path.u32(), path.u32()), (65_000, 255));
    assert_eq!([path.boolean(), path.boolean(), path.boolean(), path.boolean()], [true, true, false, true]);
    path.end();
}

#[tokio::test]
async fn a_repeated_remove_is_done_once() {
    let (fixture, mut client, root) = open().await;
    client.create(&root, "file", 1, Set::mode(0o600)).await.expect("made");
    client.remove(&root, "file").await.expect("removed");
    client.create(&root, "file", 1, Set::mode(0o600)).await.expect("made anew");
    // The first REMOVE comes again, over another connection: its answer, and nothing removed.
    let mut again = fixture.root().await;
    again.xid = client.xid - 2;
    again.remove(&root, "file").await.expect("the first answer");
    client.lookup(&root, "file").await.expect("still there");
}
