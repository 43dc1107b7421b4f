//! The reclaim worker: what it takes away, what it leaves, and where it begins.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;

use super::{Asked, Spy};
use crate::content::{Expected, Extent, Upload};
use crate::data::Locator;
use crate::error::Error;
use crate::limits::{RECLAIM_IDLE, RECLAIM_RESCAN_ROUNDS, RECLAIM_RETRY_ROUNDS};
use crate::metadata::keys::{self, Queue};
use crate::metadata::records::{ReclaimTask, Record};
use crate::metadata::{Batch, Durability, Key, MetadataStore, Table, Write};
use crate::objects::tests::{Fixture, bytes, multipart};
use crate::work::reclaim::{self, Round};

async fn put_task(fixture: &Fixture, due: u64, value: Bytes) -> Key {
    let key = keys::task(Queue::Reclaim, due, 1);
    let writes = vec![Write::Put { table: Table::Index, key: key.clone(), value }];
    fixture.store.commit(Batch { writes, ..Batch::default() }, Durability::Synced).await.unwrap();
    key
}

fn task(content: u64) -> Bytes {
    let extents = vec![Extent { locator: Locator(vec![0; 8]), length: 1 }];
    ReclaimTask::Blobs { content, location: "files".into(), extents }.encode()
}

#[tokio::test]
async fn a_task_that_waits_or_can_not_be_read_keeps_no_other_from_being_done() {
    let fixture = Fixture::new().await;
    put_task(&fixture, 1, Bytes::from_static(b"nonsense")).await;
    put_task(&fixture, 2, task(7)).await;
    put_task(&fixture, 3, task(8)).await;
    let pin = fixture.service.inner.pins.pin(7);
    let round = reclaim::round(&fixture.service).await.unwrap();
    assert_eq!(round, Round { tasks_done: 1, blobs_deleted: 1, tasks_waiting: 1, tasks_unreadable: 1 });
    drop(pin);
    let round = reclaim::round(&fixture.service).await.unwrap();
    assert_eq!(round, Round { tasks_done: 1, blobs_deleted: 1, tasks_waiting: 0, tasks_unreadable: 1 });
}

#[tokio::test]
async fn the_uploads_of_a_deleted_bucket_go_and_no_part_comes_after_them() {
    for size in [100_usize, 200_000] {
        let fixture = Fixture::new().await;
        let id = multipart::begin(&fixture, "up").await;
        for (number, size) in [(1, 100), (2, 200_000), (3, 300_000)] {
            multipart::part(&fixture, "up", &id, number, &bytes(1, size)).await.unwrap();
        }
        assert_eq!(fixture.assert_clean().await.parts, 3);
        // One more is on its way when the bucket is deleted, and its bytes end after all of its upload is gone.
        let (send, receive) = futures::channel::mpsc::unbounded();
        let late = Upload { body: receive.boxed(), length: Some(size as u64), expected: Expected::default() };
        let late = multipart::part_request(&fixture, "up", &id, 4, late);
        let late = fixture.service.upload_part(&fixture.root, late);
        let deletion = async {
            send.unbounded_send(Ok(bytes(2, size))).unwrap();
            while fixture.service.inner.writers.count() == 0 {
                tokio::task::yield_now().await;
            }
            fixture.service.delete_bucket(&fixture.root, &fixture.bucket).await.unwrap();
            reclaim::round(&fixture.service).await.unwrap();
            assert_eq!(fixture.blobs().await, 0);
            send.close_channel();
        };
        let (late, ()) = futures::join!(late, deletion);
        assert!(matches!(late, Err(Error::NoSuchBucket(_))), "{size}: {late:?}");
        while fixture.service.inner.writers.count() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let report = fixture.assert_clean().await;
        assert_eq!((report.uploads, report.parts, report.blobs), (0, 0, 0));
    }
}

/// Where the rounds of a worker began within a time.
async fn starts(fixture: &Fixture, time: Duration) -> Vec<Key> {
    let spy = Spy::on(fixture.store.clone());
    let service = fixture.service_over(spy.clone(), fixture.data.clone());
    reclaim::run(service, tokio::time::sleep(time)).await;
    let asked = spy.asked().into_iter().map(|asked| match asked {
        Asked::Scan(start, _) => start,
        Asked::Get => panic!("it only scans"),
    });
    asked.collect()
}

#[tokio::test(start_paused = true)]
async fn an_idle_worker_does_not_step_over_what_it_has_done() {
    let fixture = Fixture::new().await;
    let prefix = keys::tasks(Queue::Reclaim);
    let last = [put_task(&fixture, 5, task(7)).await, vec![0]].concat();
    let begun = starts(&fixture, RECLAIM_IDLE * (RECLAIM_RESCAN_ROUNDS + 10)).await;
    assert_eq!(begun[0], prefix);
    let rescan = begun.iter().skip(1).position(|start| *start == prefix).unwrap() + 1;
    assert_eq!(rescan, usize::try_from(RECLAIM_RESCAN_ROUNDS).unwrap() + 1);
    assert!(begun[1..rescan].iter().all(|start| *start == last));
}

#[tokio::test(start_paused = true)]
async fn what_waits_or_was_committed_late_is_met_again() {
    let fixture = Fixture::new().await;
    put_task(&fixture, 5, task(7)).await;
    let pin = fixture.service.inner.pins.pin(7);
    let worker = reclaim::run(fixture.service.clone(), tokio::time::sleep(RECLAIM_IDLE * 8 * RECLAIM_RESCAN_ROUNDS));
    let tasks = async || {
        let prefix = keys::tasks(Queue::Reclaim);
        fixture.store.snapshot().unwrap().scan(&prefix, &keys::behind(&prefix), 10, false).await.unwrap().len()
    };
    let others = async {
        tokio::time::sleep(RECLAIM_IDLE * 3 * RECLAIM_RETRY_ROUNDS).await;
        assert_eq!(tasks().await, 1, "it waits for its reader");
        drop(pin);
        tokio::time::sleep(RECLAIM_IDLE * 2 * RECLAIM_RETRY_ROUNDS).await;
        assert_eq!(tasks().await, 0);
        // Behind the mark.
        put_task(&fixture, 1, task(8)).await;
        tokio::time::sleep(RECLAIM_IDLE * 2 * RECLAIM_RESCAN_ROUNDS).await;
        assert_eq!(tasks().await, 0);
    };
    futures::join!(worker, others);
}
