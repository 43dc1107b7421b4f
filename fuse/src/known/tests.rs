//! What is kept of nodes, and for how long.

use trefoil_core::files::{AccessTimes, Attributes, Caller, Defaults, Exclusive, FileService, Make, View, ViewRequest};
use trefoil_core::in_memory::InMemory;

use super::KnownNodes;

/// A bucket's files, and the view of all of it.
pub async fn files() -> (FileService, View) {
    let store = InMemory::new(1 << 20).await.expect("a store");
    let bucket: trefoil_core::types::BucketName = "bucket".parse().expect("a bucket's name");
    store.bucket(bucket.clone()).await.expect("a bucket");
    let files = store.files();
    let request = ViewRequest {
        bucket,
        prefix: String::new(),
        read_only: false,
        strict: false,
        access_times: AccessTimes::Never,
        defaults: Defaults::default(),
    };
    let view = files.view(&store.root, request).await.expect("a view");
    (files, view)
}

async fn made((files, view): &(FileService, View), name: &[u8], make: Make) -> Attributes {
    let caller = Caller::checked();
    files.make(view, &caller, view.root, name, make, Default::default()).await.expect("made").0.attributes
}

#[tokio::test]
async fn a_directory_is_kept_as_it_was_told_last_until_it_is_forgotten() {
    let door = files().await;
    let known = KnownNodes::new();
    let directory = made(&door, b"d", Make::Directory).await;
    assert_eq!(known.gone(directory.node), None, "the kernel has not heard of it");
    known.renewed(&directory);
    assert_eq!(known.gone(directory.node), None);
    for _ in 0..3 {
        known.told(&door.0, &directory, true).await.expect("told");
    }
    known.renewed(&Attributes { mode: 0o700, ..directory.clone() });
    known.forget(directory.node, 2);
    assert_eq!(known.gone(directory.node), Some(Attributes { mode: 0o700, links: 0, ..directory.clone() }));
    known.forget(directory.node, 1);
    assert_eq!(known.gone(directory.node), None);
}

#[tokio::test]
async fn a_file_stays_while_it_is_known() {
    let door = files().await;
    let (service, view) = &door;
    let known = KnownNodes::new();
    let file = made(&door, b"f", Make::File(Exclusive::Yes)).await;
    known.told(service, &file, true).await.expect("told");
    service.remove_file(view, &Caller::checked(), view.root, b"f").await.expect("removed");
    assert_eq!(service.attributes(view, file.node).await.expect("it is held").links, 0);
    assert_eq!(known.gone(file.node), None, "what stays need not be made up");
    known.forget(file.node, 1);
    // It goes behind whoever forgets it.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(known.told(service, &file, true).await.is_err(), "it has gone");
}
