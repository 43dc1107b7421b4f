//! What the index tells of itself.
//!
//! Always holds: cheap to read; nothing here waits for a disk.

use std::sync::Arc;

use trefoil_core::metadata::rocksdb::RocksDb;

use super::{Kind, Source};

pub fn source(index: Arc<RocksDb>) -> Source {
    Box::new(move |exposition| {
        let seen = index.statistics();
        for (name, kind, help, value) in [
            ("trefoil_index_table_bytes", Kind::Gauge, "Sorted tables on disk.", seen.table_bytes),
            ("trefoil_index_blob_bytes", Kind::Gauge, "Inline contents on disk.", seen.blob_bytes),
            ("trefoil_index_keys_estimate", Kind::Gauge, "Keys of the index, estimated.", seen.index_keys_estimate),
            ("trefoil_index_memtable_bytes", Kind::Gauge, "Memory of what is not in tables yet.", seen.memtable_bytes),
            ("trefoil_index_cache_bytes", Kind::Gauge, "Memory of cached blocks.", seen.cache_bytes),
            ("trefoil_index_hot_bytes", Kind::Gauge, "Memory of records that were read lately.", seen.hot_bytes),
            (
                "trefoil_index_compaction_pending_bytes",
                Kind::Gauge,
                "Bytes to be compacted.",
                seen.compaction_pending_bytes,
            ),
            (
                "trefoil_index_background_errors_total",
                Kind::Counter,
                "Errors of background work.",
                seen.background_errors,
            ),
            ("trefoil_index_commits_total", Kind::Counter, "Transactions committed.", seen.commits),
            ("trefoil_index_conflicts_total", Kind::Counter, "Transactions that lost a race.", seen.conflicts),
            ("trefoil_index_groups_total", Kind::Counter, "Groups of transactions written.", seen.groups),
            ("trefoil_index_syncs_total", Kind::Counter, "Groups that were synced.", seen.syncs),
            (
                "trefoil_index_queue_length",
                Kind::Gauge,
                "Transactions that wait for the commit thread.",
                seen.queue_length,
            ),
            ("trefoil_index_queue_bytes", Kind::Gauge, "Bytes of transactions on their way.", seen.queue_bytes),
            ("trefoil_index_queue_max_bytes", Kind::Gauge, "Bytes that may be on their way.", seen.queue_bytes_max),
            ("trefoil_index_locks", Kind::Gauge, "Advisory locks held or waited for.", seen.locks_in_use),
            (
                "trefoil_index_stopped",
                Kind::Gauge,
                "1 where the index has stopped after a failed write.",
                u64::from(seen.stopped),
            ),
        ] {
            exposition.single(name, kind, help, value);
        }
    })
}
