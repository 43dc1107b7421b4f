//! Copies share their content; a directory's rename moves one name.

use super::*;
use crate::types::VersionId;

pub fn copy_of(fixture: &Fixture, source: &str, target: &str) -> CopyObject {
    CopyObject {
        source: CopySource {
            bucket: fixture.bucket.clone(),
            key: key(source),
            version: None,
            conditions: ReadConditions::default(),
        },
        bucket: fixture.bucket.clone(),
        key: key(target),
        directives: CopyDirectives::default(),
        acl: AclChange::Default,
        conditions: WriteConditions::default(),
        checksum: None,
        location: None,
    }
}

#[tokio::test]
async fn a_copy_moves_no_bytes_and_outlives_its_source() {
    let fixture = Fixture::new().await;
    for size in [0, 1000, 2 << 20] {
        let body = bytes(5, size);
        fixture.put("source", &body).await;
        fixture.service.copy(&fixture.root, copy_of(&fixture, "source", "copy")).await.unwrap();
        fixture.service.copy(&fixture.root, copy_of(&fixture, "copy", "copy2")).await.unwrap();
        assert_eq!(fixture.blobs().await, usize::from(size > 65_536), "one blob for three names");
        fixture.delete("source").await;
        fixture.delete("copy").await;
        fixture.assert_clean().await;
        assert_eq!(fixture.get(fixture.request("copy2")).await.unwrap(), body);
        fixture.delete("copy2").await;
        fixture.assert_clean().await;
        assert_eq!(fixture.blobs().await, 0);
    }
}

#[tokio::test]
async fn a_rename_of_a_directory_is_one_commit() {
    let fixture = Fixture::new().await;
    for index in 0..200 {
        fixture.put(&format!("from/sub{}/k{index}", index % 7), &bytes(index, 10)).await;
    }
    let rename = |source: &str, target: &str| RenameObject {
        bucket: fixture.bucket.clone(),
        source: key(source),
        target: key(target),
        source_conditions: ReadConditions::default(),
        conditions: WriteConditions::default(),
        client_token: Some("token".into()),
    };
    let before = fixture.store.counts();
    fixture.service.rename(&fixture.root, rename("from/", "to/there/")).await.unwrap();
    assert_eq!(fixture.store.counts().since(&before).commits, 1);
    // The same token again: done already. Another rename under it: refused.
    fixture.service.rename(&fixture.root, rename("from/", "to/there/")).await.unwrap();
    let other = fixture.service.rename(&fixture.root, rename("to/", "elsewhere/")).await;
    assert!(matches!(other, Err(Error::InvalidArgument { name: "ClientToken", .. })));
    assert_eq!(fixture.get(fixture.request("to/there/sub3/k3")).await.unwrap(), bytes(3, 10));
    assert!(matches!(fixture.get(fixture.request("from/sub3/k3")).await, Err(Error::NoSuchKey(_))));
    let page = ListObjects { delimiter: "/".into(), max_keys: 10, ..ListObjects::default() };
    let page = fixture.service.list(&fixture.root, &fixture.bucket, page).await.unwrap();
    assert_eq!(page.common_prefixes, ["to/"]);
    fixture.assert_clean().await;
}

#[tokio::test]
async fn versions_keep_their_bytes_until_they_are_deleted() {
    let fixture = Fixture::new().await;
    fixture.service.set_versioning(&fixture.root, &fixture.bucket, crate::types::Versioning::Enabled).await.unwrap();
    let bodies = [bytes(1, 100), bytes(2, 200_000), bytes(3, 100)];
    let mut versions = Vec::new();
    for body in &bodies {
        versions.push(fixture.put("d/k", body).await.version.unwrap());
    }
    let marker = fixture.delete("d/k").await;
    assert!(marker.delete_marker);
    assert!(matches!(fixture.get(fixture.request("d/k")).await, Err(Error::Deleted { .. })));
    for (version, body) in versions.iter().zip(&bodies) {
        let request = GetObject { version: Some(*version), ..fixture.request("d/k") };
        assert_eq!(fixture.get(request).await.unwrap(), *body);
    }
    let asked = GetObject { version: marker.version, ..fixture.request("d/k") };
    assert!(matches!(fixture.get(asked).await, Err(Error::IsDeleteMarker { .. })));
    fixture.assert_clean().await;
    let remove = |version: VersionId| DeleteObject {
        bucket: fixture.bucket.clone(),
        key: key("d/k"),
        version: Some(version),
        conditions: DeleteConditions::default(),
    };
    fixture.service.delete(&fixture.root, remove(marker.version.unwrap())).await.unwrap();
    assert_eq!(fixture.get(fixture.request("d/k")).await.unwrap(), bodies[2]);
    for version in versions {
        fixture.service.delete(&fixture.root, remove(version)).await.unwrap();
    }
    let report = fixture.assert_clean().await;
    assert_eq!((report.objects, report.versions, report.directories, fixture.blobs().await), (0, 0, 0, 0));
    fixture.service.delete_bucket(&fixture.root, &fixture.bucket).await.unwrap();
}
