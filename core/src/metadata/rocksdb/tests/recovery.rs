//! What is there after the process has gone, in whatever way.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::metadata::counter;
use crate::random::{Random, SeededRandom};

/// Copies the files as a crash would leave them: nothing is closed, nothing flushed.
fn crash_copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    to
}

/// Bytes that can't be compressed.
fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    SeededRandom::new(seed).fill(&mut bytes);
    bytes
}

fn log_of(directory: &Path) -> PathBuf {
    let logs = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut logs: Vec<_> = logs.filter(|path| path.extension().is_some_and(|extension| extension == "log")).collect();
    logs.sort_by_key(|path| fs::metadata(path).unwrap().len());
    logs.pop().unwrap()
}

/// The last place of `needle` in the log.
fn find(log: &Path, needle: &[u8]) -> usize {
    let bytes = fs::read(log).unwrap();
    memchr::memmem::rfind(&bytes, needle).expect("not in the log")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reopening_keeps_everything() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..4_u8 {
        let store = open(directory.path());
        for earlier in 0..round {
            assert_eq!(value(&store, &[b'k', earlier]).await, Some(vec![earlier; 300]));
        }
        assert_eq!(counter::decode(value(&store, b"n").await.as_deref()), Ok(i64::from(round) * 2));
        put(&store, &[b'k', round], &[round; 300]).await;
        for durability in [Durability::Synced, Durability::Ordered] {
            let mut tx = Transaction::new(&*store);
            tx.add(*b"n", 1);
            tx.put(Table::Inline, [round], vec![round; 2000]);
            tx.commit(durability).await.unwrap();
        }
        match round {
            0 => {}
            1 => store.compact().await.unwrap(),
            _ => {
                store.close().await.unwrap();
                assert!(store.get_many(&[]).await.is_err());
                let mut tx = Transaction::new(&*store);
                tx.put(Table::Index, *b"late", &b"x"[..]);
                let late = tx.commit(Durability::Synced).await.unwrap_err().to_string();
                assert!(late.contains("closed"), "{late}");
            }
        }
    }
    let store = open(directory.path());
    let names: Vec<_> = (0..4_u8).map(|round| (Table::Inline, vec![round])).collect();
    let (_, bodies) = store.get_many(&names).await.unwrap();
    assert!(bodies.iter().zip(0..4_u8).all(|(body, round)| body.as_deref() == Some(&vec![round; 2000][..])));
    assert_eq!(value(&store, b"late").await, None);
}

#[tokio::test]
async fn directories_are_made_as_needed() {
    let directory = tempfile::tempdir().unwrap();
    let deep = directory.path().join("a/b/c");
    put(&open(&deep), b"k", b"v").await;
    assert!(value(&open(&deep), b"k").await.is_some());
    let file = directory.path().join("file");
    fs::write(&file, b"").unwrap();
    assert!(matches!(RocksDb::open(&file, &Options::default()), Err(OpenError::Io { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t4_what_was_answered_is_in_the_files_at_that_moment() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for round in 0..5_u8 {
        put(&store, &[round], b"v").await;
        let copy = crash_copy(directory.path());
        let recovered = open(copy.path());
        for earlier in 0..=round {
            assert!(value(&recovered, &[earlier]).await.is_some());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_torn_tail_is_cut_off() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    put(&store, b"first", b"v").await;
    put(&store, b"second-to-last", b"v").await;
    put(&store, b"last", b"v").await;
    let copy = crash_copy(directory.path());
    let log = log_of(copy.path());
    let at = find(&log, b"last");
    fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(at as u64 + 2).unwrap();
    let recovered = open(copy.path());
    assert!(value(&recovered, b"second-to-last").await.is_some());
    assert_eq!(value(&recovered, b"last").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_the_synced_log_is_refused_again_and_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for key in [&b"first"[..], b"victim", b"third", b"fourth"] {
        put(&store, key, b"v").await;
    }
    let copy = crash_copy(directory.path());
    let log = log_of(copy.path());
    let mut bytes = fs::read(&log).unwrap();
    let at = find(&log, b"victim");
    bytes[at] ^= 4;
    fs::write(&log, &bytes).unwrap();
    for _ in 0..2 {
        let refused = RocksDb::open(copy.path(), &Options::default()).unwrap_err();
        assert!(matches!(refused, OpenError::AcknowledgedLost { .. }), "{refused}");
    }
    // Nothing was touched: the bit put right, all is there.
    bytes[at] ^= 4;
    fs::write(&log, &bytes).unwrap();
    let recovered = open(copy.path());
    for key in [&b"first"[..], b"victim", b"third", b"fourth"] {
        assert!(value(&recovered, key).await.is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_a_table_or_blob_file_is_never_given_out() {
    let directory = tempfile::tempdir().unwrap();
    let body = noise(1, 20_000);
    let store = open(directory.path());
    put(&store, b"key", b"incompressible-enough-to-be-found").await;
    let mut tx = Transaction::new(&*store);
    tx.put(Table::Inline, *b"body", body.clone());
    tx.commit(Durability::Synced).await.unwrap();
    store.compact().await.unwrap();
    drop(store);
    for (extension, needle) in [("sst", &b"incompressible"[..]), ("blob", &body[5000..5016])] {
        let copy = crash_copy(directory.path());
        let mut hit = false;
        for entry in fs::read_dir(copy.path()).unwrap() {
            let path = entry.unwrap().path();
            let mut bytes = fs::read(&path).unwrap();
            if path.extension().is_some_and(|found| found == extension)
                && let Some(at) = memchr::memmem::find(&bytes, needle)
            {
                bytes[at + 3] ^= 1;
                fs::write(&path, bytes).unwrap();
                hit = true;
            }
        }
        assert!(hit, "no {extension} file holds the bytes");
        let store = open(copy.path());
        let names = [(Table::Index, b"key".to_vec()), (Table::Inline, b"body".to_vec())];
        let error = store.get_many(&names).await.unwrap_err();
        assert!(matches!(error, crate::metadata::ReadError::Corrupt(_)), "{extension}: {error}");
    }
}

/// With a cache too small for anything, reads leave the fast path in the middle and must come to the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_that_miss_the_cache_are_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { cache_bytes: 64 << 10, ..Options::default() };
    let store = RocksDb::open(directory.path(), &options).unwrap();
    let key = |at: u32| [b"k", at.to_be_bytes().as_slice()].concat();
    // Hard to compress, so that there are many blocks; every third is deleted after the first are written out.
    let body = |at: u32| noise(at.into(), 400);
    for chunk in 0..40 {
        let mut tx = Transaction::new(&*store);
        for at in chunk * 100..(chunk + 1) * 100 {
            tx.put(Table::Index, key(at), body(at));
        }
        tx.commit(Durability::Ordered).await.unwrap();
        if chunk == 20 {
            store.compact().await.unwrap();
        }
    }
    for at in (0..4000).step_by(3) {
        let mut tx = Transaction::new(&*store);
        tx.delete(Table::Index, key(at));
        tx.commit(Durability::Ordered).await.unwrap();
    }
    let expected: Vec<_> = (0..4000).filter(|at| at % 3 != 0).map(|at| (key(at), body(at))).collect();
    for _ in 0..2 {
        let snapshot = store.snapshot().unwrap();
        for reverse in [false, true] {
            for limit in [7, 1000, 4000] {
                let mut found: Vec<_> = snapshot
                    .scan(b"k", b"l", limit, reverse)
                    .await
                    .unwrap()
                    .into_iter()
                    .map(|(key, value)| (key, Vec::from(value)))
                    .collect();
                assert_eq!(found.len(), limit.min(expected.len()));
                if reverse {
                    found.reverse();
                    assert_eq!(found[..], expected[expected.len() - found.len()..]);
                } else {
                    assert_eq!(found[..], expected[..found.len()]);
                }
            }
        }
        let names: Vec<_> = (0..4000).step_by(61).map(|at| (Table::Index, key(at))).collect();
        let (_, values) = store.get_many(&names).await.unwrap();
        for (at, value) in (0..4000).step_by(61).zip(values) {
            assert_eq!(value.map(Vec::from), (at % 3 != 0).then(|| body(at)));
        }
        drop(snapshot);
        store.compact().await.unwrap();
    }
}
