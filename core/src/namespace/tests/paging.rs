//! A bucket that changes while it is listed: what stands all the time is seen once, what is latest is said to be.

use super::model::Shown;
use super::*;

fn version(shown: &Shown) -> (String, VersionId, bool) {
    match shown {
        Shown::Version { key, id, latest, .. } => (key.clone(), *id, *latest),
        Shown::Prefix(prefix) => panic!("{prefix} is rolled up"),
    }
}

#[tokio::test]
async fn a_script_that_deletes_what_each_page_shows_leaves_nothing() {
    let fixture = Fixture::new().await;
    for index in 0..100 {
        fixture.put(&format!("d{}/k{index:03}", index / 10), 0).await;
    }
    let mut query = ListQuery { limit: 7, ..ListQuery::default() };
    let mut seen = 0;
    loop {
        let (page, next) = fixture.page(&query).await;
        for (key, _) in page {
            fixture.delete(&key).await;
            seen += 1;
        }
        match next {
            Some(next) => query.after = next,
            None => break,
        }
    }
    assert_eq!(seen, 100);
    assert_eq!(fixture.records().await, [""; 0]);
}

/// Each deletion of a current version brings the next one to light: behind the marker of the next page, but in the live space.
#[tokio::test]
async fn a_script_that_deletes_the_versions_of_each_page_leaves_nothing() {
    for (limit, deletes) in [(1, 0), (2, 0), (3, 0), (2, 1), (3, 4), (2, 6)] {
        let fixture = Fixture::new().await;
        fixture.put("d/k", 1).await;
        fixture.set_versioning(Versioning::Enabled).await;
        for size in 2..6 {
            fixture.put("d/k", size).await;
        }
        // Markers on top, so that a page may end on one, and what is below comes to light when they are gone.
        for _ in 0..deletes {
            fixture.delete("d/k").await;
        }
        fixture.put("d/l", 9).await;
        let mut query = VersionsQuery { limit, ..VersionsQuery::default() };
        let mut seen = 0;
        loop {
            let (page, next) = fixture.versions_page(&query).await;
            for (key, id, latest) in page.iter().map(version) {
                // All that was newer is gone.
                assert_eq!(
                    latest,
                    page.iter().position(|shown| version(shown).0 == key)
                        == page.iter().position(|shown| version(shown).1 == id)
                );
                assert!(matches!(fixture.delete_version(&key, id).await, Removed::Version { .. }));
                seen += 1;
            }
            match next {
                Some((key, version)) => (query.key_marker, query.version_marker) = (key, version),
                None => break,
            }
        }
        assert_eq!(seen, 6 + deletes, "pages of {limit}");
        assert_eq!(fixture.records().await, [""; 0], "pages of {limit}");
    }
}

#[tokio::test]
async fn what_becomes_the_latest_between_two_pages_is_shown_as_the_latest() {
    let fixture = Fixture::new().await;
    fixture.set_versioning(Versioning::Enabled).await;
    fixture.put("k", 1).await;
    fixture.delete("k").await;
    fixture.put("k", 2).await;
    let mut query = VersionsQuery { limit: 1, ..VersionsQuery::default() };
    let (page, next) = fixture.versions_page(&query).await;
    let (_, newest, latest) = version(&page[0]);
    assert!(latest);
    (query.key_marker, query.version_marker) = next.unwrap();
    // At rest the marker is not the latest; with the version above it gone, it is.
    let (page, _) = fixture.versions_page(&query).await;
    assert!(matches!(&page[..], [Shown::Version { size: None, latest: false, .. }]), "{page:?}");
    fixture.delete_version("k", newest).await;
    let (page, next) = fixture.versions_page(&query).await;
    assert!(matches!(&page[..], [Shown::Version { size: None, latest: true, .. }]), "{page:?}");
    // With the marker gone too, what it hid is live again.
    let (_, marker, _) = version(&page[0]);
    fixture.delete_version("k", marker).await;
    (query.key_marker, query.version_marker) = next.unwrap();
    let (page, next) = fixture.versions_page(&query).await;
    assert!(matches!(&page[..], [Shown::Version { size: Some(1), latest: true, .. }]), "{page:?}");
    assert_eq!(next, None);
}

#[tokio::test]
async fn a_page_is_of_one_instant_also_in_what_versioning_is() {
    let fixture = Fixture::new().await;
    fixture.put("k", 1).await;
    let before = fixture.tree.bucket(&fixture.bucket).await.unwrap();
    fixture.set_versioning(Versioning::Enabled).await;
    fixture.put("k", 2).await;
    let query = VersionsQuery { limit: 10, ..VersionsQuery::default() };
    let (page, _) = fixture.tree.list_versions(&before, &query).await.unwrap();
    assert_eq!(page.len(), 2, "the bucket had no versions when it was looked up: {page:?}");
}
