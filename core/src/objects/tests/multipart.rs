//! Uploads in parts: any range of the whole, replaced and left out parts, completing twice.

use super::*;
use crate::types::{ETag, RangeRequest};

pub async fn begin(fixture: &Fixture, name: &str) -> String {
    let request = CreateUpload {
        bucket: fixture.bucket.clone(),
        key: key(name),
        headers: ObjectHeaders::default(),
        user_metadata: vec![("a".into(), "b".into())],
        tags: TagSet::default(),
        acl: AclChange::Default,
        checksum: None,
        location: None,
    };
    fixture.service.create_upload(&fixture.root, request).await.unwrap().upload_id
}

pub fn part_request(fixture: &Fixture, name: &str, id: &str, number: u32, upload: Upload) -> UploadPart {
    UploadPart { bucket: fixture.bucket.clone(), key: key(name), upload_id: id.to_owned(), number, upload }
}

pub async fn part(fixture: &Fixture, name: &str, id: &str, number: u32, body: &Bytes) -> Result<ETag, Error> {
    let request = part_request(fixture, name, id, number, upload(body));
    Ok(fixture.service.upload_part(&fixture.root, request).await?.etag)
}

pub fn complete(fixture: &Fixture, name: &str, id: &str, parts: &[(u32, ETag)]) -> CompleteUpload {
    CompleteUpload {
        bucket: fixture.bucket.clone(),
        key: key(name),
        upload_id: id.to_owned(),
        parts: parts
            .iter()
            .map(|(number, etag)| CompletedPart { number: *number, etag: etag.to_string(), checksum: None })
            .collect(),
        conditions: WriteConditions::default(),
        checksum: None,
        checksum_kind: None,
        object_size: None,
    }
}

#[tokio::test]
async fn the_whole_is_its_parts_in_order() {
    let fixture = Fixture::new().await;
    let id = begin(&fixture, "d/big").await;
    let bodies: Vec<Bytes> =
        (0..3).map(|n| bytes(n, (5 << 20) + 1000 * usize::try_from(n).unwrap())).chain([bytes(9, 77)]).collect();
    let numbers = [2, 3, 500, 10_000];
    let mut parts = Vec::new();
    // Sent out of order; one is replaced, two are left out.
    for (number, body) in numbers.into_iter().zip(&bodies).rev() {
        part(&fixture, "d/big", &id, number, &bytes(99, 100)).await.unwrap();
        parts.insert(0, (number, part(&fixture, "d/big", &id, number, body).await.unwrap()));
    }
    part(&fixture, "d/big", &id, 7, &bytes(98, 100)).await.unwrap();
    part(&fixture, "d/big", &id, 8, &bytes(98, 300_000)).await.unwrap();
    let done = fixture.service.complete_upload(&fixture.root, complete(&fixture, "d/big", &id, &parts)).await.unwrap();
    assert!(done.etag.to_string().ends_with("-4"));
    let whole: Bytes = bodies.concat().into();
    assert_eq!(fixture.get(fixture.request("d/big")).await.unwrap(), whole);
    let crc = crate::content::checksum_of(crate::types::ChecksumAlgorithm::Crc64Nvme, &whole);
    assert_eq!(done.checksum.unwrap().value, crc, "the whole's checksum is combined from the parts'");

    let random = SeededRandom::new(4);
    for _ in 0..50 {
        let first = random.next_u64() % whole.len() as u64;
        let last = first + random.next_u64() % (6 << 20);
        let range = Some(RangeRequest::From { first, last: Some(last) });
        let ranged = fixture.get(GetObject { range, ..fixture.request("d/big") }).await.unwrap();
        let end = usize::try_from(last + 1).unwrap().min(whole.len());
        assert!(ranged == whole.slice(usize::try_from(first).unwrap()..end), "{first}-{last}");
    }
    for (number, body) in numbers.into_iter().zip(&bodies) {
        let request = GetObject { part_number: Some(number), ..fixture.request("d/big") };
        assert!(fixture.get(request).await.unwrap() == *body, "part {number}");
    }

    let again = fixture.service.complete_upload(&fixture.root, complete(&fixture, "d/big", &id, &parts)).await.unwrap();
    assert_eq!(again.etag, done.etag, "completing is idempotent");
    let other = complete(&fixture, "d/big", &id, &parts[..2]);
    assert!(matches!(fixture.service.complete_upload(&fixture.root, other).await, Err(Error::NoSuchUpload(_))));
    assert!(matches!(part(&fixture, "d/big", &id, 1, &bytes(1, 1)).await, Err(Error::NoSuchUpload(_))));

    let report = fixture.assert_clean().await;
    assert_eq!((report.parts, fixture.blobs().await), (4, 3));
    fixture.delete("d/big").await;
    fixture.assert_clean().await;
    assert_eq!(fixture.blobs().await, 0);
}

#[tokio::test]
async fn parts_that_are_wrong_complete_nothing() {
    let fixture = Fixture::new().await;
    let id = begin(&fixture, "k").await;
    let small = part(&fixture, "k", &id, 1, &bytes(1, 100)).await.unwrap();
    let last = part(&fixture, "k", &id, 2, &bytes(2, 100)).await.unwrap();
    let run = async |parts: &[(u32, ETag)]| {
        fixture.service.complete_upload(&fixture.root, complete(&fixture, "k", &id, parts)).await
    };
    assert!(matches!(
        run(&[(1, small.clone()), (2, last.clone())]).await,
        Err(Error::EntityTooSmall { part: Some((1, _)), .. })
    ));
    assert!(matches!(run(&[(2, last.clone()), (1, small.clone())]).await, Err(Error::InvalidPartOrder { .. })));
    assert!(matches!(run(&[(1, last.clone())]).await, Err(Error::InvalidPart { part: 1, .. })));
    assert!(matches!(run(&[(3, last.clone())]).await, Err(Error::InvalidPart { part: 3, .. })));
    assert!(matches!(run(&[]).await, Err(Error::InvalidRequest(_))));
    assert!(matches!(fixture.get(fixture.request("k")).await, Err(Error::NoSuchKey(_))));
    fixture.service.abort_upload(&fixture.root, &fixture.bucket, &key("k"), &id).await.unwrap();
    let again = fixture.service.abort_upload(&fixture.root, &fixture.bucket, &key("k"), &id).await;
    assert!(matches!(again, Err(Error::NoSuchUpload(_))));
    fixture.assert_clean().await;
    assert_eq!(fixture.blobs().await, 0);
}

#[tokio::test]
async fn uploads_are_listed_in_the_order_of_keys() {
    let fixture = Fixture::new().await;
    let names = ["a", "a", "a/b", "a/c", "b/x/1", "b/x/2", "b\0", "c"];
    for name in names {
        begin(&fixture, name).await;
    }
    let mut request = ListUploads { delimiter: "/".into(), max_uploads: 2, ..ListUploads::default() };
    let (mut keys, mut prefixes) = (Vec::new(), Vec::new());
    loop {
        let page = fixture.service.list_uploads(&fixture.root, &fixture.bucket, request.clone()).await.unwrap();
        assert!(page.uploads.len() + page.common_prefixes.len() <= 2);
        keys.extend(page.uploads.into_iter().map(|upload| upload.key));
        prefixes.extend(page.common_prefixes);
        match page.next {
            Some((key, upload)) => (request.key_marker, request.upload_id_marker) = (key, upload),
            None => break,
        }
    }
    assert_eq!(keys, ["a", "a", "b\0", "c"]);
    assert_eq!(prefixes, ["a/", "b/"]);
}

#[tokio::test]
async fn a_page_of_common_prefixes_takes_few_scans() {
    let fixture = Fixture::new().await;
    for n in 0..1000 {
        begin(&fixture, &format!("d{n:04}/k")).await;
    }
    // A prefix with more in it than a fetch of those behind it.
    for _ in 0..40 {
        begin(&fixture, "d0500/k").await;
    }
    let request = ListUploads { delimiter: "/".into(), max_uploads: 1000, ..ListUploads::default() };
    let before = fixture.store.counts();
    let page = fixture.service.list_uploads(&fixture.root, &fixture.bucket, request.clone()).await.unwrap();
    assert_eq!((page.common_prefixes.len(), page.uploads.len(), page.next), (1000, 0, None));
    let scans = fixture.store.counts().since(&before).snapshot_reads;
    assert!(scans <= 3, "{scans} scans");

    let mut few = ListUploads { max_uploads: 3, ..request };
    let mut seen = Vec::new();
    loop {
        let page = fixture.service.list_uploads(&fixture.root, &fixture.bucket, few.clone()).await.unwrap();
        seen.extend(page.common_prefixes);
        match page.next {
            Some((key, upload)) => (few.key_marker, few.upload_id_marker) = (key, upload),
            None => break,
        }
    }
    assert_eq!(seen, (0..1000).map(|n| format!("d{n:04}/")).collect::<Vec<_>>());
}
