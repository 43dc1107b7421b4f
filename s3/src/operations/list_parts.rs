//! ListParts (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html>).
//!
//! Always holds: parts come in the order of their numbers, and the next marker is the last of them; 0 where there is none, as in S3.

use s3s::S3Response;
use s3s::dto::{self, ListPartsInput, ListPartsOutput};
use trefoil_core::limits::LIST_PAGE_MAX;
use trefoil_core::objects::{ListParts, UploadedPart};

use super::S3Door;
use super::call::{Answer, Call, page_size, parse_key};
use super::{acl, digests, time};
use crate::error::Failure;

pub(super) async fn call(door: &S3Door, call: Call<ListPartsInput>) -> Answer<ListPartsOutput> {
    let max_parts = page_size("max-parts", call.input.max_parts, LIST_PAGE_MAX)?;
    let marker = call.input.part_number_marker.unwrap_or(0);
    let request = ListParts {
        bucket: call.bucket(&door.service, &call.input.bucket).await?,
        key: parse_key(call.input.key.clone())?,
        upload_id: call.input.upload_id.clone(),
        marker: u32::try_from(marker).map_err(|_| {
            Failure::invalid_argument(
                "part-number-marker",
                &marker.to_string(),
                "Argument part-number-marker must be an integer between 0 and 2147483647",
            )
        })?,
        max_parts,
    };
    let page = door.service.list_parts(call.principal(), request).await?;
    let initiator = acl::owner(&door.accounts, page.initiator);
    let next = page.parts.last().map_or(0, |part| number(part.number));
    Ok(S3Response::new(ListPartsOutput {
        bucket: Some(call.input.bucket),
        key: Some(call.input.key),
        upload_id: Some(call.input.upload_id),
        initiator: Some(dto::Initiator { display_name: initiator.display_name, id: initiator.id }),
        owner: Some(acl::owner(&door.accounts, page.owner)),
        storage_class: Some(dto::StorageClass::from_static(dto::StorageClass::STANDARD)),
        checksum_algorithm: page.checksum.map(|(algorithm, _)| digests::algorithm_to_s3(algorithm)),
        checksum_type: page.checksum.map(|(_, kind)| digests::kind_to_s3(kind)),
        part_number_marker: Some(marker),
        next_part_number_marker: Some(next),
        max_parts: Some(number(u32::try_from(max_parts).unwrap_or(u32::MAX))),
        is_truncated: Some(page.truncated),
        parts: Some(page.parts.into_iter().map(part).collect()),
        ..ListPartsOutput::default()
    }))
}

fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn part(part: UploadedPart) -> dto::Part {
    let checksum = digests::Fields::from(part.checksum.as_ref());
    dto::Part {
        part_number: Some(number(part.number)),
        size: Some(i64::try_from(part.size).unwrap_or(i64::MAX)),
        e_tag: Some(dto::ETag::Strong(part.etag.to_string())),
        last_modified: Some(time::to_s3(part.modified)),
        checksum_crc32: checksum.crc32,
        checksum_crc32c: checksum.crc32c,
        checksum_crc64nvme: checksum.crc64nvme,
        checksum_sha1: checksum.sha1,
        checksum_sha256: checksum.sha256,
    }
}
