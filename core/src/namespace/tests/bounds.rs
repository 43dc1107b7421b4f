//! Trees that are larger than a page may be: it ends short, and the next one goes on.

use super::*;
use crate::limits::{LIST_PAGE_KEY_BYTES_MAX, LIST_WORK_MAX};
use crate::metadata::rocksdb::{Options, RocksDb};

#[tokio::test]
async fn a_page_does_only_so_much_work() {
    let fixture = Fixture::new().await;
    let key = |number: usize| format!("{number:04}/{}x", "a/".repeat(500));
    let count = LIST_WORK_MAX / 500 + 20;
    for number in 0..count {
        fixture.put(&key(number), number as u64).await;
    }
    let mut query = ListQuery { limit: 1000, ..ListQuery::default() };
    let (first, next) = fixture.page(&query).await;
    assert!(first.len() < count && !first.is_empty(), "{} of {count} on the first page", first.len());
    query.after = next.expect("the page is truncated");
    let (rest, next) = fixture.page(&query).await;
    assert_eq!(next, None);
    let expected: Vec<_> = (0..count).map(|number| (key(number), Some(number as u64))).collect();
    assert_eq!([first, rest].concat(), expected);

    let mut query = VersionsQuery { limit: 1000, ..VersionsQuery::default() };
    let (first, next) = fixture.versions_page(&query).await;
    assert!(first.len() < count && !first.is_empty());
    (query.key_marker, query.version_marker) = next.expect("the page is truncated");
    let (rest, next) = fixture.versions_page(&query).await;
    assert_eq!((first.len() + rest.len(), next), (count, None));
}

/// Puts a key below more directories than any request can name, by renames.
async fn bury(fixture: &Fixture, levels: usize, wide: usize) -> String {
    let mut key = "top/x".to_owned();
    fixture.put(&key, 1).await;
    let mut level = 1;
    while level < levels {
        let (source, rest) = key.split_once('/').unwrap();
        let target = format!("{level}/{}{source}/", format!("{}/", "a".repeat(wide)).repeat(900 / (wide + 1)));
        fixture.rename(&format!("{source}/"), &target).await.unwrap();
        key = format!("{target}{rest}");
        level = key.matches('/').count();
    }
    key
}

#[tokio::test]
async fn a_truncated_page_goes_on_however_deep_the_tree() {
    let fixture = Fixture::new().await;
    let key = bury(&fixture, LIST_WORK_MAX + 10, 1).await;
    fixture.put("z", 2).await;
    let mut query = ListQuery { limit: 10, ..ListQuery::default() };
    let (page, next) = fixture.page(&query).await;
    assert_eq!(page, []);
    query.after = next.unwrap();
    assert_eq!(fixture.page(&query).await, (vec![(key.clone(), Some(1)), ("z".into(), Some(2))], None));

    let mut query = VersionsQuery { limit: 10, ..VersionsQuery::default() };
    let (page, next) = fixture.versions_page(&query).await;
    assert_eq!(page, []);
    (query.key_marker, query.version_marker) = next.unwrap();
    let (page, next) = fixture.versions_page(&query).await;
    assert_eq!((page.len(), next), (2, None));
}

#[tokio::test]
async fn a_page_holds_only_so_many_bytes_of_keys() {
    let fixture = Fixture::new().await;
    let count = 200;
    for number in 0..count {
        fixture.put(&format!("top/{number:04}"), number).await;
    }
    let mut above = "top/".to_owned();
    while above.len() < 40_000 {
        let (source, rest) = above.split_once('/').unwrap();
        let target = format!("{}/{}/{source}/", above.len(), "a".repeat(900));
        fixture.rename(&format!("{source}/"), &target).await.unwrap();
        above = format!("{target}{rest}");
    }
    let mut query = ListQuery { limit: 1000, ..ListQuery::default() };
    let mut seen = 0;
    for pages in 1.. {
        let (page, next) = fixture.page(&query).await;
        let bytes: usize = page.iter().map(|(key, _)| key.len()).sum();
        assert!(!page.is_empty() && bytes <= LIST_PAGE_KEY_BYTES_MAX);
        seen += page.len() as u64;
        match next {
            Some(next) => query.after = next,
            None => {
                assert!(pages > 1);
                break;
            }
        }
    }
    assert_eq!(seen, count);
    // What is that long can be read, and removed.
    let key = format!("{above}0007");
    assert_eq!(fixture.get(&key).await, Some(7));
    assert_eq!(fixture.delete(&key).await, Removed::Name);
}

/// The last of the space is for what makes room: a removal passes, and nothing that makes a name, whatever it replaces.
#[tokio::test]
async fn a_full_disk_takes_removals_and_no_puts_or_renames() {
    let directory = tempfile::tempdir().unwrap();
    let open = |reserve_bytes| {
        let options =
            Options { reserve_bytes: Some(reserve_bytes), reserve_freeing_bytes: Some(0), ..Options::default() };
        RocksDb::open(directory.path(), &options).unwrap()
    };
    let store = open(0);
    let fixture = Fixture::over(Arc::clone(&store) as _).await;
    fixture.put("d/k", 1).await;
    fixture.put("d/l", 2).await;
    let record = fixture.tree.bucket(&fixture.bucket).await.unwrap().record.clone();
    drop((fixture, store));
    let fixture = Fixture::reopened(open(u64::MAX));
    assert_eq!(fixture.tree.bucket(&fixture.bucket).await.unwrap().record, record);
    for key in ["d/k", "new"] {
        let outcome = fixture.put_if(key, 3, |_| true).await;
        assert!(matches!(outcome, Err(Error::StorageFull(_))), "{key}: {outcome:?}");
    }
    for (source, target) in [("d/k", "d/l"), ("d/k", "n"), ("d/", "e/")] {
        let outcome = fixture.rename(source, target).await;
        assert!(matches!(outcome, Err(Error::StorageFull(_))), "{source} to {target}: {outcome:?}");
    }
    assert_eq!(fixture.all().await, [("d/k".to_owned(), Some(1)), ("d/l".to_owned(), Some(2))]);
    for key in ["d/k", "d/l"] {
        assert_eq!(fixture.delete(key).await, Removed::Name);
    }
    assert_eq!(fixture.records().await, [""; 0]);
}
