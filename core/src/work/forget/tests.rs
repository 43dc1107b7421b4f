//! Tokens of renames, used, believed and forgotten.

use std::sync::Arc;

use super::round;
use crate::clock::{ManualClock, Timestamp};
use crate::error::Error;
use crate::limits::RENAME_TOKEN_SECONDS;
use crate::metadata::MetadataStore;
use crate::metadata::keys::{Queue, behind, tasks};
use crate::objects::tests::{Fixture, bytes, key};
use crate::objects::{ReadConditions, RenameObject, WriteConditions};

const SECOND: u64 = 1_000_000_000;

/// Tokens, and tasks that are to forget them.
async fn kept(fixture: &Fixture) -> (usize, usize) {
    let snapshot = fixture.store.snapshot().unwrap();
    let count = async |prefix: &[u8]| snapshot.scan(prefix, &behind(prefix), 100, false).await.unwrap().len();
    (count(b"Y").await, count(&tasks(Queue::Forget)).await)
}

async fn rename(fixture: &Fixture, source: &str, target: &str) -> Result<(), Error> {
    let request = RenameObject {
        bucket: fixture.bucket.clone(),
        source: key(source),
        target: key(target),
        source_conditions: ReadConditions::default(),
        conditions: WriteConditions::default(),
        client_token: Some("token".into()),
    };
    fixture.service.rename(&fixture.root, request).await
}

#[tokio::test]
async fn a_token_is_believed_for_a_while_and_then_forgotten() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_000)));
    let fixture = Fixture::with_clock(clock.clone()).await;
    fixture.put("a", &bytes(1, 10)).await;
    rename(&fixture, "a", "b").await.unwrap();
    assert_eq!(kept(&fixture).await, (1, 1));

    clock.advance_nanos((RENAME_TOKEN_SECONDS - 1) * SECOND);
    assert_eq!(round(&fixture.service).await.unwrap(), 0);
    rename(&fixture, "a", "b").await.expect("it is done");
    assert!(matches!(rename(&fixture, "b", "c").await, Err(Error::IdempotencyMismatch)));

    clock.advance_nanos(SECOND);
    assert_eq!(round(&fixture.service).await.unwrap(), 1);
    assert_eq!(kept(&fixture).await, (0, 0));
    assert!(matches!(rename(&fixture, "a", "b").await, Err(Error::NoSuchKey(_))), "a rename like any other");
    assert_eq!(kept(&fixture).await, (0, 0), "one that failed leaves no token");
}

#[tokio::test]
async fn a_token_that_is_used_again_stays_until_its_own_time() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_000)));
    let fixture = Fixture::with_clock(clock.clone()).await;
    fixture.put("a", &bytes(1, 10)).await;
    rename(&fixture, "a", "b").await.unwrap();
    clock.advance_nanos(RENAME_TOKEN_SECONDS * SECOND);
    // Too old to be believed, and not yet forgotten.
    rename(&fixture, "b", "c").await.unwrap();
    assert_eq!(kept(&fixture).await, (1, 2));
    assert_eq!(round(&fixture.service).await.unwrap(), 1);
    assert_eq!(kept(&fixture).await, (1, 1));
    rename(&fixture, "b", "c").await.expect("it is done");
    clock.advance_nanos(RENAME_TOKEN_SECONDS * SECOND);
    assert_eq!(round(&fixture.service).await.unwrap(), 1);
    assert_eq!(kept(&fixture).await, (0, 0));
    fixture.assert_clean().await;
}
