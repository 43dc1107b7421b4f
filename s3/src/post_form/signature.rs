//! Who sends a form: the signature over its policy
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html>).
//!
//! Always holds: a form with a policy or any field of a signature is authenticated or refused; only one without is anonymous.

use http::StatusCode;
use trefoil_core::types::Principal;

use super::fields::Fields;
use super::policy::Policy;
use crate::auth::{ALGORITHM, AmzDate, Scope, SigningKey, access_denied, echo, signature_mismatch, verify_sigv2_text};
use crate::error::Failure;
use crate::front::Front;
use crate::limits;

pub fn authenticate(front: &Front, fields: &Fields) -> Result<(Principal, Option<Policy>), Failure> {
    if let Some(token) = fields.get("x-amz-security-token") {
        let message = "The provided token is malformed or otherwise invalid.";
        return Err(Failure::new(StatusCode::BAD_REQUEST, "InvalidToken", message).with("Token-0", echo(token)));
    }
    let any = |names: &[&str]| names.iter().any(|name| fields.get(name).is_some());
    if any(&["x-amz-signature", "x-amz-credential", "x-amz-algorithm"]) {
        return version_4(front, fields);
    }
    if any(&["signature", "awsaccesskeyid", "policy"]) {
        front.auth.require_sigv2()?;
        return version_2(front, fields);
    }
    Ok((Principal::Anonymous, None))
}

fn need<'a>(fields: &'a Fields, name: &str, shown: &str) -> Result<&'a str, Failure> {
    fields.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
        let message = format!(
            "Bucket POST must contain a field named '{shown}'.  If it is specified, please check the order of the fields."
        );
        Failure::invalid_argument(shown, "", message)
    })
}

fn version_4(front: &Front, fields: &Fields) -> Result<(Principal, Option<Policy>), Failure> {
    let policy_text = need(fields, "policy", "policy")?;
    let algorithm = need(fields, "x-amz-algorithm", "X-Amz-Algorithm")?;
    let credential = need(fields, "x-amz-credential", "X-Amz-Credential")?;
    let date_text = need(fields, "x-amz-date", "X-Amz-Date")?;
    let signature = need(fields, "x-amz-signature", "X-Amz-Signature")?;
    if algorithm != ALGORITHM {
        let message = "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"";
        return Err(Failure::invalid_argument("X-Amz-Algorithm", echo(algorithm), message));
    }
    let Some(date) = AmzDate::parse(date_text) else {
        let message = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"";
        return Err(Failure::invalid_argument("X-Amz-Date", echo(date_text), message));
    };
    let scope = Scope::parse(credential, &date, front.auth.region.as_deref()).map_err(|error| {
        let message = format!("Error parsing the X-Amz-Credential parameter; {error}");
        Failure::invalid_argument("X-Amz-Credential", echo(credential), message)
    })?;
    let (account, secret) = front.auth.look_up(scope.access_key)?;
    let verified = |key: &SigningKey| key.verify(policy_text.as_bytes(), signature.as_bytes());
    if front.auth.keys.verify(&scope, &secret, verified).is_none() {
        return Err(signature_mismatch(scope.access_key, signature, policy_text, None));
    }
    let now = front.clock.now().as_secs();
    if date.secs() > now + limits::CLOCK_SKEW_SECS {
        return Err(access_denied("Request is not valid yet"));
    }
    // A signing key is good for seven days, however long the policy says.
    if now > date.secs().saturating_add(limits::PRESIGNED_SECS_MAX) {
        return Err(access_denied("Request has expired"));
    }
    Ok((Principal::Account(account), Some(Policy::parse(policy_text)?)))
}

fn version_2(front: &Front, fields: &Fields) -> Result<(Principal, Option<Policy>), Failure> {
    let policy_text = need(fields, "policy", "policy")?;
    let access_key = need(fields, "awsaccesskeyid", "AWSAccessKeyId")?;
    let signature = need(fields, "signature", "signature")?;
    let (account, secret) = front.auth.look_up(access_key)?;
    if !verify_sigv2_text(&secret, policy_text.as_bytes(), signature) {
        return Err(signature_mismatch(access_key, signature, policy_text, None));
    }
    Ok((Principal::Account(account), Some(Policy::parse(policy_text)?)))
}
