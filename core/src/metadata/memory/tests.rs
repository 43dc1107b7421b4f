//! What is the memory engine's own: it forgets what nobody can see. The contract is held by the conformance suite.

use std::sync::Arc;

use super::super::conformance;
use super::super::transaction::Transaction;
use super::super::{Durability, MetadataStore, Table};
use super::MemoryStore;

async fn write(store: &MemoryStore, key: &[u8], value: Option<&'static [u8]>) {
    let mut tx = Transaction::new(store);
    match value {
        Some(value) => tx.put(Table::Index, key, value),
        None => tx.delete(Table::Index, key),
    }
    tx.commit(Durability::Synced).await.unwrap();
}

pub(crate) fn store() -> conformance::Store {
    let engine = Arc::new(MemoryStore::new());
    let (fail, steps) = (Arc::clone(&engine), Arc::clone(&engine));
    conformance::Store {
        engine,
        fail_next_sync: Arc::new(move || fail.fail_next_sync()),
        steps: Arc::new(move || steps.steps()),
    }
}

#[tokio::test]
async fn deleted_keys_go_when_no_snapshot_wants_them() {
    let store = MemoryStore::new();
    for round in 0..10_u8 {
        write(&store, &[round], Some(b"v")).await;
    }
    let snapshot = store.snapshot().unwrap();
    for round in 0..10_u8 {
        write(&store, &[round], None).await;
    }
    assert_eq!(store.keys_in_memory(), 10);
    assert_eq!(snapshot.scan(b"", b"\xff", 100, false).await.unwrap().len(), 10);
    drop(snapshot);
    write(&store, b"x", None).await;
    assert_eq!(store.keys_in_memory(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms() {
    conformance::run(|| async { (store(), ()) }).await;
}
