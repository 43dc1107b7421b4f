//! Random operations on random keys: after each, the tree shows what the flat map shows.

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
    RenameDirectory(usize, String),
    List {
        prefix: String,
        delimiter: String,
        after: String,
        limit: usize,
    },
    ListVersions {
        prefix: String,
        delimiter: String,
        limit: usize,
    },
}

/// Short keys over an alphabet that sorts below, at and above `/`, with everything that a path can't say.
fn key() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => Just("a"), 4 => Just("b"), 8 => Just("/"), 1 => Just("."), 1 => Just(".."), 1 => Just("\0"), 1 => Just("-"),
        1 => Just("0"), 1 => Just("\u{10ffff}"), 1 => Just("é"), 1 => Just("//"), 1 => Just("ab"), 1 => Just("\u{1}"),
    ];
    let long = (1usize..3).prop_map(|n| format!("{}/{}", "x".repeat(500 * n - 1), "y".repeat(1024 - 500 * n)));
    prop_oneof![40 => proptest::collection::vec(piece, 1..7).prop_map(|pieces| pieces.concat()), 1 => long]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![2 => Just(String::new()), 1 => Just("/".to_owned()), 3 => key()]
}

fn delimiter() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just("/".to_owned()), 1 => Just(String::new()), 1 => Just("a".to_owned()), 1 => Just("a/".to_owned()),
        1 => Just("//".to_owned()), 1 => Just("\u{10ffff}".to_owned()), 1 => Just("b".to_owned())]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        10 => key().prop_map(Op::Put),
        5 => key().prop_map(Op::Delete),
        5 => (any::<usize>(), any::<usize>()).prop_map(|(key, version)| Op::DeleteVersion(key, version)),
        1 => any::<bool>().prop_map(Op::SetVersioning),
        2 => (any::<usize>(), key()).prop_map(|(source, target)| Op::Rename(source, target)),
        2 => (any::<usize>(), key()).prop_map(|(source, target)| Op::RenameDirectory(source, target)),
        6 => (text(), delimiter(), text(), 1usize..5)
            .prop_map(|(prefix, delimiter, after, limit)| Op::List { prefix, delimiter, after, limit }),
        4 => (text(), delimiter(), 1usize..5)
            .prop_map(|(prefix, delimiter, limit)| Op::ListVersions { prefix, delimiter, limit }),
    ]
}

fn pick(model: &Model, index: usize) -> Option<&String> {
    model.keys.keys().nth(index.checked_rem(model.keys.len())?)
}

async fn apply(fixture: &Fixture, model: &mut Model, op: &Op, step: u64) {
    match op {
        Op::Put(key) => {
            let done = fixture.put(key, step).await;
            let id = match done.version.null {
                true => VersionId::Null,
                false => VersionId::Sequence { sequence: done.version.sequence, node: done.node },
            };
            model.put(key, id, step);
        }
        Op::Delete(key) => match fixture.delete(key).await {
            Removed::Marked { node, version } => {
                let id = match version.null {
                    true => VersionId::Null,
                    false => VersionId::Sequence { sequence: version.sequence, node },
                };
                model.delete(key, Some(id));
            }
            Removed::Name => {
                assert!(model.live(key).is_some());
                model.delete(key, None);
            }
            Removed::Nothing => assert!(model.live(key).is_none()),
            Removed::Version { .. } => panic!("no version was named"),
        },
        Op::DeleteVersion(key, version) => {
            let Some(key) = pick(model, *key).cloned() else { return };
            let versions = &model.keys[&key];
            let id = versions[version % versions.len()].id;
            assert!(matches!(fixture.delete_version(&key, id).await, Removed::Version { .. }));
            model.delete_version(&key, id);
            assert_eq!(fixture.delete_version(&key, id).await, Removed::Nothing);
        }
        Op::SetVersioning(enabled) => {
            let versioning = if *enabled { Versioning::Enabled } else { Versioning::Suspended };
            fixture.set_versioning(versioning).await;
            model.versioning = versioning;
        }
        Op::Rename(source, target) => {
            let Some(source) = pick(model, *source).cloned() else { return };
            if model.versioning == Versioning::Unset && !source.ends_with('/') && !target.ends_with('/') {
                fixture.rename(&source, target).await.unwrap();
                model.rename(&source, target);
            }
        }
        Op::RenameDirectory(source, target) => {
            let Some(source) = pick(model, *source) else { return };
            let Some(end) = source.find('/') else { return };
            let (source, target) = (source[..=end].to_owned(), format!("{target}/"));
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
        Op::List { prefix, delimiter, after, limit } => {
            let query =
                ListQuery { prefix: prefix.clone(), delimiter: delimiter.clone(), after: after.clone(), limit: *limit };
            assert_eq!(fixture.list(&query).await, model.list(prefix, delimiter, after), "{query:?}");
        }
        Op::ListVersions { prefix, delimiter, limit } => {
            let query = VersionsQuery {
                prefix: prefix.clone(),
                delimiter: delimiter.clone(),
                limit: *limit,
                ..VersionsQuery::default()
            };
            assert_eq!(fixture.list_versions(&query).await, model.list_versions(prefix, delimiter), "{query:?}");
        }
    }
}

async fn run(ops: Vec<Op>) {
    let fixture = Fixture::new().await;
    let mut model = Model::default();
    for (step, op) in ops.iter().enumerate() {
        apply(&fixture, &mut model, op, step as u64).await;
    }
    let whole = ListQuery { limit: 1000, ..ListQuery::default() };
    assert_eq!(fixture.list(&whole).await, model.list("", "", ""));
    let versions = VersionsQuery { limit: 1000, ..VersionsQuery::default() };
    assert_eq!(fixture.list_versions(&versions).await, model.list_versions("", ""));
    // With everything removed, nothing is left: no directory, no node, no marker.
    for shown in model.list_versions("", "") {
        let Shown::Version { key, .. } = shown else { unreachable!() };
        let id = model.keys[&key][0].id;
        fixture.delete_version(&key, id).await;
        model.delete_version(&key, id);
    }
    assert_eq!(fixture.records().await, [""; 0], "records are left in an empty bucket");
}

fn cases() -> u32 {
    std::env::var("TREFOIL_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn t5_the_tree_is_a_flat_sorted_map(ops in proptest::collection::vec(op(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(run(ops));
    }
}

#[tokio::test]
async fn a_key_of_512_directories_comes_and_goes() {
    let fixture = Fixture::new().await;
    let key = "/".repeat(1024);
    fixture.put(&key, 1).await;
    let deep = format!("{}x", "a/".repeat(511));
    fixture.put(&deep, 2).await;
    let query = ListQuery { limit: 10, ..ListQuery::default() };
    assert_eq!(fixture.list(&query).await, vec![(key.clone(), Some(1)), (deep.clone(), Some(2))]);
    fixture.delete(&key).await;
    fixture.delete(&deep).await;
    assert_eq!(fixture.records().await, [""; 0]);
}

#[tokio::test]
async fn paging_survives_what_is_deleted_between_pages() {
    let fixture = Fixture::new().await;
    let bucket = fixture.tree.bucket(&fixture.bucket).await.unwrap();
    for index in 0..100 {
        fixture.put(&format!("d{}/k{index:03}", index / 10), 0).await;
    }
    let mut query = ListQuery { limit: 7, ..ListQuery::default() };
    let mut seen = 0;
    loop {
        let (page, next) = fixture.tree.list(&bucket, &query).await.unwrap();
        for listed in page {
            let Listed::Object { key, .. } = listed else { panic!("nothing is rolled up") };
            fixture.delete(&key).await;
            seen += 1;
        }
        match next {
            Some(next) => query.after = next,
            None => break,
        }
    }
    assert_eq!(seen, 100);
    assert_eq!(fixture.records().await, [""; 0]);
}
