//! The memory store passes the suite of all stores, and its own corners.

use super::MemoryStore;
use crate::data::conformance::{self, body, origin, put, read};
use crate::data::{DataError, DataStore as _};

const MIB: u64 = 1 << 20;

#[tokio::test]
async fn conforms() {
    let store = MemoryStore::new(512 * MIB);
    conformance::run(store).await;
}

#[tokio::test]
async fn a_damaged_byte_is_never_given_out() {
    let store = MemoryStore::new(MIB);
    let stored = put(&*store, 100_000).await;
    assert!(store.damage(&stored.locator, 70_000, 0x10));
    assert!(matches!(read(&*store, &stored, 65_536, 10).await, Err(DataError::Corrupt(_))));
    assert_eq!(read(&*store, &stored, 0, 65_536).await.unwrap().len(), 65_536, "the other block is whole");
}

#[tokio::test]
async fn a_full_memory_refuses_and_gives_back() {
    let store = MemoryStore::new(MIB);
    let stored = put(&*store, MIB / 2).await;
    let refused = store.put(origin(2), None, body(MIB, 2)).await;
    assert!(matches!(refused, Err(DataError::Full(_))));
    assert_eq!(store.space().unwrap().free_bytes, MIB / 2);
    store.delete(&stored.locator).await.unwrap();
    assert_eq!(store.space().unwrap().free_bytes, MIB);
}
