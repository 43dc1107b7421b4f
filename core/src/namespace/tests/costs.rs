//! What the tree costs, in work counted rather than timed: it does not grow with what is not asked for.

use super::*;
use crate::metadata::conformance;
use crate::metadata::counting::CountingStore;
use crate::metadata::records::Dentry;

/// How many keys the longest of these tests deletes: a CI size, unless `TREFOIL_TREE_DELETIONS` says otherwise.
fn deletions() -> usize {
    std::env::var("TREFOIL_TREE_DELETIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(2000)
}

/// Gives the directory `d/` of the fixture so many names, by the thousand: all that a put would write.
async fn fill(fixture: &Fixture, count: usize) {
    fixture.put("d/", 0).await;
    let place = fixture.tree.lookup(&fixture.bucket, &ObjectKey::new("d/").unwrap()).await.unwrap();
    let (parent, record) = (place.parent().unwrap(), object(1));
    let version = crate::metadata::records::Version::new(1, true);
    let all: Vec<usize> = (0..count).collect();
    for chunk in all.chunks(1000) {
        let mut writes = Vec::new();
        for number in chunk {
            let node = fixture.tree.ids.next().await.unwrap();
            let summary = Some(summary_of(&record, record.owner));
            let dentry = Dentry::Object { node, kind: record.kind, version, summary, posix: None, moves: 0 };
            let put = |key, value| Write::Put { table: Table::Index, key, value };
            writes.push(put(keys::dentry(parent, &name(*number).as_bytes()[2..]), dentry.encode()));
            writes.push(put(keys::node(node), record.encode()));
        }
        fixture.store().commit(Batch { writes, ..Batch::default() }, Durability::Ordered).await.unwrap();
    }
    fixture.delete("d/").await;
}

fn name(number: usize) -> String {
    format!("d/k{number:08}")
}

type Order = fn(usize) -> Vec<usize>;

const ORDERS: [(&str, Order); 4] = [
    ("ascending", |count| (0..count).collect()),
    ("descending", |count| (0..count).rev().collect()),
    ("from the middle", |count| {
        (0..count).map(|at| if at % 2 == 0 { count / 2 + at / 2 } else { count / 2 - at / 2 - 1 }).collect()
    }),
    // 7919 is prime.
    ("scattered", |count| (0..count).map(|at| at * 7919 % count).collect()),
];

/// Does one thing after another; answers the most steps that one of a tenth took, on the average of the tenth.
async fn most_steps<T>(store: &conformance::Store, all: &[T], mut one: impl AsyncFnMut(&T)) -> u64 {
    let mut most = 0;
    for tenth in all.chunks(all.len().div_ceil(10)) {
        let before = (store.steps)();
        for each in tenth {
            one(each).await;
        }
        most = most.max(((store.steps)() - before) / tenth.len() as u64);
    }
    most
}

/// Ten times as many deletions cost as many steps each. A walk over what is deleted already would cost ten times as many.
fn assert_level(what: &str, small: u64, large: u64) {
    assert!(large <= 2 * small + 50, "{what}: {small} steps each, and {large} each of ten times as many");
}

fn engines() -> Vec<(&'static str, conformance::Store, Option<tempfile::TempDir>)> {
    let (rocksdb, directory) = crate::metadata::rocksdb::tests::store();
    vec![("memory", crate::metadata::memory::tests::store(), None), ("rocksdb", rocksdb, Some(directory))]
}

#[tokio::test]
async fn deleting_keys_in_any_order_is_linear() {
    for (engine, store, _directory) in engines() {
        let fixture = Fixture::over(Arc::clone(&store.engine)).await;
        for (order_name, order) in ORDERS {
            let mut steps = Vec::new();
            for count in [deletions() / 10, deletions()] {
                fill(&fixture, count).await;
                let one = async |number: &usize| assert_eq!(fixture.delete(&name(*number)).await, Removed::Name);
                steps.push(most_steps(&store, &order(count), one).await);
                assert_eq!(fixture.records().await, [""; 0]);
            }
            eprintln!("{engine}, {order_name}: {steps:?} steps for a deletion");
            assert_level(&format!("{engine}, {order_name}"), steps[0], steps[1]);
        }
    }
}

/// Each deletion hides a name behind a marker, the last of them the directory too; then the markers go, which brings all to light
/// again, and then what they hid. (To remove marker and version of one name after another, so that the directory comes and goes with each,
/// costs more: core/decisions/2026-11-27-emptiness-over-deletions.md.)
#[tokio::test]
async fn deleting_keys_with_versions_is_linear() {
    for (engine, store, _directory) in engines() {
        for (order_name, order) in &ORDERS[..2] {
            let mut hidden = Vec::new();
            let mut removed = Vec::new();
            for count in [deletions() / 20, deletions() / 2] {
                let fixture = Fixture::over(Arc::clone(&store.engine)).await;
                fill(&fixture, count).await;
                fixture.set_versioning(Versioning::Enabled).await;
                let hide = async |number: &usize| {
                    assert!(matches!(fixture.delete(&name(*number)).await, Removed::Marked { .. }));
                };
                hidden.push(most_steps(&store, &order(count), hide).await);
                let mut versions = fixture.all_versions().await;
                assert_eq!(versions.len(), 2 * count);
                if *order_name == "descending" {
                    versions.reverse();
                }
                let is_marker = |shown: &model::Shown| matches!(shown, model::Shown::Version { size: None, .. });
                versions.sort_by_key(|shown| !is_marker(shown));
                let remove = async |shown: &model::Shown| {
                    let model::Shown::Version { key, id, .. } = shown else { panic!("nothing is rolled up") };
                    assert!(matches!(fixture.delete_version(key, *id).await, Removed::Version { .. }));
                };
                removed.push(most_steps(&store, &versions, remove).await);
                assert_eq!(fixture.records().await, [""; 0]);
            }
            eprintln!("{engine}, {order_name}: {hidden:?} steps to hide a name, {removed:?} to remove a version");
            assert_level(&format!("{engine}, hiding {order_name}"), hidden[0], hidden[1]);
            assert_level(&format!("{engine}, removing {order_name}"), removed[0], removed[1]);
        }
    }
}

/// The order that every listing gives.
#[tokio::test]
async fn removing_the_versions_of_one_key_newest_first_is_linear() {
    for (engine, store, _directory) in engines() {
        let mut steps = Vec::new();
        for count in [deletions() / 20, deletions() / 2] {
            let fixture = Fixture::over(Arc::clone(&store.engine)).await;
            fixture.set_versioning(Versioning::Enabled).await;
            for number in 0..count {
                fixture.put("d/k", number as u64).await;
            }
            let versions = fixture.all_versions().await;
            assert_eq!(versions.len(), count);
            let remove = async |shown: &model::Shown| {
                let model::Shown::Version { key, id, .. } = shown else { panic!("nothing is rolled up") };
                assert!(matches!(fixture.delete_version(key, *id).await, Removed::Version { .. }));
            };
            steps.push(most_steps(&store, &versions, remove).await);
            assert_eq!(fixture.records().await, [""; 0]);
        }
        eprintln!("{engine}: {steps:?} steps for a version");
        assert_level(engine, steps[0], steps[1]);
    }
}

async fn counted() -> (Arc<CountingStore<MemoryStore>>, Fixture) {
    let store = Arc::new(CountingStore::new(Arc::new(MemoryStore::new())));
    let fixture = Fixture::over(Arc::clone(&store) as _).await;
    (store, fixture)
}

#[tokio::test]
async fn a_page_reads_little_more_than_it_shows_at_any_delimiter() {
    // By prefix: one key each, many keys each, directories below; the delimiter ends inside names.
    for (prefixes, each, below) in [(1500, 1, ""), (150, 20, ""), (100, 20, "x/y/"), (500, 2, "x/")] {
        for versions in [false, true] {
            let (store, fixture) = counted().await;
            if versions {
                fixture.set_versioning(Versioning::Enabled).await;
            }
            for prefix in 0..prefixes {
                for number in 0..each {
                    fixture.put(&format!("d/k{prefix:05}-{below}{number:05}"), 1).await;
                }
            }
            let before = store.counts();
            let shown = match versions {
                false => {
                    let query = ListQuery { delimiter: "-".into(), limit: 1000, ..ListQuery::default() };
                    fixture.page(&query).await.0.len()
                }
                true => {
                    let query = VersionsQuery { delimiter: "-".into(), limit: 1000, ..VersionsQuery::default() };
                    fixture.versions_page(&query).await.0.len()
                }
            };
            assert_eq!(shown, prefixes.min(1000));
            let cost = store.counts().since(&before);
            let most = 4 * shown as u64 + 1001;
            assert!(cost.pairs <= most, "{prefixes} prefixes of {each} {below}: {} pairs for {shown}", cost.pairs);
            assert!(cost.snapshot_reads <= 4 * shown as u64, "{} reads for {shown}", cost.snapshot_reads);
        }
    }
}

#[tokio::test]
async fn a_page_keeps_little_of_the_directories_that_it_is_inside_of() {
    let (store, fixture) = counted().await;
    // Beside each directory as many names as a page, on the way to the first key.
    for depth in 0..40 {
        for number in 0..100 {
            fixture.put(&format!("{}n{number}", "a/".repeat(depth)), 1).await;
        }
    }
    let before = store.counts();
    let (page, _) = fixture.page(&ListQuery { limit: 1000, ..ListQuery::default() }).await;
    assert_eq!(page.len(), 1000);
    let cost = store.counts().since(&before);
    assert!(cost.pairs < 4000, "{} pairs for a page of 1,000", cost.pairs);
}

#[tokio::test]
async fn a_page_behind_a_null_version_does_not_look_for_it() {
    let (store, fixture) = counted().await;
    fixture.put("k", 0).await;
    fixture.set_versioning(Versioning::Enabled).await;
    for size in 1..3000 {
        fixture.put("k", size).await;
    }
    fixture.put("l", 1).await;
    let query = VersionsQuery {
        key_marker: "k".into(),
        version_marker: Some(VersionId::Null),
        limit: 2,
        ..VersionsQuery::default()
    };
    let before = store.counts();
    let (page, _) = fixture.versions_page(&query).await;
    assert!(matches!(&page[..], [model::Shown::Version { key, latest: true, .. }] if key == "l"), "{page:?}");
    let cost = store.counts().since(&before);
    assert!(cost.pairs < 20, "{} pairs for a page of 2", cost.pairs);
}
