//! CompleteMultipartUpload: the parts become an object.
//!
//! Always holds: no part moves; the content points at the upload's table of parts. What the request leaves out is let go of in the
//! same transaction, and what a repetition is answered is kept in it. Only parts that were read under the upload's lock are in it,
//! so none can be replaced meanwhile.

use std::collections::HashMap;

use super::assemble::{assemble, check_kind, check_order, choose};
use super::upload::{Found, parse_id};
use super::{CompleteOutput, CompleteUpload};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{LIST_FETCH_MAX, PARTS_MAX};
use crate::metadata::keys::Id;
use crate::metadata::records::{PartRecord, ReclaimTask};
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::{Durability, LockMode, Table, keys};
use crate::objects::ObjectService;
use crate::objects::service::made_version;
use crate::transact;
use crate::types::Principal;

impl ObjectService {
    /// Repeating a completion that succeeded succeeds again with the same answer, for [`COMPLETED_SECONDS`], whatever has become
    /// of the key meanwhile.
    ///
    /// [`COMPLETED_SECONDS`]: crate::limits::COMPLETED_SECONDS
    pub async fn complete_upload(&self, principal: &Principal, request: CompleteUpload) -> Result<CompleteOutput> {
        let (_, content) = parse_id(&request.upload_id)?;
        check_order(&request)?;
        let node = self.tree().ids.next().await?;
        let output = transact!(self.store(), Durability::Synced, |tx| {
            let bucket = self.tree().resolve_bucket(tx, &request.bucket).await?;
            self.require_writer(principal, &bucket)?;
            self.tree().lock(tx, keys::locks::upload(content), LockMode::Exclusive).await?;
            let found = match self.upload_in(tx, &bucket, &request.key, &request.upload_id).await {
                Err(Error::NoSuchUpload(_)) => {
                    return self.completed_before(tx, principal, &bucket, content, &request).await;
                }
                found => found?,
            };
            self.require_uploader(principal, &bucket, found.record.initiator)?;
            let place = self.tree().resolve(tx, &request.bucket, request.key.as_str()).await?;
            request.conditions.check(request.key.as_str(), self.tree().current(tx, &place).await?.as_ref())?;
            check_kind(request.checksum_kind, found.record.checksum)?;

            let mut stored: HashMap<u32, PartRecord> = self.all_parts(content).await?.into_iter().collect();
            let chosen = choose(&request, found.record.checksum, &mut stored)?;
            self.release_parts(tx, &found, stored).await?;
            let new = assemble(node, &found, &chosen, &request)?;
            tx.delete(Table::Index, found.at.clone());
            let inserted = self.tree().insert(tx, &place, &new).await?;
            let output = CompleteOutput {
                etag: new.record.etag,
                version: made_version(&place.bucket, inserted.node, inserted.version),
                checksum: new.record.checksum,
            };
            self.remember_completion(tx, &found, &bucket, &request, &output);
            failpoint!("upload.before_complete");
            Ok(output)
        })?;
        failpoint!("upload.completed");
        Ok(output)
    }

    async fn all_parts(&self, content: Id) -> Result<Vec<(u32, PartRecord)>> {
        let mut all = Vec::new();
        let mut next = 1;
        loop {
            let page = self.parts_from(content, next, LIST_FETCH_MAX).await?;
            let full = page.len() == LIST_FETCH_MAX;
            all.extend(page);
            match all.last() {
                Some((last, _)) if full && *last < PARTS_MAX => next = last + 1,
                _ => return Ok(all),
            }
        }
    }

    /// Lets go of the parts that the request left out.
    async fn release_parts(
        &self,
        tx: &mut Transaction<'_>,
        found: &Found,
        left: HashMap<u32, PartRecord>,
    ) -> Result<(), TxError> {
        let mut extents = Vec::new();
        for (number, part) in left {
            tx.delete(Table::Index, keys::page(found.content, number));
            match part.extents.is_empty() {
                true => tx.delete(Table::Inline, keys::inline(found.content, number)),
                false => extents.extend(part.extents),
            }
        }
        for extents in extents.chunks(LIST_FETCH_MAX / 2) {
            let location = found.record.location.clone();
            let task = ReclaimTask::Blobs { content: found.content, location, extents: extents.to_vec() };
            self.tree().reclaim(tx, task).await?;
        }
        Ok(())
    }
}
