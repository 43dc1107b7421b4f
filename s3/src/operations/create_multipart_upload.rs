//! CreateMultipartUpload (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html>).
//!
//! Always holds: a checksum type without an algorithm is refused before an upload is begun.

use s3s::S3Response;
use s3s::dto::{CreateMultipartUploadInput, CreateMultipartUploadOutput};
use trefoil_core::objects::CreateUpload;
use trefoil_core::types::{ChecksumAlgorithm, ChecksumKind};

use super::S3Door;
use super::call::{Answer, Call, parse_key};
use super::{acl, digests, metadata, object_headers, refuse, tags};
use crate::error::Failure;

pub(super) async fn call(door: &S3Door, call: Call<CreateMultipartUploadInput>) -> Answer<CreateMultipartUploadOutput> {
    refuse::unsupported(&call.headers)?;
    let request = CreateUpload {
        bucket: call.bucket(&door.service, &call.input.bucket).await?,
        key: parse_key(call.input.key.clone())?,
        headers: object_headers::from_headers(&call.headers)?,
        user_metadata: metadata::from_headers(&call.headers)?,
        tags: tags::from_header(call.header("x-amz-tagging")?)?,
        acl: acl::from_headers(&call.headers)?,
        checksum: checksum(&call)?,
        location: call.location()?,
    };
    let made = door.service.create_upload(call.principal(), request).await?;
    Ok(S3Response::new(CreateMultipartUploadOutput {
        bucket: Some(call.input.bucket),
        key: Some(call.input.key),
        upload_id: Some(made.upload_id),
        checksum_algorithm: made.checksum.map(|(algorithm, _)| digests::algorithm_to_s3(algorithm)),
        checksum_type: made.checksum.map(|(_, kind)| digests::kind_to_s3(kind)),
        ..CreateMultipartUploadOutput::default()
    }))
}

fn checksum<I>(call: &Call<I>) -> Result<Option<(ChecksumAlgorithm, Option<ChecksumKind>)>, Failure> {
    let algorithm = digests::algorithm(&call.headers, "x-amz-checksum-algorithm")?;
    let kind = digests::kind(&call.headers)?;
    match (algorithm, kind) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Failure::invalid_request(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        )),
        (Some(algorithm), kind) => Ok(Some((algorithm, kind))),
    }
}
