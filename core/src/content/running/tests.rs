//! The digest so far is that of what came so far.

use super::*;
use crate::content::Md5;
use crate::random::{Random, SeededRandom};

#[tokio::test]
async fn the_digest_so_far_is_that_of_what_came_so_far() {
    let mut all = Vec::new();
    let mut running = RunningMd5::new();
    assert_eq!(running.so_far().await.unwrap(), Md5::of(&[]));
    for (seed, size) in [(1, 10), (2, 100_000), (3, 70_000), (4, 1 << 20), (5, 1), (6, 3 << 20)] {
        let mut bytes = vec![0; size];
        SeededRandom::new(seed).fill(&mut bytes);
        all.extend_from_slice(&bytes);
        running.push(&bytes.into()).await;
        assert_eq!(running.so_far().await.unwrap(), Md5::of(&all), "{size}");
        assert!(running.lane.is_none() && running.waiting_bytes() == 0, "it takes no room until more comes");
        assert_eq!(running.so_far().await.unwrap(), Md5::of(&all), "{size} again");
    }
    assert_eq!(running.length(), all.len() as u64);
}
