//! The tags of files.

use super::*;
use crate::content::Md5;
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
