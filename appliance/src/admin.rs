//! The admin API: what operators, probes, scrapers and our own commands ask of a running daemon.
//!
//! Always holds: `/api/v1` is answered on the local socket to whoever may open it (mode 0600), and on the admin address only to
//! requests signed by the root key. Health and metrics need no signature and show no secret and no name of a user, bucket or key;
//! they are there before the store is open, and while the doors drain.
//! Connections, heads, bodies and times are bounded (`limits.rs`).

mod answer;
pub mod api;
mod check;
mod exports;
mod health;
mod keys;
mod listener;
mod mounts;
mod root_verifier;
mod route;
mod users;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use tokio::sync::watch;
use trefoil_core::access::Accounts;
use trefoil_core::objects::ObjectService;

pub use listener::{Listener, bind_socket, serve};
pub use root_verifier::RootVerifier;

use crate::exports::ExportManager;
use crate::metrics::{Exposition, Kind, Source};
use crate::mounts::MountManager;

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

/// What the admin API speaks for, once there is a store.
pub struct Admin {
    pub accounts: Arc<Accounts>,
    pub service: ObjectService,
    pub verifier: Box<dyn Verifier>,
    pub metrics: Vec<Source>,
    /// Where there is a FUSE door.
    pub mounts: Option<Arc<MountManager>>,
    /// Where there is an NFS door.
    pub exports: Option<Arc<ExportManager>>,
    check: check::CheckJob,
    pub info: api::Info,
    pub started: Instant,
}

impl Admin {
    /// A check that runs is given up when `stopped` turns true.
    pub fn new(
        service: ObjectService,
        verifier: Box<dyn Verifier>,
        metrics: Vec<Source>,
        info: api::Info,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let accounts = Arc::clone(service.accounts());
        Self {
            accounts,
            service,
            verifier,
            metrics,
            mounts: None,
            exports: None,
            check: check::CheckJob::new(stopped),
            info,
            started: Instant::now(),
        }
    }

    pub fn with_mounts(self, mounts: Arc<MountManager>) -> Self {
        Self { mounts: Some(mounts), ..self }
    }

    pub fn with_exports(self, exports: Arc<ExportManager>) -> Self {
        Self { exports: Some(exports), ..self }
    }
}

/// The admin API from the process's first moment to its last: there is a store only in between.
pub struct Front {
    admin: OnceLock<Admin>,
    ready: AtomicBool,
    process: Source,
    /// Requests to the admin address that were not signed as they must be.
    pub refused: AtomicU64,
}

impl Front {
    pub fn new() -> Self {
        let process = crate::metrics::process::source();
        Self { admin: OnceLock::new(), ready: AtomicBool::new(false), process, refused: AtomicU64::new(0) }
    }

    /// The store is open. To be called once; a second one is ignored.
    pub fn open(&self, admin: Admin) {
        let _ = self.admin.set(admin);
    }

    /// What there is to administer, from then on.
    pub fn admin(&self) -> Option<&Admin> {
        self.admin.get()
    }

    /// Says whether requests are served: true from the ready line on, false from the first signal.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::SeqCst);
    }

    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::SeqCst)
    }

    pub fn metrics(&self) -> String {
        let mut exposition = Exposition::default();
        (self.process)(&mut exposition);
        let help = "Requests to the admin address without a signature by the root key.";
        let refused = self.refused.load(Ordering::Relaxed);
        exposition.single("trefoil_admin_refused_total", Kind::Counter, help, refused);
        self.admin().into_iter().flat_map(|admin| &admin.metrics).for_each(|source| source(&mut exposition));
        exposition.into_text()
    }
}
