//! Headers that a signed URL carries as parameters. Whoever presigns can't be sure that a header will be sent with the URL, so the SDKs move
//! what begins with `x-amz-` into the query, where S3 takes it for the header (ACLs, metadata, tags, a source to copy from, …).
//!
//! Always holds: only what the signature covers becomes a header, and never what came as one; parameters of the signature itself, whose names
//! are written in capitals, never do. What describes the body that was signed beside the URL does not, either: the SDK for JavaScript puts
//! the checksum of an empty body there, and S3 does not look at it.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::Failure;
use crate::target::Query;

#[cfg(test)]
mod tests;

/// Of the body and its framing, which nobody knows when a URL is presigned.
const OF_THE_BODY: &[&str] = &[
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    "x-amz-content-sha256",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

/// The headers with those of the query; `None` where there are none.
///
/// # Errors
/// `InvalidArgument` for a value that no header can have.
pub fn merged(headers: &HeaderMap, query: &Query) -> Result<Option<HeaderMap>, Failure> {
    let mut merged = None;
    for (name, value) in query.pairs() {
        if !name.starts_with("x-amz-") || OF_THE_BODY.contains(&name.as_str()) || headers.contains_key(name) {
            continue;
        }
        let header = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_bytes(value.as_bytes()).ok());
        let Some((name, value)) = header.filter(|(header, _)| header.as_str() == name) else {
            return Err(Failure::invalid_argument(name, value, "The parameter can't stand for a header of this name."));
        };
        merged.get_or_insert_with(|| headers.clone()).append(name, value);
    }
    Ok(merged)
}
