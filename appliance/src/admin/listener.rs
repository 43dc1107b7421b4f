//! The two places where the admin API listens.
//!
//! Always holds: the socket is 0600 from the moment it can be connected to; a connection costs a permit; a request that takes too
//! long is cut off; at shutdown no new connection is taken and those under way end with their request.

use std::convert::Infallible;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::{Admin, Door, answer, route};
use crate::limits::{
    ACCEPT_RETRY, ADMIN_BUFFER_BYTES, ADMIN_CONNECTIONS_MAX, ADMIN_HEAD_TIMEOUT, ADMIN_REQUEST_TIMEOUT,
};

/// Makes the socket at `path`, in place of one that an earlier daemon left. The caller holds the data directory's lock, so nobody
/// listens there.
pub fn bind_socket(path: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Bound under another name and moved once its mode is right; the directory may be open to others.
    let temporary = path.with_extension("sock.new");
    let _ = std::fs::remove_file(&temporary);
    let listener = UnixListener::bind(&temporary)?;
    std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(0o600))?;
    std::fs::rename(&temporary, path)?;
    Ok(listener)
}

/// Where the admin API listens.
pub enum Listener {
    Socket(UnixListener),
    Address(TcpListener),
}

/// A connection of either kind.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl Listener {
    fn door(&self) -> Door {
        match self {
            Listener::Socket(_) => Door::Socket,
            Listener::Address(_) => Door::Address,
        }
    }

    async fn accept(&self) -> std::io::Result<Box<dyn Stream>> {
        match self {
            Listener::Socket(listener) => Ok(Box::new(listener.accept().await?.0)),
            Listener::Address(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}

/// Serves until `stop` turns true, then lets the requests under way end.
pub async fn serve(admin: Arc<Admin>, listener: Listener, mut stop: watch::Receiver<bool>) {
    let door = listener.door();
    let permits = Arc::new(Semaphore::new(ADMIN_CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    loop {
        let next = async {
            // The semaphore is never closed.
            let permit = Arc::clone(&permits).acquire_owned().await.ok()?;
            Some((permit, listener.accept().await))
        };
        let (permit, stream) = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            next = next => match next {
                Some(next) => next,
                None => break,
            },
        };
        match stream {
            Ok(stream) => connection(&admin, door, stream, permit, &graceful),
            Err(error) => {
                tracing::warn!(%error, ?door, "the admin API could not accept a connection");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(ADMIN_REQUEST_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!(?door, "a connection to the admin API did not end in time");
    }
}

fn connection(
    admin: &Arc<Admin>,
    door: Door,
    stream: Box<dyn Stream>,
    permit: OwnedSemaphorePermit,
    graceful: &GracefulShutdown,
) {
    let admin = Arc::clone(admin);
    let service = service_fn(move |request| {
        let admin = Arc::clone(&admin);
        async move {
            let answer = tokio::time::timeout(ADMIN_REQUEST_TIMEOUT, route::answer(&admin, door, request)).await;
            Ok::<_, Infallible>(answer.unwrap_or_else(|_| {
                let message = "the request took too long; look at the log and try again";
                answer::refusal(http::StatusCode::GATEWAY_TIMEOUT, "Timeout", message)
            }))
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(ADMIN_HEAD_TIMEOUT)
        .max_buf_size(ADMIN_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let served = graceful.watch(served);
    tokio::spawn(async move {
        let _permit = permit;
        if let Err(error) = served.await {
            tracing::debug!(%error, ?door, "a connection to the admin API ended");
        }
    });
}
