//! AbortMultipartUpload (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html>).

use s3s::S3Response;
use s3s::dto::{AbortMultipartUploadInput, AbortMultipartUploadOutput};

use super::S3Door;
use super::call::{Answer, Call, parse_key};
use crate::error::Failure;

/// Directory buckets alone have this condition.
const INITIATED: &str = "x-amz-if-match-initiated-time";

pub(super) async fn call(door: &S3Door, call: Call<AbortMultipartUploadInput>) -> Answer<AbortMultipartUploadOutput> {
    if call.headers.contains_key(INITIATED) {
        return Err(Failure::not_implemented(INITIATED));
    }
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let key = parse_key(call.input.key.clone())?;
    door.service.abort_upload(call.principal(), &bucket, &key, &call.input.upload_id).await?;
    Ok(S3Response::new(AbortMultipartUploadOutput::default()))
}
