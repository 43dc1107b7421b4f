//! What is done to a request before s3s sees it.
//!
//! Always holds: the operation was found in front, from the same parameters, decoded alike; s3s gets path, query and a document's
//! bytes, and no header but the ones that it routes by, with values that it can read. s3s refuses much that S3 takes: a `Range` it does
//! not understand, lists of entity tags, dates in other forms, `Expires` that is no date, metadata sent twice, bytes outside ASCII. The
//! operations read the headers themselves, from [`Sent`].

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::call::{parse_bucket, parse_key};
use crate::context::AuthContext;
use crate::error::Failure;
use crate::operate::Asked;
use crate::table::{Level, Operation, State};

#[cfg(test)]
mod tests;

/// What s3s does not see of a request, beside it in its extensions.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub auth: AuthContext,
    pub headers: HeaderMap,
    /// The document that s3s parses, for what s3s does not know of it.
    pub document: Bytes,
}

/// Headers that s3s needs to see, with what it sees.
const SHOWN: [(&str, HeaderValue); 2] = [
    ("x-amz-copy-source", HeaderValue::from_static("bucket/key")),
    ("x-amz-object-attributes", HeaderValue::from_static("ETag")),
];

/// Refuses what is not built, and parameters that can't be.
pub(super) fn check(asked: &Asked) -> Result<(), Failure> {
    let operation = asked.operation;
    if operation.state == State::Refused {
        return Err(Failure::new(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            format!("{} is not implemented.", operation.name),
        ));
    }
    check_parameters(operation, asked.request.uri().query().unwrap_or_default())
}

/// Takes the headers, and leaves what s3s has to see.
pub(super) fn take_headers(headers: &mut HeaderMap, auth: AuthContext) -> Sent {
    let sent = std::mem::take(headers);
    for (name, value) in SHOWN {
        if sent.contains_key(name) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    Sent { auth, headers: sent, document: Bytes::new() }
}

/// Refuses names that can't be, as s3s would, but with the elements that S3 has in these errors. What is no text is left to s3s.
pub(super) fn check_names(path: &str) -> Result<(), Failure> {
    let path: Cow<'_, [u8]> = percent_encoding::percent_decode_str(path.strip_prefix('/').unwrap_or(path)).into();
    let Ok(path) = std::str::from_utf8(&path) else { return Ok(()) };
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    if !bucket.is_empty() {
        parse_bucket(bucket)?;
    }
    if !key.is_empty() {
        parse_key(key.to_owned())?;
    }
    Ok(())
}

/// The numbers that an operation reads from its query.
fn numbers(operation: &str) -> &'static [&'static str] {
    match operation {
        "ListObjects" | "ListObjectsV2" | "ListObjectVersions" => &["max-keys"],
        "ListMultipartUploads" => &["max-uploads"],
        "ListParts" => &["max-parts", "part-number-marker"],
        "ListBuckets" => &["max-buckets"],
        "GetObject" | "HeadObject" | "UploadPart" | "UploadPartCopy" => &["partNumber"],
        _ => &[],
    }
}

/// Whether an operation on an object means one of its versions.
fn takes_version(operation: &str) -> bool {
    matches!(
        operation,
        "GetObject"
            | "HeadObject"
            | "DeleteObject"
            | "GetObjectAttributes"
            | "GetObjectAcl"
            | "PutObjectAcl"
            | "GetObjectTagging"
            | "PutObjectTagging"
            | "DeleteObjectTagging"
            | "GetObjectLegalHold"
            | "PutObjectLegalHold"
            | "GetObjectRetention"
            | "PutObjectRetention"
    )
}

/// Refuses a version or part where none is meant: passed over, `PUT /bucket/key?versionId=...` would replace the current object, and
/// a part whose upload was forgotten the whole.
fn check_meant(operation: &Operation, query: &str, name: &str, value: &str) -> Result<(), Failure> {
    if operation.level != Level::Object {
        return Ok(());
    }
    if name == "versionId" && !takes_version(operation.name) {
        let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
        return Err(Failure::invalid_argument(name, &value, "This operation does not accept a version-id."));
    }
    if name == "partNumber" && !numbers(operation.name).contains(&name) {
        let message = match query.split('&').any(|part| part.split('=').next() == Some("uploadId")) {
            true => "This operation does not accept partNumber",
            false => "This operation does not accept partNumber without uploadId",
        };
        return Err(Failure::invalid_argument(name, name, message));
    }
    Ok(())
}

/// Refuses parameters whose value can't be, as s3s would or where it would pass them over, and tells which.
fn check_parameters(operation: &Operation, query: &str) -> Result<(), Failure> {
    let numbers = numbers(operation.name);
    for part in query.split('&') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        check_meant(operation, query, name, value)?;
        let number = numbers.iter().find(|number| **number == name);
        let version = operation.name == "ListObjects" && name == "list-type";
        if number.is_none() && !version {
            continue;
        }
        let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
        if version {
            return Err(Failure::invalid_argument(name, &value, "Invalid List Type specified in Request"));
        }
        if value.parse::<i32>().is_err() {
            let message = format!("Provided {name} not an integer or within integer range");
            return Err(Failure::invalid_argument(name, &value, message));
        }
    }
    Ok(())
}
