//! Random operations on random keys: after each, the tree shows what the flat map shows, page by page, also where the bucket changes
//! between the pages.

use proptest::collection::vec;
use proptest::prelude::*;

use super::model::{Model, Shown};
use super::*;

#[derive(Clone, Debug)]
enum Op {
    Put(String),
    Delete(String),
    /// The n-th version of a key that exists.
    DeleteVersion(usize, usize),
    SetVersioning(bool),
    Rename(usize, String),
    /// The directory of a key that exists which ends at its n-th slash.
    RenameDirectory(usize, usize, String),
    List {
        prefix: String,
        delimiter: String,
        after: String,
        limit: usize,
        between: Vec<Between>,
    },
    ListVersions {
        prefix: String,
        delimiter: String,
        marker: Marker,
        limit: usize,
        between: Vec<Between>,
    },
}

/// What happens between two pages.
#[derive(Clone, Debug)]
enum Between {
    Nothing,
    /// Everything on the page is deleted, as a script that empties a bucket does.
    DeleteShown,
    /// A key that exists, or the n-th version of it.
    Delete(usize),
    DeleteVersion(usize, usize),
    Put(String),
}

/// Where a listing of versions begins.
#[derive(Clone, Debug)]
enum Marker {
    Key(String),
    /// A key that exists, all of it or the n-th version.
    Existing(usize, Option<usize>),
}

/// Everything that a path can't say, and what sorts below, at and above `/`.
fn piece() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        6 => Just("a"), 4 => Just("b"), 8 => Just("/"), 1 => Just("."), 1 => Just(".."), 1 => Just("\0"), 1 => Just("-"),
        1 => Just("0"), 1 => Just("\u{10ffff}"), 1 => Just("é"), 1 => Just("//"), 1 => Just("ab"), 1 => Just("\u{1}"),
        1 => Just("\u{7f}"), 1 => Just("\u{ffff}"), 1 => Just(" "),
    ]
}

fn pieces(count: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    vec(piece(), count).prop_map(|pieces| pieces.concat())
}

/// Mostly short ones, so that they meet; some of 1,024 bytes, of few directories or of hundreds.
fn key() -> impl Strategy<Value = String> {
    let long = (1usize..3).prop_map(|n| format!("{}/{}", "x".repeat(500 * n - 1), "y".repeat(1024 - 500 * n)));
    let deep = (0usize..3).prop_map(|n| format!("{}{}", "a/".repeat(200 + n), "b".repeat(1024 - 2 * (200 + n))));
    prop_oneof![60 => pieces(1..7), 1 => long, 1 => deep]
}

/// A prefix, or where to begin.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![2 => Just(String::new()), 1 => Just("/".to_owned()), 3 => key()]
}

fn delimiter() -> impl Strategy<Value = String> {
    prop_oneof![2 => Just("/".to_owned()), 1 => Just(String::new()), 4 => pieces(1..4)]
}

fn between() -> impl Strategy<Value = Vec<Between>> {
    let one = prop_oneof![
        2 => Just(Between::Nothing),
        2 => Just(Between::DeleteShown),
        2 => any::<usize>().prop_map(Between::Delete),
        3 => (any::<usize>(), any::<usize>()).prop_map(|(key, version)| Between::DeleteVersion(key, version)),
        1 => key().prop_map(Between::Put),
    ];
    // Half of the listings see a bucket at rest.
    prop_oneof![Just(Vec::new()), vec(one, 1..6)]
}

fn marker() -> impl Strategy<Value = Marker> {
    prop_oneof![
        2 => text().prop_map(Marker::Key),
        2 => (any::<usize>(), any::<Option<usize>>()).prop_map(|(key, version)| Marker::Existing(key, version)),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        10 => key().prop_map(Op::Put),
        4 => key().prop_map(Op::Delete),
        4 => (any::<usize>(), any::<usize>()).prop_map(|(key, version)| Op::DeleteVersion(key, version)),
        1 => any::<bool>().prop_map(Op::SetVersioning),
        2 => (any::<usize>(), key()).prop_map(|(source, target)| Op::Rename(source, target)),
        2 => (any::<usize>(), any::<usize>(), key())
            .prop_map(|(source, slash, target)| Op::RenameDirectory(source, slash, target)),
        6 => (text(), delimiter(), text(), 1usize..5, between())
            .prop_map(|(prefix, delimiter, after, limit, between)| Op::List { prefix, delimiter, after, limit, between }),
        6 => (text(), delimiter(), marker(), 1usize..5, between()).prop_map(
            |(prefix, delimiter, marker, limit, between)| Op::ListVersions { prefix, delimiter, marker, limit, between }
        ),
    ]
}

fn pick(model: &Model, index: usize) -> Option<&String> {
    model.keys.keys().nth(index.checked_rem(model.keys.len())?)
}

fn pick_version(model: &Model, key: usize, version: usize) -> Option<(String, VersionId)> {
    let key = pick(model, key)?;
    let versions = &model.keys[key];
    Some((key.clone(), versions[version % versions.len()].id))
}

async fn put(fixture: &Fixture, model: &mut Model, key: &str, size: u64) {
    let done = fixture.put(key, size).await;
    model.put(key, (id_of(done.version, done.node), done.version.sequence), size);
}

async fn delete(fixture: &Fixture, model: &mut Model, key: &str) {
    match fixture.delete(key).await {
        Removed::Marked { node, version } => model.delete(key, Some((id_of(version, node), version.sequence))),
        Removed::Name => {
            assert!(model.live(key).is_some());
            model.delete(key, None);
        }
        Removed::Nothing => assert!(model.live(key).is_none()),
        Removed::Version { .. } => panic!("no version was named"),
    }
}

async fn delete_version(fixture: &Fixture, model: &mut Model, key: &str, id: VersionId) {
    assert!(matches!(fixture.delete_version(key, id).await, Removed::Version { .. }));
    model.delete_version(key, id);
    assert_eq!(fixture.delete_version(key, id).await, Removed::Nothing);
}

/// Does what is to happen between two pages; `shown` are the versions on the page (or its keys, with no version).
async fn change(
    fixture: &Fixture,
    model: &mut Model,
    change: Option<&Between>,
    shown: Vec<(String, Option<VersionId>)>,
    step: u64,
) {
    match change {
        None | Some(Between::Nothing) => {}
        Some(Between::DeleteShown) => {
            for (key, version) in shown {
                match version {
                    None => delete(fixture, model, &key).await,
                    Some(id) => delete_version(fixture, model, &key, id).await,
                }
            }
        }
        Some(Between::Delete(key)) => {
            if let Some(key) = pick(model, *key).cloned() {
                delete(fixture, model, &key).await;
            }
        }
        Some(Between::DeleteVersion(key, version)) => {
            if let Some((key, id)) = pick_version(model, *key, *version) {
                delete_version(fixture, model, &key, id).await;
            }
        }
        Some(Between::Put(key)) => put(fixture, model, key, step).await,
    }
}

/// The first `limit` of what is left, and whether there is more.
fn first<T>(mut left: Vec<T>, limit: usize) -> (Vec<T>, bool) {
    let more = left.len() > limit;
    left.truncate(limit);
    (left, more)
}

async fn list(fixture: &Fixture, model: &mut Model, mut query: ListQuery, between: &[Between], step: u64) {
    for page in 0.. {
        let (shown, next) = fixture.page(&query).await;
        let expected = model.list(&query.prefix, &query.delimiter, &query.after);
        let (expected, more) = first(expected, query.limit);
        assert_eq!(shown, expected, "page {page} of {query:?}");
        assert_eq!(next, more.then(|| shown.last().unwrap().0.clone()), "page {page} of {query:?}");
        let Some(next) = next else { return };
        query.after = next;
        let keys = shown.into_iter().filter(|(_, size)| size.is_some()).map(|(key, _)| (key, None)).collect();
        change(fixture, model, between.get(page), keys, step).await;
    }
}

async fn list_versions(fixture: &Fixture, model: &mut Model, mut query: VersionsQuery, between: &[Between], step: u64) {
    for page in 0.. {
        let (shown, next) = fixture.versions_page(&query).await;
        let expected = model.list_versions(&query.prefix, &query.delimiter, &query.key_marker, query.version_marker);
        let (expected, more) = first(expected, query.limit);
        assert_eq!(shown, expected, "page {page} of {query:?}");
        let last = shown.last().map(|last| match last {
            Shown::Prefix(prefix) => (prefix.clone(), None),
            Shown::Version { key, id, .. } => (key.clone(), Some(*id)),
        });
        assert_eq!(next, last.filter(|_| more), "page {page} of {query:?}");
        let Some((key, version)) = next else { return };
        (query.key_marker, query.version_marker) = (key, version);
        let versions = shown.into_iter().filter_map(|shown| match shown {
            Shown::Prefix(_) => None,
            Shown::Version { key, id, .. } => Some((key, Some(id))),
        });
        change(fixture, model, between.get(page), versions.collect(), step).await;
    }
}

async fn apply(fixture: &Fixture, model: &mut Model, op: &Op, step: u64) {
    match op {
        Op::Put(key) => put(fixture, model, key, step).await,
        Op::Delete(key) => delete(fixture, model, key).await,
        Op::DeleteVersion(key, version) => {
            if let Some((key, id)) = pick_version(model, *key, *version) {
                delete_version(fixture, model, &key, id).await;
            }
        }
        Op::SetVersioning(enabled) => {
            let versioning = if *enabled { Versioning::Enabled } else { Versioning::Suspended };
            fixture.set_versioning(versioning).await;
            model.versioning = versioning;
        }
        Op::Rename(source, target) => {
            let Some(source) = pick(model, *source).cloned() else { return };
            // A source that ends in '/' would be a directory.
            if model.versioning == Versioning::Unset && !source.ends_with('/') && !target.ends_with('/') {
                fixture.rename(&source, target).await.unwrap();
                model.rename(&source, target);
            }
        }
        Op::RenameDirectory(source, slash, target) => {
            let Some(source) = pick(model, *source) else { return };
            let slashes: Vec<usize> = source.match_indices('/').map(|(at, _)| at).collect();
            let Some(slash) = slash.checked_rem(slashes.len()) else { return };
            let (source, target) = (source[..=slashes[slash]].to_owned(), format!("{target}/"));
            if model.versioning != Versioning::Unset {
                return;
            }
            let occupied = model.keys.keys().any(|key| key.starts_with(&target));
            match fixture.rename(&source, &target).await {
                Err(Error::InvalidRequest(_)) => {
                    assert!(target.starts_with(&source) && target != source, "{source:?} {target:?}")
                }
                Err(Error::PreconditionFailed(_)) => assert!(occupied, "{source:?} {target:?}"),
                other => {
                    other.unwrap();
                    assert!(!occupied && !target.starts_with(&source), "{source:?} {target:?}");
                    model.rename_directory(&source, &target);
                }
            }
        }
        Op::List { prefix, delimiter, after, limit, between } => {
            let (prefix, delimiter, after) = (prefix.clone(), delimiter.clone(), after.clone());
            list(fixture, model, ListQuery { prefix, delimiter, after, limit: *limit }, between, step).await;
        }
        Op::ListVersions { prefix, delimiter, marker, limit, between } => {
            let (key_marker, version_marker) = match marker {
                Marker::Key(key) => (key.clone(), None),
                Marker::Existing(key, version) => match pick_version(model, *key, version.unwrap_or(0)) {
                    None => return,
                    Some((key, id)) => (key, version.map(|_| id)),
                },
            };
            let (prefix, delimiter) = (prefix.clone(), delimiter.clone());
            let query = VersionsQuery { prefix, delimiter, key_marker, version_marker, limit: *limit };
            list_versions(fixture, model, query, between, step).await;
        }
    }
}

async fn run(ops: Vec<Op>) {
    let fixture = Fixture::new().await;
    let mut model = Model::default();
    for (step, op) in ops.iter().enumerate() {
        apply(&fixture, &mut model, op, step as u64).await;
    }
    assert_eq!(fixture.all().await, model.list("", "", ""));
    assert_eq!(fixture.all_versions().await, model.list_versions("", "", "", None));
    for (key, versions) in &model.keys {
        assert_eq!(fixture.get(key).await, model.live(key), "{key:?}");
        for version in versions {
            assert!(fixture.get_version(key, version.id).await.is_some(), "{key:?} {version:?}");
        }
    }
    // With everything removed, nothing is left: no directory, no node, no marker.
    fixture.empty().await;
    assert_eq!(fixture.records().await, [""; 0], "records are left in an empty bucket");
}

fn cases() -> u32 {
    std::env::var("TREFOIL_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn t5_the_tree_is_a_flat_sorted_map(ops in vec(op(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(run(ops));
    }
}

#[tokio::test]
async fn a_key_of_512_directories_comes_and_goes() {
    for fixture in [Fixture::new().await, Fixture::on_disk().await] {
        let key = "/".repeat(1024);
        fixture.put(&key, 1).await;
        let deep = format!("{}x", "a/".repeat(511));
        fixture.put(&deep, 2).await;
        assert_eq!(fixture.all().await, vec![(key.clone(), Some(1)), (deep.clone(), Some(2))]);
        fixture.delete(&key).await;
        fixture.delete(&deep).await;
        assert_eq!(fixture.records().await, [""; 0]);
    }
}
