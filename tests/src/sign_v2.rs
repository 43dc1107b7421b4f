//! Signature version 2 (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html>), for a server that is told to
//! take it.
//!
//! Always holds: pure functions of their arguments.

use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::percent_decode_str;
use sha1::Sha1;

use crate::checksum::base64;

/// The parameters of the cases that are part of what is signed, in order.
const SIGNED: [&str; 5] = ["acl", "partNumber", "response-content-type", "uploadId", "uploads"];

/// The signature of any text.
pub fn sign(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    base64(&mac.finalize().into_bytes())
}

/// What is signed of a request in path style. `date`: the header `Date`, or when a URL expires.
pub fn string_to_sign(method: &str, target: &str, headers: &[(String, Vec<u8>)], date: &str) -> String {
    let value = |name: &str| {
        let found = headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
    };
    let mut text = format!("{method}\n{}\n{}\n{date}\n", value("content-md5"), value("content-type"));
    let mut amz: Vec<String> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    amz.retain(|name| name.starts_with("x-amz-"));
    amz.sort();
    for name in amz {
        text.push_str(&format!("{name}:{}\n", value(&name).trim()));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    text.push_str(path);
    let pairs: Vec<(&str, &str)> = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
    let mut separator = '?';
    for name in SIGNED {
        for (_, value) in pairs.iter().filter(|(other, _)| *other == name) {
            text.push(separator);
            text.push_str(name);
            if !value.is_empty() {
                text.push('=');
                text.push_str(&percent_decode_str(value).decode_utf8_lossy());
            }
            separator = '&';
        }
    }
    text
}

#[cfg(test)]
mod tests;
