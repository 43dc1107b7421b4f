//! What takes long to come: what allowed it must still be so when it is there, in the same bucket. What is copied may be replaced
//! meanwhile.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::types::CannedAcl;

/// A put of `principal` that has begun, and waits for its bytes until it is told to go on.
async fn begun(
    fixture: &Fixture,
    principal: &Principal,
    bucket: &BucketName,
    body: Bytes,
) -> (JoinHandle<Result<PutOutput, Error>>, oneshot::Sender<()>) {
    let (begin, begun) = oneshot::channel();
    let (go_on, gate) = oneshot::channel::<()>();
    let length = Some(body.len() as u64);
    let stream = futures::stream::once(async move {
        let _ = begin.send(());
        gate.await.expect("the test goes on");
        Ok(body)
    });
    let request = PutObject {
        bucket: bucket.clone(),
        key: key("k"),
        upload: Upload { body: Box::pin(stream), length, expected: Expected::default() },
        headers: ObjectHeaders::default(),
        user_metadata: Vec::new(),
        tags: TagSet::default(),
        acl: AclChange::Default,
        conditions: WriteConditions::default(),
        location: None,
    };
    let (service, principal) = (fixture.service.clone(), principal.clone());
    let running = tokio::spawn(async move { service.put(&principal, request).await });
    begun.await.expect("the put was allowed");
    (running, go_on)
}

async fn create(fixture: &Fixture, owner: &Principal, bucket: &BucketName, acl: AclChange) {
    let request = CreateBucket { bucket: bucket.clone(), location: None, acl, tags: TagSet::default() };
    fixture.service.create_bucket(owner, request).await.unwrap();
}

#[tokio::test]
async fn a_put_does_not_end_in_another_bucket_of_the_same_name() {
    let fixture = Fixture::new().await;
    let (one, two) = (made_account(&fixture, 1).await, made_account(&fixture, 2).await);
    let bucket: BucketName = "changes-hands".parse().unwrap();
    for size in [10, 100_000] {
        create(&fixture, &one, &bucket, AclChange::Default).await;
        let (put, go_on) = begun(&fixture, &one, &bucket, bytes(1, size)).await;
        fixture.service.delete_bucket(&one, &bucket).await.unwrap();
        create(&fixture, &two, &bucket, AclChange::Default).await;
        go_on.send(()).unwrap();
        assert!(matches!(put.await.unwrap(), Err(Error::NoSuchBucket(_))), "{size}");
        let there = GetObject { bucket: bucket.clone(), ..fixture.request("k") };
        assert!(matches!(fixture.service.head(&two, there).await, Err(Error::NoSuchKey(_))), "{size}");
        fixture.service.delete_bucket(&two, &bucket).await.unwrap();
    }
}

#[tokio::test]
async fn a_put_ends_with_the_grant_that_allowed_it() {
    let fixture = Fixture::new().await;
    let (owner, guest) = (made_account(&fixture, 1).await, made_account(&fixture, 2).await);
    let bucket: BucketName = "closes".parse().unwrap();
    create(&fixture, &owner, &bucket, AclChange::Canned(CannedAcl::PublicReadWrite)).await;
    let (put, go_on) = begun(&fixture, &guest, &bucket, bytes(1, 100_000)).await;
    let private = AclChange::Canned(CannedAcl::Private);
    fixture.service.set_bucket_acl(&owner, &bucket, private).await.unwrap();
    go_on.send(()).unwrap();
    assert!(matches!(put.await.unwrap(), Err(Error::AccessDenied(_))));
    let there = GetObject { bucket: bucket.clone(), ..fixture.request("k") };
    assert!(matches!(fixture.service.head(&owner, there).await, Err(Error::NoSuchKey(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_finds_its_source_while_that_is_replaced() {
    let fixture = Arc::new(Fixture::new().await);
    let bodies = [bytes(1, 100_000), bytes(2, 100_000)];
    fixture.put("source", &bodies[0]).await;
    let writer = {
        let (fixture, bodies) = (Arc::clone(&fixture), bodies.clone());
        tokio::spawn(async move {
            for turn in 0..300 {
                fixture.put("source", &bodies[turn % 2]).await;
            }
        })
    };
    let mut copies = 0;
    while !writer.is_finished() {
        let request = super::sharing::copy_of(&fixture, "source", "copy");
        fixture.service.copy(&fixture.root, request).await.expect("the source is always there");
        let copied = fixture.get(fixture.request("copy")).await.unwrap();
        assert!(bodies.contains(&copied), "a mixture");
        copies += 1;
    }
    writer.await.unwrap();
    assert!(copies > 0);
    fixture.assert_clean().await;
}
