//! The standard headers that S3 keeps with an object, in requests and answers.
//!
//! Always holds: what was kept is answered byte for byte, where it was UTF-8; a content type that was never given is
//! `binary/octet-stream`, as in S3.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use trefoil_core::objects::{ObjectHeaders, ObjectInfo};
use trefoil_core::types::ByteRange;

use super::time::http_date;
use super::{digests, metadata};
use crate::error::{Failure, VERSION_ID};

#[cfg(test)]
mod tests;

const DEFAULT_TYPE: &str = "binary/octet-stream";
const WEBSITE_REDIRECT: HeaderName = HeaderName::from_static("x-amz-website-redirect-location");

/// A header's text; bytes that are not UTF-8 are read as ISO 8859-1.
fn text_of(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// The text of a header that has one value. Several are refused: which one counts would be a guess.
fn text(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Failure> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().map(text_of);
    if values.next().is_some() {
        return Err(Failure::invalid_request(format!("The header {name} was sent more than once.")));
    }
    Ok(first.filter(|text| !text.is_empty()))
}

/// The text of a header that is a list, which may come in several headers (RFC 9110, section 5.3).
fn list(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<String> = headers.get_all(name).iter().map(text_of).filter(|text| !text.is_empty()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

pub fn from_headers(headers: &HeaderMap) -> Result<ObjectHeaders, Failure> {
    let redirect = text(headers, &WEBSITE_REDIRECT)?;
    if let Some(target) = &redirect
        && !["/", "http://", "https://"].iter().any(|start| target.starts_with(start))
    {
        return Err(Failure::new(
            http::StatusCode::BAD_REQUEST,
            "InvalidRedirectLocation",
            "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
        ));
    }
    Ok(ObjectHeaders {
        content_type: text(headers, &header::CONTENT_TYPE)?,
        cache_control: list(headers, &header::CACHE_CONTROL),
        content_disposition: text(headers, &header::CONTENT_DISPOSITION)?,
        content_encoding: list(headers, &header::CONTENT_ENCODING).and_then(|value| without_framing(&value)),
        content_language: list(headers, &header::CONTENT_LANGUAGE),
        expires: text(headers, &header::EXPIRES)?,
        website_redirect_location: redirect,
    })
}

/// Takes `aws-chunked` out of a list of codings: it describes the transfer, not the object.
fn without_framing(codings: &str) -> Option<String> {
    if !codings.split(',').any(|coding| coding.trim().eq_ignore_ascii_case("aws-chunked")) {
        return Some(codings.to_owned());
    }
    let kept: Vec<_> =
        codings.split(',').map(str::trim).filter(|coding| !coding.eq_ignore_ascii_case("aws-chunked")).collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

pub fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // What came in a header can go out in one; of anything else an answer without it is the best that there is.
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        headers.insert(name, value);
    }
}

fn set_opt(headers: &mut HeaderMap, name: HeaderName, value: Option<&str>) {
    if let Some(value) = value {
        set(headers, name, value);
    }
}

pub fn set_version(headers: &mut HeaderMap, version: Option<trefoil_core::types::VersionId>) {
    if let Some(version) = version {
        set(headers, VERSION_ID, &version.to_string());
    }
}

/// All headers by which GetObject and HeadObject describe an object, but for the length.
pub fn describe(info: &ObjectInfo, with_checksum: bool) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(24);
    let kept = &info.headers;
    set(&mut headers, header::CONTENT_TYPE, kept.content_type.as_deref().unwrap_or(DEFAULT_TYPE));
    set_opt(&mut headers, header::CACHE_CONTROL, kept.cache_control.as_deref());
    set_opt(&mut headers, header::CONTENT_DISPOSITION, kept.content_disposition.as_deref());
    set_opt(&mut headers, header::CONTENT_ENCODING, kept.content_encoding.as_deref());
    set_opt(&mut headers, header::CONTENT_LANGUAGE, kept.content_language.as_deref());
    set_opt(&mut headers, header::EXPIRES, kept.expires.as_deref());
    set_opt(&mut headers, WEBSITE_REDIRECT, kept.website_redirect_location.as_deref());
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    set(&mut headers, header::ETAG, &format!("\"{}\"", info.etag));
    set(&mut headers, header::LAST_MODIFIED, &http_date(info.modified));
    set_version(&mut headers, info.version);
    if info.tag_count > 0 {
        headers.insert("x-amz-tagging-count", info.tag_count.into());
    }
    metadata::to_headers(&info.user_metadata, &mut headers);
    if with_checksum {
        digests::to_headers(info.checksum.as_ref(), &mut headers);
    }
    headers
}

/// `Content-Range` of a partial answer.
pub fn content_range(range: ByteRange, size: u64) -> String {
    format!("bytes {}-{}/{size}", range.offset, range.offset + range.length - 1)
}
