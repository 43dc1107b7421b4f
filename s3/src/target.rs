//! What a request's line and `Host` name: a bucket, a key, parameters.
//!
//! Always holds: bucket and key are percent-decoded once, and UTF-8; nothing is normalised (`//`, `.`, `..` and `+` in a path stand
//! for themselves). Only configured domains make a bucket of a host; any other host is path style.

use std::borrow::Cow;

use http::uri::PathAndQuery;
use http::{HeaderMap, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::error::Failure;
use crate::limits;

#[cfg(test)]
mod tests;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Not checked against the rules of names.
    pub bucket: Option<String>,
    /// Not empty.
    pub key: Option<String>,
    pub query: Query,
    /// Whether the bucket stood in the host.
    pub virtual_host: bool,
}

/// Decoded parameters in the order sent. A parameter without `=` has an empty value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut pairs = Vec::with_capacity(8);
        for part in text.split('&').filter(|part| !part.is_empty()) {
            if pairs.len() == limits::QUERY_PARAMETERS_MAX {
                return Err(Failure::invalid_request("The query string has too many parameters."));
            }
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            pairs.push((decode_form(name)?, decode_form(value)?));
        }
        Ok(Self(pairs))
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// The first of the name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub fn count(&self, name: &str) -> usize {
        self.0.iter().filter(|(other, _)| other == name).count()
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

pub fn invalid_uri() -> Failure {
    Failure::new(http::StatusCode::BAD_REQUEST, "InvalidURI", "Couldn't parse the specified URI.")
}

/// In a query string, `+` is a space.
fn decode_form(text: &str) -> Result<String, Failure> {
    if !text.contains('+') {
        return decode(text).map(Cow::into_owned);
    }
    decode(&text.replace('+', " ")).map(Cow::into_owned)
}

/// Percent-decodes; refuses `%` that begins no escape, and bytes that are not UTF-8.
pub fn decode(text: &str) -> Result<Cow<'_, str>, Failure> {
    let bytes = text.as_bytes();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => rest = &rest[at + 3..],
            _ => return Err(invalid_uri()),
        }
    }
    percent_decode_str(text).decode_utf8().map_err(|_| invalid_uri())
}

impl Target {
    pub fn parse(uri: &Uri, headers: &HeaderMap, domains: &[String]) -> Result<Self, Failure> {
        let query = Query::parse(uri.query().unwrap_or_default())?;
        let Some(path) = uri.path().strip_prefix('/') else {
            return Err(invalid_uri());
        };
        let path = decode(path)?;
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        if let Some(bucket) = bucket_in_host(headers, domains)? {
            return Ok(Self { bucket: Some(bucket), key: some(&path), query, virtual_host: true });
        }
        let (bucket, key) = match path.split_once('/') {
            None => (some(&path), None),
            Some(("", _)) => return Err(invalid_bucket_name("")),
            Some((bucket, key)) => (some(bucket), some(key)),
        };
        Ok(Self { bucket, key, query, virtual_host: false })
    }

    /// `/bucket/key` as sent, for error documents.
    pub fn resource(&self) -> String {
        match (&self.bucket, &self.key) {
            (Some(bucket), Some(key)) => format!("/{bucket}/{key}"),
            (Some(bucket), None) => format!("/{bucket}/"),
            _ => "/".to_owned(),
        }
    }

    /// The path and query that the operations are to see: path style, without the parameters of a signature, which s3s would check,
    /// and with the names of all others in one spelling. `None`: they are so already.
    pub fn forwarded(&self, uri: &Uri) -> Result<Option<Uri>, Failure> {
        let strip = self.query.pairs().iter().any(|(name, _)| is_signature_parameter(name));
        let spelled = parts(uri).any(|(name, _)| is_encoded(name));
        if !self.virtual_host && !strip && !spelled && uri.authority().is_none() {
            return Ok(None);
        }
        let mut text = String::with_capacity(uri.path().len() + 64);
        if let (true, Some(bucket)) = (self.virtual_host, &self.bucket) {
            text.push('/');
            text.push_str(bucket);
        }
        text.push_str(uri.path());
        let mut separator = '?';
        for (name, value) in parts(uri) {
            let decoded = decode_form(name)?;
            if is_signature_parameter(&decoded) {
                continue;
            }
            text.push(separator);
            match is_encoded(name) {
                true => text.extend(utf8_percent_encode(&decoded, ENCODED)),
                false => text.push_str(name),
            }
            if let Some(value) = value {
                text.push('=');
                text.push_str(value);
            }
            separator = '&';
        }
        PathAndQuery::try_from(text).map(|path| Some(Uri::from(path))).map_err(|_| invalid_uri())
    }
}

/// What a parameter's name does not hold in its one spelling.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn is_encoded(name: &str) -> bool {
    name.contains(['%', '+'])
}

/// The parameters as sent.
fn parts(uri: &Uri) -> impl Iterator<Item = (&str, Option<&str>)> {
    let parts = uri.query().unwrap_or_default().split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').map_or((part, None), |(name, value)| (name, Some(value))))
}

fn is_signature_parameter(name: &str) -> bool {
    matches!(
        name,
        "X-Amz-Algorithm"
            | "X-Amz-Credential"
            | "X-Amz-Date"
            | "X-Amz-Expires"
            | "X-Amz-SignedHeaders"
            | "X-Amz-Signature"
            | "X-Amz-Security-Token"
            | "X-Amz-Content-Sha256"
            | "AWSAccessKeyId"
            | "Expires"
            | "Signature"
    )
}

pub fn invalid_bucket_name(name: &str) -> Failure {
    Failure::new(http::StatusCode::BAD_REQUEST, "InvalidBucketName", "The specified bucket is not valid.")
        .with("BucketName", name)
}

/// The bucket of `bucket.domain` for one of our domains. A host that is a domain itself has none.
fn bucket_in_host(headers: &HeaderMap, domains: &[String]) -> Result<Option<String>, Failure> {
    if domains.is_empty() {
        return Ok(None);
    }
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else {
        return Ok(None);
    };
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if domains.contains(&host) {
        return Ok(None);
    }
    let bucket = domains.iter().filter_map(|domain| host.strip_suffix(domain.as_str())?.strip_suffix('.'));
    // Of nested domains the longest is meant.
    let Some(bucket) = bucket.min_by_key(|bucket| bucket.len()) else {
        return Ok(None);
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.' || byte == b'_';
    if bucket.is_empty() || !bucket.bytes().all(plain) {
        return Err(invalid_bucket_name(bucket));
    }
    Ok(Some(bucket.to_owned()))
}
