//! GetObject, HeadObject and GetObjectAttributes: reads of one version.
//!
//! Always holds: conditions, range and bytes are of the same version; a byte is given out only once it was verified.

use std::sync::Arc;

use super::change::Needs;
use super::find::{Object, Source, Want};
use super::{IfRange, ObjectInfo, ObjectService, ReadConditions};
use crate::content::{self, open_inline};
use crate::data::ByteStream;
use crate::error::{Error, NotModified, Result};
use crate::limits::PARTS_MAX;
use crate::types::{BucketName, ByteRange, Checksum, ObjectKey, Permission, Principal, RangeRequest, VersionId};

#[derive(Clone, Debug)]
pub struct GetObject {
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub version: Option<VersionId>,
    pub range: Option<RangeRequest>,
    /// Where it does not hold, the whole is answered instead of the range.
    pub if_range: Option<IfRange>,
    /// One part of a multipart object (1 names the whole of any other); not together with a range.
    pub part_number: Option<u32>,
    pub conditions: ReadConditions,
}

/// What HeadObject tells, and GetObject before its bytes.
#[derive(Clone, Debug)]
pub struct HeadOutput {
    pub info: ObjectInfo,
    /// The bytes that were asked for, where a range or part was and has any: the answer is then partial. Never empty.
    pub range: Option<ByteRange>,
    /// The part that was asked for, of an object that has parts.
    pub part: Option<PartInfo>,
}

impl HeadOutput {
    /// Bytes of the answer's body.
    pub fn length(&self) -> u64 {
        match (&self.range, &self.part) {
            (Some(range), _) => range.length,
            (None, Some(part)) => part.size,
            (None, None) => self.info.size,
        }
    }
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
        let head = self.head_of(principal, &object, &request).await?;
        let range = head.range.unwrap_or(ByteRange { offset: 0, length: head.length() });
        let body = self.body(object, range).await?;
        Ok(GetOutput { head, body })
    }

    pub async fn head(&self, principal: &Principal, request: GetObject) -> Result<HeadOutput> {
        // Only a part's range needs more than the node.
        let want = if request.part_number.is_some() { Want::Content } else { Want::Node };
        let object =
            self.find(principal, &request.bucket, &request.key, request.version, Permission::Read, want).await?;
        self.head_of(principal, &object, &request).await
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
        check(&request.conditions, &object)?;
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
        Ok(ObjectAttributes { info: info(principal, &object), parts })
    }

    async fn head_of(&self, principal: &Principal, object: &Object, request: &GetObject) -> Result<HeadOutput> {
        check(&request.conditions, object)?;
        let (range, part) = match (request.range, request.part_number) {
            (None, None) => (None, None),
            (Some(_), Some(_)) => {
                return Err(Error::InvalidRequest(
                    "Cannot specify both Range header and partNumber query parameter".into(),
                ));
            }
            (Some(_), None) if !if_range_holds(request, object) => (None, None),
            (Some(range), None) => (range.resolve(object.record.size)?, None),
            (None, Some(number)) => self.part(object, number).await?,
        };
        Ok(HeadOutput { info: info(principal, object), range, part })
    }

    /// The bytes of a part, where it has any, and what is known of it, where the object has parts.
    async fn part(&self, object: &Object, number: u32) -> Result<(Option<ByteRange>, Option<PartInfo>)> {
        if !(1..=PARTS_MAX).contains(&number) {
            let message = format!("Part number must be an integer between 1 and {PARTS_MAX}, inclusive");
            return Err(Error::InvalidArgument { name: "partNumber", value: number.to_string(), message });
        }
        let absent = || Error::InvalidPartNumber { requested: number, count: object.record.parts.unwrap_or(1) };
        match (&object.source, object.record.parts) {
            (Source::Shared { id, content, .. }, Some(_)) => {
                let (range, part) = self.part_at(*id, content, number).await?.ok_or_else(absent)?;
                let known = PartInfo { number, size: part.size, checksum: part.checksum };
                Ok((Some(range).filter(|range| range.length > 0), Some(known)))
            }
            _ if number == 1 => {
                let size = object.record.size;
                Ok(((size > 0).then_some(ByteRange { offset: 0, length: size }), None))
            }
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
                let pin = Arc::new(pin);
                let layer = self.layers(id, content).await?;
                Ok(self.content_stream(&layer, range, &pin))
            }
        }
    }
}

/// Whether the conditions let a read go on; what has not changed is told as the whole would be (RFC 9110, section 15.4.5).
fn check(conditions: &ReadConditions, object: &Object) -> Result<()> {
    let record = &object.record;
    match conditions.check(&record.etag, record.modified)? {
        true => Ok(()),
        false => Err(Error::NotModified(Box::new(NotModified {
            etag: record.etag.clone(),
            modified: record.modified,
            version: object.shown,
            cache_control: record.headers.cache_control.clone(),
            expires: record.headers.expires.clone(),
        }))),
    }
}

fn if_range_holds(request: &GetObject, object: &Object) -> bool {
    request.if_range.as_ref().is_none_or(|wanted| wanted.holds(&object.record.etag, object.record.modified))
}

/// All that is known of a version, but for its bytes; how many tags it has only to who may read them.
fn info(principal: &Principal, object: &Object) -> ObjectInfo {
    let record = &object.record;
    let sees_tags = || Needs::Owner.require(principal, &object.place.bucket, record, &object.place.key).is_ok();
    ObjectInfo {
        key: object.place.key.clone(),
        version: object.shown,
        size: record.size,
        etag: record.etag.clone(),
        modified: record.modified,
        headers: record.headers.clone(),
        user_metadata: record.user_metadata.clone(),
        tag_count: if record.tags.is_empty() || !sees_tags() { 0 } else { record.tags.len() },
        checksum: record.checksum.clone(),
        parts: record.parts,
        owner: record.owner,
    }
}
