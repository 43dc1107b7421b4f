//! What a files store counts.
//!
//! Always holds: counters only grow while the store is open, and wrap never in practice (64 bits).

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Counters of one store, shared with its disk threads.
        #[derive(Debug, Default)]
        pub struct FilesMetrics {
            $($(#[$doc])* pub $name: AtomicU64,)+
        }

        impl FilesMetrics {
            /// Every counter with its name, for Prometheus.
            pub fn read(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name.load(Ordering::Relaxed)),)+]
            }
        }
    };
}

counters! {
    /// fdatasync calls for volumes, and the blobs that they made durable: their quotient is the size of a group.
    volume_syncs_total,
    volume_synced_blobs_total,
    /// Volumes begun, and volumes that became empty and were unlinked.
    volumes_created_total,
    volumes_unlinked_total,
    /// Blobs with files of their own.
    own_files_total,
    /// Syncs that failed. Each has failed its puts and closed its file.
    failed_syncs_total,
    /// Bytes of deleted blobs that were given back by punching holes, and bytes that stay taken where that is not supported.
    punched_bytes_total,
    unpunched_bytes_total,
    /// Reads that found stored bytes not to be what was written.
    corrupt_reads_total,
    /// Reads answered on the caller's thread from the page cache, and by a disk thread.
    inline_reads_total,
    hop_reads_total,
    /// Puts that were refused for lack of space.
    full_total,
    /// Discards of blobs that were not stored which failed, and left an orphan for the sweep.
    failed_discards_total,
}

pub fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}
