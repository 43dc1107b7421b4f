//! What `/proc` tells of a program that asks.
//!
//! Always holds: a program that can't be seen from here is taken as one of which nothing is known.

#[cfg(test)]
mod tests;

use std::io::Read;

use crate::limits::{SIGNAL_LOOK, STATUS_BYTES_MAX};

/// Waits until the thread has a signal to take, or has gone. For ever where it can't be seen (another namespace of processes).
///
/// fuser does not pass FUSE_INTERRUPT on, so this is how a wait for a lock learns that it was interrupted; without it, a program
/// that waits could not be killed.
pub async fn signalled(thread: u32) {
    if thread == 0 || status(thread).is_none() {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(SIGNAL_LOOK).await;
        if status(thread).is_none_or(|status| has_signal(&status)) {
            return;
        }
    }
}

/// The supplementary groups of a thread; none where it can't be seen.
pub fn groups(thread: u32) -> Vec<u32> {
    status(thread).map(|status| groups_of(&status)).unwrap_or_default()
}

fn status(thread: u32) -> Option<String> {
    let mut text = String::new();
    let file = std::fs::File::open(format!("/proc/{thread}/status")).ok()?;
    file.take(STATUS_BYTES_MAX).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Whether a signal is pending that is neither blocked nor ignored (proc_pid_status(5)).
fn has_signal(status: &str) -> bool {
    let mask = |name: &str| field(status, name).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0);
    (mask("SigPnd:") | mask("ShdPnd:")) & !mask("SigBlk:") & !mask("SigIgn:") != 0
}

fn groups_of(status: &str) -> Vec<u32> {
    field(status, "Groups:").unwrap_or_default().split_whitespace().filter_map(|group| group.parse().ok()).collect()
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}
