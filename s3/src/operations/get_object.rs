//! GetObject and HeadObject (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>): the same but for the body.
//!
//! Always holds: GetObject and HeadObject share every header; a part or range is never sent with the whole's checksum.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use s3s::S3Response;
use s3s::dto::{GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput};
use trefoil_core::limits::PARTS_MAX;
use trefoil_core::objects::{GetObject, HeadOutput};
use trefoil_core::types::{Principal, RangeRequest};

use super::S3Door;
use super::call::{Answer, Call, parse_key, parse_opt_version};
use super::object_headers::{content_range, describe, set};
use super::rewrite::Rewrite;
use super::{body, conditions, digests, refuse};
use crate::error::Failure;

/// `response-*` parameters and the headers that they replace.
type Overrides = Vec<(HeaderName, String)>;

macro_rules! overrides {
    ($call:expr) => {{
        let expires = $call.response_expires.take();
        let input = &mut $call.input;
        [
            (header::CACHE_CONTROL, input.response_cache_control.take()),
            (header::CONTENT_DISPOSITION, input.response_content_disposition.take()),
            (header::CONTENT_ENCODING, input.response_content_encoding.take()),
            (header::CONTENT_LANGUAGE, input.response_content_language.take()),
            (header::CONTENT_TYPE, input.response_content_type.take()),
            (header::EXPIRES, expires),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect::<Overrides>()
    }};
}

pub(super) async fn get(door: &S3Door, mut call: Call<GetObjectInput>) -> Answer<GetObjectOutput> {
    let overrides = overrides!(call);
    let (key, version) = (std::mem::take(&mut call.input.key), call.input.version_id.take());
    let (bucket, part) = (std::mem::take(&mut call.input.bucket), call.input.part_number);
    let request = request(door, &call, &bucket, key, version, part, &overrides).await?;
    let found = door.service.get(call.principal(), request).await.map_err(|error| with_range(error, &call))?;
    let length = found.head.length();
    let headers = headers(&call, &found.head, overrides)?;
    let output = GetObjectOutput {
        body: Some(body::answer(found.body, length).await?.into()),
        // s3s makes the status of it.
        content_range: found.head.range.map(|range| content_range(range, found.head.info.size)),
        ..GetObjectOutput::default()
    };
    Ok(S3Response::with_headers(output, headers))
}

pub(super) async fn head(door: &S3Door, mut call: Call<HeadObjectInput>) -> Answer<HeadObjectOutput> {
    let overrides = overrides!(call);
    let (key, version) = (std::mem::take(&mut call.input.key), call.input.version_id.take());
    let (bucket, part) = (std::mem::take(&mut call.input.bucket), call.input.part_number);
    let request = request(door, &call, &bucket, key, version, part, &overrides).await?;
    let found = door.service.head(call.principal(), request).await.map_err(|error| with_range(error, &call))?;
    let headers = headers(&call, &found, overrides)?;
    let mut response = S3Response::with_headers(HeadObjectOutput::default(), headers);
    if found.range.is_some() {
        Rewrite { status: Some(StatusCode::PARTIAL_CONTENT), document: None }.put(&mut response.extensions);
    }
    Ok(response)
}

async fn request<I>(
    door: &S3Door,
    call: &Call<I>,
    bucket: &str,
    key: String,
    version: Option<String>,
    part: Option<i32>,
    overrides: &Overrides,
) -> Result<GetObject, Failure> {
    refuse::unsupported_read(&call.headers)?;
    if !overrides.is_empty() && *call.principal() == Principal::Anonymous {
        return Err(Failure::invalid_request(
            "Request specific response headers cannot be used for anonymous GET requests.",
        ));
    }
    let range = call.headers.get(header::RANGE).and_then(|range| RangeRequest::parse(range.to_str().ok()?));
    let part_number = part.map(part_number).transpose()?;
    if range.is_some() && part_number.is_some() {
        return Err(Failure::invalid_request("Cannot specify both Range header and partNumber query parameter"));
    }
    Ok(GetObject {
        bucket: call.bucket(&door.service, bucket).await?,
        key: parse_key(key)?,
        version: parse_opt_version(version.as_deref())?,
        range,
        if_range: conditions::of_range(&call.headers),
        part_number,
        conditions: conditions::of_read(&call.headers),
    })
}

/// A part's number as parameters give it.
pub(super) fn part_number(number: i32) -> Result<u32, Failure> {
    u32::try_from(number).ok().filter(|number| (1..=PARTS_MAX).contains(number)).ok_or_else(|| {
        Failure::invalid_argument(
            "partNumber",
            &number.to_string(),
            "Part number must be an integer between 1 and 10000, inclusive",
        )
    })
}

/// Says which range could not be had.
fn with_range<I>(error: trefoil_core::error::Error, call: &Call<I>) -> Failure {
    let failure = Failure::from(error);
    match call.headers.get(header::RANGE).and_then(|range| range.to_str().ok()) {
        Some(range) if failure.code == "InvalidRange" => failure.with("RangeRequested", range),
        _ => failure,
    }
}

fn headers<I>(call: &Call<I>, found: &HeadOutput, overrides: Overrides) -> Result<HeaderMap, Failure> {
    let checksums = call.header("x-amz-checksum-mode")?.is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED"));
    // A checksum covers the whole, or a part: one of a range is not known.
    let ranged = found.range.is_some() && call.headers.contains_key(header::RANGE);
    let whole = found.part.is_none() && !ranged;
    let mut headers = describe(&found.info, checksums && whole);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(found.length()));
    if let Some(range) = found.range {
        set(&mut headers, header::CONTENT_RANGE, &content_range(range, found.info.size));
    }
    if let (Some(part), Some(count)) = (&found.part, found.info.parts) {
        headers.insert("x-amz-mp-parts-count", HeaderValue::from(count));
        if checksums {
            digests::to_headers(part.checksum.as_ref(), &mut headers);
            // The type is that of the whole's checksum, also where one of its parts is shown.
            if let (Some(_), Some(whole)) = (&part.checksum, &found.info.checksum) {
                headers.insert("x-amz-checksum-type", HeaderValue::from_static(digests::kind_name(whole.kind)));
            }
        }
    }
    for (name, value) in overrides {
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| Failure::invalid_argument(name.as_str(), &value, "The value can not be that of a header."))?;
        headers.insert(name, value);
    }
    Ok(headers)
}
