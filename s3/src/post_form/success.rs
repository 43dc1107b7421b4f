//! What a form that was stored is answered: a redirect, a document, or nothing, as the form asked.
//!
//! Always holds: a redirect goes only to an absolute http(s) URL; anything else asked for is answered with 204, as by S3.

use http::request::Parts as Head;
use http::{HeaderName, HeaderValue, Response, StatusCode, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use trefoil_core::objects::PutOutput;
use trefoil_core::types::{BucketName, ObjectKey};

use super::fields::Fields;
use crate::error::{Failure, VERSION_ID};
use crate::location::location;
use crate::target::Target;
use crate::xml_text::push_element;

const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub fn answer(
    head: &Head,
    target: &Target,
    fields: &Fields,
    bucket: &BucketName,
    key: &ObjectKey,
    output: &PutOutput,
) -> Result<Response<s3s::Body>, Failure> {
    let etag = format!("\"{}\"", output.etag);
    let mut response = Response::new(s3s::Body::empty());
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, text: &str| {
        // Ids, tags and encoded URLs are ASCII.
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, &etag);
    if let Some(version) = output.version {
        set(VERSION_ID, &version.to_string());
    }
    let location = location(&head.headers, target.virtual_host, bucket.as_str(), key.as_str());
    let redirect = fields.get("success_action_redirect").or_else(|| fields.get("redirect"));
    if let Some(url) = redirect.and_then(|url| redirect_url(url, bucket, key, &etag)) {
        set(header::LOCATION, &url);
        *response.status_mut() = StatusCode::SEE_OTHER;
        return Ok(response);
    }
    set(header::LOCATION, &location);
    *response.status_mut() = match fields.get("success_action_status").map(str::trim) {
        Some("200") => StatusCode::OK,
        Some("201") => StatusCode::CREATED,
        _ => StatusCode::NO_CONTENT,
    };
    if response.status() == StatusCode::CREATED {
        let mut document = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>");
        push_element(&mut document, "Location", &location);
        push_element(&mut document, "Bucket", bucket.as_str());
        push_element(&mut document, "Key", key.as_str());
        push_element(&mut document, "ETag", &etag);
        document.push_str("</PostResponse>");
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        *response.body_mut() = s3s::Body::from(document);
    }
    Ok(response)
}

fn redirect_url(url: &str, bucket: &BucketName, key: &ObjectKey, etag: &str) -> Option<String> {
    let parsed: Uri = url.parse().ok()?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none_or(str::is_empty) {
        return None;
    }
    let separator = if parsed.query().is_some() { '&' } else { '?' };
    let (key, etag) = (utf8_percent_encode(key.as_str(), QUERY), utf8_percent_encode(etag, QUERY));
    Some(format!("{url}{separator}bucket={bucket}&key={key}&etag={etag}"))
}
