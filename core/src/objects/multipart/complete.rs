//! CompleteMultipartUpload: the parts become an object.
//!
//! Always holds: no part moves; the content points at the upload's table of parts. What the request leaves out is let go of in the
//! same transaction. Only parts that were read under the upload's lock are in it, so none can be replaced meanwhile.

use std::collections::HashMap;

use super::upload::{Found, parse_id};
use super::{CompleteOutput, CompleteUpload, CompletedPart};
use crate::clock::Timestamp;
use crate::content::{Composite, FullObject, multipart_etag};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::{LIST_FETCH_MAX, OBJECT_BYTES_MAX, PART_BYTES_MIN, PARTS_MAX};
use crate::metadata::keys::Id;
use crate::metadata::records::{ContentRecord, ContentRef, Layout, NodeKind, NodeRecord, PartRecord, ReclaimTask};
use crate::metadata::transaction::Transaction;
use crate::metadata::{Durability, LockMode, Table, keys};
use crate::namespace::{Current, NewNode};
use crate::objects::ObjectService;
use crate::objects::parts::index_of;
use crate::objects::service::made_version;
use crate::transact;
use crate::types::{Checksum, ChecksumAlgorithm, ChecksumKind, ETag, Permission, Principal};

impl ObjectService {
    /// Repeating a completion that succeeded, with the same parts, succeeds again with the same answer while the key still holds
    /// its result.
    pub async fn complete_upload(&self, principal: &Principal, request: CompleteUpload) -> Result<CompleteOutput> {
        check_order(&request.parts)?;
        let (_, content) = parse_id(&request.upload_id)?;
        let node = self.tree().ids.next().await?;
        let output = transact!(self.store(), Durability::Synced, |tx| {
            let bucket = self.tree().resolve_bucket(tx, &request.bucket).await?;
            self.require(principal, &bucket, Permission::Write)?;
            self.tree().lock(tx, keys::locks::upload(content), LockMode::Exclusive).await?;
            let found = match self.upload_in(tx, &bucket, &request.key, &request.upload_id).await {
                Err(Error::NoSuchUpload(id)) => {
                    return match self.completed_before(tx, content, &request).await? {
                        Some(output) => Ok(output),
                        None => Err(Error::NoSuchUpload(id).into()),
                    };
                }
                found => found?,
            };
            self.require_uploader(principal, &bucket, &found.record)?;
            let place = self.tree().resolve(tx, &request.bucket, request.key.as_str()).await?;
            request.conditions.check(request.key.as_str(), self.tree().current(tx, &place).await?.as_ref())?;

            let mut stored: HashMap<u32, PartRecord> = self.all_parts(content).await?.into_iter().collect();
            let chosen = choose(&request, &mut stored)?;
            self.release_parts(tx, &found, stored).await?;
            let new = assemble(node, &found, &chosen, &request)?;
            tx.delete(Table::Index, found.at.clone());
            let inserted = self.tree().insert(tx, &place, &new).await?;
            failpoint!("upload.before_complete");
            Ok(CompleteOutput {
                etag: new.record.etag,
                version: made_version(&place.bucket, inserted.node, inserted.version),
                checksum: new.record.checksum,
            })
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
    ) -> Result<(), crate::metadata::transaction::TxError> {
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

    /// The answer of a completion that already happened: its content is what the key holds.
    async fn completed_before(
        &self,
        tx: &mut Transaction<'_>,
        content: Id,
        request: &CompleteUpload,
    ) -> Result<Option<CompleteOutput>, crate::metadata::transaction::TxError> {
        let place = self.tree().resolve(tx, &request.bucket, request.key.as_str()).await?;
        let Some(Current { node, version, summary, .. }) = self.tree().current(tx, &place).await? else {
            return Ok(None);
        };
        if summary.content != ContentRef::Shared(content) {
            return Ok(None);
        }
        let stored: HashMap<u32, PartRecord> = self.all_parts(content).await?.into_iter().collect();
        let same = stored.len() == request.parts.len()
            && request
                .parts
                .iter()
                .all(|part| stored.get(&part.number).is_some_and(|stored| ETag::Md5(stored.md5).is(&part.etag)));
        if !same {
            return Ok(None);
        }
        let record = self.tree().node(tx, node).await?;
        let version = made_version(&place.bucket, node, version);
        Ok(Some(CompleteOutput { etag: record.etag, version, checksum: record.checksum }))
    }
}

fn check_order(parts: &[CompletedPart]) -> Result<()> {
    if parts.is_empty() {
        return Err(Error::InvalidRequest("You must specify at least one part".into()));
    }
    match parts.windows(2).all(|pair| pair[0].number < pair[1].number) {
        true => Ok(()),
        false => Err(Error::InvalidPartOrder),
    }
}

/// The parts that the request names, taken out of those that are stored, each checked.
fn choose(request: &CompleteUpload, stored: &mut HashMap<u32, PartRecord>) -> Result<Vec<(u32, PartRecord)>> {
    let last = request.parts.last().map(|part| part.number);
    let mut chosen = Vec::with_capacity(request.parts.len());
    let mut size: u64 = 0;
    for named in &request.parts {
        let invalid = |message: &str| Error::InvalidPart { part: named.number, message: message.to_owned() };
        let general = "One or more of the specified parts could not be found. The part may not have been uploaded, or the \
                       specified entity tag may not match the part's entity tag.";
        let part = stored.remove(&named.number).ok_or_else(|| invalid(general))?;
        if !ETag::Md5(part.md5).is(&named.etag) {
            return Err(invalid(general));
        }
        match (&named.checksum, &part.checksum) {
            (Some((algorithm, value)), Some(kept)) if kept.algorithm == *algorithm && kept.to_text() != *value => {
                return Err(invalid(general));
            }
            _ => {}
        }
        if part.size < PART_BYTES_MIN && Some(named.number) != last {
            return Err(Error::EntityTooSmall { size: part.size, min: PART_BYTES_MIN, part: Some(named.number) });
        }
        size += part.size;
        chosen.push((named.number, part));
    }
    if size > OBJECT_BYTES_MAX {
        return Err(Error::EntityTooLarge { size, max: OBJECT_BYTES_MAX });
    }
    if let Some(wanted) = request.object_size
        && wanted != size
    {
        return Err(Error::InvalidRequest(format!(
            "The provided 'x-amz-mp-object-size' header value {wanted} does not match what was computed: {size}"
        )));
    }
    Ok(chosen)
}

fn assemble(node: Id, found: &Found, chosen: &[(u32, PartRecord)], request: &CompleteUpload) -> Result<NewNode> {
    let size = chosen.iter().map(|(_, part)| part.size).sum();
    let (algorithm, kind) = found.record.checksum.unwrap_or((ChecksumAlgorithm::Crc64Nvme, ChecksumKind::FullObject));
    if let Some(asked) = request.checksum_kind
        && (found.record.checksum.is_some() || asked != ChecksumKind::FullObject)
        && asked != kind
    {
        return Err(Error::InvalidRequest("the checksum type is another than the upload's".into()));
    }
    let checksum = whole_checksum(algorithm, kind, chosen);
    if let (Some((sent_algorithm, sent)), Some(computed)) = (&request.checksum, &checksum)
        && *sent_algorithm == computed.algorithm
        && *sent != computed.to_text()
        && Some(sent.as_str()) != computed.to_text().split('-').next()
    {
        return Err(Error::BadDigest(computed.algorithm.name()));
    }
    let record = &found.record;
    let layout = Layout::Parts { index: index_of(chosen.iter().map(|(number, part)| (*number, part.size))) };
    let content = ContentRecord { uses: 1, size, location: record.location.clone(), layout };
    let parts = u32::try_from(chosen.len()).map_err(|_| Error::InvalidPartOrder)?;
    let node_record = NodeRecord {
        kind: NodeKind::File,
        links: 1,
        posix: None,
        size,
        modified: Timestamp(0),
        content: ContentRef::Shared(found.content),
        etag: multipart_etag(chosen.iter().map(|(_, part)| part.md5)),
        owner: record.owner,
        headers: record.headers.clone(),
        user_metadata: record.user_metadata.clone(),
        tags: record.tags.clone(),
        checksum,
        acl: record.acl.clone(),
        parts: Some(parts),
    };
    Ok(NewNode { id: node, record: node_record, inline: None, content: Some((found.content, content)) })
}

/// The whole's checksum from its parts'. `None` where a part has one of another algorithm.
fn whole_checksum(algorithm: ChecksumAlgorithm, kind: ChecksumKind, chosen: &[(u32, PartRecord)]) -> Option<Checksum> {
    let mut values = chosen.iter().map(|(_, part)| {
        part.checksum.as_ref().filter(|checksum| checksum.algorithm == algorithm).map(|checksum| (checksum, part.size))
    });
    match kind {
        ChecksumKind::Composite => {
            let mut whole = Composite::new(algorithm);
            values.try_for_each(|value| value.map(|(checksum, _)| whole.push(&checksum.value)))?;
            Some(whole.finish())
        }
        ChecksumKind::FullObject => {
            let mut whole = FullObject::new(algorithm)?;
            values.try_for_each(|value| value.and_then(|(checksum, size)| whole.push(&checksum.value, size)))?;
            Some(whole.finish())
        }
    }
}
