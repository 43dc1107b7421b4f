//! Records that are kept ready: what has changed is never given out, and several keys are of one state, whether kept or not.

use super::*;

async fn put_all(store: &RocksDb, keys: &[&[u8]], value: u64) {
    let mut tx = Transaction::new(store);
    for key in keys {
        tx.put(Table::Index, *key, value.to_be_bytes().to_vec());
    }
    tx.commit(Durability::Ordered).await.unwrap();
}

#[tokio::test]
async fn a_kept_record_that_has_changed_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    for round in 0..3_u8 {
        put(&store, b"k", &[round]).await;
        // Read, kept, and given out.
        for _ in 0..2 {
            assert_eq!(value(&store, b"k").await.as_deref(), Some(&[round][..]));
        }
    }
    assert!(store.statistics().hot_bytes > 0);
    let mut tx = Transaction::new(&*store);
    tx.delete(Table::Index, *b"k");
    tx.commit(Durability::Synced).await.unwrap();
    assert_eq!(value(&store, b"k").await, None);
}

/// A record that one commit writes twice never was what it wrote first: not for a read that comes while the commit's writes are being kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_the_middle_of_a_commit() {
    let directory = tempfile::tempdir().unwrap();
    let store = std::sync::Arc::new(open(directory.path()));
    put(&store, b"k", b"done").await;
    let ended = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (reader, stop) = (std::sync::Arc::clone(&store), std::sync::Arc::clone(&ended));
    let reading = tokio::spawn(async move {
        let mut reads = 0_u64;
        while !stop.load(Ordering::SeqCst) {
            assert_eq!(value(&reader, b"k").await.as_deref(), Some(&b"done"[..]), "after {reads} reads");
            reads += 1;
            tokio::task::yield_now().await;
        }
        reads
    });
    for _ in 0..100 {
        let mut tx = Transaction::new(&**store);
        tx.put(Table::Index, *b"k", &b"half"[..]);
        (0..1000_u32).for_each(|n| tx.put(Table::Index, n.to_be_bytes(), &b"x"[..]));
        tx.put(Table::Index, *b"k", &b"done"[..]);
        tx.commit(Durability::Ordered).await.unwrap();
    }
    ended.store(true, Ordering::SeqCst);
    assert!(reading.await.unwrap() > 0);
}

/// What is written, or found to be absent, is given out as it is after whatever comes next, also from one commit.
#[tokio::test]
async fn what_a_commit_makes_of_a_key_is_what_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    assert_eq!(value(&store, b"k").await, None);
    assert_eq!(value(&store, b"k").await, None);
    for round in 0..3_u8 {
        let mut tx = Transaction::new(&*store);
        tx.put(Table::Index, *b"k", vec![round]);
        tx.put(Table::Index, *b"k", vec![round, round]);
        tx.commit(Durability::Ordered).await.unwrap();
        assert_eq!(value(&store, b"k").await.as_deref(), Some(&[round, round][..]));
        let mut tx = Transaction::new(&*store);
        tx.put(Table::Index, *b"k", vec![9]);
        tx.delete(Table::Index, *b"k");
        tx.commit(Durability::Ordered).await.unwrap();
        assert_eq!(value(&store, b"k").await, None);
        let mut tx = Transaction::new(&*store);
        tx.put(Table::Index, *b"n", i64::from(round).to_le_bytes().to_vec());
        for _ in 0..round {
            tx.add(*b"n", 2);
        }
        tx.commit(Durability::Ordered).await.unwrap();
        let number = i64::from(round) * 3;
        assert_eq!(value(&store, b"n").await.as_deref(), Some(&number.to_le_bytes()[..]));
    }
    assert!(store.statistics().hot_bytes > 0);
}

#[tokio::test]
async fn no_more_is_kept_than_the_bound() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let record = vec![7; crate::limits::INDEX_HOT_RECORD_BYTES_MAX];
    for number in 0..6000_u32 {
        let key = number.to_be_bytes();
        let mut tx = Transaction::new(&*store);
        tx.put(Table::Index, key, record.clone());
        tx.commit(Durability::Ordered).await.unwrap();
        assert_eq!(value(&store, &key).await.as_deref(), Some(&record[..]));
    }
    let kept = store.statistics().hot_bytes;
    assert!(kept > 1 << 20, "{kept}");
    assert!(kept <= crate::limits::INDEX_HOT_BYTES as u64, "{kept}");
}

/// One transaction after the other sets all keys to the next number, while readers ask for them, first for some (which are kept then)
/// and then for all.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_read_together_are_of_one_state() {
    const KEYS: [&[u8]; 4] = [b"a", b"b", b"c", b"d"];
    const LAST: u64 = 3000;
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    put_all(&store, &KEYS, 0).await;
    let readers: Vec<_> = (0..3_usize)
        .map(|reader| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let all: Vec<_> = KEYS.iter().map(|key| (Table::Index, key.to_vec())).collect();
                let mut seen = 0;
                while seen < LAST {
                    for single in &all[..reader] {
                        store.get_many(std::slice::from_ref(single)).await.unwrap();
                    }
                    let (_, values) = store.get_many(&all).await.unwrap();
                    let numbers: Vec<_> = values
                        .iter()
                        .map(|value| u64::from_be_bytes(value.as_deref().unwrap().try_into().unwrap()))
                        .collect();
                    assert!(numbers.iter().all(|number| *number == numbers[0]), "of several states: {numbers:?}");
                    assert!(numbers[0] >= seen, "{} after {seen}", numbers[0]);
                    seen = numbers[0];
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for number in 1..=LAST {
        put_all(&store, &KEYS, number).await;
        // An answered commit is seen by whoever asks from now on.
        assert_eq!(value(&store, KEYS[0]).await.unwrap(), number.to_be_bytes());
    }
    for reader in readers {
        reader.await.unwrap();
    }
}
