//! From a request's head to its principal: which carrier of credentials it has, and whether they are right.
//!
//! Always holds: at most one carrier; the key is looked up before times are compared, times before the signature is computed.

use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};
use trefoil_core::access::Secret;
use trefoil_core::clock::Clock;
use trefoil_core::types::{Account, Principal};

use super::canonical::{Canonical, SignedHeaders, canonical_path};
use super::date::{AmzDate, iso8601};
use super::header::{Authorization, malformed, unsupported};
use super::presigned::Presigned;
use super::signing_key::hex_digits;
use super::{
    ALGORITHM, ChunkSigner, Credentials, Payload, Scope, SigningKey, SigningKeys, access_denied, echo,
    header as in_header, invalid_access_key, presigned, query_headers, signature_mismatch, sigv2,
};
use crate::config::S3Config;
use crate::error::Failure;
use crate::limits;
use crate::target::Target;

#[cfg(test)]
mod tests;

/// Who sent a request, and how its body is framed.
#[derive(Debug)]
pub struct Identity {
    pub principal: Principal,
    pub payload: Payload,
    /// For [`Payload::SignedChunks`].
    pub signer: Option<ChunkSigner>,
    /// The headers with those that a signed URL carries, where it carries any.
    pub headers: Option<HeaderMap>,
}

pub struct Authenticator {
    pub credentials: Arc<dyn Credentials>,
    pub clock: Arc<dyn Clock>,
    pub keys: SigningKeys,
    /// The only region, where it is checked.
    pub region: Option<String>,
    pub sigv2: bool,
}

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticator")
            .field("region", &self.region)
            .field("sigv2", &self.sigv2)
            .finish_non_exhaustive()
    }
}

/// A signature of version 4, wherever it stood.
struct Claim<'a> {
    scope: Scope<'a>,
    date: AmzDate,
    signed: &'a SignedHeaders<'a>,
    signature: &'a str,
    /// The query parameter that holds the signature.
    skip: Option<&'a str>,
    payload_text: &'a str,
}

impl Authenticator {
    pub fn new(config: &S3Config, credentials: Arc<dyn Credentials>, clock: Arc<dyn Clock>) -> Self {
        let region = config.region_strict.then(|| config.region.clone());
        Self { credentials, clock, keys: SigningKeys::default(), region, sigv2: config.sigv2 }
    }

    pub fn authenticate(&self, head: &Parts, target: &Target) -> Result<Identity, Failure> {
        let mut values = head.headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next();
        let query_v4 = target.query.has("X-Amz-Algorithm") || target.query.has("X-Amz-Signature");
        let query_v2 = target.query.has("Signature") || target.query.has("AWSAccessKeyId");
        let text = match value {
            None => "",
            Some(value) => value.to_str().map_err(|_| unsupported(""))?.trim(),
        };
        let carriers = usize::from(!text.is_empty()) + usize::from(query_v4) + usize::from(query_v2);
        if carriers > 1 || values.next().is_some() {
            let message = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string \
                           parameter or the Authorization header should be specified";
            return Err(Failure::invalid_argument("Authorization", echo(text), message));
        }
        if carriers == 0 {
            return anonymous(&head.headers);
        }
        self.refuse_tokens(head, target)?;
        if query_v4 {
            return self.presigned(head, target);
        }
        if query_v2 {
            self.require_sigv2()?;
            return self.presigned_v2(head, target);
        }
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        match scheme {
            ALGORITHM => self.in_header(head, target, rest),
            "AWS4-ECDSA-P256-SHA256" => Err(Failure::new(
                StatusCode::NOT_IMPLEMENTED,
                "NotImplemented",
                "Signature version 4A is not implemented. Please use AWS4-HMAC-SHA256.",
            )),
            "AWS" => {
                self.require_sigv2()?;
                self.in_header_v2(head, target, text, rest)
            }
            _ => Err(unsupported(text)),
        }
    }

    pub fn require_sigv2(&self) -> Result<(), Failure> {
        if self.sigv2 {
            return Ok(());
        }
        let message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
        Err(Failure::invalid_request(message))
    }

    /// There are no temporary credentials here, so no token is right.
    fn refuse_tokens(&self, head: &Parts, target: &Target) -> Result<(), Failure> {
        let mut parameters = target.query.pairs().iter();
        let in_query = || {
            parameters
                .find(|(name, _)| name.eq_ignore_ascii_case("x-amz-security-token"))
                .map(|(_, token)| token.clone())
        };
        let in_header = head
            .headers
            .get("x-amz-security-token")
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        match in_header.or_else(in_query) {
            None => Ok(()),
            Some(token) => {
                let message = "The provided token is malformed or otherwise invalid.";
                Err(Failure::new(StatusCode::BAD_REQUEST, "InvalidToken", message).with("Token-0", echo(&token)))
            }
        }
    }

    pub fn look_up(&self, access_key: &str) -> Result<(Arc<Account>, Secret), Failure> {
        self.credentials.by_access_key(access_key).ok_or_else(|| invalid_access_key(access_key))
    }

    pub fn check_skew(&self, date: &AmzDate) -> Result<(), Failure> {
        let now = self.clock.now().as_secs();
        if now.abs_diff(date.secs()) <= limits::CLOCK_SKEW_SECS {
            return Ok(());
        }
        let message = "The difference between the request time and the current time is too large.";
        Err(Failure::new(StatusCode::FORBIDDEN, "RequestTimeTooSkewed", message)
            .with("RequestTime", date.as_str())
            .with("ServerTime", iso8601(now))
            .with("MaxAllowedSkewMilliseconds", limits::CLOCK_SKEW_SECS * 1000))
    }

    fn in_header(&self, head: &Parts, target: &Target, rest: &str) -> Result<Identity, Failure> {
        let authorization = Authorization::parse(rest)?;
        let date = request_date(&head.headers)?;
        let scope =
            Scope::parse(authorization.credential, &date, self.region.as_deref()).map_err(in_header::wrong_scope)?;
        let Some((payload, payload_text)) = Payload::of(&head.headers)? else {
            return Err(Failure::invalid_request("Missing required header for this request: x-amz-content-sha256"));
        };
        let (account, secret) = self.look_up(scope.access_key)?;
        self.check_skew(&date)?;
        authorization.signed.check(&head.headers)?;
        let claim = Claim {
            scope,
            date,
            signed: &authorization.signed,
            signature: authorization.signature,
            skip: None,
            payload_text,
        };
        let key = self.verify(head, target, &claim, &secret)?;
        identity(account, payload, key, &claim)
    }

    fn presigned(&self, head: &Parts, target: &Target) -> Result<Identity, Failure> {
        let url = Presigned::parse(&target.query)?;
        let scope = Scope::parse(url.credential, &url.date, self.region.as_deref()).map_err(presigned::wrong_scope)?;
        let (account, secret) = self.look_up(scope.access_key)?;
        url.check_time(self.clock.now())?;
        url.signed.check(&head.headers)?;
        let (payload, payload_text) = match (target.query.get("X-Amz-Content-Sha256"), Payload::of(&head.headers)?) {
            (Some(text), _) => (Payload::parse(text)?, text),
            (None, Some(header)) => header,
            (None, None) => (Payload::Unsigned, "UNSIGNED-PAYLOAD"),
        };
        let claim = Claim {
            scope,
            date: url.date,
            signed: &url.signed,
            signature: url.signature,
            skip: Some("X-Amz-Signature"),
            payload_text,
        };
        // A header that the signer did not know of (some HTTP clients add it) does not change what was signed.
        let identity = match self.verify(head, target, &claim, &secret) {
            Err(failure) if payload_text != "UNSIGNED-PAYLOAD" => {
                let claim = Claim { payload_text: "UNSIGNED-PAYLOAD", ..claim };
                let key = self.verify(head, target, &claim, &secret).map_err(|_| failure)?;
                identity(account, payload, key, &claim)?
            }
            other => identity(account, payload, other?, &claim)?,
        };
        Ok(Identity { headers: query_headers::merged(&head.headers, &target.query)?, ..identity })
    }

    fn verify(
        &self,
        head: &Parts,
        target: &Target,
        claim: &Claim<'_>,
        secret: &Secret,
    ) -> Result<Arc<SigningKey>, Failure> {
        let raw = head.uri.path();
        let path = canonical_path(raw);
        let canonical = |path: &str| {
            let canonical = Canonical {
                method: head.method.as_str(),
                path,
                query: &target.query,
                skip: claim.skip,
                headers: &head.headers,
                signed: claim.signed,
                payload: claim.payload_text,
            };
            let canonical = canonical.bytes();
            let digest = hex_digits(&Sha256::digest(&canonical).into());
            let mut text = Vec::with_capacity(160);
            for part in [ALGORITHM, claim.date.as_str(), &claim.scope.text()] {
                text.extend_from_slice(part.as_bytes());
                text.push(b'\n');
            }
            text.extend_from_slice(&digest);
            (canonical, text)
        };
        let (request, text) = canonical(&path);
        let signature = claim.signature.as_bytes();
        let key = self.keys.verify(&claim.scope, secret, |key| {
            key.verify(&text, signature) || (path != raw && key.verify(&canonical(raw).1, signature))
        });
        key.ok_or_else(|| {
            signature_mismatch(
                claim.scope.access_key,
                claim.signature,
                &String::from_utf8_lossy(&text),
                Some(&String::from_utf8_lossy(&request)),
            )
        })
    }

    fn in_header_v2(&self, head: &Parts, target: &Target, value: &str, rest: &str) -> Result<Identity, Failure> {
        let Some((access_key, signature)) = rest.trim().rsplit_once(':') else {
            let message = "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature";
            return Err(Failure::invalid_argument("Authorization", echo(value), message));
        };
        let (account, secret) = self.look_up(access_key)?;
        let amz_date = head.headers.contains_key("x-amz-date");
        let name = if amz_date { "x-amz-date" } else { "date" };
        let sent = head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").trim();
        let Some(date) = AmzDate::parse_http(sent) else {
            return Err(access_denied("AWS authentication requires a valid Date or x-amz-date header"));
        };
        self.check_skew(&date)?;
        let signed_date = if amz_date { "" } else { sent };
        verify_v2(head, target, &head.headers, signed_date, (&secret, access_key, signature))?;
        unsigned(account, &head.headers)
    }

    fn presigned_v2(&self, head: &Parts, target: &Target) -> Result<Identity, Failure> {
        let query = &target.query;
        let (Some(access_key), Some(signature), Some(expires)) =
            (query.get("AWSAccessKeyId"), query.get("Signature"), query.get("Expires"))
        else {
            return Err(access_denied(
                "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
            ));
        };
        let Ok(end) = expires.parse::<u64>() else {
            return Err(access_denied("Invalid date (should be seconds since epoch)"));
        };
        let (account, secret) = self.look_up(access_key)?;
        let now = self.clock.now().as_secs();
        if now > end {
            return Err(access_denied("Request has expired")
                .with("Expires", iso8601(end))
                .with("ServerTime", iso8601(now)));
        }
        // Version 2 signs no parameters of that kind, but the headers that they stand for.
        let headers = query_headers::merged(&head.headers, query)?;
        let signed = headers.as_ref().unwrap_or(&head.headers);
        verify_v2(head, target, signed, expires, (&secret, access_key, signature))?;
        Ok(Identity { headers, ..unsigned(account, &head.headers)? })
    }
}

fn verify_v2(
    head: &Parts,
    target: &Target,
    headers: &HeaderMap,
    date: &str,
    (secret, access_key, signature): (&Secret, &str, &str),
) -> Result<(), Failure> {
    let path = head.uri.path();
    let text = sigv2::string_to_sign(&head.method, path, target, headers, date);
    if sigv2::verify_text(secret, text.as_bytes(), signature) {
        return Ok(());
    }
    // boto3 signs a bucket with a slash behind it, however the path is sent.
    if target.key.is_none() && !path.ends_with('/') {
        let text = sigv2::string_to_sign(&head.method, &format!("{path}/"), target, headers, date);
        if sigv2::verify_text(secret, text.as_bytes(), signature) {
            return Ok(());
        }
    }
    Err(signature_mismatch(access_key, signature, &text, None))
}

/// `x-amz-date`, else `Date`.
fn request_date(headers: &HeaderMap) -> Result<AmzDate, Failure> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let date = match text("x-amz-date") {
        Some(date) => AmzDate::parse_http(date),
        None => text("date").and_then(AmzDate::parse_http),
    };
    date.ok_or_else(|| access_denied("AWS authentication requires a valid Date or x-amz-date header"))
}

fn anonymous(headers: &HeaderMap) -> Result<Identity, Failure> {
    without_signer(Principal::Anonymous, headers)
}

/// Version 2 signs no body.
fn unsigned(account: Arc<Account>, headers: &HeaderMap) -> Result<Identity, Failure> {
    without_signer(Principal::Account(account), headers)
}

fn without_signer(principal: Principal, headers: &HeaderMap) -> Result<Identity, Failure> {
    let payload = Payload::of(headers)?.map_or(Payload::Unsigned, |(payload, _)| payload);
    if let Payload::SignedChunks { .. } = payload {
        return Err(Failure::invalid_request("Signed chunks need a request signed with AWS4-HMAC-SHA256."));
    }
    Ok(Identity { principal, payload, signer: None, headers: None })
}

fn identity(
    account: Arc<Account>,
    payload: Payload,
    key: Arc<SigningKey>,
    claim: &Claim<'_>,
) -> Result<Identity, Failure> {
    let signer = match payload {
        Payload::SignedChunks { .. } => {
            let previous =
                claim.signature.as_bytes().try_into().map_err(|_| malformed("the Signature has 64 digits."))?;
            Some(ChunkSigner { key, date: claim.date, scope: claim.scope.text(), previous })
        }
        _ => None,
    };
    Ok(Identity { principal: Principal::Account(account), payload, signer, headers: None })
}
