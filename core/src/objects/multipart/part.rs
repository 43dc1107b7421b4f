//! UploadPart and UploadPartCopy.
//!
//! Always holds: a part's bytes are durable before the transaction that records it; a part of the same number is replaced in that
//! transaction, and its bytes are let go of there. Every part is kept with a checksum of its upload's algorithm, so that the whole's
//! can be made of them.

use super::upload::{Found, hashed};
use super::{UploadPart, UploadPartCopy, UploadPartOutput};
use crate::content::{self, Body, Expected, Upload, Written, seal_inline};
use crate::data::Origin;
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{PARTS_MAX, PUT_BYTES_MAX};
use crate::metadata::records::{PartRecord, ReclaimTask, Record};
use crate::metadata::{Durability, LockMode, Table, keys};
use crate::objects::ObjectService;
use crate::objects::find::Want;
use crate::transact;
use crate::types::{
    BucketName, ByteRange, ChecksumAlgorithm, ChecksumKind, ETag, ObjectKey, Permission, Principal, RangeRequest,
};

fn check_number(number: u32) -> Result<()> {
    match (1..=PARTS_MAX).contains(&number) {
        true => Ok(()),
        false => Err(Error::InvalidArgument {
            name: "partNumber",
            value: number.to_string(),
            message: format!("Part number must be an integer between 1 and {PARTS_MAX}, inclusive"),
        }),
    }
}

/// Where an upload named an algorithm, its parts take no other; where the whole's checksum is composed of theirs, each must come
/// with its own. An upload that named none takes any: it is compared, answered, and not kept. So S3 answers
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>).
fn check_checksum(named: Option<(ChecksumAlgorithm, ChecksumKind)>, sent: Option<ChecksumAlgorithm>) -> Result<()> {
    let (Some((wanted, kind)), sent) = (named, sent) else { return Ok(()) };
    if sent == Some(wanted) || (sent.is_none() && kind == ChecksumKind::FullObject) {
        return Ok(());
    }
    Err(Error::InvalidRequest(format!(
        "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
        wanted.lower_name(),
        sent.map_or("null", ChecksumAlgorithm::lower_name)
    )))
}

/// Which part of which upload.
struct Target<'a> {
    bucket: &'a BucketName,
    key: &'a ObjectKey,
    upload_id: &'a str,
    number: u32,
}

impl ObjectService {
    /// Replaces a part of the same number.
    pub async fn upload_part(&self, principal: &Principal, request: UploadPart) -> Result<UploadPartOutput> {
        let UploadPart { bucket, key, upload_id, number, upload } = request;
        check_number(number)?;
        let found_bucket = self.tree().bucket(&bucket).await?;
        self.require_writer(principal, &found_bucket)?;
        let found = self.upload_now(&found_bucket, &key, &upload_id).await?;
        self.require_uploader(principal, &found_bucket, found.record.initiator)?;
        check_checksum(found.record.checksum, upload.expected.checksum.algorithm())?;
        let target = Target { bucket: &bucket, key: &key, upload_id: &upload_id, number };
        self.store_part(found, target, upload).await
    }

    pub async fn upload_part_copy(&self, principal: &Principal, request: UploadPartCopy) -> Result<UploadPartOutput> {
        let UploadPartCopy { source, range, bucket, key, upload_id, number } = request;
        check_number(number)?;
        let found_bucket = self.tree().bucket(&bucket).await?;
        self.require_writer(principal, &found_bucket)?;
        let found = self.upload_now(&found_bucket, &key, &upload_id).await?;
        self.require_uploader(principal, &found_bucket, found.record.initiator)?;
        let object =
            self.find(principal, &source.bucket, &source.key, source.version, Permission::Read, Want::Content).await?;
        source.conditions.check_source(&object.record.etag, object.record.modified)?;
        let range = range_of_source(range, object.record.size)?;
        if range.length > PUT_BYTES_MAX {
            return Err(Error::InvalidRequest(format!(
                "The specified copy source is larger than the maximum allowable size for a copy source: {PUT_BYTES_MAX}"
            )));
        }
        let source_version = object.shown;
        let body = self.body(object, range).await?;
        let upload = Upload { body, length: Some(range.length), expected: Expected::default() };
        let target = Target { bucket: &bucket, key: &key, upload_id: &upload_id, number };
        let output = self.store_part(found, target, upload).await?;
        Ok(UploadPartOutput { source_version, ..output })
    }

    async fn store_part(&self, found: Found, target: Target<'_>, upload: Upload) -> Result<UploadPartOutput> {
        let Target { key, upload_id, number, .. } = target;
        let kept = hashed(&found.record).0;
        // Where nobody spoke of checksums, the one that is kept stays our own.
        let answered = found.record.checksum.is_some() || upload.expected.checksum.algorithm().is_some();
        let location = self.location(&found.record.location)?;
        let origin =
            Origin { content: found.content, page: number, bucket: target.bucket.to_string(), key: key.to_string() };
        let writing = self.inner.writers.pin(found.content);
        let mut written = content::write(upload, location, origin, Some(kept), writing).await?;
        let (record, inline) = part_of(&written, found.content, number, self.inner.parts.clock.now());
        failpoint!("part.before_commit", io);
        written.uncommitted.submitted();
        let at = keys::page(found.content, number);
        let committed = transact!(self.store(), Durability::Synced, |tx| {
            self.tree().lock(tx, keys::locks::upload(found.content), LockMode::Shared).await?;
            // The bucket may have been deleted since: then whoever takes its uploads away must not miss this part.
            let bucket = self.tree().resolve_bucket(tx, target.bucket).await?;
            let still = self.upload_in(tx, &bucket, key, upload_id).await?;
            if let Some(old) = tx.get(Table::Index, &at).await? {
                let old = PartRecord::decode(&old)?;
                if old.extents.is_empty() {
                    tx.delete(Table::Inline, keys::inline(found.content, number));
                } else {
                    let location = still.record.location.clone();
                    let task = ReclaimTask::Blobs { content: found.content, location, extents: old.extents };
                    self.tree().reclaim(tx, task).await?;
                }
            }
            tx.put(Table::Index, at.clone(), record.encode());
            if let Some(inline) = &inline {
                tx.put(Table::Inline, keys::inline(found.content, number), inline.clone());
            }
            Ok(())
        });
        if matches!(&committed, Err(error) if !matches!(error, Error::Internal(_))) {
            written.uncommitted.refused();
        }
        committed?;
        written.uncommitted.commit();
        failpoint!("part.after_commit");
        Ok(UploadPartOutput {
            etag: ETag::Md5(record.md5),
            modified: record.modified,
            checksum: answered.then_some(written.checksum),
            source_version: None,
        })
    }
}

fn part_of(
    written: &Written,
    content: u64,
    number: u32,
    modified: crate::clock::Timestamp,
) -> (PartRecord, Option<bytes::Bytes>) {
    let (extents, inline) = match &written.body {
        Body::Empty => (Vec::new(), Some(seal_inline(content, number, &[]))),
        Body::Inline(bytes) => (Vec::new(), Some(seal_inline(content, number, bytes))),
        Body::Extents(extents) => (extents.clone(), None),
    };
    let checksum = written.extra.clone();
    (PartRecord { size: written.size, md5: written.md5, modified, checksum, extents }, inline)
}

/// The source range of a part's copy: it must lie inside the source as it stands.
fn range_of_source(range: Option<RangeRequest>, size: u64) -> Result<ByteRange> {
    match range {
        None => Ok(ByteRange { offset: 0, length: size }),
        Some(RangeRequest::From { first, last: Some(last) }) if last < size => {
            Ok(ByteRange { offset: first, length: last - first + 1 })
        }
        Some(RangeRequest::From { first, last: Some(last) }) if first < size => Err(Error::InvalidArgument {
            name: "x-amz-copy-source-range",
            value: format!("bytes={first}-{last}"),
            message: format!("Range specified is not valid for source object of size: {size}"),
        }),
        Some(RangeRequest::From { last: Some(_), .. }) => {
            Err(Error::InvalidRequest("The specified copy range is invalid for the source object size".into()))
        }
        Some(_) => Err(Error::InvalidArgument {
            name: "x-amz-copy-source-range",
            value: String::new(),
            message:
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the \
                      zero-based offsets of the first and last bytes to copy"
                    .into(),
        }),
    }
}
