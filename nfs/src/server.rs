//! The listener: accepts connections within a bound, and drains them when asked to stop.
//!
//! Always holds: no connection without a place (`places.rs`); where there is none, the next wait in the kernel's queue. After the shutdown
//! signal nothing is accepted and no request begun; requests under way, also of clients that have gone, have [`limits::DRAIN_TIMEOUT`].

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;
use trefoil_core::files::FileService;

use crate::connection;
use crate::door::Door;
use crate::exports::Exports;
use crate::handle::{Handles, KEY_BYTES};
use crate::limits;
use crate::metrics::Metrics;
use crate::places::Places;

/// An address that can't be had.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {address}: {error}")]
pub struct BindError {
    pub address: SocketAddr,
    pub error: io::Error,
}

/// An address that is ours and where nobody listens yet: whoever connects is refused. So that one that is taken is known before
/// anything else is made.
#[derive(Debug)]
pub struct NfsAddress {
    socket: TcpSocket,
    address: SocketAddr,
}

impl NfsAddress {
    pub fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let failed = |error| BindError { address, error };
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(failed)?;
        // A restart must not wait for the old connections' TIME_WAIT.
        socket.set_reuseaddr(true).map_err(failed)?;
        socket.bind(address).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address })
    }

    /// The address: with the port taken, where 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }
}

/// What the door works with.
pub struct Parts {
    pub files: FileService,
    pub exports: Arc<Exports>,
    /// Seals handles: the same over the store's whole life, and a secret.
    pub handle_key: [u8; KEY_BYTES],
}

/// A listening, not yet serving, NFS server: NFSv3 and MOUNT3 on one port.
#[derive(Debug)]
pub struct NfsServer {
    listener: TcpListener,
    address: SocketAddr,
    door: Arc<Door>,
}

impl NfsServer {
    /// Listens at the address. Must be called within a tokio runtime.
    pub fn listen(at: NfsAddress, parts: Parts) -> Result<Self, BindError> {
        let NfsAddress { socket, address } = at;
        let listener = socket.listen(limits::ACCEPT_BACKLOG).map_err(|error| BindError { address, error })?;
        let door = Arc::new(Door::new(parts.files, parts.exports, Handles::new(&parts.handle_key)));
        Ok(Self { listener, address, door })
    }

    /// Where it listens: the port taken, where 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.door.metrics)
    }

    /// Serves until `shutdown` ends, then drains.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let places = Places::new();
        let mut tasks = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                accepted = self.listener.accept() => accepted,
            };
            while tasks.try_join_next().is_some() {}
            // An answer must not wait for the client's delayed acknowledgement.
            let accepted = accepted.and_then(|(stream, peer)| stream.set_nodelay(true).map(|()| (stream, peer)));
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(limits::ACCEPT_RETRY).await;
                    continue;
                }
            };
            let place = tokio::select! {
                () = &mut shutdown => break,
                place = places.take(!self.door.exports.admit(peer)) => place,
            };
            tasks.spawn(connection::serve(Arc::clone(&self.door), stream, peer, place, stopped.clone()));
        }
        drop(self.listener);
        stop.send_replace(true);
        let all = u32::try_from(limits::REQUESTS_MAX).unwrap_or(u32::MAX);
        let drained = tokio::time::timeout(limits::DRAIN_TIMEOUT, async {
            while tasks.join_next().await.is_some() {}
            // Never closed.
            drop(self.door.requests.acquire_many(all).await);
        });
        if drained.await.is_err() {
            tracing::warn!(connections = tasks.len(), "requests by NFS were cut off: they did not end in time");
        }
    }
}
