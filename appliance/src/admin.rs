//! The admin API: what operators, probes, scrapers and our own commands ask of a running daemon.
//!
//! Always holds: `/api/v1` is answered on the local socket to whoever may open it (mode 0600), and on the admin address only to
//! requests signed by the root key. Health and metrics need no signature and show no secret and no name of a user, bucket or key.
//! Connections, heads, bodies and times are bounded (`limits.rs`).

mod answer;
pub mod api;
mod check;
mod health;
mod keys;
mod listener;
mod root_verifier;
mod route;
mod users;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use trefoil_core::access::Accounts;
use trefoil_core::objects::ObjectService;

pub use listener::{Listener, bind_socket, serve};
pub use root_verifier::RootVerifier;

use crate::metrics::Source;

/// Who has opened the connection that a request came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The socket in the data directory: the file's mode has decided already.
    Socket,
    /// The admin address: `/api/v1` must be signed by the root key.
    Address,
}

/// Decides whether a request to `/api/v1` on the admin address is signed by the root key.
pub trait Verifier: Send + Sync {
    /// `body` is the whole body. An error says what is wrong with the signature, without a secret.
    fn verify(&self, head: &http::request::Parts, body: &[u8]) -> Result<(), String>;
}

/// What the admin API speaks for.
pub struct Admin {
    pub accounts: Arc<Accounts>,
    pub service: ObjectService,
    pub verifier: Box<dyn Verifier>,
    pub metrics: Vec<Source>,
    check: check::CheckJob,
    pub info: api::Info,
    pub started: Instant,
    ready: AtomicBool,
}

impl Admin {
    pub fn new(service: ObjectService, verifier: Box<dyn Verifier>, metrics: Vec<Source>, info: api::Info) -> Self {
        let accounts = Arc::clone(service.accounts());
        let (check, ready) = (check::CheckJob::default(), AtomicBool::new(false));
        Self { accounts, service, verifier, metrics, check, info, started: Instant::now(), ready }
    }

    /// Says whether requests are served: true from the ready line on, false from the first signal.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::SeqCst);
    }

    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::SeqCst)
    }
}
