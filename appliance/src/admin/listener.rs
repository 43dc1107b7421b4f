//! The two places where the admin API listens.
//!
//! Always holds: the socket is 0600 from the moment it can be connected to. Connections are bounded in number and life, whatever a
//! client reads or sends: the oldest makes room for a new one, so that a probe is always answered. At shutdown no new connection
//! is taken and those under way end with their request.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Door, Front, answer, route};
use crate::limits::{
    ACCEPT_RETRY, ADMIN_BUFFER_BYTES, ADMIN_CONNECTION_TIME_MAX, ADMIN_CONNECTIONS_MAX, ADMIN_HEAD_TIMEOUT,
    ADMIN_REQUEST_TIMEOUT,
};

/// Makes the socket at `path`, in place of one that an earlier daemon left. The caller holds the data directory's lock, so nobody
/// listens there.
pub fn bind_socket(path: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // It listens from the moment it is bound, with whatever mode the process's mask leaves, and the data directory may be open to
    // others: so it is bound inside a directory that is not, and moved out once its mode is right.
    let private = path.with_extension("new");
    match std::fs::remove_dir_all(&private) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::DirBuilder::new().mode(0o700).create(&private)?;
    let temporary = private.join("s");
    let listener = UnixListener::bind(&temporary)?;
    std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(0o600))?;
    std::fs::rename(&temporary, path)?;
    std::fs::remove_dir(&private)?;
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
pub async fn serve(front: Arc<Front>, listener: Listener, mut stop: watch::Receiver<bool>) {
    let door = listener.door();
    // The oldest first.
    let mut open: VecDeque<JoinHandle<()>> = VecDeque::new();
    loop {
        let stream = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            stream = listener.accept() => stream,
        };
        match stream {
            Ok(stream) => {
                open.retain(|connection| !connection.is_finished());
                if open.len() >= ADMIN_CONNECTIONS_MAX
                    && let Some(oldest) = open.pop_front()
                {
                    oldest.abort();
                }
                open.push_back(tokio::spawn(connection(Arc::clone(&front), door, stream, stop.clone())));
            }
            Err(error) => {
                tracing::warn!(%error, ?door, "the admin API could not accept a connection");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
    drop(listener);
    // Each has a bound of its own.
    for connection in open {
        let _ = connection.await;
    }
}

/// Serves one connection until its client leaves, its time is over or `stop` turns true.
async fn connection(front: Arc<Front>, door: Door, stream: Box<dyn Stream>, mut stop: watch::Receiver<bool>) {
    let service = service_fn(move |request| {
        let front = Arc::clone(&front);
        async move {
            let answer = tokio::time::timeout(ADMIN_REQUEST_TIMEOUT, route::answer(&front, door, request)).await;
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
    let mut served = std::pin::pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = over(&mut stop) => {
            served.as_mut().graceful_shutdown();
            match tokio::time::timeout(ADMIN_REQUEST_TIMEOUT, served).await {
                Ok(ended) => ended,
                Err(_) => return tracing::debug!(?door, "a connection to the admin API did not end in time"),
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, ?door, "a connection to the admin API ended");
    }
}

/// Until `stop` turns true, or a connection has lived long enough.
async fn over(stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = tokio::time::sleep(ADMIN_CONNECTION_TIME_MAX) => {}
    }
}
