//! Who sends this request, and how is its body framed? The only place where a [`Principal`] is made from a request.
//!
//! Always holds: every comparison of something secret takes the same time whatever differs; the first error is AWS's error for it;
//! no secret leaves this module. A request without any credentials is [`Principal::Anonymous`].
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html>)

mod authenticator;
mod canonical;
mod date;
mod header;
mod payload;
mod presigned;
mod query_headers;
mod scope;
mod signing_key;
mod sigv2;

use std::sync::Arc;

pub use authenticator::{Authenticator, Identity};
pub use date::AmzDate;
pub use payload::{ChunkSigner, Payload};
pub use scope::Scope;
pub use signing_key::{SigningKey, SigningKeys};
pub use sigv2::verify_text as verify_sigv2_text;
use trefoil_core::access::{Accounts, Secret};
use trefoil_core::types::Account;

use crate::error::Failure;

/// Where access keys are looked up, for each request anew: a deleted key fails at once.
pub trait Credentials: Send + Sync + 'static {
    fn by_access_key(&self, id: &str) -> Option<(Arc<Account>, Secret)>;
}

impl Credentials for Accounts {
    fn by_access_key(&self, id: &str) -> Option<(Arc<Account>, Secret)> {
        Accounts::by_access_key(self, id)
    }
}

pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

pub fn access_denied(message: &'static str) -> Failure {
    Failure::new(http::StatusCode::FORBIDDEN, "AccessDenied", message)
}

pub fn access_denied_with(message: String) -> Failure {
    Failure::new(http::StatusCode::FORBIDDEN, "AccessDenied", message)
}

pub fn invalid_access_key(id: &str) -> Failure {
    let message = "The AWS Access Key Id you provided does not exist in our records.";
    Failure::new(http::StatusCode::FORBIDDEN, "InvalidAccessKeyId", message).with("AWSAccessKeyId", echo(id))
}

/// A client's text as far as an error document repeats it.
pub fn echo(text: &str) -> &str {
    let mut end = text.len().min(crate::limits::ECHO_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Bytes in hexadecimal with spaces, as AWS shows what it signed.
fn spaced_hex(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in echo(text).bytes() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&hex::encode([byte]));
    }
    out
}

/// What differed, as AWS tells it: nothing of it is secret.
pub fn signature_mismatch(access_key: &str, signature: &str, string_to_sign: &str, canonical: Option<&str>) -> Failure {
    let message = "The request signature we calculated does not match the signature you provided. Check your key and signing \
                   method.";
    let failure = Failure::new(http::StatusCode::FORBIDDEN, "SignatureDoesNotMatch", message)
        .with("AWSAccessKeyId", echo(access_key))
        .with("StringToSign", echo(string_to_sign))
        .with("SignatureProvided", echo(signature))
        .with("StringToSignBytes", spaced_hex(string_to_sign));
    match canonical {
        None => failure,
        Some(canonical) => {
            failure.with("CanonicalRequest", echo(canonical)).with("CanonicalRequestBytes", spaced_hex(canonical))
        }
    }
}
