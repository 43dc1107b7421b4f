//! What is this engine's own: groups, stops, reopening, the directory. The contract is held by the conformance suite.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rocksdb::perf;

use super::super::conformance;
use super::super::transaction::Transaction;
use super::super::{Durability, MetadataStore, Table};
use super::{OpenError, Options, RocksDb};

mod groups;
mod hot;
mod model;
mod recovery;

fn open(directory: &Path) -> Arc<RocksDb> {
    RocksDb::open(directory, &Options::default()).unwrap()
}

/// A store with its directory, which goes with it. What its steps say is of reads on the calling thread.
pub(crate) fn store() -> (conformance::Store, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let engine = open(directory.path());
    let fail = Arc::clone(&engine);
    perf::set_perf_stats(perf::PerfStatsLevel::EnableCount);
    let store = conformance::Store {
        engine,
        fail_next_sync: Arc::new(move || fail.inner.hooks.sync_error.store(true, Ordering::SeqCst)),
        steps: Arc::new(|| perf::PerfContext::default().metric(perf::PerfMetric::InternalDeleteSkippedCount)),
    };
    (store, directory)
}

async fn put(store: &RocksDb, key: &[u8], value: &[u8]) {
    let mut tx = Transaction::new(store);
    tx.put(Table::Index, key, value.to_vec());
    tx.commit(Durability::Synced).await.unwrap();
}

async fn value(store: &RocksDb, key: &[u8]) -> Option<Vec<u8>> {
    let (_, mut values) = store.get_many(&[(Table::Index, key.to_vec())]).await.unwrap();
    values.pop().unwrap().map(Vec::from)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms() {
    conformance::run(|| async { store() }).await;
}

#[tokio::test]
async fn a_second_opening_is_refused_with_a_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let refused = RocksDb::open(directory.path(), &Options::default()).unwrap_err();
    assert!(matches!(refused, OpenError::Held { .. }), "{refused}");
    let sentence = refused.to_string();
    assert!(sentence.contains(&format!("is in use by this process ({}) already", std::process::id())), "{sentence}");
    assert!(sentence.contains(directory.path().to_str().unwrap()), "{sentence}");
    drop(store);
    open(directory.path());
}

#[tokio::test]
async fn another_process_that_holds_the_directory_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("LOCK.trefoil");
    drop(open(directory.path()));
    let mut child = std::process::Command::new("flock")
        .arg(&file)
        // The note is written as this engine would in that process.
        .args(["sh", "-c", "echo $$ $(cut -d' ' -f22 /proc/$$/stat) $(cat /proc/sys/kernel/hostname) > \"$0\"; echo ready; exec sleep 60"])
        .arg(&file)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    let pid = std::fs::read_to_string(&file).unwrap().split(' ').next().unwrap().to_owned();
    // While a process turns into another program, it has no command line for a moment.
    while !std::fs::read(format!("/proc/{pid}/cmdline")).unwrap().starts_with(b"sleep") {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let sentence = RocksDb::open(directory.path(), &Options::default()).unwrap_err().to_string();
    // `sleep` is a child of `flock`, which holds the lock as long as either lives.
    assert!(std::process::Command::new("kill").arg(&pid).status().unwrap().success());
    child.wait().unwrap();
    assert!(sentence.contains(&format!("is in use by process {pid} (sleep")), "{sentence}");
    open(directory.path());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_say_what_happened() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for round in 0..10_u8 {
        put(&store, &[round], &[round; 100]).await;
    }
    let mut tx = Transaction::new(&*store);
    tx.put(Table::Inline, *b"body", vec![5; 4000]);
    tx.commit(Durability::Ordered).await.unwrap();
    let before = store.statistics();
    assert_eq!((before.commits, before.groups, before.syncs, before.conflicts), (11, 11, 10, 0));
    assert_eq!(before.group_sizes[0], (1, 11));
    assert!(before.memtable_bytes > 0 && before.index_keys_estimate == 10 && !before.stopped);
    assert_eq!((before.table_bytes, before.blob_bytes, before.queue_bytes, before.queue_length), (0, 0, 0, 0));
    store.compact().await.unwrap();
    let after = store.statistics();
    assert!(after.table_bytes > 0 && after.blob_bytes > 0 && after.background_errors == 0, "{after:?}");
}
