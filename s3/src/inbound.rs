//! A request's body as it comes from the socket, guarded.
//!
//! Always holds: a sender that stops, or crawls, fails the body with `BodyTimeout`; one that goes away fails it with
//! `IncompleteBody`. A body that is dropped unread is read and thrown away within bounds, so that its sender gets to see the
//! answer; one that waits for `100 Continue` is not, for it was never asked for. Nothing is read before the first poll: that
//! poll is what makes hyper send `100 Continue`.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use http_body::Body;
use tokio::time::{Instant, Sleep, sleep_until};
use trefoil_core::error::Error;

use crate::config::S3Config;
use crate::limits;
use crate::metrics::Metrics;

#[cfg(test)]
mod tests;

/// The bounds of a body's pace.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub idle: Duration,
    pub bytes_per_sec_min: u64,
    pub grace: Duration,
}

impl From<&S3Config> for Pace {
    fn from(config: &S3Config) -> Self {
        Self { idle: config.body_timeout, bytes_per_sec_min: config.body_rate_min, grace: config.body_grace }
    }
}

pub struct Inbound<B: Body<Data = Bytes> + Send + Unpin + 'static = hyper::body::Incoming>
where
    B::Error: std::fmt::Display + Send,
{
    body: Option<B>,
    pace: Pace,
    /// The sender waits for `100 Continue`, which was not sent; or its body was too long to be read only to be thrown away. Also where
    /// there is no body to wait for, and hyper sends no 100: botocore up to 1.35 keeps the status of an answer that came instead, and
    /// takes it for that of the connection's next request.
    unread: Arc<AtomicBool>,
    /// Set where the body is given up while its sender may still be sending: the connection must not be closed at once.
    lingers: Arc<AtomicBool>,
    started: Option<Instant>,
    received: u64,
    last: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Where what was read is counted.
    metrics: Option<Arc<Metrics>>,
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Inbound<B>
where
    B::Error: std::fmt::Display + Send,
{
    pub fn new(body: B, expects_continue: bool, pace: Pace, lingers: Arc<AtomicBool>) -> Self {
        let body = (!body.is_end_stream()).then_some(body);
        let unread = Arc::new(AtomicBool::new(expects_continue));
        Self { body, pace, unread, lingers, started: None, received: 0, last: None, timer: None, metrics: None }
    }

    /// Counts what is read, and what is read only to be thrown away.
    pub fn counted(mut self, metrics: &Arc<Metrics>) -> Self {
        self.metrics = self.body.is_some().then(|| Arc::clone(metrics));
        self
    }

    /// True for as long as the sender has not been asked for the body that it announced, and where a body was given up. Where that
    /// stays so, the connection can't go on: what comes next may be the body or another request.
    pub fn unread(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.unread)
    }

    /// Whether the end was reached, or there was nothing.
    pub fn is_finished(&self) -> bool {
        self.body.is_none()
    }

    fn check_pace(&self, now: Instant) -> Result<(), Error> {
        if let Some(started) = self.started {
            let elapsed = now.saturating_duration_since(started);
            if elapsed > self.pace.grace && self.received / elapsed.as_secs().max(1) < self.pace.bytes_per_sec_min {
                return Err(Error::BodyTimeout);
            }
        }
        Ok(())
    }

    /// Called where nothing has come: fails once that has lasted too long.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        loop {
            let now = Instant::now();
            let deadline = *self.last.get_or_insert(now) + self.pace.idle;
            if now >= deadline {
                return Poll::Ready(Error::BodyTimeout);
            }
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            // Set again only once it fires: bytes come far more often than timers need to.
            ready!(timer.as_mut().poll(cx));
            timer.as_mut().reset(deadline);
        }
    }
}

fn count(metrics: Option<&Metrics>, data: &Bytes) {
    if let Some(metrics) = metrics {
        metrics.bytes_received.fetch_add(data.len() as u64, Ordering::Relaxed);
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Stream for Inbound<B>
where
    B::Error: std::fmt::Display + Send,
{
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        this.unread.store(false, Ordering::Relaxed);
        this.started.get_or_insert_with(Instant::now);
        loop {
            match Pin::new(&mut *body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    let now = Instant::now();
                    this.last = Some(now);
                    let Ok(data) = frame.into_data() else { continue };
                    this.received += data.len() as u64;
                    count(this.metrics.as_deref(), &data);
                    if let Err(error) = this.check_pace(now) {
                        this.body = None;
                        return Poll::Ready(Some(Err(error)));
                    }
                    return Poll::Ready(Some(Ok(data)));
                }
                Poll::Ready(Some(Err(error))) => {
                    let error = Error::IncompleteBody(error.to_string());
                    this.body = None;
                    return Poll::Ready(Some(Err(error)));
                }
                Poll::Ready(None) => {
                    this.body = None;
                    return Poll::Ready(None);
                }
                Poll::Pending => {
                    let error = ready!(this.poll_timer(cx));
                    this.body = None;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Drop for Inbound<B>
where
    B::Error: std::fmt::Display + Send,
{
    fn drop(&mut self) {
        let Some(mut body) = self.body.take() else { return };
        if self.unread.load(Ordering::Relaxed) || body.size_hint().lower() > limits::UNREAD_BODY_BYTES_MAX {
            self.unread.store(true, Ordering::Relaxed);
            self.lingers.store(true, Ordering::Relaxed);
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (metrics, lingers) = (self.metrics.take(), Arc::clone(&self.lingers));
        // Ends by itself: at the body's end, at the bound, or in time. The connection stays usable if the end was reached.
        runtime.spawn(async move {
            let drain = async {
                let mut left = limits::UNREAD_BODY_BYTES_MAX;
                while let Some(Ok(frame)) = http_body_util::BodyExt::frame(&mut body).await {
                    let Some(data) = frame.data_ref() else { continue };
                    count(metrics.as_deref(), data);
                    let length = data.len() as u64;
                    if length > left {
                        return false;
                    }
                    left -= length;
                }
                true
            };
            if !matches!(tokio::time::timeout(limits::UNREAD_BODY_TIMEOUT, drain).await, Ok(true)) {
                lingers.store(true, Ordering::Relaxed);
            }
        });
    }
}
