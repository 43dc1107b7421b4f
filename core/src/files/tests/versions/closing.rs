//! When a draft becomes a version, and what is written after that.

use std::time::Duration;

use super::*;

/// A client of NFS has nothing open. What it wrote before another door gave the name a new version is in none; it hears of that.
#[tokio::test(start_paused = true)]
async fn t9_what_is_written_to_a_version_that_was_followed_is_not_called_stable() {
    let files = Files::versioned(Versioning::Enabled).await;
    let file = files.file(files.view.root, "a").await;
    files.save(file, &bytes(1, 10)).await;
    for replaced in [true, false] {
        let file = files.lookup(files.view.root, "a").await.unwrap().node;
        let verifier = files.service.write_verifier();
        files.write_at(file, 0, &bytes(2, 10)).await;
        match replaced {
            true => drop(files.s3.put("a", &bytes(3, 20)).await),
            false => assert!(files.s3.delete("a").await.delete_marker),
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        files.service.publish_idle_once().await;
        let synced = files.service.sync(&files.view, file).await;
        assert!(matches!(synced, Err(Error::File(FileError::Stale))), "{synced:?}");
        assert_ne!(files.service.write_verifier(), verifier);
        // Nor is what it sends again.
        files.write_at(file, 0, &bytes(2, 10)).await;
        let synced = files.service.sync(&files.view, file).await;
        assert!(matches!(synced, Err(Error::File(FileError::Stale))), "{synced:?}");
    }
    assert_eq!(files.sizes("a").await, [None, Some(20), Some(10)]);
    files.check().await;
}

#[tokio::test]
async fn of_two_that_are_closed_at_once_the_second_makes_the_version() {
    let files = Files::versioned(Versioning::Enabled).await;
    let file = files.file(files.view.root, "a").await;
    let (one, other) = (files.open(file).await, files.open(file).await);
    files.write_at(file, 0, &bytes(1, 10)).await;
    // Both are answered before either is let go of.
    files.service.close(&files.view, &one).await.unwrap();
    assert!(files.versions().await.is_empty());
    files.service.close(&files.view, &other).await.unwrap();
    assert_eq!(files.sizes("a").await, [Some(10)]);
    // A copy of a descriptor that is closed counts once.
    files.write_at(file, 0, &bytes(2, 20)).await;
    drop(one);
    files.service.close(&files.view, &other).await.unwrap();
    assert_eq!(files.sizes("a").await, [Some(20), Some(10)]);
    drop(other);
    let (one, other) = (files.open(file).await, files.open(file).await);
    files.write_at(file, 0, &bytes(3, 30)).await;
    for _ in 0..3 {
        files.service.close(&files.view, &one).await.unwrap();
    }
    assert_eq!(files.sizes("a").await, [Some(20), Some(10)], "the other is still open");
    drop(one);
    files.service.close(&files.view, &other).await.unwrap();
    assert_eq!(files.sizes("a").await, [Some(30), Some(20), Some(10)]);
    drop(other);
    tokio::task::yield_now().await;
    files.check().await;
}
