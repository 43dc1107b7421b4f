//! A sync that the disk refuses.
//!
//! Always holds (T9): nobody is told that it succeeded, nothing goes on as if it had, and no call hangs.

use futures::FutureExt;
use futures::future::join_all;

use super::super::transaction::Transaction;
use super::super::{Batch, CommitError, Durability, LockMode, ReadError, Write};
use super::{INDEX, Store, put};

fn write(key: &[u8]) -> Batch {
    let writes = vec![Write::Put { table: INDEX, key: key.to_vec(), value: bytes::Bytes::from_static(b"x") }];
    Batch { writes, ..Batch::default() }
}

pub(super) async fn t9_a_failed_sync_is_the_end(store: Store) {
    put(&store, b"before", b"1").await;
    let snapshot = store.snapshot().unwrap();
    let (stamp, _) = store.get_many(&[(INDEX, b"before".to_vec())]).await.unwrap();
    let mut tx = Transaction::new(&*store);
    tx.lock(b"held", LockMode::Exclusive).await.unwrap();
    tx.put(INDEX, *b"lost", &b"1"[..]);
    (store.fail_next_sync)();
    assert!(matches!(tx.commit(Durability::Synced).await, Err(CommitError::Failed(_))));

    // Its locks are free, and whoever gets them hears of it.
    assert!(matches!(store.lock(b"held", LockMode::Shared).now_or_never(), Some(Err(ReadError::Failed(_)))));
    // Every kind of call, also what was begun before.
    assert!(matches!(store.get_many(&[(INDEX, b"before".to_vec())]).await, Err(ReadError::Failed(_))));
    assert!(matches!(store.snapshot().map(drop), Err(ReadError::Failed(_))));
    assert!(matches!(snapshot.get_many(&[(INDEX, b"before".to_vec())]).await, Err(ReadError::Failed(_))));
    assert!(matches!(snapshot.scan(b"", b"z", 9, false).await, Err(ReadError::Failed(_))));
    assert!(matches!(snapshot.any_other(b"", b"z", b"").await, Err(ReadError::Failed(_))));
    for durability in [Durability::Synced, Durability::Ordered] {
        assert!(matches!(store.commit(write(b"later"), durability).await, Err(CommitError::Failed(_))));
        let check = Batch { reads: vec![(INDEX, b"before".to_vec(), stamp)], ..Batch::default() };
        assert!(matches!(store.commit(check, durability).await, Err(CommitError::Failed(_))));
    }
    // A transaction that loses its engine is not run again and again.
    let outcome = crate::transact!(&*store, Durability::Synced, |tx| Ok(tx.get(INDEX, b"before").await?));
    assert!(matches!(outcome, Err(crate::error::Error::Internal(_))), "{outcome:?}");
}

/// Commits that come at once: some may make it before the failure, none is told so falsely, and each hears something.
pub(super) async fn t9_what_waits_for_a_failed_sync_fails(store: Store) {
    put(&store, b"before", b"1").await;
    (store.fail_next_sync)();
    let keys: Vec<[u8; 2]> = (0..64).map(|at| [b'k', at]).collect();
    let outcomes = join_all(keys.iter().map(|key| store.commit(write(key), Durability::Synced))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(CommitError::Failed(_)))), "{outcomes:?}");
}

/// What was committed in order can't be made stable: everybody who waits for that hears of it, and the engine ends.
pub(super) async fn t9_a_failed_sync_of_what_was_ordered_is_the_end(store: Store) {
    store.sync().await.unwrap();
    put(&store, b"before", b"1").await;
    store.sync().await.unwrap();
    put(&store, b"after", b"1").await;
    (store.fail_next_sync)();
    let outcomes = join_all((0..16).map(|_| store.sync())).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(CommitError::Failed(_)))), "{outcomes:?}");
    assert!(matches!(store.get_many(&[(INDEX, b"before".to_vec())]).await, Err(ReadError::Failed(_))));
    assert!(matches!(store.commit(write(b"later"), Durability::Ordered).await, Err(CommitError::Failed(_))));
}
