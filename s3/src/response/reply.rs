//! An answer's body on its way to the socket.
//!
//! Always holds: the first piece of a read is there before the head goes out: a read that fails at once is an error document, and
//! head and first bytes leave in one write. A body that fails later cuts the connection, so that nobody takes it for whole.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use futures::StreamExt;
use http_body::{Body, Frame, SizeHint};
use s3s::StdError;

use crate::classify::Kind;
use crate::metrics::Metrics;

/// Counts a request when it is over.
#[derive(Debug)]
pub struct Ended {
    metrics: Arc<Metrics>,
    started: Instant,
    pub kind: Kind,
    pub status: u16,
    pub request_id: String,
}

impl Ended {
    pub fn begin(metrics: Arc<Metrics>, kind: Kind, request_id: String) -> Self {
        metrics.in_flight.fetch_add(1, Ordering::Relaxed);
        Self { metrics, started: Instant::now(), kind, status: 500, request_id }
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.metrics.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.metrics.record(self.kind, self.status, self.started.elapsed());
    }
}

pub struct ReplyBody {
    first: Option<Bytes>,
    rest: s3s::Body,
    ended: Ended,
}

impl ReplyBody {
    pub fn new(body: s3s::Body, ended: Ended) -> Self {
        Self { first: None, rest: body, ended }
    }

    /// Reads the first piece; its error is the answer then.
    pub async fn prefetch(&mut self) -> Result<(), StdError> {
        if self.first.is_none() && self.rest.bytes().is_none() {
            self.first = self.rest.next().await.transpose()?;
        }
        Ok(())
    }

    pub fn replace(&mut self, body: s3s::Body) {
        self.first = None;
        self.rest = body;
    }

    pub fn set_status(&mut self, status: u16) {
        self.ended.status = status;
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let this = &mut *self;
        let frame = match this.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Pin::new(&mut this.rest).poll_frame(cx),
        };
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                let sent = frame.data_ref().map_or(0, Bytes::len) as u64;
                this.ended.metrics.bytes_sent.fetch_add(sent, Ordering::Relaxed);
            }
            Poll::Ready(Some(Err(error))) => {
                tracing::error!(request = this.ended.request_id, %error, "an answer was cut off: its body failed");
            }
            _ => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = Body::size_hint(&self.rest);
        if let Some(first) = &self.first {
            let first = first.len() as u64;
            let (lower, upper) = (hint.lower() + first, hint.upper().map(|upper| upper + first));
            hint = SizeHint::new();
            // The upper bound first: a lower one must not be above it.
            if let Some(upper) = upper {
                hint.set_upper(upper);
            }
            hint.set_lower(lower);
        }
        hint
    }
}
