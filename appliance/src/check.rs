//! A check of the whole store: what it counts and finds, for the admin API, the command and the daemon alike.
//!
//! Always holds: `clean` means that every name has its bytes, every byte its checksum and every blob its name; a repaired orphan is
//! no longer a fault. Findings are bounded; the counts are not.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use trefoil_core::error::Error;

/// Something that can check a store.
pub trait Checker: Send + Sync + 'static {
    /// Checks everything; with `repair`, reclaims orphans. `progress` is kept up to date.
    fn check<'a>(&'a self, repair: bool, progress: &'a Progress) -> BoxFuture<'a, Result<CheckReport, Error>>;
}

/// How far a check is.
#[derive(Debug, Default)]
pub struct Progress {
    pub done: AtomicU64,
    /// 0 while it is not known.
    pub total: AtomicU64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressView {
    pub done: u64,
    pub total: u64,
}

impl Progress {
    pub fn view(&self) -> ProgressView {
        ProgressView { done: self.done.load(Ordering::Relaxed), total: self.total.load(Ordering::Relaxed) }
    }
}

/// What a check saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    pub clean: bool,
    pub names: u64,
    pub contents: u64,
    pub blobs: u64,
    pub bytes: u64,
    /// Names without their bytes, and blobs whose bytes are not those written.
    pub missing: u64,
    pub corrupt: u64,
    /// Blobs without a name, and what of them `--repair` gave back.
    pub orphans: u64,
    pub orphan_bytes: u64,
    pub reclaimed: u64,
    /// One sentence each, the first thousand.
    pub findings: Vec<String>,
}

/// Where a check stands, as `/api/v1/check` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CheckState {
    Idle,
    Running { progress: ProgressView },
    Done { report: CheckReport },
    Failed { message: String },
}
