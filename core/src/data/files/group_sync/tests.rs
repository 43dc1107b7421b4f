//! Who is answered by which sync, and what happens after one that failed.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::{GroupSync, failure};
use crate::data::DataError;
use crate::data::files::metrics::FilesMetrics;

#[test]
fn every_writer_is_answered_once() {
    let (sync, metrics) = (GroupSync::default(), FilesMetrics::default());
    let file = tempfile::tempfile().unwrap();
    let answers = Arc::new(AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let answers = answers.clone();
                    let waiter = move |outcome: Result<(), DataError>| {
                        outcome.unwrap();
                        answers.fetch_add(1, Ordering::SeqCst);
                    };
                    sync.join(&file, &metrics, Box::new(waiter));
                }
            });
        }
    });
    assert_eq!(answers.load(Ordering::SeqCst), 160);
    assert_eq!(metrics.volume_synced_blobs_total.load(Ordering::Relaxed), 160);
    assert!(metrics.volume_syncs_total.load(Ordering::Relaxed) <= 160);
}

#[test]
fn t9_after_a_failed_sync_nothing_is_synced_again() {
    // A pipe can't be synced: fdatasync fails with EINVAL.
    let (reader, _writer) = std::io::pipe().unwrap();
    let broken = std::fs::File::from(OwnedFd::from(reader));
    let good = tempfile::tempfile().unwrap();
    let (sync, metrics) = (GroupSync::default(), FilesMetrics::default());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listen = || {
        let heard = heard.clone();
        Box::new(move |outcome: Result<(), DataError>| heard.lock().push(outcome.is_ok()))
    };
    sync.join(&good, &metrics, listen());
    sync.join(&broken, &metrics, listen());
    assert!(sync.has_failed());
    sync.join(&good, &metrics, listen());
    assert_eq!(*heard.lock(), [true, false, false]);
    assert_eq!(metrics.volume_syncs_total.load(Ordering::Relaxed), 2);
    assert_eq!(metrics.failed_syncs_total.load(Ordering::Relaxed), 1);
}

#[test]
fn space_that_runs_out_at_the_sync_is_told_as_such() {
    let full = failure(std::io::Error::from_raw_os_error(libc::ENOSPC));
    assert!(matches!(&full, DataError::Full(reason) if reason.contains("could not be synced")), "{full:?}");
    let lost = failure(std::io::Error::from_raw_os_error(libc::EIO));
    assert!(matches!(&lost, DataError::Failed(reason) if reason.contains("could not be synced")), "{lost:?}");
}

#[test]
fn after_a_panic_nobody_waits_for_ever() {
    let shared = Arc::new((GroupSync::default(), FilesMetrics::default(), tempfile::tempfile().unwrap()));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listen = || {
        let heard = heard.clone();
        Box::new(move |outcome: Result<(), DataError>| heard.lock().push(outcome.is_ok()))
    };
    let (inner, late) = (shared.clone(), listen());
    // Somebody comes while the sync runs, and then its thread dies.
    let waiter = move |_: Result<(), DataError>| {
        inner.0.join(&inner.2, &inner.1, late);
        panic!("a waiter panics");
    };
    let (sync, metrics, file) = &*shared;
    let joined = std::panic::AssertUnwindSafe(|| sync.join(file, metrics, Box::new(waiter)));
    assert!(std::panic::catch_unwind(joined).is_err());
    assert_eq!(*heard.lock(), [false], "the late one hears of it");
    sync.join(file, metrics, listen());
    assert_eq!(*heard.lock(), [false, false], "nothing more is synced");
    assert!(sync.has_failed());
}
