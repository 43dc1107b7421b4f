//! Where the index has no room left: what frees it goes on, and nobody is kept from it.

use super::between::Between;
use super::*;
use crate::objects::tests::bytes;
use crate::types::Versioning;

#[tokio::test]
async fn on_a_full_disk_the_last_name_of_a_directory_can_be_removed() {
    for state in [Versioning::Unset, Versioning::Enabled] {
        let (files, store) = Between::files().await;
        if state != Versioning::Unset {
            files.s3.service.set_versioning(&files.s3.root, &files.s3.bucket, state).await.unwrap();
        }
        files.s3.put("d/x", &bytes(1, 100_000)).await;
        let directory = files.lookup(files.view.root, "d").await.unwrap().node;
        // As a mount that has looked at it.
        let _known = files.service.know(files.lookup(directory, "x").await.unwrap().node, true).await.unwrap();
        store.set_full(true);
        let moved = files.rename((directory, "x"), (directory, "y"), RenameMode::Replace).await;
        assert!(matches!(moved, Err(Error::StorageFull(_))), "{state:?}: {moved:?}");
        let made = files.make(directory, "z", Make::File(Exclusive::Yes)).await;
        assert!(matches!(made, Err(Error::StorageFull(_))), "{state:?}");
        files.unlink(directory, "x").await.unwrap();
        assert_eq!(files.keys().await, ["d/"], "{state:?}");
        files.check().await;
    }
}

#[tokio::test]
async fn a_draft_that_there_is_no_room_for_keeps_nobody_from_starting() {
    let (files, store) = Between::files().await;
    files.s3.service.set_versioning(&files.s3.root, &files.s3.bucket, Versioning::Enabled).await.unwrap();
    for name in ["a", "b"] {
        files.file(files.view.root, name).await;
    }
    store.set_full(true);
    assert!(files.service.settle().await.is_err(), "it is told as the process ends");
    assert!(files.keys().await.is_empty());
    // The next one.
    let next = FileService::new(files.s3.service.clone(), Arc::new(Coherence::default()));
    assert_eq!(next.recover().await.unwrap(), 2);
    files.check().await;
    store.set_full(false);
    next.seal_waiting().await.unwrap();
    assert_eq!(files.keys().await, ["a", "b"]);
    files.check().await;
}
