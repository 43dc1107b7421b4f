//! Scans of a snapshot.
//!
//! Always holds: a scan is of the instant at which its snapshot was taken, in the order of bytes, bounds as given.

use super::super::transaction::Transaction;
use super::super::{Durability, Table};
use super::{INDEX, Store, delete, put};

fn names(pairs: &[(Vec<u8>, bytes::Bytes)]) -> Vec<String> {
    pairs.iter().map(|(key, _)| key.escape_ascii().to_string()).collect()
}

pub(super) async fn scans_are_ordered_bounded_and_limited(store: Store) {
    for key in [&b"b"[..], b"a\0", b"a", b"a\xff", b"", b"\xff\xff", b"ab", b"\0", b"\x80"] {
        put(&store, key, key).await;
    }
    let snapshot = store.snapshot().unwrap();
    let scan = async |start: &[u8], end: &[u8], limit, reverse| {
        let pairs = snapshot.scan(start, end, limit, reverse).await.unwrap();
        assert!(pairs.iter().all(|(key, value)| key == value));
        names(&pairs)
    };
    let all = ["", "\\x00", "a", "a\\x00", "ab", "a\\xff", "b", "\\x80"];
    assert_eq!(scan(b"", b"\xff\xff", 100, false).await, all);
    let mut backwards = all;
    backwards.reverse();
    assert_eq!(scan(b"", b"\xff\xff", 100, true).await, backwards);
    assert_eq!(scan(b"", b"\xff\xff\xff", 100, true).await[0], "\\xff\\xff");
    assert_eq!(scan(b"a", b"b", 100, false).await, ["a", "a\\x00", "ab", "a\\xff"]);
    assert_eq!(scan(b"a", b"b", 2, false).await, ["a", "a\\x00"]);
    assert_eq!(scan(b"a", b"b", 2, true).await, ["a\\xff", "ab"]);
    assert_eq!(scan(b"a", b"a\0", 9, false).await, ["a"]);
    assert!(scan(b"a", b"b", 0, false).await.is_empty());
    assert!(scan(b"b", b"a", 9, false).await.is_empty());
    assert!(scan(b"a", b"a", 9, true).await.is_empty());
    assert!(scan(b"c", b"d", 9, true).await.is_empty());
}

pub(super) async fn a_snapshot_does_not_change(store: Store) {
    for key in [b"a", b"b", b"c"] {
        put(&store, key, b"old").await;
    }
    let snapshot = store.snapshot().unwrap();
    put(&store, b"a", b"new").await;
    delete(&store, b"b").await;
    put(&store, b"d", b"new").await;
    let mut tx = Transaction::new(&*store);
    tx.add(*b"n", 1);
    tx.commit(Durability::Ordered).await.unwrap();
    for _ in 0..2 {
        let pairs = snapshot.scan(b"", b"\xff", 100, false).await.unwrap();
        assert_eq!(names(&pairs), ["a", "b", "c"]);
        assert!(pairs.iter().all(|(_, value)| value == "old"));
        let seen = snapshot.get_many(&[(INDEX, b"b".to_vec()), (INDEX, b"d".to_vec())]).await.unwrap();
        assert_eq!(seen, [Some("old".into()), None]);
        assert_eq!(snapshot.any_other(b"c", b"z", b"c").await.unwrap(), None);
        // Nor while more is written and forgotten.
        for round in 0..50_u8 {
            put(&store, b"a", &[round]).await;
            delete(&store, b"c").await;
        }
    }
    drop(snapshot);
    let pairs = store.snapshot().unwrap().scan(b"", b"\xff", 100, false).await.unwrap();
    assert_eq!(names(&pairs), ["a", "d", "n"]);
}

pub(super) async fn scans_leave_the_inline_table_out(store: Store) {
    let mut tx = Transaction::new(&*store);
    tx.put(Table::Inline, *b"a", &b"body"[..]);
    tx.put(INDEX, *b"b", &b"record"[..]);
    tx.commit(Durability::Ordered).await.unwrap();
    let snapshot = store.snapshot().unwrap();
    assert_eq!(names(&snapshot.scan(b"", b"\xff", 100, false).await.unwrap()), ["b"]);
    assert_eq!(snapshot.any_other(b"", b"\xff", b"b").await.unwrap(), None);
    let seen = snapshot.get_many(&[(Table::Inline, b"a".to_vec())]).await.unwrap();
    assert_eq!(seen, [Some("body".into())]);
}
