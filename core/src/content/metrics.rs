//! What bodies cost and what went wrong with them, counted for the whole process.
//!
//! Always holds: counters only rise, from the start of the process; they are exact, and read without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;

/// Counters of this layer. Sizes are in bytes.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Bodies that arrived whole and agreed with all that their senders said.
    pub bodies_written_total: Count,
    pub bytes_written_total: Count,
    /// Bodies refused for a digest, a length or a trailer.
    pub bodies_refused_total: Count,
    pub bytes_read_total: Count,
    /// Reads that met stored bytes or records other than those written, or none where the index names some.
    pub corrupt_reads_total: Count,
    /// Blobs that never got a name, and were deleted for it.
    pub blobs_abandoned_total: Count,
    /// Such blobs that could not be deleted: the search for orphans finds them.
    pub blobs_orphaned_total: Count,
}

/// One counter.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Every counter with its name and meaning, as metrics are shown.
    pub fn all(&self) -> [(&'static str, &'static str, u64); 7] {
        [
            ("bodies_written_total", "Bodies written and verified", self.bodies_written_total.get()),
            ("bytes_written_total", "Bytes of bodies written", self.bytes_written_total.get()),
            ("bodies_refused_total", "Bodies refused for a digest or length", self.bodies_refused_total.get()),
            ("bytes_read_total", "Bytes of contents read", self.bytes_read_total.get()),
            ("corrupt_reads_total", "Reads that met damaged or missing bytes", self.corrupt_reads_total.get()),
            ("blobs_abandoned_total", "Blobs that never got a name", self.blobs_abandoned_total.get()),
            ("blobs_orphaned_total", "Nameless blobs left for the orphan search", self.blobs_orphaned_total.get()),
        ]
    }
}

/// The process's counters.
pub fn metrics() -> &'static Metrics {
    static METRICS: std::sync::LazyLock<Metrics> = std::sync::LazyLock::new(Metrics::default);
    &METRICS
}

/// The error of a read that met damage, counted once: here.
pub(crate) fn corrupt(text: String) -> Error {
    metrics().corrupt_reads_total.add(1);
    Error::Corrupt(text)
}
