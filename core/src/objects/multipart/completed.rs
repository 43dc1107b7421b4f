//! What a completed upload leaves behind, so that its completion can be asked for again: a client whose answer was lost can't know
//! that it succeeded.
//!
//! Always holds: the record is put by the transaction that completes the upload, with the task that forgets it; it answers only the
//! very same request, by who may complete the upload.

use super::upload::Found;
use super::{CompleteOutput, CompleteUpload};
use crate::content::Md5;
use crate::error::Error;
use crate::limits::COMPLETED_SECONDS;
use crate::metadata::Table;
use crate::metadata::keys::{self, Id, Queue};
use crate::metadata::records::{CompletedRecord, ForgetTask, Record};
use crate::metadata::transaction::{Transaction, TxError};
use crate::namespace::Bucket;
use crate::objects::ObjectService;
use crate::types::Principal;

impl ObjectService {
    pub(super) fn remember_completion(
        &self,
        tx: &mut Transaction<'_>,
        found: &Found,
        bucket: &Bucket,
        request: &CompleteUpload,
        output: &CompleteOutput,
    ) {
        let record = CompletedRecord {
            bucket: bucket.record.id,
            initiator: found.record.initiator,
            request: digest_of(request),
            etag: output.etag.clone(),
            version: output.version,
            checksum: output.checksum.clone(),
        };
        tx.put(Table::Index, keys::completed(found.content), record.encode());
        let due = self.inner.parts.clock.now().saturating_add_secs(COMPLETED_SECONDS);
        let task = ForgetTask::CompletedUpload { content: found.content };
        tx.put(Table::Index, keys::task(Queue::Forget, due.0, found.content), task.encode());
    }

    /// The answer of a completion that already happened.
    pub(super) async fn completed_before(
        &self,
        tx: &mut Transaction<'_>,
        principal: &Principal,
        bucket: &Bucket,
        content: Id,
        request: &CompleteUpload,
    ) -> Result<CompleteOutput, TxError> {
        let absent = || Error::NoSuchUpload(request.upload_id.clone());
        let value = tx.get(Table::Index, &keys::completed(content)).await?.ok_or_else(absent)?;
        let record = CompletedRecord::decode(&value)?;
        if record.bucket != bucket.record.id || record.request != digest_of(request) {
            return Err(absent().into());
        }
        self.require_uploader(principal, bucket, record.initiator)?;
        Ok(CompleteOutput { etag: record.etag, version: record.version, checksum: record.checksum })
    }
}

/// Tells requests apart: everything that a completion is decided by, in an order of its own.
fn digest_of(request: &CompleteUpload) -> [u8; 16] {
    let CompleteUpload { bucket: _, key, upload_id, parts, conditions, checksum, checksum_kind, object_size } = request;
    let mut md5 = Md5::new();
    let mut add = |field: &[u8]| {
        md5.update(&(field.len() as u64).to_be_bytes());
        md5.update(field);
    };
    let text = |checksum: &Option<(crate::types::ChecksumAlgorithm, String)>| {
        checksum.as_ref().map(|(algorithm, value)| format!("{algorithm} {value}")).unwrap_or_default()
    };
    add(key.as_bytes());
    add(upload_id.as_bytes());
    add(&parts.len().to_be_bytes());
    for part in parts {
        add(&part.number.to_be_bytes());
        add(part.etag.to_ascii_lowercase().as_bytes());
        add(text(&part.checksum).as_bytes());
    }
    add(conditions.if_match.as_deref().unwrap_or_default().as_bytes());
    add(&[u8::from(conditions.if_absent)]);
    add(text(checksum).as_bytes());
    add(checksum_kind.map(crate::types::ChecksumKind::name).unwrap_or_default().as_bytes());
    add(object_size.map(|size| size.to_string()).unwrap_or_default().as_bytes());
    md5.finish()
}
