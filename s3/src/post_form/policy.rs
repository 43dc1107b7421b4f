//! Policies of forms: what a form's maker allows its users
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>).
//!
//! Always holds: a form passes only where the policy is not expired, each condition holds, and each field has a condition, but for
//! those that can't have one. Names are compared without case, values with.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::StatusCode;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use trefoil_core::clock::Timestamp;
use trefoil_core::limits::PUT_BYTES_MAX;

use super::fields::Fields;
use crate::auth::{access_denied_with, echo};
use crate::error::Failure;
use crate::limits;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Bytes that the file may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthRange {
    pub min: u64,
    pub max: u64,
}

impl Default for LengthRange {
    fn default() -> Self {
        Self { min: 0, max: PUT_BYTES_MAX }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// Field name in lower case.
    Equal(String, String),
    StartsWith(String, String),
    Length(LengthRange),
}

#[derive(Clone, Debug)]
pub struct Policy {
    expires_nanos: u128,
    /// Each with its text as it stands in the document, for errors.
    conditions: Vec<(Condition, String)>,
}

fn invalid(what: &str) -> Failure {
    let message = format!("Invalid Policy: {what}");
    Failure::new(StatusCode::BAD_REQUEST, "InvalidPolicyDocument", message)
}

impl Policy {
    /// From the `policy` field: base64 of JSON.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let document = BASE64.decode(&text).map_err(|_| invalid("Invalid base64 encoding."))?;
        let document: Value = serde_json::from_slice(&document).map_err(|_| invalid("Invalid JSON."))?;
        let document = document.as_object().ok_or_else(|| invalid("The document is no JSON object."))?;
        let expiration = document.get("expiration").and_then(Value::as_str);
        let expiration = expiration.ok_or_else(|| invalid("Policy missing expiration."))?;
        // RFC 3339 in UTC, as in the documentation; other zones and a space for the T are not understood by S3.
        let in_utc = expiration.ends_with('Z') && expiration.as_bytes().get(10) == Some(&b'T');
        let date = OffsetDateTime::parse(expiration, &Rfc3339).ok().filter(|_| in_utc);
        let date = date.ok_or_else(|| invalid(&format!("Invalid 'expiration' value: '{}'", echo(expiration))))?;
        let conditions = document.get("conditions").and_then(Value::as_array);
        let conditions = conditions.ok_or_else(|| invalid("Policy missing conditions."))?;
        if conditions.len() > limits::POLICY_CONDITIONS_MAX {
            return Err(invalid("Too many conditions."));
        }
        let conditions = conditions
            .iter()
            .map(|value| Ok((condition(value)?, value.to_string())))
            .collect::<Result<_, Failure>>()?;
        Ok(Self { expires_nanos: u128::try_from(date.unix_timestamp_nanos()).unwrap_or(0), conditions })
    }

    /// Whether the form may pass; the range of lengths that its file then must be in.
    pub fn check(&self, fields: &Fields, bucket: &str, now: Timestamp) -> Result<LengthRange, Failure> {
        if u128::from(now.0) >= self.expires_nanos {
            return Err(access_denied_with("Invalid according to Policy: Policy expired.".to_owned()));
        }
        // The bucket is the one that the request names, whatever a field says.
        let value = |name: &str| if name == "bucket" { Some(bucket) } else { fields.get(name) };
        let mut range = LengthRange::default();
        for (condition, text) in &self.conditions {
            let holds = match condition {
                Condition::Equal(name, expected) => value(name) == Some(expected.as_str()),
                Condition::StartsWith(name, prefix) => value(name).is_some_and(|value| {
                    // Content types may be several, and each must fit.
                    let list = name == "content-type" && value.contains(',');
                    value.starts_with(prefix.as_str())
                        && (!list || value.split(',').all(|one| one.trim_start().starts_with(prefix.as_str())))
                }),
                Condition::Length(of) => {
                    range = LengthRange { min: range.min.max(of.min), max: range.max.min(of.max) };
                    true
                }
            };
            if !holds {
                return Err(access_denied_with(format!(
                    "Invalid according to Policy: Policy Condition failed: {text}"
                )));
            }
        }
        let covered = |field: &str| {
            self.conditions.iter().any(|(condition, _)| match condition {
                Condition::Equal(name, _) | Condition::StartsWith(name, _) => name == field,
                Condition::Length(_) => false,
            })
        };
        let extra =
            fields.iter().map(|(name, _)| name).chain(["bucket"]).find(|name| !is_exempt(name) && !covered(name));
        match extra {
            None => Ok(range),
            Some(name) => {
                Err(access_denied_with(format!("Invalid according to Policy: Extra input fields: {}", echo(name))))
            }
        }
    }
}

/// Fields that a policy does not have to name. A checksum is not among them.
fn is_exempt(name: &str) -> bool {
    matches!(name, "awsaccesskeyid" | "signature" | "policy" | "x-amz-signature" | "file")
        || name.starts_with("x-ignore-")
}

fn condition(value: &Value) -> Result<Condition, Failure> {
    match value {
        Value::Object(pairs) => {
            let mut pairs = pairs.iter();
            let (Some((name, Value::String(expected))), None) = (pairs.next(), pairs.next()) else {
                return Err(invalid(
                    "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
                ));
            };
            Ok(Condition::Equal(name.to_ascii_lowercase(), expected.clone()))
        }
        Value::Array(list) => {
            let [Value::String(operator), first, second] = list.as_slice() else {
                return Err(invalid("Invalid Condition: a condition has an operator and two arguments."));
            };
            let operator = operator.to_ascii_lowercase();
            if operator == "content-length-range" {
                let (Some(min), Some(max)) = (number(first), number(second)) else {
                    return Err(invalid("Invalid content-length-range: its arguments are two whole numbers."));
                };
                return Ok(Condition::Length(LengthRange { min, max }));
            }
            let (Value::String(field), Value::String(text)) = (first, second) else {
                return Err(invalid("Invalid Condition: the arguments are a field and a text."));
            };
            let Some(field) = field.strip_prefix('$') else {
                return Err(invalid("Invalid Condition: a field's name begins with '$'."));
            };
            let field = field.to_ascii_lowercase();
            match operator.as_str() {
                "eq" => Ok(Condition::Equal(field, text.clone())),
                "starts-with" => Ok(Condition::StartsWith(field, text.clone())),
                _ => {
                    Err(invalid("Invalid Condition: the operator is none of eq, starts-with and content-length-range."))
                }
            }
        }
        _ => Err(invalid("Invalid Condition: a condition is an object or a list.")),
    }
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
