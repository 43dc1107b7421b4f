//! Latencies in bounded memory.
//!
//! Always holds: 18 KiB however much is recorded; a percentile is at most 1.6 % above the true value, never below it, and never
//! above the largest value recorded. (Logarithmic buckets with linear halves, as HdrHistogram has them.)

#[cfg(test)]
mod tests;

use std::time::Duration;

/// Buckets in each power of two.
const SUB_BITS: u32 = 6;
const SUB: usize = 1 << SUB_BITS;
/// Values from 2^40 nanoseconds (18 minutes) on share the last bucket; the largest is kept exactly.
const POWERS: usize = 40;
const BUCKETS: usize = (POWERS - SUB_BITS as usize + 1) * SUB;

#[derive(Clone)]
pub struct Histogram {
    counts: Box<[u64; BUCKETS]>,
    total: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: Box::new([0; BUCKETS]), total: 0, max: 0 }
    }
}

impl std::fmt::Debug for Histogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Histogram").field("total", &self.total).field("max", &self.max).finish_non_exhaustive()
    }
}

impl Histogram {
    pub fn record(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket(nanos)] += 1;
        self.total += 1;
        self.max = self.max.max(nanos);
    }

    pub fn add(&mut self, other: &Histogram) {
        for (count, more) in self.counts.iter_mut().zip(other.counts.iter()) {
            *count += more;
        }
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    pub fn count(&self) -> u64 {
        self.total
    }

    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.max)
    }

    /// The smallest recorded duration that at least this share (0 to 1) of all do not exceed, to the bucket's precision.
    pub fn percentile(&self, share: f64) -> Duration {
        // Counts are far below 2^53, where f64 is exact.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let rank = ((self.total as f64 * share).ceil() as u64).clamp(1, self.total.max(1));
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_nanos(upper(index).min(self.max));
            }
        }
        self.max()
    }
}

fn bucket(nanos: u64) -> usize {
    let power = (u64::BITS - nanos.leading_zeros()).saturating_sub(SUB_BITS + 1);
    let sub = usize::try_from(nanos >> power).unwrap_or(usize::MAX);
    (power as usize * SUB).saturating_add(sub).min(BUCKETS - 1)
}

/// The largest value of a bucket.
fn upper(index: usize) -> u64 {
    if index < 2 * SUB {
        return index as u64;
    }
    let power = index / SUB - 1;
    let sub = (index - power * SUB) as u64;
    ((sub + 1) << power) - 1
}
