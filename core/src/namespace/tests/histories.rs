//! T5: what concurrent operations answer is what some order of them would have answered, on both engines.
//!
//! Always holds: each value is put once, so that an answer tells which put it saw. Short histories over few names, many of them: the
//! checker tries every order. On the memory engine a seed replays a run.

use std::collections::BTreeMap;

use futures::future::join_all;
use parking_lot::Mutex;

use super::linearizable::{OPERATIONS_MAX, Recorder, check};
use super::staged::Staged;
use super::*;
use crate::limits::DIRECTORY_LOCK_WAIT;
use crate::metadata::records::VersionRecord;
use crate::random::{Random, SeededRandom};

const TASKS: u64 = 5;
const EACH: u64 = 5;
const _: () = assert!(TASKS * EACH + 8 <= OPERATIONS_MAX as u64);

/// Directories that come and go with their names, one inside another.
const KEYS: [&str; 6] = ["a/x", "a/y", "b/x", "a/b/x", "b/a/x", "x"];
const DIRECTORIES: [&str; 4] = ["a/", "b/", "a/b/", "b/a/"];

type Names = BTreeMap<String, u64>;

#[derive(Clone, Debug, PartialEq)]
enum Moved {
    Done,
    NoSource,
    TargetExists,
    IntoItself,
}

/// An operation on names without versions, with its answer.
#[derive(Clone, Debug)]
enum Op {
    Put {
        key: &'static str,
        value: u64,
    },
    /// `If-None-Match: *`
    Create {
        key: &'static str,
        value: u64,
        won: bool,
    },
    /// `If-Match`
    Replace {
        key: &'static str,
        expected: u64,
        value: u64,
        won: bool,
    },
    Get {
        key: &'static str,
        saw: Option<u64>,
    },
    Delete {
        key: &'static str,
        was_there: bool,
    },
    Rename {
        source: &'static str,
        target: &'static str,
        outcome: Moved,
    },
    List {
        saw: Names,
    },
}

fn moved(outcome: Result<(), Error>) -> Moved {
    match outcome {
        Ok(()) => Moved::Done,
        Err(Error::NoSuchKey(_)) => Moved::NoSource,
        Err(Error::PreconditionFailed(_)) => Moved::TargetExists,
        Err(Error::InvalidRequest(_)) => Moved::IntoItself,
        Err(error) => panic!("{error}"),
    }
}

fn step(names: &Names, op: &Op) -> Option<Names> {
    let mut next = names.clone();
    let with = |mut names: Names, key: &str, value: u64| {
        names.insert(key.to_owned(), value);
        names
    };
    match op {
        Op::Put { key, value } => Some(with(next, key, *value)),
        Op::Create { key, value, won } => match (names.contains_key(*key), won) {
            (false, true) => Some(with(next, key, *value)),
            (true, false) => Some(next),
            _ => None,
        },
        Op::Replace { key, expected, value, won } => match (names.get(*key) == Some(expected), won) {
            (true, true) => Some(with(next, key, *value)),
            (false, false) => Some(next),
            _ => None,
        },
        Op::Get { key, saw } => (names.get(*key) == saw.as_ref()).then_some(next),
        Op::Delete { key, was_there } => (next.remove(*key).is_some() == *was_there).then_some(next),
        Op::List { saw } => (names == saw).then_some(next),
        Op::Rename { source, target, outcome } if source.ends_with('/') => {
            let below = |names: &Names, directory: &str| names.keys().any(|key| key.starts_with(directory));
            let expected = match () {
                () if !below(names, source) => Moved::NoSource,
                () if target != source && target.starts_with(source) => Moved::IntoItself,
                () if below(names, target) => Moved::TargetExists,
                () => Moved::Done,
            };
            if expected != *outcome {
                return None;
            }
            if *outcome == Moved::Done {
                let name = |key: String| match key.strip_prefix(source) {
                    Some(rest) => format!("{target}{rest}"),
                    None => key,
                };
                next = next.into_iter().map(|(key, value)| (name(key), value)).collect();
            }
            Some(next)
        }
        Op::Rename { source, target, outcome } => match (next.remove(*source), outcome) {
            (Some(value), Moved::Done) => Some(with(next, target, value)),
            (None, Moved::NoSource) => Some(next),
            _ => None,
        },
    }
}

fn draw<T: Copy>(random: &SeededRandom, from: &[T]) -> T {
    from[usize::try_from(random.next_u64() % from.len() as u64).unwrap()]
}

async fn names(fixture: &Fixture) -> Names {
    fixture.all().await.into_iter().map(|(key, size)| (key, size.unwrap())).collect()
}

/// One random operation, with a value that nobody else has.
async fn operate(fixture: &Fixture, random: &SeededRandom, value: u64, seen: &Mutex<u64>) -> Op {
    let key = draw(random, &KEYS);
    match random.next_u64() % 16 {
        0..=2 => {
            fixture.put(key, value).await;
            Op::Put { key, value }
        }
        3 | 4 => {
            let won = fixture.put_if(key, value, |current| current.is_none()).await.unwrap().is_some();
            Op::Create { key, value, won }
        }
        5 | 6 => {
            let expected = *seen.lock();
            let won = fixture.put_if(key, value, |current| current == Some(expected)).await.unwrap().is_some();
            Op::Replace { key, expected, value, won }
        }
        7..=9 => {
            let saw = fixture.get(key).await;
            *seen.lock() = saw.unwrap_or_default();
            Op::Get { key, saw }
        }
        10 | 11 => Op::Delete { key, was_there: fixture.delete(key).await == Removed::Name },
        12 => {
            let target = draw(random, &KEYS);
            Op::Rename { source: key, target, outcome: moved(fixture.rename(key, target).await) }
        }
        13 | 14 => {
            let (source, target) = (draw(random, &DIRECTORIES), draw(random, &DIRECTORIES));
            Op::Rename { source, target, outcome: moved(fixture.rename(source, target).await) }
        }
        _ => Op::List { saw: names(fixture).await },
    }
}

/// One history, from its first put to a bucket that is empty again.
async fn history(fixture: &Arc<Fixture>, seed: u64, spawned: bool) {
    let recorder = Arc::new(Recorder::default());
    let task = |task: u64| {
        let (fixture, recorder) = (Arc::clone(fixture), Arc::clone(&recorder));
        async move {
            let random = SeededRandom::new(seed * TASKS + task);
            let seen = Mutex::new(0);
            for at in 0..EACH {
                recorder.run(operate(&fixture, &random, 1 + task * EACH + at, &seen)).await;
            }
        }
    };
    match spawned {
        true => {
            let tasks: Vec<_> = (0..TASKS).map(|number| tokio::spawn(task(number))).collect();
            for task in tasks {
                task.await.unwrap();
            }
        }
        false => drop(join_all((0..TASKS).map(task)).await),
    }
    recorder.run(async { Op::List { saw: names(fixture).await } }).await;
    // The listing equals the gets.
    for key in KEYS {
        recorder.run(async { Op::Get { key, saw: fixture.get(key).await } }).await;
    }
    if let Err(why) = check(&Names::new(), &recorder.take(), step) {
        panic!("seed {seed}: {why}");
    }
    for key in names(fixture).await.keys() {
        fixture.delete(key).await;
    }
    assert_eq!(fixture.records().await, [""; 0], "seed {seed}");
}

/// Under a clock that moves only when all wait: a seed replays a run, and a wait that only a time limit ends is seen.
#[tokio::test(start_paused = true)]
async fn t5_histories_in_memory_have_an_order() {
    for seed in 0..400 {
        let store = Staged::shuffled(Arc::new(MemoryStore::new()), seed);
        let fixture = Arc::new(Fixture::over(Arc::new(store)).await);
        let begun = tokio::time::Instant::now();
        history(&fixture, seed, false).await;
        assert!(begun.elapsed() < DIRECTORY_LOCK_WAIT, "seed {seed}: a lock was waited for in vain");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t5_histories_on_rocksdb_have_an_order() {
    let (store, _directory) = crate::metadata::rocksdb::tests::store();
    let fixture = Arc::new(Fixture::over(Arc::new(Staged::shuffled(store.engine, 1))).await);
    for seed in 0..100 {
        history(&fixture, seed, true).await;
    }
}

/// The versions of one key, newest first.
type Versions = Vec<(VersionId, Option<u64>)>;

/// An operation on one key of a bucket with versions, with its answer.
#[derive(Clone, Debug)]
enum VersionOp {
    Put { id: VersionId, value: u64 },
    Mark { id: VersionId },
    Get { saw: Option<u64> },
    GetVersion { id: VersionId, saw: Option<Option<u64>> },
    DeleteVersion { id: VersionId, was_there: bool },
    List { saw: Versions },
}

fn version_step(versions: &Versions, op: &VersionOp) -> Option<Versions> {
    let mut next = versions.clone();
    let add = |mut next: Versions, id: VersionId, value: Option<u64>| {
        if id == VersionId::Null {
            next.retain(|(other, _)| *other != id);
        }
        next.insert(0, (id, value));
        next
    };
    match op {
        VersionOp::Put { id, value } => Some(add(next, *id, Some(*value))),
        VersionOp::Mark { id } => Some(add(next, *id, None)),
        VersionOp::Get { saw } => (versions.first().and_then(|(_, value)| *value) == *saw).then_some(next),
        VersionOp::GetVersion { id, saw } => {
            let found = versions.iter().find(|(other, _)| other == id).map(|(_, value)| *value);
            (found == *saw).then_some(next)
        }
        VersionOp::DeleteVersion { id, was_there } => {
            next.retain(|(other, _)| other != id);
            ((next.len() < versions.len()) == *was_there).then_some(next)
        }
        VersionOp::List { saw } => (versions == saw).then_some(next),
    }
}

async fn versions_of(fixture: &Fixture, key: &str) -> Versions {
    let query = VersionsQuery { prefix: key.to_owned(), limit: 1000, ..VersionsQuery::default() };
    let shown = fixture.list_versions(&query).await;
    let line = |(at, shown): (usize, model::Shown)| match shown {
        model::Shown::Version { key: named, id, size, latest } => {
            assert_eq!((named.as_str(), latest), (key, at == 0));
            (id, size)
        }
        model::Shown::Prefix(prefix) => panic!("{prefix} is rolled up"),
    };
    shown.into_iter().enumerate().map(line).collect()
}

async fn operate_on_versions(
    fixture: &Fixture,
    random: &SeededRandom,
    key: &str,
    value: u64,
    known: &Mutex<Vec<VersionId>>,
) -> VersionOp {
    let some = || {
        let known = known.lock();
        known[usize::try_from(random.next_u64() % known.len() as u64).unwrap()]
    };
    match random.next_u64() % 12 {
        0..=2 => {
            let done = fixture.put(key, value).await;
            let id = id_of(done.version, done.node);
            known.lock().push(id);
            VersionOp::Put { id, value }
        }
        3 | 4 => match fixture.delete(key).await {
            Removed::Marked { node, version } => {
                let id = id_of(version, node);
                known.lock().push(id);
                VersionOp::Mark { id }
            }
            other => panic!("{other:?}"),
        },
        5 => VersionOp::Get { saw: fixture.get(key).await },
        6 | 7 => {
            let id = some();
            let saw = fixture.get_version(key, id).await.map(|found| match found {
                Found::Current(current) => Some(current.summary.size),
                Found::Noncurrent(VersionRecord::Object { summary, .. }) => Some(summary.size),
                Found::Noncurrent(VersionRecord::DeleteMarker { .. }) => None,
            });
            VersionOp::GetVersion { id, saw }
        }
        8..=10 => {
            let id = some();
            let was_there = matches!(fixture.delete_version(key, id).await, Removed::Version { .. });
            VersionOp::DeleteVersion { id, was_there }
        }
        _ => VersionOp::List { saw: versions_of(fixture, key).await },
    }
}

/// Keys at several depths, so that directories are hidden and come to light at each. A history for each key: they are independent.
async fn version_history(fixture: &Arc<Fixture>, seed: u64, spawned: bool) {
    const DEEP: [&str; 3] = ["d/k", "d/e/k", "d/e/f/g/k"];
    let versioning = if seed.is_multiple_of(2) { Versioning::Enabled } else { Versioning::Suspended };
    fixture.set_versioning(Versioning::Enabled).await;
    let mut keys = Vec::new();
    for key in DEEP {
        let first = fixture.put(key, 1000).await;
        let known = Mutex::new(vec![VersionId::Null, id_of(first.version, first.node)]);
        let initial = versions_of(fixture, key).await;
        keys.push(Arc::new((key, Recorder::default(), known, initial)));
    }
    fixture.set_versioning(versioning).await;
    let task = |(key, task): (usize, u64)| {
        let (fixture, key) = (Arc::clone(fixture), Arc::clone(&keys[key]));
        async move {
            let (name, recorder, known, _) = &*key;
            let random = SeededRandom::new(seed * TASKS + task);
            for at in 0..EACH {
                recorder.run(operate_on_versions(&fixture, &random, name, 1 + task * EACH + at, known)).await;
            }
        }
    };
    let all: Vec<_> =
        (0..DEEP.len()).flat_map(|key| (0..3).map(move |number| (key, 3 * key as u64 + number))).collect();
    match spawned {
        true => {
            let tasks: Vec<_> = all.into_iter().map(|which| tokio::spawn(task(which))).collect();
            for task in tasks {
                task.await.unwrap();
            }
        }
        false => drop(join_all(all.into_iter().map(task)).await),
    }
    for key in &keys {
        let (name, recorder, known, initial) = &**key;
        recorder.run(async { VersionOp::List { saw: versions_of(fixture, name).await } }).await;
        recorder.run(async { VersionOp::Get { saw: fixture.get(name).await } }).await;
        let _ = known;
        if let Err(why) = check(initial, &recorder.take(), version_step) {
            panic!("seed {seed}, {name}, {versioning:?}: {why}");
        }
    }
    fixture.empty().await;
    assert_eq!(fixture.records().await, [""; 0], "seed {seed}");
}

#[tokio::test(start_paused = true)]
async fn t5_histories_of_versions_in_memory_have_an_order() {
    for seed in 0..150 {
        let store = Staged::shuffled(Arc::new(MemoryStore::new()), seed);
        let fixture = Arc::new(Fixture::over(Arc::new(store)).await);
        let begun = tokio::time::Instant::now();
        version_history(&fixture, seed, false).await;
        assert!(begun.elapsed() < DIRECTORY_LOCK_WAIT, "seed {seed}: a lock was waited for in vain");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t5_histories_of_versions_on_rocksdb_have_an_order() {
    let (store, _directory) = crate::metadata::rocksdb::tests::store();
    let fixture = Arc::new(Fixture::over(Arc::new(Staged::shuffled(store.engine, 1))).await);
    for seed in 0..80 {
        version_history(&fixture, seed, true).await;
    }
}
