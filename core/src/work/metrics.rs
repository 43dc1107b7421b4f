//! What the workers did and what waits for them, counted for the whole process.
//!
//! Always holds: counters only rise; a gauge says what the last look at the whole queue found, or more since.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Default)]
pub struct Metrics {
    pub reclaim_tasks_done_total: AtomicU64,
    pub reclaim_blobs_deleted_total: AtomicU64,
    /// Pages of files that were rewritten as one piece, and contents that were freed of what lay below, while nobody waited.
    pub flattened_pages_total: AtomicU64,
    pub flattened_contents_total: AtomicU64,
    /// Tasks that wait for a reader to end, or for a place that failed.
    pub reclaim_tasks_waiting: AtomicU64,
    /// Tasks whose records can't be read: they stay.
    pub reclaim_tasks_unreadable: AtomicU64,
}

impl Metrics {
    /// The counters, with name and meaning.
    pub fn counters(&self) -> [(&'static str, &'static str, u64); 4] {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [
            ("reclaim_tasks_done_total", "Reclaim tasks carried out", read(&self.reclaim_tasks_done_total)),
            ("reclaim_blobs_deleted_total", "Blobs deleted by reclaim", read(&self.reclaim_blobs_deleted_total)),
            ("flattened_pages_total", "Pages of files rewritten as one piece", read(&self.flattened_pages_total)),
            (
                "flattened_contents_total",
                "Contents of files freed of those below them",
                read(&self.flattened_contents_total),
            ),
        ]
    }

    /// The gauges, with name and meaning.
    pub fn gauges(&self) -> [(&'static str, &'static str, u64); 2] {
        let read = |gauge: &AtomicU64| gauge.load(Ordering::Relaxed);
        [
            (
                "reclaim_tasks_waiting",
                "Reclaim tasks that wait for a reader or a place",
                read(&self.reclaim_tasks_waiting),
            ),
            ("reclaim_tasks_unreadable", "Reclaim tasks that can't be read", read(&self.reclaim_tasks_unreadable)),
        ]
    }
}

/// The process's numbers.
pub fn metrics() -> &'static Metrics {
    static METRICS: std::sync::LazyLock<Metrics> = std::sync::LazyLock::new(Metrics::default);
    &METRICS
}
