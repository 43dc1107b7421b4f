//! Telling systemd that the daemon serves, or ends (sd_notify(3), `Type=notify`).
//!
//! Always holds: without `NOTIFY_SOCKET` nothing happens; a supervisor that does not listen keeps the daemon from nothing.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

const VARIABLE: &str = "NOTIFY_SOCKET";

/// `READY=1` or `STOPPING=1`.
pub fn tell(state: &str) {
    let Some(name) = std::env::var_os(VARIABLE) else { return };
    let address = match name.as_bytes() {
        // A name in the abstract namespace (unix(7)).
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(&name),
    };
    let told = address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
    if let Err(error) = told {
        tracing::warn!(%error, state, "{VARIABLE} did not take the daemon's state");
    }
}
