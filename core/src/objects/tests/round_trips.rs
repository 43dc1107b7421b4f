//! GET costs two round trips to the index, PUT two or three (what was looked at before a small body is looked at once), however deep
//! the key.

use super::*;
use crate::limits::INLINE_BYTES_MAX;

#[tokio::test]
async fn get_costs_two_round_trips_and_put_three_at_most() {
    let fixture = Fixture::new().await;
    for size in [0, 100, 200_000] {
        let (body, name) = (bytes(3, size), format!("a/b/c/d/{size}"));
        fixture.put(&name, &body).await;
        let before = fixture.store.counts();
        fixture.get(fixture.request(&name)).await.unwrap();
        assert_eq!(fixture.store.counts().since(&before).round_trips(), 2, "GET of {size} bytes");

        let before = fixture.store.counts();
        fixture.service.head(&fixture.root, fixture.request(&name)).await.unwrap();
        assert_eq!(fixture.store.counts().since(&before).round_trips(), 2, "HEAD of {size} bytes");

        let before = fixture.store.counts();
        fixture.put(&format!("a/b/c/d/new{size}"), &body).await;
        let small = size <= INLINE_BYTES_MAX;
        let few = if small { 2 } else { 3 };
        assert_eq!(fixture.store.counts().since(&before).round_trips(), few, "PUT of {size} new bytes");

        // One more reads the shared content that is let go of.
        let before = fixture.store.counts();
        fixture.put(&name, &body).await;
        let most = if small { 2 } else { 4 };
        assert_eq!(fixture.store.counts().since(&before).round_trips(), most, "PUT of {size} bytes over others");
    }
}

#[tokio::test]
async fn a_page_of_a_listing_costs_the_same_in_a_large_bucket() {
    let fixture = Fixture::new().await;
    let list =
        |delimiter: &str, limit| ListObjects { delimiter: delimiter.into(), max_keys: limit, ..ListObjects::default() };
    let mut costs = Vec::new();
    for (count, delimiter) in [(50, "/"), (500, "/")] {
        for index in 0..count {
            fixture.put(&format!("d{index:04}/k"), &Bytes::new()).await;
        }
        let before = fixture.store.counts();
        let page = fixture.service.list(&fixture.root, &fixture.bucket, list(delimiter, 10)).await.unwrap();
        assert_eq!(page.common_prefixes.len(), 10);
        costs.push(fixture.store.counts().since(&before).round_trips());
    }
    assert_eq!(costs[0], costs[1]);
}
