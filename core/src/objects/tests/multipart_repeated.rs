//! Completions that are asked for again, or side by side.

use super::multipart::{begin, complete, part};
use super::*;
use crate::access::NewAccount;
use crate::clock::{ManualClock, Timestamp};
use crate::limits::COMPLETED_SECONDS;
use crate::metadata::MetadataStore;
use crate::types::{ChecksumKind, Versioning};
use crate::work::forget;

/// Records of completed uploads, and the tasks that forget them.
async fn remembered(fixture: &Fixture) -> (usize, usize) {
    let count = async |start: &[u8], end: &[u8]| {
        fixture.store.snapshot().unwrap().scan(start, end, 1000, false).await.unwrap().len()
    };
    (count(b"X", b"Y").await, count(b"Tf", b"Tg").await)
}

#[tokio::test]
async fn a_completion_is_answered_again_whatever_became_of_the_key() {
    let fixture = Fixture::new().await;
    let id = begin(&fixture, "k").await;
    let etag = part(&fixture, "k", &id, 1, &bytes(1, 100_000)).await.unwrap();
    let mut request = complete(&fixture, "k", &id, &[(1, etag)]);
    request.conditions.if_absent = true;
    let run = async |request: &CompleteUpload| fixture.service.complete_upload(&fixture.root, request.clone()).await;
    let first = run(&request).await.unwrap();
    fixture.put("k", &bytes(2, 10)).await;
    let again = run(&request).await.unwrap();
    assert_eq!((&again.etag, &again.checksum, again.version), (&first.etag, &first.checksum, first.version));
    fixture.delete("k").await;
    assert_eq!(run(&request).await.unwrap().etag, first.etag);
    assert!(matches!(fixture.get(fixture.request("k")).await, Err(Error::NoSuchKey(_))));

    // Whatever else is asked was not done.
    let mut others = vec![request.clone(); 6];
    others[0].parts[0].number = 2;
    others[1].parts[0].etag = "0".repeat(32);
    others[2].parts[0].checksum = Some((crate::types::ChecksumAlgorithm::Crc32, "AAAAAA==".into()));
    others[3].conditions = WriteConditions::default();
    others[4].checksum_kind = Some(ChecksumKind::FullObject);
    others[5].object_size = Some(1);
    others.push(CompleteUpload { key: key("other"), ..request.clone() });
    for other in &others {
        assert!(matches!(run(other).await, Err(Error::NoSuchUpload(_))), "{other:?}");
    }
    // Who may write, and did not begin it.
    let acl = AclChange::Canned(crate::types::CannedAcl::PublicReadWrite);
    fixture.service.set_bucket_acl(&fixture.root, &fixture.bucket, acl).await.unwrap();
    let stranger = NewAccount { name: "bob".into(), display_name: None, email: None, id: None };
    let stranger = Principal::Account(fixture.service.accounts().create(stranger).await.unwrap());
    let denied = fixture.service.complete_upload(&stranger, request).await;
    assert!(matches!(denied, Err(Error::AccessDenied(_))), "{denied:?}");
    fixture.assert_clean().await;
}

#[tokio::test]
async fn a_completion_names_its_version_again() {
    let fixture = Fixture::new().await;
    fixture.service.set_versioning(&fixture.root, &fixture.bucket, Versioning::Enabled).await.unwrap();
    let id = begin(&fixture, "k").await;
    let etag = part(&fixture, "k", &id, 1, &bytes(1, 10)).await.unwrap();
    let request = complete(&fixture, "k", &id, &[(1, etag)]);
    let first = fixture.service.complete_upload(&fixture.root, request.clone()).await.unwrap();
    fixture.put("k", &bytes(2, 10)).await;
    let again = fixture.service.complete_upload(&fixture.root, request).await.unwrap();
    assert!(first.version.is_some());
    assert_eq!(again.version, first.version);
    let old = GetObject { version: again.version, ..fixture.request("k") };
    assert_eq!(fixture.get(old).await.unwrap(), bytes(1, 10));
}

#[tokio::test]
async fn a_completion_is_forgotten_in_time() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_000_000)));
    let fixture = Fixture::with_clock(clock.clone()).await;
    let mut requests = Vec::new();
    for name in ["a", "b"] {
        let id = begin(&fixture, name).await;
        let etag = part(&fixture, name, &id, 1, &bytes(1, 10)).await.unwrap();
        let request = complete(&fixture, name, &id, &[(1, etag)]);
        fixture.service.complete_upload(&fixture.root, request.clone()).await.unwrap();
        requests.push(request);
        clock.advance_nanos(COMPLETED_SECONDS / 2 * 1_000_000_000);
    }
    assert_eq!(remembered(&fixture).await, (2, 2));
    assert_eq!(forget::round(&fixture.service).await.unwrap(), 1);
    assert_eq!(remembered(&fixture).await, (1, 1));
    let asked = fixture.service.complete_upload(&fixture.root, requests[0].clone()).await;
    assert!(matches!(asked, Err(Error::NoSuchUpload(_))), "{asked:?}");
    fixture.service.complete_upload(&fixture.root, requests[1].clone()).await.unwrap();
    clock.advance_nanos(COMPLETED_SECONDS * 1_000_000_000);
    assert_eq!(forget::round(&fixture.service).await.unwrap(), 1);
    assert_eq!(forget::round(&fixture.service).await.unwrap(), 0);
    assert_eq!(remembered(&fixture).await, (0, 0), "nothing is left of them");
    fixture.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_that_race_to_create_wins() {
    const RACERS: usize = 8;
    let fixture = Fixture::new().await;
    for round in 0..10 {
        let name = format!("d/{round}");
        let mut requests = Vec::new();
        for racer in 0..RACERS {
            let id = begin(&fixture, &name).await;
            let etag = part(&fixture, &name, &id, 1, &bytes(racer as u64, 20)).await.unwrap();
            let mut request = complete(&fixture, &name, &id, &[(1, etag)]);
            request.conditions.if_absent = true;
            requests.push(request);
        }
        let racers: Vec<_> = requests
            .iter()
            .map(|request| {
                let (service, root, request) = (fixture.service.clone(), fixture.root.clone(), request.clone());
                tokio::spawn(async move { service.complete_upload(&root, request).await })
            })
            .collect();
        let mut won = Vec::new();
        for (racer, outcome) in racers.into_iter().enumerate() {
            match outcome.await.unwrap() {
                Ok(_) => won.push(racer),
                Err(Error::PreconditionFailed("If-None-Match")) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(won.len(), 1, "{won:?}");
        assert_eq!(fixture.get(fixture.request(&name)).await.unwrap(), bytes(won[0] as u64, 20));
        // Those that lost are as they were.
        for (_, request) in requests.iter().enumerate().filter(|(racer, _)| *racer != won[0]) {
            fixture
                .service
                .abort_upload(&fixture.root, &fixture.bucket, &key(&name), &request.upload_id)
                .await
                .unwrap();
        }
    }
    fixture.assert_clean().await;
}
