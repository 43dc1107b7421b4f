//! Signature version 4, from AWS's pages, for headers, query strings, chunks, trailers and forms.
//!
//! Always holds: pure functions of their arguments. Sources:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>.

use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::account::Key;

/// SHA-256 of nothing.
pub const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// What a signature is bound to beside the request: when, where, for which service.
#[derive(Clone, Debug)]
pub struct Scope {
    pub at: OffsetDateTime,
    pub region: String,
    pub service: String,
}

impl Scope {
    /// `20130524T000000Z`
    pub fn stamp(&self) -> String {
        self.at.format(format_description!("[year][month][day]T[hour][minute][second]Z")).expect("a date has all parts")
    }

    /// `20130524`
    pub fn date(&self) -> String {
        self.stamp()[..8].to_owned()
    }

    /// `20130524/us-east-1/s3/aws4_request`
    pub fn text(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date(), self.region, self.service)
    }

    fn signing_key(&self, secret: &str) -> Vec<u8> {
        let date = hmac(format!("AWS4{secret}").as_bytes(), self.date().as_bytes());
        let region = hmac(&date, self.region.as_bytes());
        let service = hmac(&region, self.service.as_bytes());
        hmac(&service, b"aws4_request")
    }

    /// The signature of any string to sign, in hexadecimal.
    pub fn sign(&self, key: &Key, text: &str) -> String {
        hex::encode(hmac(&self.signing_key(&key.secret), text.as_bytes()))
    }

    /// The signature of a canonical request.
    pub fn sign_request(&self, key: &Key, canonical: &str) -> String {
        let text = format!("AWS4-HMAC-SHA256\n{}\n{}\n{}", self.stamp(), self.text(), sha256_hex(canonical.as_bytes()));
        self.sign(key, &text)
    }

    /// The signature of one chunk of a signed stream, chained to the one before.
    pub fn sign_chunk(&self, key: &Key, previous: &str, data: &[u8]) -> String {
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{previous}\n{EMPTY_SHA256}\n{}",
            self.stamp(),
            self.text(),
            sha256_hex(data)
        );
        self.sign(key, &text)
    }

    /// The signature of the trailers: `trailers` are `name:value\n` lines.
    pub fn sign_trailer(&self, key: &Key, previous: &str, trailers: &str) -> String {
        let text = format!(
            "AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{previous}\n{}",
            self.stamp(),
            self.text(),
            sha256_hex(trailers.as_bytes())
        );
        self.sign(key, &text)
    }
}

/// Percent-encodes all but the unreserved characters; `/` stays where `slash` says so.
pub fn encode(bytes: &[u8], slash: bool) -> String {
    let mut out = String::with_capacity(bytes.len() * 3);
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (slash && byte == b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The canonical form of a path as it stands on the wire: decoded once, encoded once, nothing normalised.
pub fn canonical_path(raw: &str) -> String {
    encode(&percent_decode_str(raw).collect::<Vec<u8>>(), true)
}

/// The canonical form of a query as it stands on the wire, without `leave_out`.
pub fn canonical_query(raw: &str, leave_out: Option<&str>) -> String {
    let mut pairs: Vec<(String, String)> = raw
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let again = |text: &str| encode(&percent_decode_str(text).collect::<Vec<u8>>(), false);
            (again(name), again(value))
        })
        .filter(|(name, _)| Some(name.as_str()) != leave_out)
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The canonical request over the named headers (lower case, sorted); `payload` is the last line.
pub fn canonical_request(
    method: &str,
    target: &str,
    headers: &[(String, Vec<u8>)],
    signed: &[String],
    payload: &str,
) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut text = format!("{method}\n{}\n{}\n", canonical_path(path), canonical_query(query, Some("X-Amz-Signature")));
    for name in signed {
        let values: Vec<String> = headers
            .iter()
            .filter(|(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| trim_spaces(&String::from_utf8_lossy(value)))
            .collect();
        text.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    text.push_str(&format!("\n{}\n{payload}", signed.join(";")));
    text
}

/// Spaces at the ends removed, runs of them made one.
fn trim_spaces(value: &str) -> String {
    value.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
