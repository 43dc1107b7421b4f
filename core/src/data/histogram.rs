//! How long something takes, as counts in buckets that double.
//!
//! Always holds: observing is one addition to each of two counters, without a lock; a reading is not one instant, but every
//! observation is in it sooner or later, once.

use std::sync::atomic::{AtomicU64, Ordering};

/// Buckets: up to 16 µs, 32 µs, … 2^25 µs (34 s); and all above.
const BUCKETS: usize = 23;
const FIRST_BITS: u32 = 4;

#[derive(Debug, Default)]
pub struct Histogram {
    counts: [AtomicU64; BUCKETS],
    sum_nanos: AtomicU64,
}

/// A reading. Counts are cumulative, as Prometheus wants them.
#[derive(Clone, Debug, PartialEq)]
pub struct Buckets {
    /// Upper bound in seconds (the last is infinite), and how many observations were at most that long.
    pub counts: Vec<(f64, u64)>,
    pub sum_seconds: f64,
}

impl Histogram {
    pub fn observe(&self, nanos: u64) {
        let micros = nanos.div_ceil(1000);
        let bits = u64::BITS - micros.saturating_sub(1).leading_zeros();
        let bucket = (bits.saturating_sub(FIRST_BITS) as usize).min(BUCKETS - 1);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    pub fn read(&self) -> Buckets {
        let mut total = 0;
        let counts = self.counts.iter().enumerate().map(|(index, count)| {
            total += count.load(Ordering::Relaxed);
            let bound = if index + 1 == BUCKETS { f64::INFINITY } else { (16_u64 << index) as f64 / 1e6 };
            (bound, total)
        });
        let counts = counts.collect();
        Buckets { counts, sum_seconds: self.sum_nanos.load(Ordering::Relaxed) as f64 / 1e9 }
    }
}

#[cfg(test)]
mod tests;
