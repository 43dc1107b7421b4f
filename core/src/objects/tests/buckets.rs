//! Buckets: whose they are, how many there may be, and what comes with them.

use super::*;
use crate::limits::BUCKETS_PER_ACCOUNT_MAX;
use crate::metadata::{Batch, Durability, MetadataStore, Table, Write, keys};

async fn create(fixture: &Fixture, by: &Principal, name: &str, tags: TagSet) -> Result<(), Error> {
    let bucket = name.parse().expect("a name");
    fixture.service.create_bucket(by, CreateBucket { bucket, location: None, acl: AclChange::Default, tags }).await
}

async fn list(fixture: &Fixture, by: &Principal, prefix: &str, after: &str, max_buckets: usize) -> ListBucketsPage {
    let request = ListBuckets { prefix: prefix.into(), after: after.into(), max_buckets };
    fixture.service.list_buckets(by, request).await.unwrap()
}

fn names(page: &ListBucketsPage) -> Vec<&str> {
    page.buckets.iter().map(|bucket| bucket.name.as_str()).collect()
}

#[tokio::test]
async fn an_account_lists_its_own_buckets_a_page_at_a_time() {
    let fixture = Fixture::new().await;
    let (mine, other) = (made_account(&fixture, 1).await, made_account(&fixture, 2).await);
    for name in ["aaa", "ab-1", "ab-2", "ab-3", "b.c", "zzz"] {
        create(&fixture, &mine, name, TagSet::default()).await.unwrap();
        create(&fixture, &other, &format!("{name}-x"), TagSet::default()).await.unwrap();
    }
    let all = list(&fixture, &mine, "", "", 100).await;
    assert_eq!((names(&all), all.next.as_deref()), (vec!["aaa", "ab-1", "ab-2", "ab-3", "b.c", "zzz"], None));
    let page = list(&fixture, &mine, "ab-", "", 2).await;
    assert_eq!((names(&page), page.next.as_deref()), (vec!["ab-1", "ab-2"], Some("ab-2")));
    let page = list(&fixture, &mine, "ab-", "ab-2", 2).await;
    assert_eq!((names(&page), page.next.as_deref()), (vec!["ab-3"], None));
    // A name behind which it begins need be nobody's, nor behind the prefix.
    assert_eq!(names(&list(&fixture, &mine, "ab-", "aa", 9).await), ["ab-1", "ab-2", "ab-3"]);
    assert_eq!(names(&list(&fixture, &mine, "", "ab-1x", 9).await), ["ab-2", "ab-3", "b.c", "zzz"]);
    assert!(list(&fixture, &mine, "ab-", "zz", 9).await.buckets.is_empty());
    assert!(list(&fixture, &made_account(&fixture, 3).await, "", "", 9).await.buckets.is_empty());

    fixture.service.delete_bucket(&mine, &"ab-2".parse().unwrap()).await.unwrap();
    assert_eq!(names(&list(&fixture, &mine, "ab-", "", 9).await), ["ab-1", "ab-3"]);
    let refused = fixture.service.accounts().delete("account1").await;
    assert!(matches!(refused, Err(Error::InvalidRequest(_))), "{refused:?}");
    fixture.service.accounts().delete("account3").await.unwrap();
    fixture.assert_clean().await;
}

/// A page and a new bucket cost the same, however many buckets others have.
#[tokio::test]
async fn the_buckets_of_others_cost_nothing() {
    let fixture = Fixture::new().await;
    let (mine, other) = (made_account(&fixture, 1).await, made_account(&fixture, 2).await);
    let mut costs = Vec::new();
    for count in [0, 2500] {
        for index in 0..count {
            create(&fixture, &other, &format!("other{index}"), TagSet::default()).await.unwrap();
        }
        let before = fixture.store.counts();
        create(&fixture, &mine, &format!("mine-{count}"), TagSet::default()).await.unwrap();
        let created = fixture.store.counts().since(&before).round_trips();
        let before = fixture.store.counts();
        list(&fixture, &mine, "", "", 1000).await;
        costs.push((created, fixture.store.counts().since(&before).round_trips()));
    }
    assert_eq!(costs, [(2, 2), (2, 2)]);
    assert_eq!(list(&fixture, &other, "", "", 10_000).await.buckets.len(), 2500);
}

/// The bound is exact, also for those who race for the last place.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_account_has_no_more_buckets_than_it_may() {
    let fixture = Arc::new(Fixture::new().await);
    let mine = made_account(&fixture, 1).await;
    let room = 3;
    let key = keys::owned_buckets(mine.account_id().unwrap());
    let delta = i64::try_from(BUCKETS_PER_ACCOUNT_MAX - room).unwrap();
    let writes = vec![Write::Add { key, delta }];
    fixture.store.commit(Batch { writes, ..Batch::default() }, Durability::Synced).await.unwrap();
    let racers = (0..16).map(|number| {
        let (fixture, mine) = (Arc::clone(&fixture), mine.clone());
        tokio::spawn(async move { create(&fixture, &mine, &format!("race-{number}"), TagSet::default()).await })
    });
    let mut made = 0;
    for outcome in futures::future::join_all(racers).await {
        match outcome.unwrap() {
            Ok(()) => made += 1,
            Err(error) => assert!(matches!(error, Error::TooManyBuckets(BUCKETS_PER_ACCOUNT_MAX)), "{error}"),
        }
    }
    assert_eq!(made, room);
    assert_eq!(list(&fixture, &mine, "", "", 100).await.buckets.len(), room);
    // One that goes makes room for another.
    let first = list(&fixture, &mine, "", "", 1).await.buckets.remove(0).name;
    fixture.service.delete_bucket(&mine, &first).await.unwrap();
    create(&fixture, &mine, "again", TagSet::default()).await.unwrap();
    // Whose name is taken hears that, not that there is no room.
    let taken = create(&fixture, &mine, "again", TagSet::default()).await;
    assert!(matches!(taken, Err(Error::BucketAlreadyOwnedByYou(_))), "{taken:?}");
}

#[tokio::test]
async fn a_bucket_is_made_with_its_tags() {
    let fixture = Fixture::new().await;
    let mine = made_account(&fixture, 1).await;
    let tags = TagSet::for_bucket(vec![("a".into(), "1".into())]).unwrap();
    create(&fixture, &mine, "tagged", tags.clone()).await.unwrap();
    assert_eq!(fixture.service.bucket_tags(&mine, &"tagged".parse().unwrap()).await.unwrap(), tags);
    fixture.service.delete_bucket(&mine, &"tagged".parse().unwrap()).await.unwrap();
    fixture.assert_clean().await;
}

/// The most and widest tags that a bucket may have fit into the index; a configuration that does not is refused, not a fault.
#[tokio::test]
async fn the_widest_configuration_fits_and_a_wider_one_is_refused() {
    let fixture = Fixture::new().await;
    let wide = |number: usize| (format!("{number:02}{}", "\u{4e00}".repeat(126)), "\u{4e00}".repeat(256));
    let tags = TagSet::for_bucket((0..50).map(wide).collect()).unwrap();
    fixture.service.set_bucket_tags(&fixture.root, &fixture.bucket, Some(tags)).await.unwrap();
    // As S3 counts, in UTF-16: 128 of these are 256.
    let pairs = |count: usize| TagSet::for_bucket(vec![("k".into(), "\u{20000}".repeat(count))]);
    pairs(128).unwrap();
    assert!(matches!(pairs(129), Err(Error::InvalidTag(_))));

    let rule = CorsRule {
        allowed_origins: vec!["o".repeat(2000)],
        allowed_methods: vec!["GET".into()],
        ..CorsRule::default()
    };
    let cors = CorsConfiguration { rules: vec![rule; 100] };
    let refused = fixture.service.set_cors(&fixture.root, &fixture.bucket, Some(cors)).await;
    assert!(matches!(refused, Err(Error::EntityTooLarge { .. })), "{refused:?}");
    assert!(matches!(fixture.service.cors(&fixture.root, &fixture.bucket).await, Err(Error::NotConfigured(_))));
}

#[tokio::test]
async fn a_list_of_buckets_that_is_wrong_is_told() {
    let fixture = Fixture::new().await;
    let mine = made_account(&fixture, 1).await;
    create(&fixture, &mine, "mine", TagSet::default()).await.unwrap();
    let owner = mine.account_id().unwrap();
    let name = keys::owned_bucket(owner, "mine");
    let writes = vec![Write::Delete { table: Table::Index, key: name.clone() }];
    fixture.store.commit(Batch { writes, ..Batch::default() }, Durability::Synced).await.unwrap();
    let kinds = |report: check::Report| report.problems.iter().map(|problem| problem.kind).collect::<Vec<_>>();
    let report = check::check(&fixture.service, false, &check::Progress::default()).await.unwrap();
    assert_eq!(kinds(report), ["unlisted_bucket", "wrong_number"]);
    let writes = vec![
        Write::Delete { table: Table::Index, key: keys::bucket("mine") },
        Write::Put { table: Table::Index, key: name, value: bytes(1, 5) },
    ];
    fixture.store.commit(Batch { writes, ..Batch::default() }, Durability::Synced).await.unwrap();
    let report = check::check(&fixture.service, false, &check::Progress::default()).await.unwrap();
    // What is known of the bucket's root is left, too.
    assert_eq!(kinds(report), ["damaged_record", "lost_record"]);
}
