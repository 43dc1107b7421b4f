//! CompleteMultipartUpload (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>).
//!
//! Always holds: a completion that was begun goes on to its end, also when its client goes away. One that takes long is answered
//! 200 at once, then with blanks, then with its document, which may be an error's, as in S3; one that is quick has the status of its
//! outcome.

use http::HeaderValue;
use s3s::S3Response;
use s3s::dto::{self, CompleteMultipartUploadInput, CompleteMultipartUploadOutput};
use trefoil_core::error::Error;
use trefoil_core::limits::PARTS_MAX;
use trefoil_core::objects::{CompleteOutput, CompleteUpload, CompletedPart};
use trefoil_core::types::ChecksumAlgorithm;

use super::S3Door;
use super::call::{Answer, Call, integer, parse_key};
use super::late::Late;
use super::rewrite::Rewrite;
use super::xml::Xml;
use super::{conditions, digests, object_headers, refuse};
use crate::error::Failure;
use crate::location::location;
use crate::response;

const ROOT: &str = "CompleteMultipartUploadResult";

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
        location: location(&call.headers, call.auth.virtual_host, &call.input.bucket, &call.input.key),
        bucket: std::mem::take(&mut call.input.bucket),
        key: std::mem::take(&mut call.input.key),
        request_id: call.auth.request_id.clone(),
        host_id: call.auth.host_id.clone(),
    };
    let (service, principal) = (door.service.clone(), call.auth.principal.clone());
    let mut task = tokio::spawn(async move { service.complete_upload(&principal, request).await });
    if let Ok(outcome) = tokio::time::timeout(door.quick, &mut task).await {
        let made = flatten(outcome)?;
        let mut response = Rewrite::document(shown.success(&made));
        object_headers::set_version(&mut response.headers, made.version);
        return Ok(response);
    }
    let mut response = S3Response::new(CompleteMultipartUploadOutput::default());
    let late = Late::new(async move {
        match flatten(task.await) {
            Ok(made) => shown.success(&made),
            Err(failure) => shown.failure(&failure),
        }
    });
    late.put(&mut response.extensions);
    Ok(response)
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
    request_id: String,
    host_id: HeaderValue,
}

impl Shown {
    fn success(&self, made: &CompleteOutput) -> bytes::Bytes {
        let mut xml = Xml::new(ROOT, 1024);
        xml.text("Location", &self.location);
        xml.text("Bucket", &self.bucket);
        xml.text("Key", &self.key);
        xml.etag(&made.etag.to_string());
        if let Some(checksum) = &made.checksum {
            xml.text(digests::element_name(checksum.algorithm), &checksum.to_text());
            xml.text("ChecksumType", digests::kind_name(checksum.kind));
        }
        xml.finish(ROOT)
    }

    /// Of a late failure: the envelope, which renders others, has long been sent.
    fn failure(&self, failure: &Failure) -> bytes::Bytes {
        tracing::debug!(request = self.request_id, code = &*failure.code, message = &*failure.message, "refused late");
        let resource = format!("/{}/{}", self.bucket, self.key);
        let context = response::Context {
            resource: &resource,
            request_id: &self.request_id,
            host_id: &self.host_id,
            head: false,
        };
        response::document(failure, context).into()
    }
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
