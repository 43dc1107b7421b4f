//! A check of the whole store as it is shown: by the admin API, and by `trefoil check`.
//!
//! Always holds: what is shown is what `trefoil_core::work::check` found; `clean` is its verdict. One JSON object, snake_case.

use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};
use trefoil_core::work::check::{Progress, Report};

/// How far a check is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressView {
    pub names_done: u64,
    pub bytes_done: u64,
    /// Bytes to verify, as far as known: 0 while names are walked.
    pub bytes_total: u64,
    /// Blobs whose name was looked for, which comes last.
    #[serde(default)]
    pub blobs_done: u64,
}

impl From<&Progress> for ProgressView {
    fn from(progress: &Progress) -> Self {
        Self {
            names_done: progress.names_done.load(Ordering::Relaxed),
            bytes_done: progress.bytes_done.load(Ordering::Relaxed),
            bytes_total: progress.bytes_total.load(Ordering::Relaxed),
            blobs_done: progress.blobs_done.load(Ordering::Relaxed),
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    pub clean: bool,
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
    /// Blobs that are about to be deleted.
    #[serde(default)]
    pub blobs_waiting: u64,
    pub orphan_blobs: u64,
    pub orphan_blobs_deleted: u64,
    pub bytes_freed: u64,
    pub problems_total: u64,
    /// The first of them.
    pub problems: Vec<ProblemView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemView {
    /// A stable word, like `damaged_bytes`.
    pub kind: String,
    pub what: String,
}

impl From<Report> for CheckReport {
    fn from(report: Report) -> Self {
        let clean = report.is_clean();
        // All fields by name, so that a new one is not forgotten here.
        let Report {
            buckets,
            objects,
            versions,
            delete_markers,
            directories,
            uploads,
            parts,
            contents,
            bytes_verified,
            blobs,
            blobs_waiting,
            orphan_blobs,
            orphan_blobs_deleted,
            bytes_freed,
            problems_total,
            problems,
        } = report;
        let problems = problems
            .into_iter()
            .map(|problem| ProblemView { kind: problem.kind.to_owned(), what: problem.what })
            .collect();
        Self {
            clean,
            buckets,
            objects,
            versions,
            delete_markers,
            directories,
            uploads,
            parts,
            contents,
            bytes_verified,
            blobs,
            blobs_waiting,
            orphan_blobs,
            orphan_blobs_deleted,
            bytes_freed,
            problems_total,
            problems,
        }
    }
}

/// Where a check stands, as `/api/v1/check` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CheckState {
    /// None was asked for since the daemon started.
    Idle,
    Running {
        progress: ProgressView,
    },
    Done {
        report: CheckReport,
    },
    Failed {
        message: String,
    },
}
