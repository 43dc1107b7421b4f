//! The tags of files.

use super::*;
use crate::content::Md5;
use crate::limits::{SESSION_HASHING_KEEP, SESSION_IDLE};
use crate::types::ETag;

#[tokio::test]
async fn a_file_that_is_written_in_order_has_the_md5_of_its_bytes() {
    let files = Files::new().await;
    for size in [1, 70_000, 3 * MIB + 5] {
        let name = format!("f{size}");
        let body = bytes(size as u64, size);
        let node = files.file(&name, &Bytes::new()).await;
        for chunk in body.chunks(130_000) {
            files.append(node, chunk).await.unwrap();
        }
        files.publish(node).await.unwrap();
        assert_eq!(files.record(node).await.etag, ETag::Md5(Md5::of(&body)), "{size}");
        // And goes on to have it, while it grows.
        files.append(node, b"more").await.unwrap();
        files.publish(node).await.unwrap();
        let longer = [&body[..], b"more"].concat();
        assert_eq!(files.record(node).await.etag, ETag::Md5(Md5::of(&longer)), "{size} and more");
    }
    files.assert_clean().await;
}

#[tokio::test]
async fn a_file_that_was_changed_has_a_tag_of_its_own_each_time() {
    let files = Files::new().await;
    let node = files.file("f", &bytes(1, 200_000)).await;
    let before = files.record(node).await;
    assert!(before.checksum.is_some());
    let mut seen = vec![before.etag.to_string()];
    for number in 0..4_u8 {
        files.write(node, 10, &[number]).await.unwrap();
        files.publish(node).await.unwrap();
        let record = files.record(node).await;
        assert!(matches!(&record.etag, ETag::Opaque(tag) if tag.contains('-')), "{:?}", record.etag);
        assert_eq!((record.checksum, record.parts), (None, None));
        let tag = record.etag.to_string();
        assert!(!seen.contains(&tag), "{tag}");
        seen.push(tag);
        assert!(record.modified > before.modified);
    }
    let tag = seen.last().unwrap().clone();
    files.publish(node).await.unwrap();
    assert_eq!(files.record(node).await.etag.to_string(), tag, "without a change it stays");
    files.assert_clean().await;
}

#[tokio::test]
async fn a_file_that_is_written_now_and_then_keeps_the_md5_for_a_while() {
    let files = Files::new().await;
    let (node, mut model) = (files.file("log", &Bytes::new()).await, Vec::new());
    for turn in 0..2 {
        let body = bytes(turn, 100_000);
        model.extend_from_slice(&body);
        files.append(node, &body).await.unwrap();
        tokio::time::sleep(SESSION_IDLE).await;
        files.files.publish_idle_once().await;
        assert_eq!(files.get("log").await, model);
        assert_eq!(files.record(node).await.etag, ETag::Md5(Md5::of(&model)), "turn {turn}");
    }
    assert_eq!(files.files.inner.sessions.count(), 1);
    tokio::time::pause();
    tokio::time::advance(SESSION_HASHING_KEEP).await;
    files.files.publish_idle_once().await;
    assert_eq!(files.files.inner.sessions.count(), 0, "not for ever");
    files.append(node, b"more").await.unwrap();
    files.publish(node).await.unwrap();
    assert!(matches!(files.record(node).await.etag, ETag::Opaque(_)));
    files.assert_clean().await;
}

#[tokio::test]
async fn a_file_that_becomes_small_has_the_md5_of_its_bytes_and_leaves_its_blobs() {
    let files = Files::new().await;
    let body = bytes(1, 3 * MIB);
    // By S3; and one that was written into, with a copy.
    for name in ["by-s3", "written", "copy"] {
        match name {
            "copy" => {
                let copy = crate::objects::tests::sharing::copy_of(&files.fixture, "written", "copy");
                files.service().copy(&files.fixture.root, copy).await.unwrap();
            }
            _ => drop(files.file(name, &body).await),
        }
        if name == "written" {
            let node = files.node_of(name).await;
            files.write(node, 0, &body[..10]).await.unwrap();
            files.publish(node).await.unwrap();
        }
    }
    for (name, size) in [("by-s3", 65_536), ("written", 10_000), ("copy", 1)] {
        let node = files.node_of(name).await;
        files.files.truncate(&files.view, node, size).await.unwrap();
        files.write(node, size, b"and more").await.unwrap();
        let expected = [&body[..size_of(size)], b"and more"].concat();
        assert_eq!(files.read_all(node).await, expected);
        files.publish(node).await.unwrap();
        assert_eq!(files.get(name).await, expected);
        let is_small = expected.len() <= crate::limits::INLINE_BYTES_MAX;
        let record = files.record(node).await;
        assert_eq!(record.content == ContentRef::Inline, is_small, "{name}");
        assert_eq!(record.etag == ETag::Md5(Md5::of(&expected)), is_small, "{name}");
        files.assert_clean().await;
    }
    assert_eq!(files.fixture.blobs().await, 1, "of the one that has grown again");
}
