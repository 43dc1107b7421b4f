//! A client's connection, guarded against clients that take nothing.
//!
//! Always holds: a write that makes no progress for [`limits::WRITE_IDLE_TIMEOUT`] fails, which ends the connection and frees what
//! it held. Head and body leave in one vectored write. A connection that is closed while its client may still be sending lingers (RFC
//! 9112, section 9.6): closed at once, with bytes unread, it would be reset, and a reset can take the answer with it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::limits;

#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    /// Runs while a write waits.
    stalled: Option<Pin<Box<Sleep>>>,
    lingers: Arc<AtomicBool>,
    lingering: Option<Lingering>,
}

/// What may still be read and thrown away.
#[derive(Debug)]
struct Lingering {
    end: Pin<Box<Sleep>>,
    bytes: u64,
}

impl Socket {
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        // Small answers must not wait for the client's delayed acknowledgement.
        stream.set_nodelay(true)?;
        Ok(Self { stream, stalled: None, lingers: Arc::default(), lingering: None })
    }

    /// To be set where the client may still be sending when the connection is shut down.
    pub fn lingers(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.lingers)
    }

    fn watch<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(limits::WRITE_IDLE_TIMEOUT)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing of the answer")))
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, lingers, lingering, .. } = &mut *self;
        let lingering = match lingering {
            Some(lingering) => lingering,
            None => {
                ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
                if !lingers.load(Ordering::Relaxed) {
                    return Poll::Ready(Ok(()));
                }
                let end = Box::pin(sleep(limits::CLOSE_TIMEOUT));
                lingering.insert(Lingering { end, bytes: limits::UNREAD_BODY_BYTES_MAX })
            }
        };
        // Beyond the bound the client is no longer listened to; its answer waits for it all the same.
        while lingering.end.as_mut().poll(cx).is_pending() {
            if lingering.bytes == 0 {
                return Poll::Pending;
            }
            let mut room = [0; 8 << 10];
            let mut buffer = ReadBuf::new(&mut room);
            // Whoever is gone already needs no more waiting for.
            if ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer)).is_err() || buffer.filled().is_empty() {
                break;
            }
            lingering.bytes = lingering.bytes.saturating_sub(buffer.filled().len() as u64);
        }
        Poll::Ready(Ok(()))
    }
}
