//! What the door counts: plain atomics, read by whoever renders them.
//!
//! Always holds: counting never waits; a request is counted once, when its answer is made or it is known that there is none.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::procedure::Procedure;

/// Upper bounds of the duration histogram's buckets, in seconds; one more bucket holds what is slower.
pub const DURATION_BOUNDS_SECS: [f64; 14] =
    [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1.0, 5.0, 30.0];
const BUCKETS: usize = DURATION_BOUNDS_SECS.len() + 1;

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    errors: AtomicU64,
    buckets: [AtomicU64; BUCKETS],
    duration_nanos: AtomicU64,
}

#[derive(Debug)]
pub struct Metrics {
    procedures: Vec<Counts>,
    pub connections: AtomicU64,
    pub connections_total: AtomicU64,
    /// Connections that were cut off for what they sent.
    pub connections_broken: AtomicU64,
    /// Calls that were no procedure of ours, did not decode, or had credentials that are not taken.
    pub refused: AtomicU64,
    /// Repeated requests that got the answer of the first, and those that were dropped.
    pub repeated: AtomicU64,
    pub repeated_dropped: AtomicU64,
    /// Bytes of READ's and WRITE's data.
    pub bytes_read: AtomicU64,
    pub bytes_written: AtomicU64,
    /// Handlers that panicked: each is a fault of this program.
    pub panics: AtomicU64,
}

/// The counts of one procedure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcedureCounts {
    pub name: &'static str,
    pub requests: u64,
    /// Answers with a status other than OK.
    pub errors: u64,
    /// Not cumulative, by [`DURATION_BOUNDS_SECS`].
    pub buckets: [u64; BUCKETS],
    pub duration_nanos: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            procedures: Procedure::ALL.iter().map(|_| Counts::default()).collect(),
            connections: AtomicU64::new(0),
            connections_total: AtomicU64::new(0),
            connections_broken: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
            repeated_dropped: AtomicU64::new(0),
            bytes_read: AtomicU64::new(0),
            bytes_written: AtomicU64::new(0),
            panics: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    pub(crate) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn record(&self, procedure: Procedure, failed: bool, duration: Duration) {
        let Some(counts) = self.procedures.get(procedure as usize) else { return };
        Self::add(&counts.requests, 1);
        Self::add(&counts.errors, u64::from(failed));
        let secs = duration.as_secs_f64();
        let bucket = DURATION_BOUNDS_SECS.iter().position(|bound| secs <= *bound).unwrap_or(BUCKETS - 1);
        Self::add(&counts.buckets[bucket], 1);
        Self::add(&counts.duration_nanos, u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// The procedures that were asked for.
    pub fn procedures(&self) -> Vec<ProcedureCounts> {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = Procedure::ALL.iter().zip(&self.procedures).map(|(procedure, counts)| ProcedureCounts {
            name: procedure.name(),
            requests: load(&counts.requests),
            errors: load(&counts.errors),
            buckets: std::array::from_fn(|bucket| load(&counts.buckets[bucket])),
            duration_nanos: load(&counts.duration_nanos),
        });
        counts.filter(|counts| counts.requests > 0).collect()
    }
}
