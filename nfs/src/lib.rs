//! The NFS door: NFSv3 (RFC 1813) and MOUNT3 over TCP, on one port, with nothing else of ONC RPC around it: no portmapper, no lock manager
//! (clients mount with `nolock`).
//!
//! Always holds (T7): no placing, committing or queueing of bytes here, and no decision on permissions but which identity a request has.
//! What comes from a socket is bounded before anything is made of it and never reaches a panic (T8). What is answered as stable is on
//! stable storage (T4).
//!
//! A request's way: `connection` (`record` out of the stream) → `door` (`rpc`, `replies`) → `procedures` or `mount` → `outbox`.

mod answer;
mod connection;
mod door;
mod exports;
mod handle;
mod hosts;
pub mod limits;
mod metrics;
mod mount;
mod outbox;
mod places;
mod procedure;
mod procedures;
mod record;
mod replies;
mod rpc;
mod server;
mod status;
mod wire;
mod xdr;

pub use exports::{Export, ExportError, ExportOptions, Exports, NOBODY, Squash};
pub use handle::KEY_BYTES;
pub use hosts::{Host, Hosts, InvalidHosts};
pub use metrics::{DURATION_BOUNDS_SECS, Metrics, ProcedureCounts};
pub use server::{BindError, NfsAddress, NfsServer, Parts};
