//! The wrapper passes the suite of all stores while nothing is armed, and each fault does what it says.

use std::time::Duration;

use super::{Fault, Faulty, Verb};
use crate::data::conformance::{self, body, bytes_of, locators, origin, put, read};
use crate::data::memory::MemoryStore;
use crate::data::{DataError, DataStore as _};

fn injected() -> DataError {
    DataError::Unavailable("injected".into())
}

#[tokio::test]
async fn conforms() {
    conformance::run(Faulty::new(MemoryStore::new(1 << 30))).await;
}

#[tokio::test]
async fn the_nth_call_fails_and_only_that() {
    let store = Faulty::new(MemoryStore::new(1 << 30));
    store.arm(Verb::Put, 2, Fault::Fail(injected()));
    store.arm(Verb::Put, 3, Fault::FailAfter(injected()));
    for (calls, kept) in [(1, true), (2, false), (3, true), (4, true)] {
        let before = locators(&*store).await.unwrap().len();
        let outcome = store.put(origin(calls), Some(10), body(10, calls)).await;
        assert_eq!(outcome.is_ok(), calls == 1 || calls == 4);
        assert_eq!(locators(&*store).await.unwrap().len() > before, kept, "call {calls}");
    }
    assert_eq!(store.armed(), 0);
    let stored = put(&*store, 10).await;
    store.arm(Verb::Delete, 1, Fault::Fail(injected()));
    assert!(store.delete(&stored.locator).await.is_err());
    assert!(read(&*store, &stored, 0, 10).await.is_ok());
    store.arm(Verb::Delete, 1, Fault::FailAfter(injected()));
    assert!(store.delete(&stored.locator).await.is_err());
    assert!(matches!(read(&*store, &stored, 0, 10).await, Err(DataError::NotFound)));
}

#[tokio::test]
async fn reads_fail_in_the_middle_end_early_or_lie() {
    let store = Faulty::new(MemoryStore::new(1 << 30));
    let stored = put(&*store, 3_000_000).await;
    let whole = bytes_of(3_000_000, 1);
    for fault in [Fault::Fail(injected()), Fault::FailAfter(injected())] {
        store.arm(Verb::Get, 1, fault);
        assert!(matches!(read(&*store, &stored, 0, 3_000_000).await, Err(DataError::Unavailable(_))));
    }
    store.arm(Verb::Get, 1, Fault::Short);
    assert!(read(&*store, &stored, 0, 3_000_000).await.unwrap() == whole[..1_500_000]);
    store.arm(Verb::Get, 1, Fault::Flip);
    let lie = read(&*store, &stored, 0, 3_000_000).await.unwrap();
    assert!(lie[1..] == whole[1..] && lie[0] == whole[0] ^ 1);
    assert!(read(&*store, &stored, 0, 3_000_000).await.unwrap() == whole);
}

#[tokio::test]
async fn a_delay_delays() {
    let store = Faulty::new(MemoryStore::new(1 << 30));
    let stored = put(&*store, 10).await;
    for verb in [Verb::Get, Verb::Delete] {
        store.arm(verb, 1, Fault::Delay(Duration::from_millis(30)));
    }
    let started = std::time::Instant::now();
    assert_eq!(read(&*store, &stored, 0, 10).await.unwrap(), bytes_of(10, 1));
    store.delete(&stored.locator).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(60));
}
