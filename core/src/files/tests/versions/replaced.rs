//! A file that is written to, while its name or what S3 says of it changes.

use super::super::between::{Between, Moment};
use super::*;
use crate::metadata::keys;
use crate::types::TagSet;

#[tokio::test]
async fn who_has_a_replaced_file_open_writes_over_nobody_s_draft() {
    let files = Files::versioned(Versioning::Enabled).await;
    let root = files.view.root;
    let target = files.file(root, "c").await;
    files.save(target, &bytes(1, 50_000)).await;
    let kept = files.open(target).await;
    let draft = files.file(root, "t").await;
    let open = files.open(draft).await;
    files.write_at(draft, 0, &bytes(2, 20)).await;
    files.rename((root, "t"), (root, "c"), RenameMode::Replace).await.unwrap();
    assert_eq!(files.sizes("c").await, [Some(50_000)], "its version stays until the draft is sealed");
    // As one that has lost its name.
    files.write_at(target, 0, &bytes(3, 60_000)).await;
    files.service.sync(&files.view, target).await.unwrap();
    assert_eq!(files.read(target).await, bytes(3, 60_000));
    assert_eq!(files.stat(target).await.links, 0);
    assert_eq!(files.lookup(root, "c").await.unwrap().node, draft);
    files.service.sync(&files.view, draft).await.unwrap();
    files.close(open).await;
    files.close(kept).await;
    assert_eq!(files.sizes("c").await, [Some(20), Some(50_000)]);
    assert_eq!(files.s3.get(files.s3.request("c")).await.unwrap(), bytes(2, 20));
    files.check().await;
}

/// The directory is hidden with its last name, and gets another at that moment.
#[tokio::test]
async fn a_name_whose_file_is_being_written_is_deleted() {
    let (files, between) = Between::files().await;
    files.set_versioning(Versioning::Enabled).await;
    files.s3.put("d/x", &bytes(1, 10)).await;
    let directory = files.lookup(files.view.root, "d").await.unwrap().node;
    let file = files.lookup(directory, "x").await.unwrap().node;
    let open = files.open(file).await;
    files.write_at(file, 0, &bytes(2, 20)).await;
    files.service.sync(&files.view, file).await.unwrap();
    let (service, root) = (files.s3.service.clone(), files.s3.root.clone());
    let put = files.s3.put_request("d/y", crate::objects::tests::upload(&bytes(3, 30)));
    let (sent, put_done) = tokio::sync::oneshot::channel();
    let beside = async move {
        // It may have to wait for the deletion.
        tokio::spawn(async move { sent.send(service.put(&root, put).await.map(drop)) });
        tokio::task::yield_now().await;
    };
    between.arm(Moment::BeforeCommit, keys::dentry(directory, b"x"), Box::pin(beside));
    files.delete_key("d/x").await;
    assert!(between.is_over());
    put_done.await.unwrap().unwrap();
    assert_eq!(files.keys().await, ["d/y"], "a listing has what can be got");
    assert_eq!(files.sizes("d/x").await, [None, Some(20), Some(10)]);
    files.close(open).await;
    files.check().await;
    // And where nothing comes between.
    files.delete_key("d/y").await;
    assert!(files.keys().await.is_empty());
    files.check().await;
}

#[tokio::test]
async fn what_s3_says_of_an_object_is_kept_by_the_file_that_is_being_written() {
    let files = Files::versioned(Versioning::Enabled).await;
    let file = files.file(files.view.root, "a").await;
    files.save(file, &bytes(1, 10)).await;
    let open = files.open(file).await;
    files.write_at(file, 0, &bytes(2, 20)).await;
    files.service.sync(&files.view, file).await.unwrap();
    let (s3, tags) = (&files.s3, TagSet::for_object(vec![("seen".into(), "now".into())]).unwrap());
    s3.service.set_object_tags(&s3.root, &s3.bucket, &key("a"), None, tags.clone()).await.unwrap();
    files.close(open).await;
    assert_eq!(files.sizes("a").await, [Some(20), Some(10)]);
    assert_eq!(s3.service.object_tags(&s3.root, &s3.bucket, &key("a"), None).await.unwrap().0, tags);
    files.check().await;
}

/// Nothing of the directory changes with what is in a file.
#[tokio::test]
async fn a_new_version_of_a_file_is_no_change_of_its_directory() {
    let files = Files::versioned(Versioning::Enabled).await;
    let directory = files.directory(files.view.root, "d").await;
    let file = files.file(directory, "a").await;
    files.save(file, &bytes(1, 10)).await;
    let before = files.stat(directory).await;
    files.save(file, &bytes(2, 20)).await;
    let after = files.stat(directory).await;
    assert_eq!((after.modified, after.changed), (before.modified, before.changed));
}

/// What a symbolic link's making answers is what is there.
#[tokio::test]
async fn what_is_a_version_at_once_has_the_time_that_was_told() {
    let files = Files::versioned(Versioning::Enabled).await;
    let root = files.view.root;
    let link = files.make(root, "l", Make::Symlink(b"a".to_vec())).await.unwrap();
    assert_eq!(files.stat(link.node).await.modified, link.modified);
}
