//! What is remembered, when, and how much of it.

use super::*;
use crate::files::FileName;
use crate::metadata::Durability;
use crate::namespace::tests::Fixture;

/// The bucket's root, and the cookie of a key in it.
async fn cookie_of(fixture: &Fixture, key: &str) -> (Id, u64) {
    let root = fixture.tree.bucket(&fixture.bucket).await.unwrap().record.root;
    let named = fixture.tree.named_now(root, &FileName::Either(key.into())).await.unwrap();
    (root, named.expect("a live name").cookie())
}

async fn name_at(fixture: &Fixture, (directory, cookie): (Id, u64)) -> Option<Vec<u8>> {
    fixture.tree.name_of_cookie(directory, cookie).await.unwrap()
}

#[tokio::test]
async fn where_nobody_reads_nothing_is_remembered() {
    let fixture = Fixture::new().await;
    fixture.put("k", 1).await;
    let at = cookie_of(&fixture, "k").await;
    fixture.put("k", 2).await;
    assert_eq!(name_at(&fixture, at).await, None);
    fixture.tree.reads(at.0);
    let at = cookie_of(&fixture, "k").await;
    fixture.put("k", 3).await;
    assert_eq!(name_at(&fixture, at).await, Some(b"k".to_vec()));
    // Of its own directory alone.
    assert_eq!(name_at(&fixture, (at.0 + 1, at.1)).await, None);
}

#[tokio::test]
async fn who_begins_to_read_while_a_name_goes_is_not_lost() {
    let fixture = Fixture::new().await;
    fixture.put("k", 1).await;
    let at = cookie_of(&fixture, "k").await;
    let mut tx = Transaction::new(fixture.store());
    let place = fixture.tree.resolve(&mut tx, &fixture.bucket, "k").await.unwrap();
    fixture.tree.remove(&mut tx, &place, None).await.unwrap();
    fixture.tree.reads(at.0);
    tx.commit(Durability::Ordered).await.unwrap();
    assert_eq!(name_at(&fixture, at).await, Some(b"k".to_vec()));
}

#[tokio::test]
async fn what_stays_after_all_is_where_it_is() {
    let fixture = Fixture::new().await;
    fixture.put("k", 1).await;
    let at = cookie_of(&fixture, "k").await;
    fixture.tree.reads(at.0);
    let mut tx = Transaction::new(fixture.store());
    let place = fixture.tree.resolve(&mut tx, &fixture.bucket, "k").await.unwrap();
    fixture.tree.remove(&mut tx, &place, None).await.unwrap();
    drop(tx);
    assert_eq!(name_at(&fixture, at).await, Some(b"k".to_vec()));
    fixture.rename("k", "l").await.unwrap();
    let moved = cookie_of(&fixture, "l").await;
    assert_eq!(name_at(&fixture, at).await, Some(b"k".to_vec()));
    assert_eq!(name_at(&fixture, moved).await, Some(b"l".to_vec()));
}

#[test]
fn long_names_push_out_the_more() {
    let readers = Readers::default();
    for cookie in 0..REMOVED_NAMES_BYTES_MAX / 500 {
        readers.gone.insert(cookie, (1, vec![b'x'; 1024].into()));
    }
    assert!(readers.gone.weight() <= REMOVED_NAMES_BYTES_MAX);
    assert!(readers.gone.len() > 1000);
}

#[test]
fn the_last_hundred_thousand_names_are_known() {
    let readers = Readers::default();
    let last = 400_000_u64;
    for cookie in 0..last {
        readers.gone.insert(cookie, (1, b"a-name-of-24-bytes-or-so"[..].into()));
    }
    for cookie in last - 100_000..last {
        assert!(readers.name(1, cookie).is_some(), "{} names ago", last - cookie);
    }
}
