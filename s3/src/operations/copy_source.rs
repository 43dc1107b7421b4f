//! `x-amz-copy-source` (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>): what is copied.
//!
//! Always holds: the header is URL-encoded; as in S3, `+` stands for a space and `%2B` for a plus. The version stands behind the
//! last `?versionId=` of the header as sent, so that a `?` within a key, being encoded, can't be taken for it.
//! (s3s reads `+` as itself and splits at the first `?versionId=`, which is why the header is read here.)

use percent_encoding::percent_decode_str;
use trefoil_core::types::{BucketName, ObjectKey, VersionId};

use super::call::parse_version;
use crate::error::Failure;

#[cfg(test)]
mod tests;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub bucket: BucketName,
    pub key: ObjectKey,
    pub version: Option<VersionId>,
}

fn invalid(header: &str, message: &'static str) -> Failure {
    Failure::invalid_argument("x-amz-copy-source", header, message)
}

const NEEDS_BUCKET_AND_KEY: &str = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey";

pub fn parse(header: &str) -> Result<Source, Failure> {
    let (path, version) = match header.rsplit_once("?versionId=") {
        Some((path, version)) => (path, Some(decode(header, version)?)),
        None => (header, None),
    };
    let path = decode(header, path)?;
    let path = path.strip_prefix('/').unwrap_or(&path);
    if path.starts_with("arn:") {
        return Err(Failure::not_implemented("x-amz-copy-source"));
    }
    let (bucket, key) = path.split_once('/').ok_or_else(|| invalid(header, NEEDS_BUCKET_AND_KEY))?;
    if key.is_empty() {
        return Err(invalid(header, NEEDS_BUCKET_AND_KEY));
    }
    // A name that no bucket can have is one that does not exist: the request's own bucket is not at fault.
    let bucket: BucketName =
        bucket.parse().map_err(|_| Failure::from(trefoil_core::error::Error::NoSuchBucket(bucket.to_owned())))?;
    let version = version.map(|version| parse_version(&version)).transpose()?;
    Ok(Source { bucket, key: ObjectKey::existing(key)?, version })
}

fn decode(header: &str, text: &str) -> Result<String, Failure> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| invalid(header, "The copy source is not encoded as UTF-8"))
}
