//! ListParts and ListMultipartUploads.
//!
//! Always holds: a page has at most `LIST_PAGE_MAX` entries; uploads come in the order of their keys, then of their beginning. What
//! is read for a page is a small multiple of what it shows, however many uploads lie in its common prefixes.

use super::upload::{id_text, parse_id};
use super::{ListParts, ListUploads, UploadEntry, UploadedPart, UploadedPartsPage, UploadsPage};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::limits::{LIST_FETCH_MAX, LIST_FETCH_SKIPPING_MIN, LIST_PAGE_MAX};
use crate::metadata::keys;
use crate::metadata::records::{Record, UploadRecord};
use crate::objects::ObjectService;
use crate::types::{BucketName, ETag, Permission, Principal};

impl ObjectService {
    pub async fn list_parts(&self, principal: &Principal, request: ListParts) -> Result<UploadedPartsPage> {
        let bucket = self.tree().bucket(&request.bucket).await?;
        self.require_writer(principal, &bucket)?;
        let found = self.upload_now(&bucket, &request.key, &request.upload_id).await?;
        self.require_uploader(principal, &bucket, found.record.initiator)?;
        let limit = request.max_parts.min(LIST_PAGE_MAX);
        let (parts, truncated) = self.parts_after(found.content, request.marker, limit).await?;
        let parts = parts.into_iter().map(|(number, part)| UploadedPart {
            number,
            size: part.size,
            etag: ETag::Md5(part.md5),
            modified: part.modified,
            // Of an upload that named no algorithm it is our own.
            checksum: part.checksum.filter(|_| found.record.checksum.is_some()),
        });
        Ok(UploadedPartsPage {
            parts: parts.collect(),
            truncated,
            initiator: found.record.initiator,
            owner: found.record.owner,
            checksum: found.record.checksum,
        })
    }

    pub async fn list_uploads(
        &self,
        principal: &Principal,
        bucket: &BucketName,
        request: ListUploads,
    ) -> Result<UploadsPage> {
        let bucket = self.tree().bucket(bucket).await?;
        self.require(principal, &bucket, Permission::Read)?;
        let id = bucket.record.id;
        let limit = request.max_uploads.min(LIST_PAGE_MAX);
        let mut page = UploadsPage::default();
        if limit == 0 {
            return Ok(page);
        }
        let (prefix, delimiter) = (request.prefix.as_bytes(), request.delimiter.as_bytes());
        let end = keys::behind(&keys::uploads_from(id, prefix));
        let mut start = start_of(id, &request)?;
        let snapshot = self.store().snapshot()?;
        let mut last: Option<(String, String)> = None;
        // One more than is shown, to know that there is more.
        let mut fetch = limit + 1;
        loop {
            fetch = fetch.clamp(LIST_FETCH_SKIPPING_MIN, LIST_FETCH_MAX);
            let found = snapshot.scan(&start, &end, fetch, false).await?;
            let mut used = 0;
            for (at, value) in &found {
                if *at < start {
                    // In a common prefix that was shown.
                    continue;
                }
                used += 1;
                let unreadable = || Error::Corrupt("an upload's key can't be read".into());
                let (key, initiated, content) = keys::upload_parts(at).ok_or_else(unreadable)?;
                let key = String::from_utf8(key).map_err(|_| unreadable())?;
                if page.uploads.len() + page.common_prefixes.len() == limit {
                    page.next = last;
                    return Ok(page);
                }
                if let Some(common) = crate::namespace::rolled_up(key.as_bytes(), prefix, delimiter) {
                    let common = key[..common.len()].to_owned();
                    start = keys::behind(&keys::uploads_from(id, common.as_bytes()));
                    last = Some((common.clone(), String::new()));
                    page.common_prefixes.push(common);
                    continue;
                }
                let record = UploadRecord::decode(value)?;
                let upload_id = id_text(initiated, content);
                last = Some((key.clone(), upload_id.clone()));
                page.uploads.push(UploadEntry {
                    key,
                    upload_id,
                    initiated: Timestamp(initiated),
                    owner: record.owner,
                    initiator: record.initiator,
                    checksum: record.checksum,
                });
            }
            let Some((end_of_fetch, _)) = found.last().filter(|_| found.len() == fetch) else { return Ok(page) };
            start = start.max([end_of_fetch, &[0][..]].concat());
            if start >= end {
                return Ok(page);
            }
            fetch = if used * 2 < found.len() { fetch / 2 } else { fetch * 2 };
        }
    }
}

/// Where a page begins.
fn start_of(bucket: u64, request: &ListUploads) -> Result<Vec<u8>> {
    let (prefix, delimiter) = (request.prefix.as_bytes(), request.delimiter.as_bytes());
    let marker = request.key_marker.as_bytes();
    if marker.is_empty() || marker < prefix {
        return Ok(keys::uploads_from(bucket, prefix));
    }
    if crate::namespace::rolled_up(marker, prefix, delimiter).is_some_and(|common| common == marker) {
        return Ok(keys::behind(&keys::uploads_from(bucket, marker)));
    }
    if request.upload_id_marker.is_empty() {
        return Ok(keys::behind(&keys::uploads_of(bucket, marker)));
    }
    let (initiated, content) = parse_id(&request.upload_id_marker).map_err(|_| Error::InvalidArgument {
        name: "upload-id-marker",
        value: request.upload_id_marker.clone(),
        message: "Invalid uploadId marker".into(),
    })?;
    let mut start = keys::upload(bucket, marker, initiated, content);
    start.push(0);
    Ok(start)
}
