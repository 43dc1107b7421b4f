//! GetObject, HeadObject and GetObjectAttributes: reads of one version.
//!
//! Always holds: conditions, range and bytes are of the same version; a byte is given out only once it was verified.

use std::sync::Arc;

use super::find::{Object, Source, Want};
use super::parts::Located;
use super::{ObjectInfo, ObjectService, ReadConditions};
use crate::content::{self, open_inline};
use crate::data::ByteStream;
use crate::error::{Error, Result};
use crate::limits::PARTS_MAX;
use crate::metadata::records::Layout;
use crate::types::{BucketName, ByteRange, Checksum, ObjectKey, Permission, Principal, RangeRequest, VersionId};

#[derive(Clone, Debug)]
pub struct GetObject {
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub version: Option<VersionId>,
    pub range: Option<RangeRequest>,
    /// One part of a multipart object (1 names the whole of any other); not together with a range.
    pub part_number: Option<u32>,
    pub conditions: ReadConditions,
}

/// What HeadObject tells, and GetObject before its bytes.
#[derive(Clone, Debug)]
pub struct HeadOutput {
    pub info: ObjectInfo,
    /// The bytes that were asked for, where a range or part was: the answer is then partial.
    pub range: Option<ByteRange>,
}

pub struct GetOutput {
    pub head: HeadOutput,
    /// Exactly the bytes of the range, or all; each verified before it is given. Keeps its blobs from being reclaimed.
    pub body: ByteStream<Error>,
}

#[derive(Clone, Debug)]
pub struct PartInfo {
    pub number: u32,
    pub size: u64,
    pub checksum: Option<Checksum>,
}

#[derive(Clone, Debug)]
pub struct PartsPage {
    pub total: u32,
    /// Those with a number above the marker, ascending.
    pub parts: Vec<PartInfo>,
    pub truncated: bool,
}

#[derive(Clone, Debug)]
pub struct ObjectAttributes {
    pub info: ObjectInfo,
    /// Where the object was made by a multipart upload.
    pub parts: Option<PartsPage>,
}

impl ObjectService {
    pub async fn get(&self, principal: &Principal, request: GetObject) -> Result<GetOutput> {
        let object = self
            .find(principal, &request.bucket, &request.key, request.version, Permission::Read, Want::Content)
            .await?;
        let head = self.head_of(&object, &request).await?;
        let range = head.range.unwrap_or(ByteRange { offset: 0, length: object.record.size });
        let body = self.body(object, range).await?;
        Ok(GetOutput { head, body })
    }

    pub async fn head(&self, principal: &Principal, request: GetObject) -> Result<HeadOutput> {
        // Only a part's range needs more than the node.
        let want = if request.part_number.is_some() { Want::Content } else { Want::Node };
        let object =
            self.find(principal, &request.bucket, &request.key, request.version, Permission::Read, want).await?;
        self.head_of(&object, &request).await
    }

    /// `range` and `part_number` of the request are not used.
    pub async fn attributes(
        &self,
        principal: &Principal,
        request: GetObject,
        part_marker: u32,
        max_parts: usize,
    ) -> Result<ObjectAttributes> {
        let object = self
            .find(principal, &request.bucket, &request.key, request.version, Permission::Read, Want::Content)
            .await?;
        request.conditions.check(&object.record.etag, object.record.modified)?;
        let parts = match (&object.source, object.record.parts) {
            (Source::Shared { id, .. }, Some(total)) => {
                let (records, truncated) = self.parts_after(*id, part_marker, max_parts).await?;
                let parts = records.into_iter().map(|(number, part)| PartInfo {
                    number,
                    size: part.size,
                    checksum: part.checksum,
                });
                Some(PartsPage { total, parts: parts.collect(), truncated })
            }
            _ => None,
        };
        Ok(ObjectAttributes { info: info(&object), parts })
    }

    async fn head_of(&self, object: &Object, request: &GetObject) -> Result<HeadOutput> {
        request.conditions.check(&object.record.etag, object.record.modified)?;
        let range = match (request.range, request.part_number) {
            (None, None) => None,
            (Some(_), Some(_)) => {
                return Err(Error::InvalidRequest(
                    "Cannot specify both Range header and partNumber query parameter".into(),
                ));
            }
            (Some(range), None) => Some(range.resolve(object.record.size)?),
            (None, Some(number)) => Some(self.range_of_part(object, number).await?),
        };
        Ok(HeadOutput { info: info(object), range })
    }

    async fn range_of_part(&self, object: &Object, number: u32) -> Result<ByteRange> {
        if !(1..=PARTS_MAX).contains(&number) {
            let message = format!("Part number must be an integer between 1 and {PARTS_MAX}, inclusive");
            return Err(Error::InvalidArgument { name: "partNumber", value: number.to_string(), message });
        }
        let absent = || Error::InvalidPartNumber { requested: number, count: object.record.parts.unwrap_or(1) };
        match (&object.source, object.record.parts) {
            (Source::Shared { id, content, .. }, Some(_)) => {
                self.part_range(*id, content, number).await?.ok_or_else(absent)
            }
            _ if number == 1 => Ok(ByteRange { offset: 0, length: object.record.size }),
            _ => Err(absent()),
        }
    }

    /// The verified bytes of a range of an object.
    pub(crate) async fn body(&self, object: Object, range: ByteRange) -> Result<ByteStream<Error>> {
        match object.source {
            Source::Empty => Ok(Box::pin(futures::stream::empty())),
            Source::Unread => Err(Error::Internal("the content was not asked for".into())),
            Source::Inline(sealed) => {
                Ok(content::read_inline(open_inline(object.node, 0, sealed)?, range, Arc::new(())))
            }
            Source::Shared { id, content, pin } => {
                let store = Arc::clone(&self.location(&content.location)?.store);
                let (pages, range) = match content.layout {
                    Layout::Extents(extents) => {
                        let pages: content::Pages = Box::pin(futures::stream::iter([Ok(extents)]));
                        (pages, range)
                    }
                    Layout::Parts { ref index } => {
                        let Located { first, offset } = Located::at(index, range.offset);
                        let skipped = ByteRange { offset: range.offset - offset, length: range.length };
                        return Ok(self.parts_stream(store, id, first, skipped, pin));
                    }
                };
                Ok(content::read(store, pages, range, Arc::new(pin)))
            }
        }
    }
}

/// All that is known of a version, but for its bytes.
pub(crate) fn info(object: &Object) -> ObjectInfo {
    let record = &object.record;
    ObjectInfo {
        key: object.place.key.clone(),
        version: object.shown,
        size: record.size,
        etag: record.etag.clone(),
        modified: record.modified,
        headers: record.headers.clone(),
        user_metadata: record.user_metadata.clone(),
        tag_count: record.tags.len(),
        checksum: record.checksum.clone(),
        parts: record.parts,
        owner: record.owner,
    }
}
