//! The admin address's guard: requests must be signed by the root key.
//!
//! Always holds: a right signature of another account is refused; what is compared is compared in constant time (by the S3 door's
//! own authenticator).

use std::sync::Arc;

use trefoil_core::access::Accounts;
use trefoil_core::clock::Clock;
use trefoil_s3::SignedRequests;

use super::Verifier;

pub struct RootVerifier(SignedRequests);

impl RootVerifier {
    pub fn new(accounts: Arc<Accounts>, clock: Arc<dyn Clock>) -> Self {
        Self(SignedRequests::new(accounts, clock))
    }
}

impl Verifier for RootVerifier {
    fn verify(&self, head: &http::request::Parts, body: &[u8]) -> Result<(), String> {
        let principal = self.0.principal(head, body)?;
        if !principal.is_root() {
            return Err(
                "only the root key may use the admin API; sign with it, or use the socket in the data directory".into(),
            );
        }
        Ok(())
    }
}
