//! Opening a directory: who may, how RocksDB is set up, and whether everything acknowledged is there.
//!
//! Always holds: the directory's lock is taken before anything in it is read or written. Memory is bounded by [`Options`]: memtables by
//! one budget for both tables, blocks, indexes and filters by one cache, open files by a number. A store that lost acknowledged commits
//! is not opened.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rocksdb::{
    BlockBasedOptions, BottommostLevelCompaction, Cache, ColumnFamilyDescriptor, CompactOptions, DBCompressionType,
    DBRecoveryMode, LogLevel, WriteBufferManager,
};

use super::directory::DirectoryLock;
use super::log_mark::LogMark;
use super::{Db, merge};
use crate::limits::{
    INDEX_BACKGROUND_JOBS, INDEX_BLOB_BYTES_MIN, INDEX_BLOCK_BYTES, INDEX_CACHE_BYTES, INDEX_INFO_LOG_BYTES,
    INDEX_INFO_LOG_FILES, INDEX_LOG_BYTES_MAX, INDEX_MEMTABLE_BYTES, INDEX_MEMTABLE_FILTER_SHARE,
    INDEX_MEMTABLES_BYTES_MAX, INDEX_OPEN_FILES_MAX,
};

/// RocksDB's name of the inline table. The index is its default one. Part of the format on disk.
pub(super) const INLINE: &str = "inline";

/// What a store may use. The defaults are those of `limits.rs`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of decompressed blocks, indexes and filters kept in memory.
    pub cache_bytes: usize,
    /// Bytes of free space below which nothing is taken but what frees some. `None`: as the size of the place allows.
    pub reserve_bytes: Option<u64>,
    /// Bytes of free space below which nothing is taken at all. `None`: as the size of the place allows.
    pub reserve_freeing_bytes: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: INDEX_CACHE_BYTES, reserve_bytes: None, reserve_freeing_bytes: None }
    }
}

/// Why a directory was not opened. Nothing in it was changed, unless by recovery.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is in use by {holder}; a store has one process: stop that one, or use another directory", directory.display())]
    Held { directory: PathBuf, holder: String },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("the index in {} can't be opened: {reason}", directory.display())]
    Engine { directory: PathBuf, reason: String },
    /// The log ends before what was acknowledged: it is damaged, not torn.
    #[error(
        "the log of the index in {} is damaged: it can be read up to change {recovered}, but change {synced} was acknowledged; \
         keep a copy of the directory and restore a backup", directory.display()
    )]
    AcknowledgedLost { directory: PathBuf, recovered: u64, synced: u64 },
}

/// An open database and what must be kept with it.
pub(super) struct Opened {
    pub(super) db: Db,
    pub(super) mark: LogMark,
    pub(super) cache: Cache,
    pub(super) lock: DirectoryLock,
}

/// Opens `directory`, which is made where it does not exist.
pub(super) fn open(directory: &Path, options: &Options) -> Result<Opened, OpenError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| OpenError::Io { path, source }
    };
    make(directory).map_err(at(directory))?;
    let lock = DirectoryLock::take(directory)?;
    let mark = LogMark::load(directory).map_err(at(&directory.join("log-mark")))?;
    let synced = mark.highest(directory).map_err(at(directory))?;

    let cache = Cache::new_lru_cache(options.cache_bytes);
    let failed =
        |error: rocksdb::Error| OpenError::Engine { directory: directory.to_owned(), reason: error.into_string() };
    if synced > 0 {
        // A writing open lets the log go once it is replayed, damaged or not. So first see, without touching it, what it holds.
        let view =
            Db::open_cf_descriptors_read_only(&database_options(), directory, tables(&cache), false).map_err(failed)?;
        let recovered = view.latest_sequence_number();
        if recovered < synced {
            return Err(OpenError::AcknowledgedLost { directory: directory.to_owned(), recovered, synced });
        }
    }
    let db = Db::open_cf_descriptors(&database_options(), directory, tables(&cache)).map_err(failed)?;
    Ok(Opened { db, mark, cache, lock })
}

/// Makes the directory and those above it, each synced into its parent: or a power cut could take all of the store with its name.
fn make(directory: &Path) -> io::Result<()> {
    let missing: Vec<_> =
        directory.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    fs::create_dir_all(directory)?;
    for path in missing {
        match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all()?,
            _ => File::open(".")?.sync_all()?,
        }
    }
    Ok(())
}

fn tables(cache: &Cache) -> [ColumnFamilyDescriptor; 2] {
    [
        ColumnFamilyDescriptor::new(rocksdb::DEFAULT_COLUMN_FAMILY_NAME, table_options(cache)),
        ColumnFamilyDescriptor::new(INLINE, inline_options(cache)),
    ]
}

fn database_options() -> rocksdb::Options {
    let mut options = rocksdb::Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_paranoid_checks(true);
    options.set_max_open_files(INDEX_OPEN_FILES_MAX);
    options.set_max_background_jobs(INDEX_BACKGROUND_JOBS);
    options.set_bytes_per_sync(1 << 20);

    // The log. A crash must leave a prefix of it, without a hole: what was not synced may have reached the disk in any order, so replay
    // has to end at the first record that doesn't fit, and must not refuse what follows (as "tolerate corrupted tail" does) nor the
    // torn record itself ("absolute consistency"). That acknowledged records are not dropped that way is `log_mark.rs`'s to see.
    options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_max_total_wal_size(INDEX_LOG_BYTES_MAX);

    // One budget of memtables for both tables; when it is reached the largest is written out, nobody is made to wait.
    options.set_write_buffer_manager(&WriteBufferManager::new_write_buffer_manager(INDEX_MEMTABLES_BYTES_MAX, false));

    // No threads that wake up for statistics, and a bounded log of RocksDB's own.
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(INDEX_INFO_LOG_FILES);
    options.set_max_log_file_size(INDEX_INFO_LOG_BYTES);
    options
}

fn table_options(cache: &Cache) -> rocksdb::Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_size(INDEX_BLOCK_BYTES);
    blocks.set_block_cache(cache);
    blocks.set_bloom_filter(10.0, false);
    blocks.set_cache_index_and_filter_blocks(true);
    blocks.set_cache_index_and_filter_blocks_with_high_priority(true);
    blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
    blocks.set_optimize_filters_for_memory(true);

    let mut options = rocksdb::Options::default();
    options.set_block_based_table_factory(&blocks);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(INDEX_MEMTABLE_BYTES);
    options.set_max_write_buffer_number(3);
    // Most point reads of a name that is about to be made are of what is not there.
    options.set_memtable_whole_key_filtering(true);
    options.set_memtable_prefix_bloom_ratio(INDEX_MEMTABLE_FILTER_SHARE);
    options.set_level_compaction_dynamic_level_bytes(true);
    options.set_paranoid_checks(true);
    // A file with long runs of deletions, or of which half is deletions, is compacted soon: listings would walk over them.
    options.add_compact_on_deletion_collector_factory(4096, 2048, 0.5);
    merge::install(&mut options);
    options
}

/// Values of some size lie in blob files, which compactions of the keys leave alone.
fn inline_options(cache: &Cache) -> rocksdb::Options {
    let mut options = table_options(cache);
    options.set_enable_blob_files(true);
    options.set_min_blob_size(INDEX_BLOB_BYTES_MIN);
    options.set_blob_compression_type(DBCompressionType::Lz4);
    options.set_enable_blob_gc(true);
    options
}

/// Down to the last level, whatever RocksDB thinks of it.
pub(super) fn full_compaction() -> CompactOptions {
    let mut options = CompactOptions::default();
    options.set_bottommost_level_compaction(BottommostLevelCompaction::ForceOptimized);
    options
}
