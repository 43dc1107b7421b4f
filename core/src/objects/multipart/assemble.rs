//! From the parts that a completion names to the object.
//!
//! Always holds: what the request says of a part, of the whole's size or of its checksum is compared before anything is made of
//! it; what can't be compared is refused, never passed over. Codes and words are those that S3 gives
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>).

use std::collections::HashMap;

use super::upload::{Found, hashed};
use super::{CompleteUpload, CompletedPart};
use crate::clock::Timestamp;
use crate::content::{Composite, FullObject, multipart_etag};
use crate::error::{Error, Result};
use crate::limits::{OBJECT_BYTES_MAX, PART_BYTES_MIN};
use crate::metadata::keys::Id;
use crate::metadata::records::{ContentRecord, ContentRef, Home, Layout, NodeKind, NodeRecord, PartRecord};
use crate::namespace::NewNode;
use crate::objects::parts::index_of;
use crate::types::{Checksum, ChecksumAlgorithm, ChecksumKind, ETag};

/// What an upload named at its beginning.
type Named = Option<(ChecksumAlgorithm, ChecksumKind)>;

pub(super) fn check_order(request: &CompleteUpload) -> Result<()> {
    if request.parts.is_empty() {
        return Err(Error::InvalidRequest("You must specify at least one part".into()));
    }
    match request.parts.windows(2).all(|pair| pair[0].number < pair[1].number) {
        true => Ok(()),
        false => Err(Error::InvalidPartOrder { upload: request.upload_id.clone() }),
    }
}

/// A checksum type that the request names must be the one that the upload named.
pub(super) fn check_kind(asked: Option<ChecksumKind>, named: Named) -> Result<()> {
    let of_upload = named.map(|(_, kind)| kind);
    if asked.is_none() || asked == of_upload {
        return Ok(());
    }
    Err(Error::InvalidRequest(format!(
        "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
        of_upload.map_or("null", ChecksumKind::name)
    )))
}

/// The parts that the request names, taken out of those that are stored, each checked.
pub(super) fn choose(
    request: &CompleteUpload,
    named: Named,
    stored: &mut HashMap<u32, PartRecord>,
) -> Result<Vec<(u32, PartRecord)>> {
    let last = request.parts.last().map(|part| part.number);
    let mut chosen = Vec::with_capacity(request.parts.len());
    let mut size: u64 = 0;
    for wanted in &request.parts {
        let invalid =
            || Error::InvalidPart { upload: request.upload_id.clone(), part: wanted.number, etag: wanted.etag.clone() };
        let part = stored.remove(&wanted.number).ok_or_else(invalid)?;
        if !ETag::Md5(part.md5).is(&wanted.etag) || !is_checksum_of(wanted, named, &part)? {
            return Err(invalid());
        }
        if part.size < PART_BYTES_MIN && Some(wanted.number) != last {
            let part_of = Some((wanted.number, ETag::Md5(part.md5)));
            return Err(Error::EntityTooSmall { size: part.size, min: PART_BYTES_MIN, part: part_of });
        }
        size += part.size;
        chosen.push((wanted.number, part));
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

/// Whether the checksum that the request gives of a part is the part's. An upload that named no algorithm keeps none of its parts.
fn is_checksum_of(wanted: &CompletedPart, named: Named, part: &PartRecord) -> Result<bool> {
    let Some((algorithm, value)) = &wanted.checksum else { return Ok(true) };
    match (named, &part.checksum) {
        (Some((of_upload, _)), _) if of_upload != *algorithm => {
            Err(Error::BadPartDigest { algorithm: algorithm.lower_name(), part: wanted.number })
        }
        (Some(_), Some(kept)) => Ok(kept.algorithm == *algorithm && kept.to_text() == *value),
        _ => Ok(false),
    }
}

pub(super) fn assemble(
    node: Id,
    found: &Found,
    chosen: &[(u32, PartRecord)],
    request: &CompleteUpload,
) -> Result<NewNode> {
    let record = &found.record;
    let size = chosen.iter().map(|(_, part)| part.size).sum();
    let (algorithm, kind) = hashed(record);
    let checksum = whole_checksum(algorithm, kind, chosen);
    check_whole(request, record.checksum, checksum.as_ref())?;
    if let Some((algorithm, ChecksumKind::Composite)) = record.checksum
        && let Some(bare) = request.parts.iter().find(|part| part.checksum.is_none())
    {
        return Err(Error::InvalidRequest(format!(
            "The upload was created using a {} checksum. The complete request must include the checksum for each part. It was \
             missing for part {} in the request.",
            algorithm.lower_name(),
            bare.number
        )));
    }
    let layout = Layout::Parts { index: index_of(chosen.iter().map(|(number, part)| (*number, part.size))) };
    let content = ContentRecord { uses: 1, size, location: record.location.clone(), layout };
    let parts = u32::try_from(chosen.len()).map_err(|_| Error::Internal("more parts than numbers".into()))?;
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
        home: Home::default(),
        xattrs: 0,
        moves: 0,
    };
    Ok(NewNode { id: node, record: node_record, inline: None, content: Some((found.content, content)) })
}

/// Compares the whole's checksum, where the client sent one. A composite one may come without its number of parts.
fn check_whole(request: &CompleteUpload, named: Named, computed: Option<&Checksum>) -> Result<()> {
    let Some((algorithm, sent)) = &request.checksum else { return Ok(()) };
    if named.is_none() && computed.is_none_or(|computed| computed.algorithm != *algorithm) {
        return Err(Error::InvalidRequest(format!(
            "Checksum Type mismatch occurred, expected checksum Type: null, actual checksum Type: {}",
            algorithm.lower_name()
        )));
    }
    let same = |computed: &Checksum| {
        let text = computed.to_text();
        computed.algorithm == *algorithm && (*sent == text || text.split('-').next() == Some(sent))
    };
    match computed {
        Some(computed) if same(computed) => Ok(()),
        _ => Err(Error::BadDigest(named.map_or(*algorithm, |(of_upload, _)| of_upload).lower_name())),
    }
}

/// The whole's checksum from its parts'. `None` where a part has one of another algorithm: one that an earlier release took.
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
