//! Room for what is to be written, as it is told before that.

use super::*;
use crate::data::DataStore;
use crate::data::files::{FilesOptions, FilesStore};
use crate::data::memory::MemoryStore;
use crate::files::Allocate;
use crate::kernel::Kernel;
use crate::random::SystemRandom;

async fn files_over(data: Arc<dyn DataStore>) -> Files {
    let fixture = Fixture::new().await;
    let service = fixture.service_over(fixture.store.clone(), data);
    let files = FileService::new(service.clone(), Arc::default());
    Files::over(Fixture { service, ..fixture }, files).await
}

async fn reserve(files: &Files, node: Id, at: u64, length: u64) -> Result<(), Error> {
    let how = Allocate::Reserve { keep_size: false };
    files.files.allocate(&files.view, &files.caller, node, how, at, length).await
}

#[tokio::test]
async fn what_a_place_keeps_free_is_no_room() {
    let directory = tempfile::tempdir().unwrap();
    let options = FilesOptions::new(1, Arc::new(SystemRandom), Kernel::pretending("9.9").unwrap());
    let options = FilesOptions { reserve_bytes: Some(u64::MAX), ..options };
    let files = files_over(FilesStore::open(directory.path(), options).unwrap()).await;
    let node = files.file("f", &Bytes::new()).await;
    assert_eq!(files.files.space(&files.view).await.unwrap().free_bytes, 0);
    let refused = reserve(&files, node, 0, 1).await;
    assert!(matches!(refused, Err(Error::StorageFull(_))), "{refused:?}");
    assert_eq!(files.files.attributes(&files.view, node).await.unwrap().size, 0);
}

#[tokio::test]
async fn holes_in_a_range_want_room_and_what_is_stored_wants_none() {
    let mib = MIB as u64;
    let files = files_over(MemoryStore::new(8 * mib)).await;
    let node = files.file("f", &bytes(1, 6 * MIB)).await;
    reserve(&files, node, 0, 6 * mib).await.unwrap();
    reserve(&files, node, 0, 7 * mib).await.unwrap();
    files.publish(node).await.unwrap();
    assert_eq!(files.record(node).await.size, 7 * mib);
    files.files.truncate(&files.view, node, 16 * mib).await.unwrap();
    for (at, length) in [(0, 16 * mib), (8 * mib, 4 * mib), (6 * mib, 100 * mib)] {
        let refused = reserve(&files, node, at, length).await;
        assert!(matches!(refused, Err(Error::StorageFull(_))), "{at} {length}: {refused:?}");
    }
    // What waits is about to be stored.
    for page in 6..10 {
        files.write(node, page * mib, b"waits").await.unwrap();
    }
    reserve(&files, node, 0, 10 * mib).await.unwrap();
    assert_eq!(files.files.attributes(&files.view, node).await.unwrap().size, 16 * mib);
}
