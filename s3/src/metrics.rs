//! What the door counts: plain atomics, read by whoever renders them.
//!
//! Always holds: counting never waits; a request is counted once, when its answer's last byte was handed over or it was given up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::classify::{Kind, name_of};

/// Upper bounds of the duration histogram's buckets, in seconds; one more bucket holds what is slower.
pub const DURATION_BOUNDS_SECS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
const BUCKETS: usize = DURATION_BOUNDS_SECS.len() + 1;

#[derive(Debug, Default)]
struct Operation {
    /// By the status's first digit, 1 to 5, at 0 to 4.
    classes: [AtomicU64; 5],
    buckets: [AtomicU64; BUCKETS],
    duration_nanos: AtomicU64,
}

#[derive(Debug)]
pub struct Metrics {
    operations: Vec<Operation>,
    pub connections: AtomicU64,
    pub connections_total: AtomicU64,
    pub in_flight: AtomicU64,
    /// Bytes of request bodies as they were read, with the framing of chunks and forms, and of response bodies as they were given out.
    pub bytes_received: AtomicU64,
    pub bytes_sent: AtomicU64,
    /// Handlers that panicked: each is a fault of this program.
    pub panics: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            operations: (0..Kind::COUNT).map(|_| Operation::default()).collect(),
            connections: AtomicU64::new(0),
            connections_total: AtomicU64::new(0),
            in_flight: AtomicU64::new(0),
            bytes_received: AtomicU64::new(0),
            bytes_sent: AtomicU64::new(0),
            panics: AtomicU64::new(0),
        }
    }
}

/// The counts of one operation's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationCounts {
    pub name: &'static str,
    /// 1xx to 5xx.
    pub classes: [u64; 5],
    /// Not cumulative, by [`DURATION_BOUNDS_SECS`].
    pub buckets: [u64; BUCKETS],
    pub duration_nanos: u64,
}

impl Metrics {
    pub(crate) fn record(&self, kind: Kind, status: u16, duration: Duration) {
        let Some(operation) = self.operations.get(kind.index()) else { return };
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        operation.classes[class].fetch_add(1, Ordering::Relaxed);
        let secs = duration.as_secs_f64();
        let bucket = DURATION_BOUNDS_SECS.iter().position(|bound| secs <= *bound).unwrap_or(BUCKETS - 1);
        operation.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        operation.duration_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// The operations that were asked for, each name once.
    pub fn operations(&self) -> Vec<OperationCounts> {
        let mut all: Vec<OperationCounts> = Vec::new();
        for (index, operation) in self.operations.iter().enumerate() {
            let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            let classes: [u64; 5] = std::array::from_fn(|class| load(&operation.classes[class]));
            if classes.iter().all(|count| *count == 0) {
                continue;
            }
            let name = name_of(index);
            if !all.iter().any(|counts| counts.name == name) {
                all.push(OperationCounts { name, ..OperationCounts::default() });
            }
            let Some(counts) = all.iter_mut().find(|counts| counts.name == name) else { continue };
            for (sum, count) in counts.classes.iter_mut().zip(classes) {
                *sum += count;
            }
            for (sum, bucket) in counts.buckets.iter_mut().zip(&operation.buckets) {
                *sum += load(bucket);
            }
            counts.duration_nanos += load(&operation.duration_nanos);
        }
        all
    }
}
