//! Many at once: directories that appear and vanish under each other's feet, renames against puts, racing creators.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::random::{Random, SeededRandom};

fn shared(fixture: Fixture) -> &'static Fixture {
    Box::leak(Box::new(fixture))
}

/// Everything that is listed is reachable, and nothing stands in an empty directory.
async fn assert_whole(fixture: &Fixture) {
    let query = ListQuery { limit: 1000, ..ListQuery::default() };
    let listed = fixture.list(&query).await;
    let keys: BTreeSet<_> = listed.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(keys.len(), listed.len(), "a key is listed twice");
    let mut directories = BTreeSet::new();
    for key in &keys {
        let place =
            fixture.tree.lookup(&fixture.bucket, &crate::types::ObjectKey::new(key.clone()).unwrap()).await.unwrap();
        assert!(place.dentry.is_some(), "{key} is listed and can't be reached");
        directories.extend(super::super::place::directories(key.as_bytes()).map(|range| key[..range.end].to_owned()));
    }
    let snapshot = fixture.tree.store.snapshot().unwrap();
    let dentries = snapshot.scan(b"D", b"E", usize::MAX, false).await.unwrap();
    let found = dentries.iter().filter(|(key, _)| key.ends_with(b"/")).count();
    assert_eq!(found, directories.len(), "directories without a name below them");
    assert_eq!(dentries.len(), keys.len() + directories.len(), "names that no listing shows");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn directories_come_and_go_under_load() {
    let fixture = shared(Fixture::new().await);
    let tasks = (0..8).map(|task: u64| {
        tokio::spawn(async move {
            let random = SeededRandom::new(task);
            let name = |n: u64| ["a", "b", "c"][usize::try_from(n % 3).unwrap()];
            for _ in 0..400 {
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
    assert_whole(fixture).await;
    let query = ListQuery { limit: 1000, ..ListQuery::default() };
    for (key, _) in fixture.list(&query).await {
        fixture.delete(&key).await;
    }
    assert_eq!(fixture.records().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn versions_come_and_go_under_load() {
    let fixture = shared(Fixture::new().await);
    fixture.set_versioning(Versioning::Enabled).await;
    let tasks = (0..6).map(|task: u64| {
        tokio::spawn(async move {
            let random = SeededRandom::new(100 + task);
            for _ in 0..200 {
                let key = format!("d{}/k{}", random.next_u64() % 2, random.next_u64() % 3);
                match random.next_u64() % 4 {
                    0 | 1 => {
                        fixture.put(&key, 1).await;
                    }
                    2 => {
                        fixture.delete(&key).await;
                    }
                    _ => {
                        let bucket = fixture.tree.bucket(&fixture.bucket).await.unwrap();
                        let query = VersionsQuery { prefix: key.clone(), limit: 3, ..VersionsQuery::default() };
                        let (page, _) = fixture.tree.list_versions(&bucket, &query).await.unwrap();
                        for listed in page {
                            if let ListedVersion::Object { node, version, .. }
                            | ListedVersion::DeleteMarker { node, version, .. } = listed
                            {
                                let id = VersionId::Sequence { sequence: version.sequence, node };
                                fixture.delete_version(&key, id).await;
                            }
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
    let versions = fixture.list_versions(&VersionsQuery { limit: 1000, ..VersionsQuery::default() }).await;
    let live = fixture.list(&ListQuery { limit: 1000, ..ListQuery::default() }).await;
    let latest: Vec<_> = versions
        .iter()
        .filter_map(|shown| match shown {
            model::Shown::Version { key, size: Some(_), latest: true, .. } => Some(key.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(latest, live.into_iter().map(|(key, _)| key).collect::<Vec<_>>());
    let bucket = fixture.tree.bucket(&fixture.bucket).await.unwrap();
    let query = VersionsQuery { limit: 1000, ..VersionsQuery::default() };
    loop {
        let (page, _) = fixture.tree.list_versions(&bucket, &query).await.unwrap();
        if page.is_empty() {
            break;
        }
        for listed in page {
            if let ListedVersion::Object { key, node, version, .. }
            | ListedVersion::DeleteMarker { key, node, version, .. } = listed
            {
                fixture.delete_version(&key, VersionId::Sequence { sequence: version.sequence, node }).await;
            }
        }
    }
    assert_eq!(fixture.records().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t5_of_many_racing_creators_exactly_one_wins() {
    for round in 0..20 {
        let fixture = shared(Fixture::new().await);
        static WON: AtomicU32 = AtomicU32::new(0);
        WON.store(0, Ordering::SeqCst);
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                tokio::spawn(async move {
                    let id = fixture.tree.ids.next().await.unwrap();
                    let won = transact!(&*fixture.tree.store, Durability::Synced, |tx| {
                        let place = fixture.tree.resolve(tx, &fixture.bucket, "some/new/key").await?;
                        if fixture.tree.current(tx, &place).await?.is_some() {
                            return Err(Error::PreconditionFailed("If-None-Match").into());
                        }
                        let record = NodeRecord {
                            kind: NodeKind::File,
                            links: 1,
                            posix: None,
                            size: id,
                            modified: Timestamp(0),
                            content: ContentRef::Empty,
                            etag: ETag::Md5([0; 16]),
                            owner: AccountId([1; 32]),
                            headers: ObjectHeaders::default(),
                            user_metadata: Vec::new(),
                            tags: TagSet::default(),
                            checksum: None,
                            acl: None,
                            parts: None,
                        };
                        let new = NewNode { id, record, inline: None, content: None };
                        fixture.tree.insert(tx, &place, &new).await
                    });
                    match won {
                        Ok(_) => {
                            WON.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(Error::PreconditionFailed(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(WON.load(Ordering::SeqCst), 1, "round {round}");
    }
}
