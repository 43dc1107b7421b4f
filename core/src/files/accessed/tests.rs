//! Which reads change the time of access, and what becomes of it.

use std::sync::Arc;

use super::super::tests::Files;
use super::super::{AccessTimes, Attributes, SetAttributes, SetTime, View, ViewRequest};
use super::*;
use crate::clock::ManualClock;
use crate::metadata::records::NodeRecord;

const DAY: u64 = 24 * 60 * 60;

struct Clocked {
    files: Files,
    clock: Arc<ManualClock>,
    view: View,
}

impl Clocked {
    async fn new(access_times: AccessTimes) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_000_000)));
        let files = Files::with_clock(clock.clone()).await;
        let request = ViewRequest { access_times, ..Files::request(&files.s3) };
        let view = files.service.view(&files.s3.root, request).await.unwrap();
        Self { files, clock, view }
    }

    /// Reads after so many seconds; what everybody is told then.
    async fn read_after(&self, secs: u64, node: Id) -> Attributes {
        self.clock.advance_nanos(secs * 1_000_000_000);
        self.files.service.accessed(&self.view, node).await;
        self.files.stat(node).await
    }

    async fn kept(&self, node: Id) -> Option<Timestamp> {
        let record: NodeRecord = self.files.service.node(node).await.unwrap();
        record.posix.map(|posix| posix.accessed)
    }

    async fn touch(&self, node: Id, accessed: SetTime) {
        let set = SetAttributes { accessed: Some(accessed), ..SetAttributes::default() };
        self.files.service.set_attributes(&self.view, &self.files.root, node, set).await.unwrap();
    }
}

#[tokio::test]
async fn relatime_notes_the_first_read_since_a_change_and_the_first_of_a_day() {
    let all = Clocked::new(AccessTimes::Relative).await;
    let node = all.files.file(all.view.root, "a").await;
    let made = all.files.stat(node).await;
    let first = all.read_after(5, node).await;
    assert_eq!(first.accessed, made.accessed.saturating_add_secs(5));
    assert_eq!((first.modified, first.changed), (made.modified, made.changed), "a read changes nothing else");
    assert_eq!(all.read_after(60, node).await.accessed, first.accessed, "the second says nothing new");
    assert_eq!(all.read_after(DAY, node).await.accessed, first.accessed.saturating_add_secs(60 + DAY));
    // What is written since makes the next read count.
    all.clock.advance_nanos(1);
    let (at, bytes) = (super::super::WriteAt::Offset(0), bytes::Bytes::from_static(b"x"));
    let stability = super::super::Stability::Unstable;
    all.files.service.write(&all.view, &all.files.root, node, at, bytes, stability).await.unwrap();
    let written = all.files.stat(node).await;
    assert!(written.accessed < written.modified);
    assert_eq!(all.read_after(1, node).await.accessed, written.modified.saturating_add_secs(1));
}

#[tokio::test]
async fn each_view_says_which_reads_count() {
    for (access_times, read_only, moves) in [
        (AccessTimes::Never, false, [false, false]),
        (AccessTimes::Relative, false, [true, false]),
        (AccessTimes::Always, false, [true, true]),
        (AccessTimes::Always, true, [false, false]),
    ] {
        let mut all = Clocked::new(access_times).await;
        let node = all.files.file(all.view.root, "a").await;
        all.view.read_only = read_only;
        let mut last = all.files.stat(node).await.accessed;
        for moves in moves {
            let now = all.read_after(1, node).await.accessed;
            assert_eq!(now != last, moves, "{access_times:?} {read_only}");
            last = now;
        }
    }
}

#[tokio::test]
async fn a_read_commits_nothing_and_is_kept_later() {
    let all = Clocked::new(AccessTimes::Relative).await;
    let directory = all.files.directory(all.view.root, "d").await;
    let node = all.files.file(directory, "a").await;
    let made = all.kept(node).await;
    let read = all.read_after(5, node).await;
    let listed = all.read_after(1, directory).await;
    assert_eq!(all.kept(node).await, made, "it waits");
    assert_eq!(all.files.lookup(all.view.root, "d").await.unwrap().accessed, listed.accessed);
    all.files.service.settle().await.unwrap();
    assert_eq!(all.kept(node).await, Some(read.accessed));
    assert!(all.files.service.inner.accesses.waiting().is_empty());
    assert_eq!(all.files.stat(node).await, read, "neither ctime nor anything else has moved");
    assert_eq!(all.files.stat(directory).await, listed);
    let page = all.files.service.read_directory(&all.view, &all.files.root, directory, 0, 10, true).await.unwrap();
    assert_eq!(page.entries[0].attributes.as_ref().unwrap().accessed, read.accessed, "the name's summary says so too");
    all.files.check().await;
}

#[tokio::test]
async fn a_time_that_is_set_goes_before_what_was_noted() {
    let all = Clocked::new(AccessTimes::Relative).await;
    let node = all.files.file(all.view.root, "a").await;
    all.read_after(5, node).await;
    let set = Timestamp::from_secs(7);
    all.touch(node, SetTime::To(set)).await;
    assert_eq!(all.files.stat(node).await.accessed, set);
    all.files.service.settle().await.unwrap();
    assert_eq!(all.kept(node).await, Some(set));
    // One that is refused leaves it.
    let read = all.read_after(5, node).await;
    let set = SetAttributes { accessed: Some(SetTime::To(set)), ..SetAttributes::default() };
    let stranger = super::super::tests::user(9);
    assert!(all.files.service.set_attributes(&all.view, &stranger, node, set).await.is_err());
    assert_eq!(all.files.stat(node).await.accessed, read.accessed);
}

#[tokio::test]
async fn what_s3_made_gets_no_attributes_by_being_read() {
    let all = Clocked::new(AccessTimes::Relative).await;
    all.files.s3.put("a", &bytes::Bytes::from_static(b"123")).await;
    let node = all.files.lookup(all.view.root, "a").await.unwrap().node;
    let read = all.read_after(5, node).await;
    all.files.service.keep_access_times_once().await;
    assert_eq!(all.kept(node).await, None);
    assert_eq!(all.files.stat(node).await.accessed, read.accessed, "it is remembered");
    assert_eq!(all.read_after(DAY, node).await.accessed, read.accessed.saturating_add_secs(DAY));
    // The first attribute that is set brings it along.
    let mode = SetAttributes { mode: Some(0o600), ..SetAttributes::default() };
    all.files.service.set_attributes(&all.view, &all.files.root, node, mode).await.unwrap();
    assert_eq!(all.kept(node).await, Some(read.accessed.saturating_add_secs(DAY)));
}

#[tokio::test]
async fn what_waits_is_bounded() {
    let all = Clocked::new(AccessTimes::Relative).await;
    let accesses = &all.files.service.inner.accesses;
    let gone = 1 << 40;
    (0..ACCESS_TIMES_MAX as u64).for_each(|node| assert!(accesses.note(gone + node, Timestamp(1))));
    assert!(!accesses.note(gone + ACCESS_TIMES_MAX as u64, Timestamp(1)));
    let node = all.files.file(all.view.root, "a").await;
    let read = all.read_after(5, node).await;
    assert_eq!(accesses.waiting(), [(node, read.accessed)], "the reader made room: nobody has those nodes");
}
