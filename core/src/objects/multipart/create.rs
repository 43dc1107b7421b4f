//! CreateMultipartUpload.
//!
//! Always holds: an upload is owned by whoever began it, and keeps the location that its bucket or request named then.

use super::upload::id_text;
use super::{CreateUpload, UploadInfo};
use crate::access::resolve;
use crate::error::{Error, Result};
use crate::failpoint;
use crate::metadata::records::{Record, UploadRecord};
use crate::metadata::{Durability, Table, keys};
use crate::objects::ObjectService;
use crate::objects::put::check_user_metadata;
use crate::transact;
use crate::types::{ChecksumAlgorithm, ChecksumKind, Principal};

/// The kind of checksum that an upload has (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>).
fn kind_of(algorithm: ChecksumAlgorithm, asked: Option<ChecksumKind>) -> Result<ChecksumKind> {
    let kind = asked.unwrap_or(match algorithm {
        ChecksumAlgorithm::Crc64Nvme => ChecksumKind::FullObject,
        _ => ChecksumKind::Composite,
    });
    let possible = match kind {
        ChecksumKind::FullObject => algorithm.is_linear(),
        ChecksumKind::Composite => algorithm != ChecksumAlgorithm::Crc64Nvme,
    };
    match possible {
        true => Ok(kind),
        false => Err(Error::InvalidRequest(format!(
            "The {} checksum type cannot be used with the {} checksum algorithm.",
            kind.name(),
            algorithm.lower_name()
        ))),
    }
}

impl ObjectService {
    pub async fn create_upload(&self, principal: &Principal, request: CreateUpload) -> Result<UploadInfo> {
        let CreateUpload { bucket, key, headers, user_metadata, tags, acl, checksum, location } = request;
        check_user_metadata(&user_metadata)?;
        let checksum = match checksum {
            Some((algorithm, kind)) => Some((algorithm, kind_of(algorithm, kind)?)),
            None => None,
        };
        let content = self.tree().ids.next().await?;
        let initiated = self.inner.parts.clock.now();
        let upload_id = transact!(self.store(), Durability::Synced, |tx| {
            let found = self.tree().resolve_bucket(tx, &bucket).await?;
            let owner = self.require_writer(principal, &found)?;
            let record = UploadRecord {
                owner,
                initiator: owner,
                location: self.location_for(&found, location.as_deref())?.name.clone(),
                headers: headers.clone(),
                user_metadata: user_metadata.clone(),
                tags: tags.clone(),
                acl: resolve(&acl, owner, found.record.owner, self.accounts())?,
                checksum,
            };
            tx.put(Table::Index, keys::upload(found.record.id, key.as_bytes(), initiated.0, content), record.encode());
            failpoint!("upload.before_create");
            Ok(id_text(initiated.0, content))
        })?;
        failpoint!("upload.created");
        Ok(UploadInfo { upload_id, checksum })
    }
}
