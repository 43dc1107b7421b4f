//! SIGTERM and SIGINT.
//!
//! Always holds: the first asks for an orderly end; the next, once that has begun, ends the process at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Mutex;

/// What a shell shows for a process that a second Ctrl-C has ended.
const EXIT_CODE: i32 = 130;

pub struct Signals {
    terminate: Mutex<(Signal, Signal)>,
}

impl Signals {
    pub fn catch() -> Result<Self, String> {
        let catch = |kind| signal(kind).map_err(|error| format!("signals can't be caught: {error}"));
        Ok(Self { terminate: Mutex::new((catch(SignalKind::terminate())?, catch(SignalKind::interrupt())?)) })
    }

    /// Waits for a signal; gives its name.
    pub async fn first(&self) -> &'static str {
        let mut signals = self.terminate.lock().await;
        let (terminate, interrupt) = &mut *signals;
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    }

    /// From now on a signal ends the process.
    pub fn exit_on_the_next(self) {
        tokio::spawn(async move {
            let signal = self.first().await;
            tracing::warn!(signal, "ending at once");
            std::process::exit(EXIT_CODE);
        });
    }
}
