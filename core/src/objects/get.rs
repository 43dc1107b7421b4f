//! GetObject, HeadObject and GetObjectAttributes: reads of one version.

use super::{ObjectInfo, ObjectService, ReadConditions};
use crate::data::ByteStream;
use crate::error::{Error, Result};
use crate::types::{BucketName, ByteRange, ObjectKey, Principal, RangeRequest, VersionId};

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
    pub checksum: Option<crate::types::Checksum>,
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
    pub async fn get(&self, principal: &Principal, request: GetObject) -> Result<GetOutput> { let _ = (principal, request); unimplemented!() }

    pub async fn head(&self, principal: &Principal, request: GetObject) -> Result<HeadOutput> { let _ = (principal, request); unimplemented!() }

    /// `range` and `part_number` of the request are not used.
    pub async fn attributes(&self, principal: &Principal, request: GetObject, part_marker: u32, max_parts: usize) -> Result<ObjectAttributes> { let _ = (principal, request, part_marker, max_parts); unimplemented!() }
}
