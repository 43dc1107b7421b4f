//! Where a request runs: on the thread that took it from the kernel as far as nothing has to be waited for, then on the runtime.
//!
//! Always holds: every request is answered once. One that panics is logged and answered with EIO (its reply says so when it is
//! dropped), and the session goes on; without this, fuser would end it and leave a dead mount behind.

use std::panic::AssertUnwindSafe;
use std::task::{Context, Waker};

use futures::FutureExt;
use tokio::runtime::Handle;

/// Runs a request, which holds its reply. What memory can answer is answered before this returns.
pub fn run(runtime: &Handle, request: &'static str, work: impl Future<Output = ()> + Send + 'static) {
    let mut work = Box::pin(guarded(request, work));
    // The core may start tasks and timers.
    let _inside = runtime.enter();
    // Nobody is woken by this first look; the runtime looks anew at what is pending, with a waker of its own.
    if work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        runtime.spawn(work);
    }
}

async fn guarded(request: &'static str, work: impl Future<Output = ()>) {
    if let Err(panic) = AssertUnwindSafe(work).catch_unwind().await {
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        tracing::error!(request, panic = text.unwrap_or("of no text"), "a request panicked and was answered with EIO");
    }
}

#[cfg(test)]
mod tests;
