//! Signature version 4 in the `Authorization` header.
//!
//! Always holds: what is wrong is told with AWS's code and words.

use http::StatusCode;

use super::canonical::SignedHeaders;
use super::scope::ScopeError;
use super::{ALGORITHM, echo};
use crate::error::Failure;

/// The header's three components, unchecked but for their form.
#[derive(Debug)]
pub struct Authorization<'a> {
    pub credential: &'a str,
    pub signed: SignedHeaders<'a>,
    pub signature: &'a str,
}

pub fn malformed(problem: &str) -> Failure {
    let message = format!("The authorization header is malformed; {problem}");
    Failure::new(StatusCode::BAD_REQUEST, "AuthorizationHeaderMalformed", message)
}

pub fn wrong_scope(error: ScopeError) -> Failure {
    let failure = malformed(&error.to_string());
    match error {
        ScopeError::Region { expected, .. } => failure.with("Region", expected),
        _ => failure,
    }
}

pub fn unsupported(value: &str) -> Failure {
    Failure::invalid_argument("Authorization", echo(value), "Unsupported Authorization Type")
}

impl<'a> Authorization<'a> {
    /// `rest`: what follows the algorithm.
    pub fn parse(rest: &'a str) -> Result<Self, Failure> {
        let (mut credential, mut signed, mut signature) = (None, None, None);
        for part in rest.split(',') {
            let slot = match part.trim().split_once('=') {
                Some(("Credential", value)) => (&mut credential, value),
                Some(("SignedHeaders", value)) => (&mut signed, value),
                Some(("Signature", value)) => (&mut signature, value),
                _ => return Err(three_components()),
            };
            if slot.0.replace(slot.1.trim()).is_some() {
                return Err(three_components());
            }
        }
        let (Some(credential), Some(signed), Some(signature)) = (credential, signed, signature) else {
            return Err(three_components());
        };
        let signed = SignedHeaders::parse(signed).ok_or_else(|| {
            malformed("SignedHeaders must be a sorted list of lower-case header names joined by ';'.")
        })?;
        Ok(Self { credential, signed, signature })
    }
}

fn three_components() -> Failure {
    malformed(&format!(
        "the authorization header requires three components: Credential, SignedHeaders, and Signature ({ALGORITHM})."
    ))
}
