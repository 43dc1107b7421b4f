//! The worker's end.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::*;
use crate::data::faulty::{Fault, Faulty, Verb};
use crate::data::{Location, Locator};
use crate::metadata::MetadataStore;
use crate::objects::tests::{Fixture, bytes};
use crate::objects::{ObjectService, Parts};
use crate::work::tests::Spy;

/// Tasks that take minutes: each waits a second for its place.
const TASKS: u64 = 2000;

/// Or a power cut could leave an index that names bytes that are gone.
#[tokio::test]
async fn t4_bytes_go_after_the_commit_that_let_go_of_them_is_on_stable_storage() {
    let fixture = Fixture::new().await;
    let spy = Spy::on(fixture.store.clone());
    let service = fixture.service_over(spy.clone(), fixture.data.clone());
    fixture.put("k", &bytes(1, 200_000)).await;
    fixture.put("k", &bytes(2, 200_000)).await;
    spy.fails_to_sync.store(true, Ordering::SeqCst);
    assert!(round(&service).await.is_err());
    assert_eq!(fixture.blobs().await, 2);
    spy.fails_to_sync.store(false, Ordering::SeqCst);
    assert_eq!(round(&service).await.unwrap().blobs_deleted, 1);
    assert_eq!(fixture.blobs().await, 1);
}

#[tokio::test]
async fn it_ends_at_once_however_long_the_queue_is() {
    let fixture = Fixture::new().await;
    let slow = Faulty::new(fixture.data.clone());
    (1..=TASKS).for_each(|_| slow.arm(Verb::Delete, 1, Fault::Delay(Duration::from_secs(1))));
    let parts = &fixture.service.inner.parts;
    let location = Location { name: "files".into(), store: slow.clone(), inline: true };
    let service = ObjectService::new(Parts {
        metadata: fixture.store.clone(),
        locations: HashMap::from([("files".to_owned(), location)]),
        default_location: "files".into(),
        accounts: Arc::clone(&parts.accounts),
        clock: Arc::clone(&parts.clock),
        random: Arc::clone(&parts.random),
        region: "us-east-1".into(),
    });
    for number in 0..TASKS {
        let extents = vec![Extent { locator: Locator(vec![0; 16]), length: 1 }];
        let task = ReclaimTask::Blobs { content: 1 << 40, location: "files".into(), extents };
        let key = [keys::tasks(Queue::Reclaim), number.to_be_bytes().to_vec()].concat();
        let writes = vec![Write::Put { table: Table::Index, key, value: task.encode() }];
        fixture.store.commit(Batch { writes, ..Batch::default() }, Durability::Ordered).await.unwrap();
    }
    let begun = Instant::now();
    let stop = tokio::time::sleep(Duration::from_millis(100));
    tokio::time::timeout(Duration::from_secs(20), run(service, stop)).await.expect("it ends");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(slow.armed() > 0, "the queue was empty before it was told to stop");
}
