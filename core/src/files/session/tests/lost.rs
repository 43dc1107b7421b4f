//! Who is told of what was given up, and what is published of a file that nobody closes.

use std::time::Duration;

use futures::FutureExt as _;

use super::*;
use crate::clock::Timestamp;
use crate::data::DataError;
use crate::data::faulty::{Fault, Verb};
use crate::files::{Access, Allocate, Open, SetAttributes, SetTime};
use crate::limits::{SESSION_DIRTY_MAX, SESSION_FAILED_MAX};
use crate::work::tests::Spy;

impl Files {
    async fn open(&self, node: Id, write: bool) -> Open {
        let access = Access { read: true, write, ..Access::default() };
        self.files.open(&self.view, &self.caller, node, access, false).await.unwrap()
    }

    /// What a close, or an fsync, of that opening is told.
    async fn told(&self, open: &Open) -> bool {
        let published = self.files.publish_for(&self.view, open.node(), open.told()).await;
        match published {
            Ok(()) => false,
            Err(Error::StorageFull(_)) => true,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Nothing can be stored, until what was written is given up.
    async fn lose(&self, faulty: &Faulty, node: Id) {
        for number in 1..=1000 {
            faulty.arm(Verb::Put, number, Fault::Fail(DataError::Full("no room".into())));
        }
        let verifier = self.files.write_verifier();
        self.write(node, 0, &bytes(1, 300_000)).await.unwrap();
        self.files.run_background(tokio::time::sleep(SESSION_FAILED_MAX + Duration::from_secs(30))).await;
        faulty.disarm();
        assert_ne!(self.files.write_verifier(), verifier, "it is given up, and a client of NFS can know");
        assert!(!self.files.inner.sessions.is_dirty(node));
    }
}

#[tokio::test(start_paused = true)]
async fn t9_each_who_had_a_file_open_is_told_of_a_loss_once_and_readers_take_it_from_nobody() {
    let (files, faulty) = Files::faulty().await;
    let node = files.file("f", &Bytes::new()).await;
    let (one, other, reader) =
        (files.open(node, true).await, files.open(node, true).await, files.open(node, false).await);
    files.lose(&faulty, node).await;
    // A reader's close, a look that needs the file published, and sealing.
    files.publish(node).await.unwrap();
    assert!(files.told(&one).await);
    assert!(!files.told(&one).await, "once");
    assert!(files.told(&other).await, "each");
    assert!(files.told(&reader).await, "an fsync of a reader's, too");
    assert!(!files.told(&files.open(node, true).await).await, "it was told before this one was opened");
    files.write(node, 0, b"new").await.unwrap();
    assert!(!files.told(&one).await);
    assert_eq!(&files.get("f").await[..], b"new");
    // Another loss is told anew.
    files.lose(&faulty, node).await;
    assert!(files.told(&one).await && files.told(&other).await);
}

#[tokio::test(start_paused = true)]
async fn t9_a_loss_that_nobody_was_told_of_is_told_to_who_opens_the_file_next() {
    let (files, faulty) = Files::faulty().await;
    let node = files.file("f", &Bytes::new()).await;
    files.lose(&faulty, node).await;
    let (first, second) = (files.open(node, true).await, files.open(node, true).await);
    assert!(files.told(&first).await);
    assert!(files.told(&second).await, "it was open when it was told");
    assert!(!files.told(&files.open(node, true).await).await);
    drop((first, second));
    files.files.run_background(tokio::time::sleep(SESSION_FAILED_MAX + Duration::from_secs(30))).await;
    assert_eq!(files.files.inner.sessions.count(), 0, "it is forgotten where nobody has the file open");
}

#[tokio::test(start_paused = true)]
async fn what_is_written_to_without_a_rest_is_published_all_the_same() {
    let files = Files::new().await;
    let node = files.file("f", &Bytes::new()).await;
    let mut behind = Duration::ZERO;
    let writing = async {
        for number in 0..60_u64 {
            files.append(node, &[b'x'; 100]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
            let published = files.get("f").await.len() as u64 / 100;
            behind = behind.max(Duration::from_millis(500) * u32::try_from(number + 1 - published).unwrap());
        }
    };
    files.files.run_background(writing).await;
    assert!(behind > SESSION_DIRTY_MAX / 2, "it is not written out all the time: {behind:?}");
    assert!(behind < SESSION_DIRTY_MAX + Duration::from_secs(2), "{behind:?}");
}

/// The publication has to make way for a change of the file's times, and keeps it.
#[tokio::test]
async fn a_time_that_is_set_while_a_file_is_published_stays() {
    let fixture = Fixture::new().await;
    let spy = Spy::on(fixture.store.clone());
    let service = fixture.service_over(spy.clone(), fixture.data.clone());
    let files = FileService::new(service.clone(), Arc::default());
    let files = Files::over(Fixture { service, ..fixture }, files).await;
    for size in [10, 300_000] {
        let name = format!("f{size}");
        let node = files.file(&name, &Bytes::new()).await;
        files.write(node, 0, &bytes(1, size)).await.unwrap();
        let set = SetAttributes { modified: Some(SetTime::To(Timestamp(1_000_000_000))), ..SetAttributes::default() };
        let (service, view, caller) = (files.files.clone(), files.view.clone(), files.caller.clone());
        let happens = async move {
            service.set_attributes(&view, &caller, node, set).await.unwrap();
        };
        spy.before_reading(keys::node(node), happens.boxed());
        files.publish(node).await.unwrap();
        assert_eq!(files.get(&name).await.len(), size);
        let attributes = files.files.attributes(&files.view, node).await.unwrap();
        assert_eq!(attributes.modified, Timestamp(1_000_000_000), "{size} bytes");
    }
}

#[tokio::test]
async fn who_may_not_write_a_file_does_not_empty_it_by_opening() {
    let files = Files::new().await;
    let node = files.file("f", &bytes(1, 100)).await;
    let caller = Caller { uid: 1000, gid: 1000, checked: false, ..Caller::root() };
    let access = Access { read: true, ..Access::default() };
    let opened = files.files.open(&files.view, &caller, node, access, true).await;
    assert!(matches!(opened, Err(Error::File(crate::files::FileError::PermissionDenied))), "{opened:?}");
    assert_eq!(files.get("f").await.len(), 100);
}

/// Between the look at how long a file is and the change, another door may have appended.
#[tokio::test]
async fn what_is_reserved_never_shortens_a_file() {
    let files = Files::new().await;
    let node = files.file("f", &Bytes::new()).await;
    let session = files.files.inner.sessions.get_or_make(&files.view, node);
    let mut state = session.state.lock().await;
    let loaded = files.files.load(&session, &mut state).await.unwrap();
    let mut lengthening = Box::pin(files.files.lengthen_session(&files.view, &session, MIB as u64));
    assert!(futures::poll!(lengthening.as_mut()).is_pending());
    loaded.write(2 * MIB as u64, b"x");
    session.tell(loaded, Some(Timestamp(1)));
    drop(state);
    lengthening.await.unwrap();
    files.publish(node).await.unwrap();
    assert_eq!(files.record(node).await.size, 2 * MIB as u64 + 1);
    let how = Allocate::Reserve { keep_size: false };
    files.files.allocate(&files.view, &files.caller, node, how, 0, 3 * MIB as u64).await.unwrap();
    files.publish(node).await.unwrap();
    assert_eq!(files.record(node).await.size, 3 * MIB as u64);
}

/// A file that became small between two rounds of a publication.
#[tokio::test]
async fn pages_of_many_pieces_are_forgotten_with_what_they_were_of() {
    let files = Files::new().await;
    let node = files.file("f", &bytes(1, 3 * MIB)).await;
    let session = files.files.inner.sessions.get_or_make(&files.view, node);
    files.write(node, 0, b"x").await.unwrap();
    files.publish(node).await.unwrap();
    let crowd = async |numbers: &[u32]| {
        let mut state = session.state.lock().await;
        let state = files.files.load(&session, &mut state).await.unwrap();
        state.crowded.extend(numbers);
    };
    crowd(&[0, 2]).await;
    files.files.truncate(&files.view, node, 10).await.unwrap();
    assert!(!session.facts().dirty);
    files.publish(node).await.unwrap();
    assert_eq!(files.get("f").await.len(), 10);
    files.assert_clean().await;
}

/// A file whose page takes a second to be stored, and that shares another's content before that.
async fn replaced_while_it_is_stored() -> (Files, Id) {
    let (files, faulty) = Files::faulty().await;
    let (node, other) = (files.file("f", &Bytes::new()).await, files.file("other", &bytes(1, 2 * MIB)).await);
    faulty.arm(Verb::Put, 1, Fault::Delay(Duration::from_secs(1)));
    files.write(node, 0, &bytes(2, MIB)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let session = files.files.inner.sessions.get(node).expect("it was written to");
    files.files.resize_session(&files.view, &session, 0).await.unwrap();
    let length = 2 * MIB as u64;
    let copied = files.files.copy_range(&files.view, &files.caller, (other, 0), (node, 0), length).await.unwrap();
    assert_eq!(copied, length);
    drop(session);
    (files, node)
}

/// The state goes while its pages are being stored.
#[tokio::test(start_paused = true)]
async fn a_session_whose_file_is_replaced_while_its_pages_are_stored_ends_all_the_same() {
    let (files, node) = replaced_while_it_is_stored().await;
    let session = files.files.inner.sessions.get(node).expect("its page is being stored");
    files.write(node, 5, b"x").await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(session.storing(), 0);
    drop(session);
    files.publish(node).await.unwrap();
    let mut expected = bytes(1, 2 * MIB).to_vec();
    expected[5] = b'x';
    assert!(files.get("f").await == expected);
    assert_eq!(files.files.inner.sessions.count(), 0);
    files.settled().await;
    files.assert_clean().await;
}

/// The same where nobody writes to it again.
#[tokio::test(start_paused = true)]
async fn a_session_whose_state_goes_while_its_pages_are_stored_ends_all_the_same() {
    let (files, _) = replaced_while_it_is_stored().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    files.files.publish_idle_once().await;
    assert_eq!(files.files.inner.sessions.count(), 0);
    files.settled().await;
    files.assert_clean().await;
}

/// What is to be stable when it is answered, and is given up by somebody else before.
#[tokio::test]
async fn t9_a_stable_write_or_a_truncation_that_is_given_up_meanwhile_is_an_error() {
    let files = Files::new().await;
    let node = files.file("f", &Bytes::new()).await;
    let session = files.files.inner.sessions.get_or_make(&files.view, node);
    for stable in [true, false] {
        let flushing = session.flushing.lock().await;
        let body = Bytes::from_static(b"bytes");
        let writing = async {
            match stable {
                true => {
                    let at = WriteAt::Offset(0);
                    let written = files.files.write(&files.view, &files.caller, node, at, body, Stability::File);
                    written.await.map(drop)
                }
                false => files.files.truncate(&files.view, node, 7).await.map(drop),
            }
        };
        let mut writing = Box::pin(writing);
        while !session.facts().dirty {
            assert!(futures::poll!(writing.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
        for _ in 0..10 {
            assert!(futures::poll!(writing.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
        let mut state = session.state.lock().await;
        let given_up = state.as_mut().unwrap();
        given_up.discard();
        session.lose(&files.files.inner.sessions, Error::StorageFull("no room".into()));
        session.tell(given_up, None);
        drop((state, flushing));
        assert!(matches!(writing.await, Err(Error::StorageFull(_))), "stable: {stable}");
    }
    files.write(node, 0, b"new").await.unwrap();
    files.files.sync(&files.view, node).await.unwrap();
    assert_eq!(&files.get("f").await[..], b"new");
}

#[tokio::test]
async fn nothing_is_read_where_nothing_is_asked_for() {
    let files = Files::new().await;
    let node = files.file("f", &Bytes::new()).await;
    files.write(node, MIB as u64, b"x").await.unwrap();
    for offset in [0, 1, MIB as u64, MIB as u64 + 1, 1 << 40] {
        assert_eq!(files.read(node, offset, 0).await.unwrap(), b"");
    }
}

#[tokio::test]
async fn attributes_that_are_not_set_change_no_time() {
    let files = Files::new().await;
    let node = files.file("f", &bytes(1, 10)).await;
    let before = files.record(node).await;
    let caller = Caller { uid: 1000, gid: 1000, checked: false, ..Caller::root() };
    let around = files.files.set_attributes(&files.view, &caller, node, SetAttributes::default()).await.unwrap();
    assert_eq!(around.after.unwrap().size, 10);
    assert_eq!(files.record(node).await, before);
}
