//! Accounts and their buckets: neither is without the other.

use std::time::Duration;

use super::Fixture;
use crate::access::NewAccount;
use crate::error::Error;
use crate::metadata::{LockMode, MetadataStore, keys};
use crate::objects::{AclChange, CreateBucket, ObjectService};
use crate::types::{BucketName, Principal, TagSet};

async fn zoe(fixture: &Fixture) -> Principal {
    let new = NewAccount { name: "zoe".into(), ..NewAccount::default() };
    Principal::Account(fixture.service.accounts().create(new).await.unwrap())
}

fn zoes() -> CreateBucket {
    let bucket = "zoes".parse::<BucketName>().unwrap();
    CreateBucket { bucket, location: None, acl: AclChange::Default, tags: TagSet::default() }
}

async fn owner(service: &ObjectService) -> Result<crate::types::AccountId, Error> {
    service.bucket_owner(&"zoes".parse::<BucketName>().unwrap()).await
}

#[tokio::test]
async fn an_account_that_was_deleted_makes_no_bucket() {
    let fixture = Fixture::new().await;
    let zoe = zoe(&fixture).await;
    fixture.service.accounts().delete("zoe").await.unwrap();
    // A request that was let in before the account went.
    let error = fixture.service.create_bucket(&zoe, zoes()).await.unwrap_err();
    assert!(matches!(error, Error::AccessDenied(_)), "{error:?}");
    assert!(matches!(owner(&fixture.service).await, Err(Error::NoSuchBucket(_))));
}

#[tokio::test]
async fn an_account_is_looked_at_when_nobody_can_make_a_bucket_of_it() {
    let fixture = Fixture::new().await;
    let principal = zoe(&fixture).await;
    let id = principal.account_id().unwrap();
    // As a CreateBucket holds it to its end.
    let making = fixture.store.lock(&keys::locks::account(id), LockMode::Shared).await.unwrap();
    let accounts = fixture.service.accounts().clone();
    let mut deletion = tokio::spawn(async move { accounts.delete("zoe").await });
    let early = tokio::time::timeout(Duration::from_millis(50), &mut deletion).await;
    assert!(early.is_err(), "deleted while a bucket is being made: {early:?}");
    drop(making);
    deletion.await.unwrap().unwrap();
    assert!(fixture.service.accounts().by_name("zoe").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_racing_deletion_and_creation_one_wins() {
    for _ in 0..50 {
        let fixture = Fixture::new().await;
        let zoe = zoe(&fixture).await;
        let (service, accounts) = (fixture.service.clone(), fixture.service.accounts().clone());
        let create = tokio::spawn(async move { service.create_bucket(&zoe, zoes()).await.is_ok() });
        let delete = tokio::spawn(async move { accounts.delete("zoe").await.is_ok() });
        let (created, deleted) = (create.await.unwrap(), delete.await.unwrap());
        assert!(created != deleted, "created: {created}, deleted: {deleted}");
        assert_eq!(owner(&fixture.service).await.is_ok(), created);
        assert_eq!(fixture.service.accounts().by_name("zoe").is_none(), deleted);
    }
}
