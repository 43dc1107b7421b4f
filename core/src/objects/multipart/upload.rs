//! An upload by its id, for whoever may go on with it.
//!
//! Always holds: an upload id is the time of initiation and the content's id in hexadecimal: with the key it leads to the record
//! without a search.

use crate::access::require_account;
use crate::error::{Error, Result};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Record, UploadRecord};
use crate::metadata::transaction::Transaction;
use crate::metadata::{Key, Table};
use crate::namespace::Bucket;
use crate::objects::ObjectService;
use crate::types::{AccountId, ChecksumAlgorithm, ChecksumKind, ObjectKey, Permission, Principal};

/// An upload on its way.
pub(super) struct Found {
    pub record: UploadRecord,
    pub at: Key,
    /// The content that it will be.
    pub content: Id,
}

/// What parts and whole are hashed with: what the upload named, else CRC64NVME of the whole object, as in S3.
pub(super) fn hashed(record: &UploadRecord) -> (ChecksumAlgorithm, ChecksumKind) {
    record.checksum.unwrap_or((ChecksumAlgorithm::Crc64Nvme, ChecksumKind::FullObject))
}

pub(super) fn id_text(initiated: u64, content: Id) -> String {
    format!("{initiated:016x}{content:016x}")
}

pub(super) fn parse_id(text: &str) -> Result<(u64, Id)> {
    let unknown = || Error::NoSuchUpload(text.chars().take(64).collect());
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        return Err(unknown());
    }
    let part = |range| u64::from_str_radix(&text[range], 16).map_err(|_| unknown());
    Ok((part(0..16)?, part(16..32)?))
}

impl ObjectService {
    /// The upload, as part of a transaction.
    pub(super) async fn upload_in(
        &self,
        tx: &mut Transaction<'_>,
        bucket: &Bucket,
        key: &ObjectKey,
        upload_id: &str,
    ) -> Result<Found> {
        let (initiated, content) = parse_id(upload_id)?;
        let at = keys::upload(bucket.record.id, key.as_bytes(), initiated, content);
        let value = tx.get(Table::Index, &at).await?;
        let value = value.ok_or_else(|| Error::NoSuchUpload(upload_id.to_owned()))?;
        Ok(Found { record: UploadRecord::decode(&value)?, at, content })
    }

    /// The upload, as it is now.
    pub(super) async fn upload_now(&self, bucket: &Bucket, key: &ObjectKey, upload_id: &str) -> Result<Found> {
        self.upload_in(&mut Transaction::new(self.store()), bucket, key, upload_id).await
    }

    /// Refuses whoever may not write into the bucket, and anonymous requesters always, as S3 does: an upload is somebody's.
    pub(super) fn require_writer(&self, principal: &Principal, bucket: &Bucket) -> Result<AccountId> {
        self.require(principal, bucket, Permission::Write)?;
        require_account(principal)
    }

    /// Refuses whoever neither began the upload, nor owns the bucket.
    pub(super) fn require_uploader(&self, principal: &Principal, bucket: &Bucket, initiator: AccountId) -> Result<()> {
        let account = self.require_writer(principal, bucket)?;
        match principal.is_root() || account == initiator || account == bucket.record.owner {
            true => Ok(()),
            false => Err(Error::AccessDenied("the upload was begun by another account".into())),
        }
    }
}
