//! The check of a whole store: every name has its bytes, every byte its checksum, every blob its name.
//!
//! Always holds: the names and counts are those of one instant; what a running store removes meanwhile is not called missing. It
//! changes nothing, unless told to repair: then orphans are reclaimed, and nothing else is touched. Memory grows by some 30 bytes
//! for each node and content.

mod bytes;
mod directories;
mod index;
mod names;

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::limits::CHECK_PROBLEMS_MAX;
use crate::objects::ObjectService;
use crate::work::scan::Unread;

/// What was found. The first problems are named, all are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub buckets: u64,
    pub objects: u64,
    pub versions: u64,
    pub delete_markers: u64,
    pub directories: u64,
    pub uploads: u64,
    pub parts: u64,
    pub contents: u64,
    pub bytes_verified: u64,
    pub blobs: u64,
    /// Blobs that the reclaim worker is about to delete; of a reader who still has them, once it ends.
    pub blobs_waiting: u64,
    pub orphan_blobs: u64,
    pub orphan_blobs_deleted: u64,
    pub bytes_freed: u64,
    pub problems_total: u64,
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether the store is whole, and nothing is left over.
    pub fn is_clean(&self) -> bool {
        self.problems_total == 0 && self.orphan_blobs == self.orphan_blobs_deleted
    }

    fn problem(&mut self, kind: &'static str, what: String) {
        self.problems_total += 1;
        if self.problems.len() < CHECK_PROBLEMS_MAX {
            self.problems.push(Problem { kind, what });
        }
    }
}

impl Unread {
    /// Makes a problem of it.
    fn tell(self, report: &mut Report, range: &str) {
        if let Some(error) = self.0 {
            report.problem("damaged_record", format!("{range}: what is behind can't be read: {error}"));
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A stable word: `missing_node`, `damaged_bytes`, …
    pub kind: &'static str,
    pub what: String,
}

/// How far a check has come; read by whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    pub names_done: AtomicU64,
    pub bytes_done: AtomicU64,
    /// Bytes to verify, as far as known.
    pub bytes_total: AtomicU64,
    /// Blobs whose name was looked for.
    pub blobs_done: AtomicU64,
}

impl Progress {
    fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }
}

/// Checks the store that `service` works on. `repair` reclaims orphans.
pub async fn check(service: &ObjectService, repair: bool, progress: &Progress) -> Result<Report> {
    let mut report = Report::default();
    if repair {
        match super::reclaim::round(service).await {
            Ok(_) => {}
            Err(error @ Error::Corrupt(_)) => report.problem("damaged_record", format!("a reclaim task: {error}")),
            Err(error) => return Err(error),
        }
    }
    let contents = {
        let snapshot = service.store().snapshot()?;
        let mut used = names::walk(&*snapshot, &mut report, progress).await?;
        index::uploads(&*snapshot, &mut report, &mut used).await?;
        index::owners(&*snapshot, &mut report, &used).await?;
        index::overlaid(&*snapshot, &mut report, &mut used).await?;
        index::left_over(&*snapshot, &mut report, &used).await?;
        used
    };
    bytes::verify(service, &contents, &mut report, progress).await?;
    let swept = super::sweep::sweep(service, repair, &progress.blobs_done).await?;
    report.blobs = swept.blobs_seen;
    report.blobs_waiting = swept.blobs_waiting;
    report.orphan_blobs = swept.orphans_found;
    report.orphan_blobs_deleted = swept.orphans_deleted;
    report.bytes_freed = swept.bytes_freed;
    for what in swept.damaged {
        report.problem("damaged_bytes", what);
    }
    Ok(report)
}

#[cfg(test)]
mod tests;
