//! UploadPartCopy (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html>).
//!
//! Always holds: a range that can't be read, or has no end, is refused and not ignored.

use http::HeaderMap;
use s3s::S3Response;
use s3s::dto::{CopyPartResult, UploadPartCopyInput, UploadPartCopyOutput};
use trefoil_core::objects::UploadPartCopy;
use trefoil_core::types::RangeRequest;

use super::S3Door;
use super::call::{Answer, Call, parse_key};
use super::copy_object::{SOURCE_VERSION, of_source, source};
use super::get_object::part_number;
use super::{digests, object_headers, refuse, time};
use crate::error::Failure;

const RANGE: &str = "x-amz-copy-source-range";

pub(super) async fn call(door: &S3Door, call: Call<UploadPartCopyInput>) -> Answer<UploadPartCopyOutput> {
    refuse::unsupported(&call.headers)?;
    let request = UploadPartCopy {
        number: part_number(call.input.part_number)?,
        source: source(door, &call).await?,
        range: call.header(RANGE)?.map(range).transpose()?,
        bucket: call.bucket(&door.service, &call.input.bucket).await?,
        key: parse_key(call.input.key.clone())?,
        upload_id: call.input.upload_id.clone(),
    };
    let made = door.service.upload_part_copy(call.principal(), request).await.map_err(of_source)?;
    let mut headers = HeaderMap::new();
    if let Some(version) = made.source_version {
        object_headers::set(&mut headers, SOURCE_VERSION, &version.to_string());
    }
    let checksum = digests::Fields::from(made.checksum.as_ref());
    let result = CopyPartResult {
        checksum_crc32: checksum.crc32,
        checksum_crc32c: checksum.crc32c,
        checksum_crc64nvme: checksum.crc64nvme,
        checksum_sha1: checksum.sha1,
        checksum_sha256: checksum.sha256,
        e_tag: Some(s3s::dto::ETag::Strong(made.etag.to_string())),
        last_modified: Some(time::to_s3(made.modified)),
    };
    let output = UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() };
    Ok(S3Response::with_headers(output, headers))
}

/// Both ends must be given, unlike in `Range`, and a range that can't be read is refused, not ignored.
fn range(text: &str) -> Result<RangeRequest, Failure> {
    match RangeRequest::parse(text) {
        Some(range @ RangeRequest::From { last: Some(_), .. }) => Ok(range),
        _ => Err(Failure::invalid_argument(
            RANGE,
            text,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the \
             zero-based offsets of the first and last bytes to copy",
        )),
    }
}
