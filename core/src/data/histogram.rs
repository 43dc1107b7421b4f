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

/// A reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Buckets {
    /// Upper bounds in seconds.
    pub bounds: Vec<f64>,
    /// Observations in each bucket: one for each bound, and one for what is above all.
    pub counts: Vec<u64>,
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
        Buckets {
            bounds: (0..BUCKETS - 1).map(|index| (16_u64 << index) as f64 / 1e6).collect(),
            counts: self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect(),
            sum_seconds: self.sum_nanos.load(Ordering::Relaxed) as f64 / 1e9,
        }
    }
}

#[cfg(test)]
mod tests;
