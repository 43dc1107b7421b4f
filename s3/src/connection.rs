//! One connection: HTTP/1.1 by hyper, with our bounds.
//!
//! Always holds: heads and buffers are bounded; a connection ends when it is idle too long, when its client is too slow, and, after
//! its request, when the server shuts down.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::watch;

use crate::config::S3Config;
use crate::front::Front;
use crate::limits;
use crate::socket::Socket;

/// hyper with the door's bounds.
pub fn builder(config: &S3Config) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(config.head_timeout)
        .max_buf_size(limits::CONNECTION_BUFFER_BYTES)
        .max_header_size(limits::HEAD_BYTES_MAX)
        .max_headers(limits::HEADERS_MAX)
        .keep_alive(true)
        // A client that closes its sending side still wants its answer.
        .half_close(true);
    builder
}

/// Counts a connection while it lives.
struct Counted(Arc<Front>);

impl Counted {
    fn new(front: &Arc<Front>) -> Self {
        front.metrics.connections.fetch_add(1, Ordering::Relaxed);
        front.metrics.connections_total.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(front))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.metrics.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves until the client leaves, or `stop` changes and the request under way is answered.
pub async fn serve(builder: &http1::Builder, socket: Socket, front: Arc<Front>, mut stop: watch::Receiver<bool>) {
    let counted = Counted::new(&front);
    let lingers = socket.lingers();
    let service = service_fn(move |request| {
        let (front, lingers) = (Arc::clone(&front), Arc::clone(&lingers));
        async move { Ok::<_, Infallible>(front.respond(request, lingers).await) }
    });
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(socket), service));
    let result = tokio::select! {
        result = connection.as_mut() => result,
        // It changes once. An error says that the sender is gone, and so is the server.
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended");
    }
    drop(counted);
}
