//! The suite that every engine is held to: one contract, one set of tests.
//!
//! Always holds: a case needs nothing but the trait and an empty store, panics where the contract is broken, and leaves the store as it
//! pleases; so each case gets a store of its own. [`CASES`] names them all: an engine's tests run each
//! (see [`run`]), so that a case added here is run for every engine.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use super::transaction::Transaction;
use super::{Batch, CommitError, Durability, MetadataStore, Stamp, Table, Write};

mod concurrent;
mod contract;
mod counters;
mod failure;
mod neighbours;
mod scans;

pub(crate) const INDEX: Table = Table::Index;

/// A store under test, shared with the tasks of a case, and what a case asks of it beside the contract.
#[derive(Clone)]
pub struct Store {
    pub engine: Arc<dyn MetadataStore>,
    /// Makes the next synced commit fail as one whose sync the disk refused.
    pub fail_next_sync: Arc<dyn Fn() + Send + Sync>,
    /// How many entries reads have stepped over so far. It counts what grows with deletions; the engine says which entries.
    pub steps: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl Deref for Store {
    type Target = dyn MetadataStore;

    fn deref(&self) -> &Self::Target {
        &*self.engine
    }
}

/// A case and its name.
pub type Case = (&'static str, fn(Store) -> Pin<Box<dyn Future<Output = ()>>>);

macro_rules! cases {
    ($($module:ident :: $name:ident),* $(,)?) => {
        &[$((stringify!($name), |store| Box::pin($module::$name(store)))),*]
    };
}

/// Every case. To be run on a runtime with several threads.
pub const CASES: &[Case] = cases![
    contract::a_commit_is_seen_by_all_later_reads,
    contract::a_lost_update_is_refused,
    contract::a_write_skew_is_refused,
    contract::an_absent_key_is_a_read_too,
    contract::what_is_unchanged_does_not_conflict,
    contract::a_commit_without_writes_checks_its_reads,
    contract::writes_of_a_batch_apply_in_order,
    contract::inline_values_of_every_size_come_back,
    contract::too_large_is_refused_and_changes_nothing,
    contract::locks_travel_with_the_batch,
    contract::a_phantom_is_kept_out_by_a_lock,
    failure::t9_a_failed_sync_is_the_end,
    failure::t9_what_waits_for_a_failed_sync_fails,
    failure::t9_a_failed_sync_of_what_was_ordered_is_the_end,
    counters::counters_read_as_eight_bytes,
    counters::blind_changes_never_conflict,
    counters::a_validated_read_of_a_counter_conflicts,
    scans::scans_are_ordered_bounded_and_limited,
    scans::a_snapshot_does_not_change,
    scans::scans_leave_the_inline_table_out,
    neighbours::any_other_finds_what_there_is,
    neighbours::deleting_neighbours_in_any_order_is_linear,
    concurrent::increments_by_compare_and_set_add_up,
    concurrent::a_conflict_fails_alone,
    concurrent::reads_of_several_keys_are_one_instant,
    concurrent::counters_under_load_add_up,
];

/// Runs every case on a store that `open` makes for it. Names each case on the way, so that a failure says where it happened.
pub async fn run<F: Future<Output = (Store, G)>, G>(mut open: impl FnMut() -> F) {
    for (name, case) in CASES {
        eprintln!("  conformance: {name}");
        let (store, _guard) = open().await;
        case(store).await;
    }
}

pub(crate) async fn put(store: &Store, key: &[u8], value: &[u8]) {
    let mut tx = Transaction::new(&**store);
    tx.put(INDEX, key, Bytes::copy_from_slice(value));
    tx.commit(Durability::Ordered).await.unwrap();
}

pub(crate) async fn delete(store: &Store, key: &[u8]) {
    let mut tx = Transaction::new(&**store);
    tx.delete(INDEX, key);
    tx.commit(Durability::Ordered).await.unwrap();
}

pub(crate) async fn read(store: &Store, key: &[u8]) -> (Stamp, Option<Bytes>) {
    let (stamp, mut values) = store.get_many(&[(INDEX, key.to_vec())]).await.unwrap();
    (stamp, values.pop().unwrap())
}

pub(crate) async fn value(store: &Store, key: &[u8]) -> Option<Bytes> {
    read(store, key).await.1
}

/// Puts `write` = `value` if `read` is as it was at `stamp`.
pub(crate) async fn put_if(
    store: &Store,
    read: &[u8],
    stamp: Stamp,
    write: &[u8],
    value: &[u8],
) -> Result<(), CommitError> {
    let put = Write::Put { table: INDEX, key: write.to_vec(), value: Bytes::copy_from_slice(value) };
    let batch = Batch { reads: vec![(INDEX, read.to_vec(), stamp)], writes: vec![put], ..Batch::default() };
    store.commit(batch, Durability::Synced).await
}

pub(crate) fn is_conflict(outcome: &Result<(), CommitError>) -> bool {
    matches!(outcome, Err(CommitError::Conflict))
}
