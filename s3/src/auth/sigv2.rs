//! Signature version 2, where a setting allows it
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html>).
//!
//! Always holds: off unless set; compared in constant time; expiry and skew are checked.

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use trefoil_core::access::Secret;

use crate::target::Target;

/// The sub-resources and overrides that are part of what is signed, in order.
const SIGNED_PARAMETERS: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "retention",
    "select",
    "select-type",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// Whether `signature` (base64) is the HMAC-SHA1 of `text`.
pub fn verify_text(secret: &Secret, text: &[u8], signature: &str) -> bool {
    // HMAC takes a key of any length (RFC 2104).
    let mac = Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes keys of any length");
    let expected = base64::engine::general_purpose::STANDARD.encode(mac.chain_update(text).finalize().into_bytes());
    expected.as_bytes().ct_eq(signature.as_bytes()).into()
}

/// `date`: the `Date` header (empty where `x-amz-date` stands in its place), or the expiry of a presigned URL.
pub fn string_to_sign(method: &Method, raw_path: &str, target: &Target, headers: &HeaderMap, date: &str) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").trim();
    let mut out = format!("{method}\n{}\n{}\n{date}\n", text("content-md5"), text("content-type"));
    let mut amz: Vec<&http::HeaderName> = headers.keys().filter(|name| name.as_str().starts_with("x-amz-")).collect();
    amz.sort_unstable_by_key(|name| name.as_str());
    for name in amz {
        out.push_str(name.as_str());
        out.push(':');
        for (index, value) in headers.get_all(name).iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            out.push_str(String::from_utf8_lossy(value.as_bytes()).trim());
        }
        out.push('\n');
    }
    if let (true, Some(bucket)) = (target.virtual_host, &target.bucket) {
        out.push('/');
        out.push_str(bucket);
    }
    out.push_str(raw_path);
    let mut separator = '?';
    for name in SIGNED_PARAMETERS {
        for (_, value) in target.query.pairs().iter().filter(|(other, _)| other == name) {
            out.push(separator);
            out.push_str(name);
            if !value.is_empty() {
                out.push('=');
                out.push_str(value);
            }
            separator = '&';
        }
    }
    out
}
