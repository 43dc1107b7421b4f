//! CopyObject (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>).
//!
//! Always holds: the source's owner is compared with the expected one before anything is read; a directive that is not known is
//! refused.

use http::{HeaderMap, HeaderName};
use s3s::S3Response;
use s3s::dto::{CopyObjectInput, CopyObjectOutput, CopyObjectResult};
use trefoil_core::error::Error;
use trefoil_core::objects::{CopyDirectives, CopyObject, CopySource};

use super::S3Door;
use super::call::{Answer, Call, parse_key};
use super::{acl, conditions, copy_source, digests, metadata, object_headers, refuse, tags, time};
use crate::error::Failure;

pub(super) const SOURCE_VERSION: HeaderName = HeaderName::from_static("x-amz-copy-source-version-id");

pub(super) async fn call(door: &S3Door, mut call: Call<CopyObjectInput>) -> Answer<CopyObjectOutput> {
    refuse::unsupported(&call.headers)?;
    let request = CopyObject {
        source: source(door, &call).await?,
        bucket: call.bucket(&door.service, &call.input.bucket).await?,
        key: parse_key(std::mem::take(&mut call.input.key))?,
        directives: directives(&call)?,
        acl: acl::from_headers(&call.headers)?,
        conditions: conditions::of_write(&call.headers)?,
        checksum: digests::algorithm(&call.headers, "x-amz-checksum-algorithm")?,
        location: call.location()?,
    };
    let made = door.service.copy(call.principal(), request).await.map_err(of_source)?;
    let mut headers = HeaderMap::new();
    object_headers::set_version(&mut headers, made.version);
    if let Some(version) = made.source_version {
        object_headers::set(&mut headers, SOURCE_VERSION, &version.to_string());
    }
    let checksum = digests::Fields::from(made.checksum.as_ref());
    let result = CopyObjectResult {
        checksum_crc32: checksum.crc32,
        checksum_crc32c: checksum.crc32c,
        checksum_crc64nvme: checksum.crc64nvme,
        checksum_sha1: checksum.sha1,
        checksum_sha256: checksum.sha256,
        checksum_type: checksum.kind,
        e_tag: Some(s3s::dto::ETag::Strong(made.etag.to_string())),
        last_modified: Some(time::to_s3(made.modified)),
    };
    let output = CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() };
    Ok(S3Response::with_headers(output, headers))
}

/// The source of a copy or part copy, once its bucket is known to have the owner that the request expects.
pub(super) async fn source<I>(door: &S3Door, call: &Call<I>) -> Result<CopySource, Failure> {
    let source = copy_source::parse(call.header("x-amz-copy-source")?.unwrap_or_default())?;
    call.expect_owner(&door.service, &source.bucket, "x-amz-source-expected-bucket-owner").await?;
    Ok(CopySource {
        bucket: source.bucket,
        key: source.key,
        version: source.version,
        conditions: conditions::of_copy_source(&call.headers),
    })
}

/// Only the source is asked for by its version: a marker there is the request's fault, not the method's.
pub(super) fn of_source(error: Error) -> Failure {
    match error {
        Error::IsDeleteMarker { .. } => Failure::invalid_request(
            "The source of a copy request may not specifically refer to a delete marker by version id.",
        ),
        other => other.into(),
    }
}

fn replaces<I>(call: &Call<I>, name: &'static str, message: &'static str) -> Result<bool, Failure> {
    match call.header(name)? {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(other) => Err(Failure::invalid_argument(name, other, message)),
    }
}

fn directives<I>(call: &Call<I>) -> Result<CopyDirectives, Failure> {
    let given = object_headers::from_headers(&call.headers)?;
    // S3 never copies it, whatever the directive says.
    let website_redirect_location = given.website_redirect_location.clone();
    let metadata = if replaces(call, "x-amz-metadata-directive", "Unknown metadata directive.")? {
        Some((given, metadata::from_headers(&call.headers)?))
    } else {
        None
    };
    let tags = if replaces(call, "x-amz-tagging-directive", "Unknown tagging directive.")? {
        Some(tags::from_header(call.header("x-amz-tagging")?)?)
    } else {
        None
    };
    Ok(CopyDirectives { metadata, tags, website_redirect_location })
}
