//! Signatures of small requests that are no S3 operations: the admin API takes the same credentials, signed in the same way.
//!
//! Always holds: only a signature in the header counts, over the hash of exactly the body at hand; no query, no chunked and no
//! unsigned body stands for one.

use std::sync::Arc;

use http::request::Parts;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use trefoil_core::clock::Clock;
use trefoil_core::types::Principal;

use crate::auth::{Authenticator, Credentials, Payload};
use crate::config::S3Config;
use crate::target::Target;

#[derive(Debug)]
pub struct SignedRequests(Authenticator);

impl SignedRequests {
    pub fn new(credentials: Arc<dyn Credentials>, clock: Arc<dyn Clock>) -> Self {
        Self(Authenticator::new(&S3Config::default(), credentials, clock))
    }

    /// Who signed the request with this head and this whole body. An error says what is wrong, in the words of S3.
    pub fn principal(&self, head: &Parts, body: &[u8]) -> Result<Principal, String> {
        let target = Target::parse(&head.uri, &head.headers, &[]).map_err(|failure| failure.message.into_owned())?;
        if !head.headers.contains_key(http::header::AUTHORIZATION) {
            return Err("the request is not signed; sign it in the Authorization header (AWS4-HMAC-SHA256)".into());
        }
        let identity = self.0.authenticate(head, &target).map_err(|failure| failure.message.into_owned())?;
        let Payload::Sha256(signed) = identity.payload else {
            return Err("x-amz-content-sha256 must be the SHA-256 of the body".into());
        };
        if !bool::from(Sha256::digest(body).as_slice().ct_eq(&signed)) {
            return Err("the body is not the one that was signed".into());
        }
        Ok(identity.principal)
    }
}
