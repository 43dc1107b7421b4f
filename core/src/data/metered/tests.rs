//! The wrapper passes the suite of all stores, and counts what happens.

use std::sync::Arc;

use futures::StreamExt as _;

use super::Metered;
use crate::clock::{ManualClock, SystemClock, Timestamp};
use crate::data::conformance::{self, body, origin, put, read};
use crate::data::faulty::{Fault, Faulty, Verb};
use crate::data::memory::MemoryStore;
use crate::data::{DataError, DataStore as _};
use crate::types::ByteRange;

#[tokio::test]
async fn conforms() {
    conformance::run(Metered::new(MemoryStore::new(1 << 30), Arc::new(SystemClock))).await;
}

#[tokio::test]
async fn calls_bytes_and_errors_are_counted() {
    let faulty = Faulty::new(MemoryStore::new(1 << 30));
    let store = Metered::new(faulty.clone(), Arc::new(ManualClock::at(Timestamp::from_secs(5))));
    let stored = put(&*store, 3_000_000).await;
    read(&*store, &stored, 0, 2_000_000).await.unwrap();
    faulty.arm(Verb::Get, 1, Fault::Fail(DataError::Corrupt("injected".into())));
    read(&*store, &stored, 0, 10).await.unwrap_err();
    drop(store.put(origin(1), Some(10), body(5, 1)).await);
    let mut left = store.get(&stored.locator, stored.length, ByteRange { offset: 0, length: 3_000_000 });
    left.next().await.unwrap().unwrap();
    let [put, get, delete] = store.read();
    assert_eq!((put.ended, put.bytes, get.ended, get.bytes - (1 << 20)), (2, 3_000_000, 2, 2_000_000));
    assert_eq!((get.under_way, get.abandoned, delete.ended), (1, 0, 0));
    assert_eq!(get.errors[1], ("corrupt", 1));
    assert_eq!(put.errors[4], ("source", 1));
    assert_eq!(get.latency.counts.iter().sum::<u64>(), 3);
    drop(left);
    let [_, get, _] = store.read();
    assert_eq!((get.under_way, get.abandoned), (0, 1));
    store.delete(&stored.locator).await.unwrap();
    assert_eq!(store.read()[2].ended, 1);
}
