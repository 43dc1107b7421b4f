//! Two that meet at the worst moment: each case puts them there.

use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;

use super::staged::Staged;
use super::*;
use crate::limits::{DIRECTORY_LOCK_WAIT, FIRST_LOCK_WAIT, TRANSACTION_ATTEMPTS_MAX};
use crate::metadata::records::VersionRecord;

async fn staged() -> (Arc<Staged>, Arc<Fixture>) {
    let store = Arc::new(Staged::new(Arc::new(MemoryStore::new())));
    let fixture = Arc::new(Fixture::over(Arc::clone(&store) as _).await);
    (store, fixture)
}

/// The version that is asked for comes to light, or is put out of it, between the reads that look for it.
#[tokio::test]
async fn a_version_is_found_while_it_moves_between_the_spaces() {
    for suspended in [false, true] {
        for skip in 0..4 {
            let (store, fixture) = staged().await;
            fixture.set_versioning(Versioning::Enabled).await;
            fixture.put("d/k", 1).await;
            if suspended {
                fixture.set_versioning(Versioning::Suspended).await;
            }
            let old = fixture.put("d/k", 2).await;
            let old = id_of(old.version, old.node);
            fixture.set_versioning(Versioning::Enabled).await;
            let new = fixture.put("d/k", 3).await;
            let new = id_of(new.version, new.node);
            let is_old = |found: Option<Found>| match found {
                Some(Found::Current(current)) => current.summary.size == 2,
                Some(Found::Noncurrent(VersionRecord::Object { summary, .. })) => summary.size == 2,
                _ => false,
            };

            let other = Arc::clone(&fixture);
            store.before_read(
                skip,
                async move {
                    let _ = other.delete_version("d/k", new).await;
                }
                .boxed(),
            );
            assert!(is_old(fixture.get_version("d/k", old).await), "promoted before read {skip}, {old:?}");
            store.before_read(0, async {}.boxed());
            fixture.delete_version("d/k", new).await;

            let other = Arc::clone(&fixture);
            store.before_read(
                skip,
                async move {
                    let _ = other.put("d/k", 4).await;
                }
                .boxed(),
            );
            assert!(is_old(fixture.get_version("d/k", old).await), "demoted before read {skip}, {old:?}");
            assert!(store.is_over() || skip > 0);
            assert_eq!(fixture.get_version("d/k", new).await, None);
        }
    }
}

/// Many writers of one name, each commit as slow as a disk's sync: nobody runs out of attempts.
#[tokio::test(start_paused = true)]
async fn a_name_that_hundreds_write_at_once_takes_them_all() {
    for versioning in [Versioning::Unset, Versioning::Enabled, Versioning::Suspended] {
        let store = Staged::slow(Arc::new(MemoryStore::new()), Duration::from_millis(10));
        let fixture = Fixture::over(Arc::new(store)).await;
        fixture.put("d/k", 0).await;
        if versioning != Versioning::Unset {
            fixture.set_versioning(versioning).await;
        }
        let writers = 5 * u64::from(TRANSACTION_ATTEMPTS_MAX);
        let begun = tokio::time::Instant::now();
        let done = join_all((1..=writers).map(|size| fixture.put_if("d/k", size, |_| true))).await;
        assert!(done.iter().all(Result::is_ok), "{versioning:?}: {:?}", done.iter().find(|done| done.is_err()));
        assert!(fixture.get("d/k").await.is_some_and(|size| size > 0));
        // One commit after another, and little beside.
        let took = begun.elapsed();
        assert!(took < Duration::from_millis(10) * u32::try_from(2 * writers).unwrap(), "{versioning:?}: {took:?}");
        if versioning == Versioning::Enabled {
            let versions = fixture.all_versions().await;
            assert_eq!(versions.len() as u64, writers + 1);
            // And as many that delete the versions of one name.
            let deleted = join_all(versions.iter().map(|shown| match shown {
                model::Shown::Version { key, id, .. } => fixture.delete_version(key, *id),
                model::Shown::Prefix(_) => unreachable!(),
            }));
            assert!(deleted.await.iter().all(|removed| matches!(removed, Removed::Version { .. })));
        }
        fixture.empty().await;
        assert_eq!(fixture.records().await, [""; 0]);
    }
}

/// A rename out of a directory into the one above it, while both are emptied: nobody waits for the other until both give up.
#[tokio::test(start_paused = true)]
async fn a_rename_upwards_and_a_removal_do_not_wait_for_each_other() {
    for seed in 0..300 {
        let store = Staged::shuffled(Arc::new(MemoryStore::new()), seed);
        let fixture = Fixture::over(Arc::new(store)).await;
        fixture.put("p/c/x", 1).await;
        let begun = tokio::time::Instant::now();
        let (renamed, removed) = futures::join!(
            async {
                match seed % 2 {
                    0 => fixture.rename("p/c/x", "p/x").await,
                    _ => fixture.rename("p/c/", "p/d/").await,
                }
            },
            fixture.delete("p/c/x")
        );
        assert!(begun.elapsed() < DIRECTORY_LOCK_WAIT, "seed {seed} took {:?}", begun.elapsed());
        // Whoever was first, the other saw it.
        let left: Vec<_> = fixture.all().await.into_iter().map(|(key, _)| key).collect();
        match (renamed, removed) {
            (Ok(()), Removed::Nothing) => assert_eq!(left, [["p/x", "p/d/x"][usize::from(seed % 2 == 1)]]),
            (Err(Error::NoSuchKey(_)), Removed::Name) => assert_eq!(left, [""; 0]),
            other => panic!("{other:?}"),
        }
        fixture.empty().await;
        assert_eq!(fixture.records().await, [""; 0]);
    }
}

/// Who holds a lock and waits too long for another lets go of all and comes again; who holds none waits longer.
#[tokio::test(start_paused = true)]
async fn a_wait_for_a_lock_ends() {
    let fixture = Fixture::new().await;
    fixture.put("d/k", 1).await;
    let place = fixture.tree.lookup(&fixture.bucket, &ObjectKey::new("d/k").unwrap()).await.unwrap();
    let parent = place.parent().unwrap();

    // The last name of a directory that another holds, and with it the name of a bucket with versions.
    fixture.set_versioning(Versioning::Enabled).await;
    let held = fixture.store().lock(&keys::locks::directory(parent), LockMode::Exclusive).await.unwrap();
    let begun = tokio::time::Instant::now();
    let name = keys::locks::name(parent, b"k");
    let (removed, ()) = futures::join!(fixture.delete("d/k"), async {
        tokio::time::sleep(DIRECTORY_LOCK_WAIT / 2).await;
        assert!(fixture.store().lock(&name, LockMode::Shared).now_or_never().is_none(), "the remover holds the name");
        tokio::time::sleep(DIRECTORY_LOCK_WAIT).await;
        // It has come again by now; so it had let go between.
        drop(held);
    });
    assert!(matches!(removed, Removed::Marked { .. }));
    assert!(
        begun.elapsed() >= DIRECTORY_LOCK_WAIT && begun.elapsed() < 2 * DIRECTORY_LOCK_WAIT,
        "{:?}",
        begun.elapsed()
    );

    let held = fixture.store().lock(&name, LockMode::Exclusive).await.unwrap();
    let begun = tokio::time::Instant::now();
    let (_, ()) = futures::join!(fixture.put("d/k", 2), async {
        tokio::time::sleep(FIRST_LOCK_WAIT - Duration::from_secs(1)).await;
        drop(held);
    });
    assert!(begun.elapsed() < FIRST_LOCK_WAIT);

    // For ever is too long.
    let held = fixture.store().lock(&name, LockMode::Exclusive).await.unwrap();
    let begun = tokio::time::Instant::now();
    let outcome = fixture.put_if("d/k", 3, |_| true).await;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    assert!(begun.elapsed() >= FIRST_LOCK_WAIT * TRANSACTION_ATTEMPTS_MAX);
    drop(held);
    assert_eq!(fixture.get("d/k").await, Some(2));
}
