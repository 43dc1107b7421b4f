//! RenameObject, as S3 Express One Zone has it (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html>), and our
//! extension: source and target that both end in `/` rename a directory. s3s does not know the operation.
//!
//! Always holds: source and target are in one bucket; a header that describes a new object is refused.

use bytes::Bytes;
use http::{HeaderMap, Response};
use percent_encoding::percent_decode_str;
use trefoil_core::objects::{ReadConditions, RenameObject};
use trefoil_core::types::ObjectKey;

use super::S3Door;
use super::call::{Call, one, parse_bucket, parse_existing_key, parse_key};
use super::conditions;
use super::prepare::Sent;
use crate::error::Failure;

#[cfg(test)]
mod tests;

const SOURCE: &str = "x-amz-rename-source";

pub(super) async fn call(door: &S3Door, path: &str, sent: Sent) -> Result<Response<s3s::Body>, Failure> {
    let path = percent_decode_str(path.trim_start_matches('/')).decode_utf8().map_err(|_| invalid_uri())?;
    let (bucket, key) = path.split_once('/').ok_or_else(invalid_uri)?;
    let request = request(bucket, key, &sent.headers)?;
    let call = Call { input: (), headers: sent.headers, auth: sent.auth, document: Bytes::new() };
    call.bucket(&door.service, bucket).await?;
    door.service.rename(call.principal(), request).await?;
    Ok(Response::default())
}

fn invalid_uri() -> Failure {
    Failure::new(http::StatusCode::BAD_REQUEST, "InvalidURI", "Couldn't parse the specified URI.")
}

fn request(bucket: &str, key: &str, headers: &HeaderMap) -> Result<RenameObject, Failure> {
    // A rename has no payload and makes no object: every header that describes one is a misunderstanding.
    super::refuse::unsupported(headers)?;
    let source = one(headers, SOURCE)?
        .ok_or_else(|| Failure::invalid_request("Missing required header for this request: x-amz-rename-source"))?;
    Ok(RenameObject {
        bucket: parse_bucket(bucket)?,
        source: parse_source(bucket, source)?,
        target: parse_key(key.to_owned())?,
        source_conditions: source_conditions(headers),
        conditions: conditions::of_write(headers)?,
        client_token: one(headers, "x-amz-client-token")?.map(str::to_owned),
    })
}

/// The key, or `/bucket/key`, URL-encoded. The bucket must be the request's.
fn parse_source(bucket: &str, header: &str) -> Result<ObjectKey, Failure> {
    let invalid = |message: &'static str| Failure::invalid_argument(SOURCE, header, message);
    let spaced = header.replace('+', " ");
    let decoded =
        percent_decode_str(&spaced).decode_utf8().map_err(|_| invalid("The source is not encoded as UTF-8"))?;
    let key = match decoded.strip_prefix('/') {
        None => &*decoded,
        Some(path) => match path.split_once('/') {
            Some((named, key)) if named == bucket => key,
            _ => return Err(invalid("The source must be in the same bucket as the target")),
        },
    };
    if key.is_empty() {
        return Err(invalid("The source must name a key"));
    }
    parse_existing_key(key.to_owned())
}

fn source_conditions(headers: &HeaderMap) -> ReadConditions {
    conditions::of_source(
        headers,
        [
            "x-amz-rename-source-if-match",
            "x-amz-rename-source-if-none-match",
            "x-amz-rename-source-if-modified-since",
            "x-amz-rename-source-if-unmodified-since",
        ],
    )
}
