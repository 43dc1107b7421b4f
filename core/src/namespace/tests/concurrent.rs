//! Many at once on both engines: directories that appear and vanish under each other's feet, renames against puts, racing creators.
//! What stands at the end is whole.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::random::{Random, SeededRandom};

/// Everything that is listed is reachable, and nothing stands in an empty directory.
async fn assert_whole(fixture: &Fixture) {
    let listed = fixture.all().await;
    let keys: BTreeSet<_> = listed.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(keys.len(), listed.len(), "a key is listed twice");
    let mut directories = BTreeSet::new();
    for key in &keys {
        assert!(fixture.get(key).await.is_some(), "{key} is listed and can't be reached");
        directories.extend(super::super::place::directories(key.as_bytes()).map(|range| key[..range.end].to_owned()));
    }
    let snapshot = fixture.store().snapshot().unwrap();
    let dentries = snapshot.scan(b"D", b"E", usize::MAX, false).await.unwrap();
    let found = dentries.iter().filter(|(key, _)| key.ends_with(b"/")).count();
    assert_eq!(found, directories.len(), "directories without a name below them");
    assert_eq!(dentries.len(), keys.len() + directories.len(), "names that no listing shows");
}

async fn directories_come_and_go(fixture: Fixture, rounds: usize) {
    let fixture = Arc::new(fixture);
    let tasks = (0..8).map(|task: u64| {
        let fixture = Arc::clone(&fixture);
        tokio::spawn(async move {
            let random = SeededRandom::new(task);
            let name = |n: u64| ["a", "b", "c"][usize::try_from(n % 3).unwrap()];
            for _ in 0..rounds {
                let (a, b, c) = (random.next_u64(), random.next_u64(), random.next_u64());
                let key = format!("{}/{}/{}", name(a), name(b), name(c));
                match random.next_u64() % 8 {
                    0..=2 => {
                        fixture.put(&key, 1).await;
                    }
                    3..=5 => {
                        fixture.delete(&key).await;
                    }
                    6 => {
                        let target = format!("{}/{}/{}", name(c), name(a), name(b));
                        match fixture.rename(&key, &target).await {
                            Ok(()) | Err(Error::NoSuchKey(_)) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                    _ => {
                        // Also into its own descendant, and onto what is there.
                        let (source, target) = (format!("{}/", name(a)), format!("{}/{}/", name(b), name(c)));
                        match fixture.rename(&source, &target).await {
                            Ok(())
                            | Err(Error::NoSuchKey(_) | Error::PreconditionFailed(_) | Error::InvalidRequest(_)) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_whole(&fixture).await;
    for (key, _) in fixture.all().await {
        fixture.delete(&key).await;
    }
    assert_eq!(fixture.records().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn directories_come_and_go_under_load() {
    directories_come_and_go(Fixture::new().await, 400).await;
    directories_come_and_go(Fixture::on_disk().await, 150).await;
}

async fn versions_come_and_go(fixture: Fixture, rounds: usize) {
    let fixture = Arc::new(fixture);
    fixture.set_versioning(Versioning::Enabled).await;
    let tasks = (0..6).map(|task: u64| {
        let fixture = Arc::clone(&fixture);
        tokio::spawn(async move {
            let random = SeededRandom::new(100 + task);
            for _ in 0..rounds {
                let key = format!("d{}/k{}", random.next_u64() % 2, random.next_u64() % 3);
                match random.next_u64() % 4 {
                    0 | 1 => {
                        fixture.put(&key, 1).await;
                    }
                    2 => {
                        fixture.delete(&key).await;
                    }
                    _ => {
                        let query = VersionsQuery { prefix: key.clone(), limit: 3, ..VersionsQuery::default() };
                        for shown in fixture.versions_page(&query).await.0 {
                            let model::Shown::Version { key, id, .. } = shown else { panic!("nothing is rolled up") };
                            fixture.delete_version(&key, id).await;
                        }
                    }
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    // Each key has at most one latest version, and a live one exactly if it is no delete marker.
    let versions = fixture.all_versions().await;
    let live = fixture.all().await;
    let latest: Vec<_> = versions
        .iter()
        .filter_map(|shown| match shown {
            model::Shown::Version { key, size: Some(_), latest: true, .. } => Some(key.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(latest, live.into_iter().map(|(key, _)| key).collect::<Vec<_>>());
    fixture.empty().await;
    assert_eq!(fixture.records().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn versions_come_and_go_under_load() {
    versions_come_and_go(Fixture::new().await, 200).await;
    versions_come_and_go(Fixture::on_disk().await, 100).await;
}

async fn one_creator_wins(fixture: Fixture, rounds: usize) {
    let fixture = Arc::new(fixture);
    for round in 0..rounds {
        let won = Arc::new(AtomicU32::new(0));
        let tasks: Vec<_> = (0..16)
            .map(|size| {
                let (fixture, won) = (Arc::clone(&fixture), Arc::clone(&won));
                tokio::spawn(async move {
                    let created = fixture.put_if("some/new/key", size, |current| current.is_none()).await.unwrap();
                    won.fetch_add(u32::from(created.is_some()), Ordering::SeqCst);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(won.load(Ordering::SeqCst), 1, "round {round}");
        fixture.delete("some/new/key").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_racing_creators_exactly_one_wins() {
    one_creator_wins(Fixture::new().await, 20).await;
    one_creator_wins(Fixture::on_disk().await, 20).await;
    // A delete marker counts as absent.
    let fixture = Fixture::new().await;
    fixture.set_versioning(Versioning::Enabled).await;
    one_creator_wins(fixture, 20).await;
}
