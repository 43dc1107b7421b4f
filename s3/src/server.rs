//! The listener: accepts connections within a bound, and drains them when asked to stop.
//!
//! Always holds: at most `connections_max` connections; the next waits in the kernel's queue. After the shutdown signal nothing
//! is accepted, requests under way have [`limits::DRAIN_TIMEOUT`], then their connections are closed.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::config::{InvalidSetting, S3Config};
use crate::connection;
use crate::front::{Front, Parts};
use crate::limits;
use crate::metrics::Metrics;
use crate::socket::Socket;

#[cfg(test)]
mod tests;

/// Why a server can't be.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    #[error("can't listen on {address}: {error}")]
    Listen { address: SocketAddr, error: io::Error },
}

/// An address that is ours and where nobody listens yet: whoever connects is refused. So that one that is taken is known before
/// anything else is made.
pub struct S3Address {
    config: S3Config,
    socket: TcpSocket,
    address: SocketAddr,
}

impl S3Address {
    /// Takes `config.listen`.
    pub fn bind(config: S3Config) -> Result<Self, BindError> {
        let config = config.check()?;
        let address = config.listen;
        let failed = |error| BindError::Listen { address, error };
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(failed)?;
        // A restart must not wait for the old connections' TIME_WAIT.
        socket.set_reuseaddr(true).map_err(failed)?;
        socket.bind(address).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { config, socket, address })
    }
}

/// A listening, not yet serving, S3 endpoint.
pub struct S3Server {
    listener: TcpListener,
    address: SocketAddr,
    front: Arc<Front>,
    connections: Arc<Semaphore>,
}

impl S3Server {
    /// Listens at the address. Must be called within a tokio runtime.
    pub fn listen(at: S3Address, parts: Parts) -> Result<Self, BindError> {
        let S3Address { config, socket, address } = at;
        let failed = |error| BindError::Listen { address, error };
        let listener = socket.listen(limits::ACCEPT_BACKLOG).map_err(failed)?;
        let connections = Arc::new(Semaphore::new(config.connections_max.min(Semaphore::MAX_PERMITS)));
        Ok(Self { listener, address, front: Arc::new(Front::new(config, parts)), connections })
    }

    /// Where it listens: the port taken, where 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.front.metrics)
    }

    /// Serves until `shutdown` ends, then drains.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let builder = Arc::new(connection::builder(&self.front.config));
        let mut tasks = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let permit = tokio::select! {
                () = &mut shutdown => break,
                // Never closed.
                permit = Arc::clone(&self.connections).acquire_owned() => permit,
            };
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                accepted = self.listener.accept() => accepted,
            };
            while tasks.try_join_next().is_some() {}
            let socket = match accepted.and_then(|(stream, _)| Socket::new(stream)) {
                Ok(socket) => socket,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(limits::ACCEPT_RETRY).await;
                    continue;
                }
            };
            let (builder, front, stopped) = (Arc::clone(&builder), Arc::clone(&self.front), stopped.clone());
            tasks.spawn(async move {
                let _permit = permit;
                connection::serve(&builder, socket, front, stopped).await;
            });
        }
        drop(self.listener);
        stop.send_replace(true);
        let drained = tokio::time::timeout(limits::DRAIN_TIMEOUT, async { while tasks.join_next().await.is_some() {} });
        if drained.await.is_err() {
            tracing::warn!(connections = tasks.len(), "connections were cut off: they did not end in time");
        }
        // What is left is cancelled with the set.
    }
}
