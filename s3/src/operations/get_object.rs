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
    let found = door.service.get(call.principal(), request.clone()).await.map_err(|error| with_range(error, &call))?;
    let length = length(&found.head);
    let headers = headers(door, &call, &request, &found.head, overrides).await?;
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
    let found = door.service.head(call.principal(), request.clone()).await.map_err(|error| with_range(error, &call))?;
    let headers = headers(door, &call, &request, &found, overrides).await?;
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

fn length(found: &HeadOutput) -> u64 {
    found.range.map_or(found.info.size, |range| range.length)
}

async fn headers<I>(
    door: &S3Door,
    call: &Call<I>,
    request: &GetObject,
    found: &HeadOutput,
    overrides: Overrides,
) -> Result<HeaderMap, Failure> {
    let checksums = call.header("x-amz-checksum-mode")?.is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED"));
    let part = request.part_number.filter(|_| found.info.parts.is_some());
    // A checksum covers the whole, or a part: one of a range is not known.
    let whole = request.range.is_none() && part.is_none();
    let mut headers = describe(&found.info, checksums && whole);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length(found)));
    if let Some(range) = found.range {
        set(&mut headers, header::CONTENT_RANGE, &content_range(range, found.info.size));
    }
    if let (Some(number), Some(count)) = (part, found.info.parts) {
        headers.insert("x-amz-mp-parts-count", HeaderValue::from(count));
        if checksums {
            let version = request.version.or(found.info.version);
            let named = GetObject { version, conditions: Default::default(), ..request.clone() };
            let attributes = door.service.attributes(call.principal(), named, number - 1, 1).await?;
            let parts = attributes.parts.map(|page| page.parts).unwrap_or_default();
            let checksum = parts.iter().find(|part| part.number == number).and_then(|part| part.checksum.as_ref());
            digests::to_headers(checksum, &mut headers);
            // The type is that of the whole's checksum, also where one of its parts is shown.
            if let (Some(_), Some(whole)) = (checksum, &found.info.checksum) {
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
