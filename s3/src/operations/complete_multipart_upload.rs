//! CompleteMultipartUpload (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>).
//!
//! Always holds: a completion that was begun goes on to its end, also when its client goes away. One that takes long is answered
//! 200 at once, then with blanks, then with its document, which may be an error's, as in S3; one that is quick has the status of its
//! outcome.

use std::time::Duration;

use http::header;
use s3s::S3Response;
use s3s::dto::{self, CompleteMultipartUploadInput, CompleteMultipartUploadOutput};
use trefoil_core::error::Error;
use trefoil_core::limits::PARTS_MAX;
use trefoil_core::objects::{CompleteOutput, CompleteUpload, CompletedPart};
use trefoil_core::types::ChecksumAlgorithm;

use super::S3Door;
use super::call::{Answer, Call, integer, parse_key};
use super::encoding::Encoding;
use super::{conditions, digests, object_headers, refuse};
use crate::error::Failure;

/// How long a client waits for a status. Clients give up after 10 s at the soonest.
const QUICK: Duration = Duration::from_secs(5);

pub(super) async fn call(
    door: &S3Door,
    mut call: Call<CompleteMultipartUploadInput>,
) -> Answer<CompleteMultipartUploadOutput> {
    refuse::unsupported(&call.headers)?;
    let document = call.input.multipart_upload.take().ok_or_else(Failure::malformed_xml)?;
    let request = CompleteUpload {
        bucket: call.bucket(&door.service, &call.input.bucket).await?,
        key: parse_key(call.input.key.clone())?,
        upload_id: call.input.upload_id.clone(),
        parts: parts(document)?,
        conditions: conditions::of_write(&call.headers)?,
        checksum: digests::checksum_text(&call.headers)?,
        checksum_kind: digests::kind(&call.headers)?,
        object_size: integer(&call.headers, "x-amz-mp-object-size")?,
    };
    let shown = Shown {
        location: location(&call),
        bucket: std::mem::take(&mut call.input.bucket),
        key: std::mem::take(&mut call.input.key),
    };
    let (service, principal) = (door.service.clone(), call.auth.principal.clone());
    let mut task = tokio::spawn(async move { service.complete_upload(&principal, request).await });
    if let Ok(outcome) = tokio::time::timeout(QUICK, &mut task).await {
        let made = flatten(outcome)?;
        let version = made.version;
        let mut response = S3Response::new(shown.output(made));
        object_headers::set_version(&mut response.headers, version);
        return Ok(response);
    }
    let details = call.auth.details.clone();
    let late = async move {
        let outcome = flatten(task.await);
        outcome.map(|made| shown.output(made)).map_err(|failure| failure.into_s3(&details))
    };
    Ok(S3Response::new(CompleteMultipartUploadOutput {
        future: Some(Box::pin(late)),
        ..CompleteMultipartUploadOutput::default()
    }))
}

fn flatten(outcome: Result<Result<CompleteOutput, Error>, tokio::task::JoinError>) -> Result<CompleteOutput, Failure> {
    let outcome = outcome.unwrap_or_else(|error| Err(Error::Internal(format!("a completion died: {error}"))));
    outcome.map_err(Failure::from)
}

/// What the answer repeats of the request.
struct Shown {
    location: String,
    bucket: String,
    key: String,
}

impl Shown {
    fn output(self, made: CompleteOutput) -> CompleteMultipartUploadOutput {
        let checksum = digests::Fields::from(made.checksum.as_ref());
        CompleteMultipartUploadOutput {
            bucket: Some(self.bucket),
            key: Some(self.key),
            location: Some(self.location),
            e_tag: Some(dto::ETag::Strong(made.etag.to_string())),
            checksum_crc32: checksum.crc32,
            checksum_crc32c: checksum.crc32c,
            checksum_crc64nvme: checksum.crc64nvme,
            checksum_sha1: checksum.sha1,
            checksum_sha256: checksum.sha256,
            checksum_type: checksum.kind,
            ..CompleteMultipartUploadOutput::default()
        }
    }
}

fn location(call: &Call<CompleteMultipartUploadInput>) -> String {
    let host = call.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}/{}/{}", call.input.bucket, Encoding::Url.encode(&call.input.key))
}

fn parts(document: dto::CompletedMultipartUpload) -> Result<Vec<CompletedPart>, Failure> {
    let parts = document.parts.unwrap_or_default();
    if parts.is_empty() || parts.len() > PARTS_MAX as usize {
        return Err(Failure::malformed_xml());
    }
    parts.into_iter().map(part).collect()
}

fn part(part: dto::CompletedPart) -> Result<CompletedPart, Failure> {
    let number = super::get_object::part_number(part.part_number.ok_or_else(Failure::malformed_xml)?)?;
    let etag = part.e_tag.ok_or_else(Failure::malformed_xml)?.into_value();
    let mut sums = [
        (ChecksumAlgorithm::Crc32, part.checksum_crc32),
        (ChecksumAlgorithm::Crc32c, part.checksum_crc32c),
        (ChecksumAlgorithm::Crc64Nvme, part.checksum_crc64nvme),
        (ChecksumAlgorithm::Sha1, part.checksum_sha1),
        (ChecksumAlgorithm::Sha256, part.checksum_sha256),
    ]
    .into_iter()
    .filter_map(|(algorithm, sum)| Some((algorithm, sum?)));
    let checksum = sums.next();
    if sums.next().is_some() {
        return Err(Failure::malformed_xml());
    }
    Ok(CompletedPart { number, etag, checksum })
}
