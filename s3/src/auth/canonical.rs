//! The canonical request of signature version 4, to the byte
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>).
//!
//! Always holds: S3's rules: the path is encoded once and not normalised; parameters are sorted by encoded name, then value;
//! header values are trimmed, inner spaces collapsed, several values joined by commas.

use std::fmt::Write;

use http::{HeaderMap, HeaderName};

use super::access_denied;
use crate::error::Failure;
use crate::target::Query;

const fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn push_encoded(out: &mut String, bytes: &[u8], keep_slash: bool) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        if unreserved(byte) || (keep_slash && byte == b'/') {
            out.push(byte as char);
        } else {
            out.push('%');
            out.push(DIGITS[usize::from(byte >> 4)] as char);
            out.push(DIGITS[usize::from(byte & 15)] as char);
        }
    }
}

/// The path as AWS encodes it, whatever a client left unencoded. The sender's spelling is the fallback: some clients sign it.
pub fn canonical_path(raw: &str) -> String {
    if raw.bytes().all(|byte| unreserved(byte) || byte == b'/') {
        return raw.to_owned();
    }
    let mut out = String::with_capacity(raw.len() + 16);
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(raw).collect();
    push_encoded(&mut out, &decoded, true);
    out
}

fn push_query(out: &mut String, query: &Query, skip: Option<&str>) {
    let mut pairs: Vec<(String, String)> = query
        .pairs()
        .iter()
        .filter(|(name, _)| Some(name.as_str()) != skip)
        .map(|(name, value)| {
            let (mut encoded_name, mut encoded_value) =
                (String::with_capacity(name.len()), String::with_capacity(value.len()));
            push_encoded(&mut encoded_name, name.as_bytes(), false);
            push_encoded(&mut encoded_value, value.as_bytes(), false);
            (encoded_name, encoded_value)
        })
        .collect();
    pairs.sort_unstable();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
}

/// Trims and collapses as clients do before they sign. Bytes above ASCII stand as sent.
fn push_value(out: &mut Vec<u8>, value: &[u8]) {
    let mut space = false;
    for &byte in value.trim_ascii() {
        match byte {
            b' ' | b'\t' => space = true,
            _ => {
                if std::mem::take(&mut space) {
                    out.push(b' ');
                }
                out.push(byte);
            }
        }
    }
}

/// Which headers a signature covers: lower case, sorted, `host` among them.
#[derive(Clone, Debug)]
pub struct SignedHeaders<'a> {
    pub text: &'a str,
    names: Vec<HeaderName>,
}

impl<'a> SignedHeaders<'a> {
    /// `None`: not a list of header names in their order.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut names = Vec::with_capacity(8);
        let mut last = "";
        for name in text.split(';') {
            if name <= last
                || name.bytes().any(|byte| byte.is_ascii_uppercase())
                || names.len() == crate::limits::HEADERS_MAX
            {
                return None;
            }
            last = name;
            names.push(HeaderName::from_bytes(name.as_bytes()).ok()?);
        }
        Some(Self { text, names })
    }

    fn contains(&self, name: &HeaderName) -> bool {
        self.names.contains(name)
    }

    /// `host` and every `x-amz-*` header that came must be signed, and every `x-trefoil-*` one; else somebody on the way could add one.
    /// `x-amz-content-sha256` is bound by the canonical request's last line in any case.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Failure> {
        let unsigned = headers.keys().filter(|name| {
            let ours = ["x-amz-", "x-trefoil-"].iter().any(|prefix| name.as_str().starts_with(prefix));
            (ours && *name != "x-amz-content-sha256" || **name == http::header::HOST) && !self.contains(name)
        });
        let mut unsigned: Vec<&str> = unsigned.map(HeaderName::as_str).collect();
        if !self.contains(&http::header::HOST) && unsigned.is_empty() {
            unsigned.push("host");
        }
        if unsigned.is_empty() {
            return Ok(());
        }
        unsigned.sort_unstable();
        Err(access_denied("There were headers present in the request which were not signed")
            .with("HeadersNotSigned", unsigned.join(", ")))
    }
}

/// What of a request is signed.
pub struct Canonical<'a> {
    pub method: &'a str,
    /// Encoded.
    pub path: &'a str,
    pub query: &'a Query,
    /// The parameter that is not signed: the signature itself.
    pub skip: Option<&'a str>,
    pub headers: &'a HeaderMap,
    pub signed: &'a SignedHeaders<'a>,
    pub payload: &'a str,
}

impl Canonical<'_> {
    /// As bytes: header values need not be UTF-8.
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = String::with_capacity(512);
        // Writing to a string can't fail.
        let _ = write!(head, "{}\n{}\n", self.method, self.path);
        push_query(&mut head, self.query, self.skip);
        head.push('\n');
        let mut out = head.into_bytes();
        for name in &self.signed.names {
            out.extend_from_slice(name.as_str().as_bytes());
            out.push(b':');
            for (index, value) in self.headers.get_all(name).iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                push_value(&mut out, value.as_bytes());
            }
            out.push(b'\n');
        }
        out.push(b'\n');
        out.extend_from_slice(self.signed.text.as_bytes());
        out.push(b'\n');
        out.extend_from_slice(self.payload.as_bytes());
        out
    }
}
