//! A directory that can't be synced.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::Draft;
use crate::data::DataStore as _;
use crate::data::conformance::{body, expect, origin};
use crate::data::files::place::Place;
use crate::data::files::tests::open;
use crate::limits::{FILES_PER_DIRECTORY, VOLUME_BLOB_BYTES_MAX};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t9_a_directory_that_could_not_be_synced_takes_no_more_files() {
    let root = tempfile::tempdir().unwrap();
    let store = open(root.path(), 1);
    let length = VOLUME_BLOB_BYTES_MAX + 1;
    let put = async |content| store.put(origin(content), Some(length), body(length, content)).await.unwrap();
    let before = put(1).await;
    let drafts = [(); 2].map(|()| Draft::in_own_file(&store.shared, Some(length)).unwrap());
    // What is not there can't be synced.
    drafts[0].sync_directory(Path::new("/no/such/directory")).unwrap_err();
    // Another that was on its way to the same directory is not called stored: its name may have been dropped, too.
    drafts[1].publish_own_file().unwrap_err();
    drop(drafts);
    assert_eq!(store.metrics().failed_syncs_total.load(Ordering::Relaxed), 1);
    let after = put(2).await;
    let number = |stored: &crate::data::Stored| Place::from_locator(&stored.locator).unwrap().id.file.number;
    assert!(number(&before) < FILES_PER_DIRECTORY && number(&after) >= FILES_PER_DIRECTORY);
    expect(&*store, &before, 1).await;
    expect(&*store, &after, 2).await;
    assert_eq!(crate::data::conformance::locators(&*store).await.unwrap().len(), 2);
}
