//! Who may go on with an upload, and bounds of copied parts.

use super::multipart::{begin, complete, part};
use super::*;
use crate::limits::PUT_BYTES_MAX;
use crate::metadata::records::{NodeRecord, Record};
use crate::metadata::{Batch, Durability, MetadataStore, Table, Write};

#[tokio::test]
async fn nobody_uploads_in_parts_without_an_account() {
    let fixture = Fixture::new().await;
    let acl = AclChange::Canned(crate::types::CannedAcl::PublicReadWrite);
    fixture.service.set_bucket_acl(&fixture.root, &fixture.bucket, acl).await.unwrap();
    let nobody = Principal::Anonymous;
    let service = &fixture.service;
    let denied = |outcome: Result<(), Error>| assert!(matches!(outcome, Err(Error::AccessDenied(_))), "{outcome:?}");
    let create = CreateUpload {
        bucket: fixture.bucket.clone(),
        key: key("k"),
        headers: ObjectHeaders::default(),
        user_metadata: Vec::new(),
        tags: TagSet::default(),
        acl: AclChange::Default,
        checksum: None,
        location: None,
    };
    denied(service.create_upload(&nobody, create).await.map(drop));

    let id = begin(&fixture, "k").await;
    let etag = part(&fixture, "k", &id, 1, &bytes(1, 10)).await.unwrap();
    fixture.put("source", &bytes(2, 10)).await;
    let sent = UploadPart {
        bucket: fixture.bucket.clone(),
        key: key("k"),
        upload_id: id.clone(),
        number: 2,
        upload: upload(&bytes(1, 10)),
    };
    denied(service.upload_part(&nobody, sent).await.map(drop));
    denied(service.upload_part_copy(&nobody, copy_of(&fixture, "source", &id)).await.map(drop));
    let list =
        ListParts { bucket: fixture.bucket.clone(), key: key("k"), upload_id: id.clone(), marker: 0, max_parts: 10 };
    denied(service.list_parts(&nobody, list.clone()).await.map(drop));
    let done = complete(&fixture, "k", &id, &[(1, etag)]);
    denied(service.complete_upload(&nobody, done.clone()).await.map(drop));
    denied(service.abort_upload(&nobody, &fixture.bucket, &key("k"), &id).await);
    assert_eq!(service.list_parts(&fixture.root, list).await.unwrap().parts.len(), 1);
    service.complete_upload(&fixture.root, done.clone()).await.unwrap();
    denied(service.complete_upload(&nobody, done).await.map(drop));
    fixture.assert_clean().await;
}

fn copy_of(fixture: &Fixture, source: &str, id: &str) -> UploadPartCopy {
    let source = CopySource {
        bucket: fixture.bucket.clone(),
        key: key(source),
        version: None,
        conditions: ReadConditions::default(),
    };
    UploadPartCopy {
        source,
        range: None,
        bucket: fixture.bucket.clone(),
        key: key("k"),
        upload_id: id.to_owned(),
        number: 2,
    }
}

#[tokio::test]
async fn a_copied_part_has_five_gibibytes_at_most() {
    let fixture = Fixture::new().await;
    let source = fixture.put("source", &bytes(2, 100_000)).await;
    // As if it were large: the bound is decided before a byte is read.
    let (start, end) = (b"N".to_vec(), b"O".to_vec());
    let nodes = fixture.store.snapshot().unwrap().scan(&start, &end, 10, false).await.unwrap();
    let (at, mut record) = nodes
        .into_iter()
        .map(|(at, value)| (at, NodeRecord::decode(&value).unwrap()))
        .find(|(_, record)| record.etag == source.etag)
        .unwrap();
    record.size = PUT_BYTES_MAX + 1;
    let writes = vec![Write::Put { table: Table::Index, key: at, value: record.encode() }];
    fixture.store.commit(Batch { writes, ..Batch::default() }, Durability::Synced).await.unwrap();

    let id = begin(&fixture, "k").await;
    let whole = copy_of(&fixture, "source", &id);
    let range = |first, last| Some(crate::types::RangeRequest::From { first, last: Some(last) });
    for request in [
        whole.clone(),
        UploadPartCopy { range: range(0, PUT_BYTES_MAX), ..whole.clone() },
        UploadPartCopy { range: range(PUT_BYTES_MAX + 1, PUT_BYTES_MAX + 2), ..whole.clone() },
    ] {
        let refused = fixture.service.upload_part_copy(&fixture.root, request).await;
        assert!(matches!(refused, Err(Error::InvalidRequest(_))), "{refused:?}");
    }
    let beyond = UploadPartCopy { range: range(1, PUT_BYTES_MAX + 1), ..whole.clone() };
    let refused = fixture.service.upload_part_copy(&fixture.root, beyond).await;
    assert!(
        matches!(&refused, Err(Error::InvalidArgument { name: "x-amz-copy-source-range", value, .. })
            if *value == format!("bytes=1-{}", PUT_BYTES_MAX + 1)),
        "{refused:?}"
    );
    let few = UploadPartCopy { range: range(10, 19), ..whole };
    assert_eq!(
        fixture.service.upload_part_copy(&fixture.root, few).await.unwrap().etag,
        etag_of(&bytes(2, 100_000)[10..20])
    );
}

fn etag_of(bytes: &[u8]) -> crate::types::ETag {
    crate::types::ETag::Md5(crate::content::Md5::of(bytes))
}
