//! A publication of several commits, and what the file is between two of them: where the process dies, or the store refuses the next.

use std::time::Duration;

use super::*;
use crate::data::DataError;
use crate::data::faulty::{Fault, Verb};
use crate::files::Allocate;
use crate::files::tests::between::{Between, Moment};
use crate::limits::SESSION_COMMIT_PAGES_MAX;

/// Over an index that can be full.
async fn over_between() -> (Files, Arc<Between>) {
    let fixture = Fixture::new().await;
    let between = Between::over(fixture.store.clone());
    let service = fixture.service_over(between.clone(), fixture.data.clone());
    let files = FileService::new(service.clone(), Arc::default());
    (Files::over(Fixture { service, ..fixture }, files).await, between)
}

/// After the next commit of the node's record, only removals are taken.
fn full_after_one_commit(between: &Arc<Between>, node: Id) {
    let store = Arc::clone(between);
    between.arm(Moment::AfterCommit, keys::node(node), Box::pin(async move { store.set_full(true) }));
}

/// One writes from the beginning to the end, and another publishes meanwhile.
#[tokio::test(start_paused = true)]
async fn what_a_writer_is_not_done_with_is_never_shown_as_zeros() {
    let (files, faulty) = Files::faulty().await;
    let whole = bytes(1, MIB + 100);
    let node = files.file("f", &Bytes::new()).await;
    files.write(node, 0, &whole[..MIB / 2]).await.unwrap();
    faulty.arm(Verb::Put, 1, Fault::Delay(Duration::from_secs(1)));
    faulty.arm(Verb::Put, 2, Fault::Fail(DataError::Full("no room".into())));
    let (service, view) = (files.files.clone(), files.view.clone());
    let publishing = tokio::spawn(async move { service.publish(&view, node).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    files.write(node, MIB as u64 / 2, &whole[MIB / 2..]).await.unwrap();
    let published = publishing.await.unwrap();
    assert!(matches!(published, Err(Error::StorageFull(_))), "{published:?}");
    let shown = files.get("f").await;
    assert_eq!(shown, whole[..shown.len()], "as far as it was written");
    files.publish(node).await.unwrap();
    assert_eq!(files.get("f").await, whole);
    files.assert_clean().await;
}

#[tokio::test]
async fn a_hole_to_the_end_leaves_a_file_as_long_as_it_is() {
    let (files, between) = over_between().await;
    let pages = SESSION_COMMIT_PAGES_MAX as u64 + 20;
    let size = pages * MIB as u64;
    let node = files.file("f", &Bytes::new()).await;
    files.files.truncate(&files.view, node, size).await.unwrap();
    for page in 0..pages {
        files.write(node, page * MIB as u64 + 7, b"data").await.unwrap();
    }
    files.publish(node).await.unwrap();
    let punch = files.files.allocate(&files.view, &files.caller, node, Allocate::Punch, MIB as u64, size);
    punch.await.unwrap();
    full_after_one_commit(&between, node);
    let refused = files.publish(node).await;
    assert!(matches!(refused, Err(Error::StorageFull(_))), "{refused:?}");
    assert!(between.is_over());
    assert_eq!(files.record(node).await.size, size, "no operation made it shorter");
    between.set_full(false);
    files.publish(node).await.unwrap();
    assert_eq!(files.record(node).await.size, size);
    assert_eq!(files.read(node, 7, 4).await.unwrap(), b"data");
    assert_eq!(files.pages(files.content(node).await.unwrap().0).await.len(), 1);
    files.assert_clean().await;
}

/// It was cut, and grew again: on the way it is a part of what it was, and then as far as it was written.
#[tokio::test]
async fn a_file_that_was_cut_and_written_again_is_as_far_as_it_was_written() {
    let (files, between) = over_between().await;
    let pages = SESSION_COMMIT_PAGES_MAX + 20;
    let node = files.file("f", &Bytes::new()).await;
    for page in 0..pages {
        files.write(node, (page * MIB) as u64, b"before").await.unwrap();
    }
    files.publish(node).await.unwrap();
    let before = files.get("f").await;
    // Both in one publication.
    let session = files.files.session_of(&files.view, node);
    files.files.resize_session(&files.view, &session, 3).await.unwrap();
    let mut whole = b"bef".to_vec();
    for page in 0..pages {
        let body = bytes(page as u64, 1000);
        files.write(node, (page * MIB + 100) as u64, &body).await.unwrap();
        whole.resize(page * MIB + 100, 0);
        whole.extend_from_slice(&body);
    }
    full_after_one_commit(&between, node);
    assert!(matches!(files.publish(node).await, Err(Error::StorageFull(_))));
    assert!(between.is_over());
    let shown = files.get("f").await;
    assert!(shown.len() < before.len() && shown == before[..shown.len()], "{}", shown.len());
    between.set_full(false);
    // The next hundred pages and more.
    full_after_one_commit(&between, node);
    assert!(matches!(files.publish(node).await, Err(Error::StorageFull(_))));
    let shown = files.get("f").await;
    assert!(shown.len() > 3 && shown.len() < whole.len() && shown == whole[..shown.len()], "{}", shown.len());
    between.set_full(false);
    // What is committed is not taken back by a hole to the end.
    let size = whole.len();
    let punch =
        files.files.allocate(&files.view, &files.caller, node, Allocate::Punch, MIB as u64, (size - MIB) as u64);
    punch.await.unwrap();
    full_after_one_commit(&between, node);
    let length = files.record(node).await.size;
    assert!(matches!(files.publish(node).await, Err(Error::StorageFull(_))));
    assert!(files.record(node).await.size >= length);
    between.set_full(false);
    files.publish(node).await.unwrap();
    whole[MIB..].fill(0);
    assert_eq!(files.get("f").await, whole);
    files.assert_clean().await;
}

#[tokio::test]
async fn the_last_page_that_there_can_be_is_cut_and_not_taken_away() {
    let files = Files::new().await;
    let end = crate::limits::FILE_BYTES_MAX;
    let node = files.file("f", &Bytes::new()).await;
    files.files.truncate(&files.view, node, end).await.unwrap();
    files.write(node, end - MIB as u64, b"data").await.unwrap();
    files.publish(node).await.unwrap();
    files.files.truncate(&files.view, node, end - 1).await.unwrap();
    files.publish(node).await.unwrap();
    assert_eq!(files.read(node, end - MIB as u64, 4).await.unwrap(), b"data");
    files.assert_clean().await;
}

/// Whoever writes a damaged file anew mends it.
#[tokio::test]
async fn a_small_file_that_is_damaged_can_be_written_over() {
    let files = Files::new().await;
    let node = files.file("f", &bytes(1, 1000)).await;
    let spoilt: crate::error::Result<()> =
        crate::transact!(files.service().store(), crate::metadata::Durability::Ordered, |tx| {
            tx.put(Table::Inline, keys::inline(node, 0), Bytes::from_static(b"spoilt, and not as long as it is to be"));
            Ok(())
        });
    spoilt.unwrap();
    assert!(files.read(node, 0, 10).await.is_err());
    files.files.truncate(&files.view, node, 0).await.unwrap();
    files.write(node, 0, b"whole").await.unwrap();
    files.publish(node).await.unwrap();
    assert_eq!(&files.get("f").await[..], b"whole");
    files.assert_clean().await;
}

/// A content has four thousand million places for small writes; near their end, writes go to blobs.
#[tokio::test]
async fn a_file_whose_places_for_small_writes_end_is_written_all_the_same() {
    let files = Files::new().await;
    let node = files.file("f", &bytes(1, 12 * MIB)).await;
    files.write(node, 0, b"in place").await.unwrap();
    files.publish(node).await.unwrap();
    let (id, mut content) = files.content(node).await.unwrap();
    let crate::metadata::records::Layout::Mapped { next_slot, .. } = &mut content.layout else { panic!() };
    *next_slot = u32::MAX - 5;
    let aged: crate::error::Result<()> =
        crate::transact!(files.service().store(), crate::metadata::Durability::Ordered, |tx| {
            tx.put(Table::Index, keys::content(id), content.encode());
            Ok(())
        });
    aged.unwrap();
    let files = Files { files: FileService::new(files.service().clone(), Arc::default()), ..files };
    for page in 0..10_u64 {
        files.write(node, page * MIB as u64 + 50, b"small").await.unwrap();
    }
    files.publish(node).await.unwrap();
    for page in 0..10_usize {
        assert_eq!(&files.get("f").await[page * MIB + 50..][..5], b"small");
    }
    files.assert_clean().await;
}
