//! Opening a file that has lost its name.
//!
//! Always holds: whoever opens a name is given what the name has led to at some moment of that call. The kernel carries out a change that came
//! through this mount when it has been answered; until then it finds the old file by the old name, while other doors see the change
//! already. So a file without a name is answered with ESTALE once, at which the kernel looks the name up anew and opens what it finds
//! (LOOKUP_REVAL, linux/fs/namei.c, do_filp_open); what the same thread opens next was found in the same call, whatever has become of it since.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Instant;

use parking_lot::Mutex;

use crate::limits::{REOPENING_MAX, REOPENING_TIME};

/// Threads that were told to look again.
#[derive(Debug, Default)]
pub struct Reopening(Mutex<HashMap<u32, Instant>>);

impl Reopening {
    /// Whether the thread, which opens a file, is to look its name up anew: where none leads to the file, and the thread was not just told so. To
    /// be asked at each opening, for each is the next after the one before.
    pub fn is_to_look_again(&self, thread: u32, has_name: bool) -> bool {
        let mut threads = self.0.lock();
        let told = if threads.is_empty() { None } else { threads.remove(&thread) };
        // A thread that the daemon does not see can't be told from others.
        if has_name || thread == 0 {
            return false;
        }
        let now = Instant::now();
        if told.is_some_and(|told| now - told < REOPENING_TIME) {
            return false;
        }
        if threads.len() >= REOPENING_MAX {
            threads.retain(|_, told| now - *told < REOPENING_TIME);
        }
        if threads.len() >= REOPENING_MAX {
            return false;
        }
        threads.insert(thread, now);
        true
    }
}
