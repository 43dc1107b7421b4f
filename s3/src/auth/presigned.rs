//! Signature version 4 in the query string: presigned URLs
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>).
//!
//! Always holds: a URL is good from its date (less the allowed skew) for at most seven days.

use http::StatusCode;
use trefoil_core::clock::Timestamp;

use super::canonical::SignedHeaders;
use super::date::{AmzDate, iso8601};
use super::scope::ScopeError;
use super::{ALGORITHM, access_denied};
use crate::error::Failure;
use crate::limits;
use crate::target::Query;

#[derive(Debug)]
pub struct Presigned<'a> {
    pub credential: &'a str,
    pub signed: SignedHeaders<'a>,
    pub signature: &'a str,
    pub date: AmzDate,
    pub expires_secs: u64,
}

fn wrong(message: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "AuthorizationQueryParametersError", message)
}

pub fn wrong_scope(error: ScopeError) -> Failure {
    let failure = wrong(format!("Error parsing the X-Amz-Credential parameter; {error}"));
    match error {
        ScopeError::Region { expected, .. } => failure.with("Region", expected),
        _ => failure,
    }
}

impl<'a> Presigned<'a> {
    pub fn parse(query: &'a Query) -> Result<Self, Failure> {
        let get = |name| {
            if query.count(name) > 1 {
                return Err(wrong(format!("{name} stands in the query string more than once.")));
            }
            query.get(name).ok_or_else(|| {
                wrong(
                    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, \
                     X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
                )
            })
        };
        let (algorithm, credential, date) = (get("X-Amz-Algorithm")?, get("X-Amz-Credential")?, get("X-Amz-Date")?);
        let (expires, signed, signature) =
            (get("X-Amz-Expires")?, get("X-Amz-SignedHeaders")?, get("X-Amz-Signature")?);
        if algorithm != ALGORITHM {
            return Err(wrong("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""));
        }
        let date = AmzDate::parse(date)
            .ok_or_else(|| wrong("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""))?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match expires.strip_prefix('-') {
            Some(rest) if digits(rest) => return Err(wrong("X-Amz-Expires must be non-negative")),
            None if digits(expires) => {}
            _ => return Err(wrong("X-Amz-Expires should be a number")),
        }
        // Too many digits for the type is too long a time in any case.
        let expires_secs = expires.parse::<u64>().unwrap_or(u64::MAX);
        if expires_secs > limits::PRESIGNED_SECS_MAX {
            return Err(wrong("X-Amz-Expires must be less than a week (in seconds) that is 604800"));
        }
        let signed = SignedHeaders::parse(signed).ok_or_else(|| {
            wrong("X-Amz-SignedHeaders must be a sorted list of lower-case header names joined by ';'.")
        })?;
        Ok(Self { credential, signed, signature, date, expires_secs })
    }

    pub fn check_time(&self, now: Timestamp) -> Result<(), Failure> {
        let server_time = iso8601(now.as_secs());
        if self.date.secs() > now.as_secs() + limits::CLOCK_SKEW_SECS {
            return Err(access_denied("Request is not valid yet")
                .with("RequestTime", iso8601(self.date.secs()))
                .with("ServerTime", server_time));
        }
        let end = self.date.secs().saturating_add(self.expires_secs);
        if now > Timestamp::from_secs(end) {
            return Err(access_denied("Request has expired")
                .with("X-Amz-Expires", self.expires_secs)
                .with("Expires", iso8601(end))
                .with("ServerTime", server_time));
        }
        Ok(())
    }
}
