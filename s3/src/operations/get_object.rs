//! GetObject and HeadObject (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>): the same but for the body.
//!
//! Always holds: GetObject and HeadObject share every header; a part or range is never sent with the whole's checksum.

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use trefoil_core::limits::PARTS_MAX;
use trefoil_core::objects::{GetObject, HeadOutput};
use trefoil_core::types::{Principal, RangeRequest};

use super::S3Door;
use super::call::{Call, parse_existing_key, parse_opt_version};
use super::direct::{Input, Reply};
use super::object_headers::{content_range, describe, set};
use super::{body, conditions, digests, refuse};
use crate::error::Failure;

/// `response-*` parameters and the headers that they replace.
const OVERRIDES: [(&str, HeaderName); 6] = [
    ("response-cache-control", header::CACHE_CONTROL),
    ("response-content-disposition", header::CONTENT_DISPOSITION),
    ("response-content-encoding", header::CONTENT_ENCODING),
    ("response-content-language", header::CONTENT_LANGUAGE),
    ("response-content-type", header::CONTENT_TYPE),
    // Any text, and not only a date.
    ("response-expires", header::EXPIRES),
];

pub(super) async fn get(door: &S3Door, call: Call<Input>) -> Reply {
    let request = request(door, &call).await?;
    let found = door.service.get(call.principal(), request).await.map_err(|error| with_range(error, &call))?;
    let headers = headers(&call, &found.head)?;
    let body = body::answer(found.body, found.head.length()).await?;
    Ok(respond(headers, &found.head, body))
}

pub(super) async fn head(door: &S3Door, call: Call<Input>) -> Reply {
    let request = request(door, &call).await?;
    let found = door.service.head(call.principal(), request).await.map_err(|error| with_range(error, &call))?;
    Ok(respond(headers(&call, &found)?, &found, s3s::Body::empty()))
}

fn respond(headers: HeaderMap, found: &HeadOutput, body: s3s::Body) -> Response<s3s::Body> {
    let mut response = Response::new(body);
    *response.headers_mut() = headers;
    if found.range.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

async fn request(door: &S3Door, call: &Call<Input>) -> Result<GetObject, Failure> {
    refuse::unsupported_read(&call.headers)?;
    let overridden = OVERRIDES
        .iter()
        .try_fold(false, |any, (name, _)| call.input.parameter(name).map(|value| any || value.is_some()))?;
    if overridden && *call.principal() == Principal::Anonymous {
        return Err(Failure::invalid_request(
            "Request specific response headers cannot be used for anonymous GET requests.",
        ));
    }
    let range = call.headers.get(header::RANGE).and_then(|range| RangeRequest::parse(range.to_str().ok()?));
    let part_number = call.input.parameter("partNumber")?.map(parse_part_number).transpose()?;
    if range.is_some() && part_number.is_some() {
        return Err(Failure::invalid_request("Cannot specify both Range header and partNumber query parameter"));
    }
    Ok(GetObject {
        bucket: call.bucket(&door.service, call.input.bucket()).await?,
        version: parse_opt_version(call.input.parameter("versionId")?)?,
        key: parse_existing_key(call.input.key().to_owned())?,
        range,
        if_range: conditions::of_range(&call.headers),
        part_number,
        conditions: conditions::of_read(&call.headers),
    })
}

fn parse_part_number(text: &str) -> Result<u32, Failure> {
    let message = "Provided partNumber not an integer or within integer range";
    part_number(text.parse().map_err(|_| Failure::invalid_argument("partNumber", text, message))?)
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
fn with_range(error: trefoil_core::error::Error, call: &Call<Input>) -> Failure {
    let failure = Failure::from(error);
    match call.headers.get(header::RANGE).and_then(|range| range.to_str().ok()) {
        Some(range) if failure.code == "InvalidRange" => failure.with("RangeRequested", range),
        _ => failure,
    }
}

fn headers(call: &Call<Input>, found: &HeadOutput) -> Result<HeaderMap, Failure> {
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
    for (parameter, name) in OVERRIDES {
        let Some(text) = call.input.parameter(parameter)? else { continue };
        let value = HeaderValue::from_bytes(text.as_bytes())
            .map_err(|_| Failure::invalid_argument(parameter, text, "The value can not be that of a header."))?;
        headers.insert(name, value);
    }
    Ok(headers)
}
