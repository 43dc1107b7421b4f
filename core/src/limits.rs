//! Every bound of the store, named, with its reason (T8).
//!
//! Always holds: no queue, buffer, loop or retry is without a bound, and each bound is here or a setting. Names end in their unit.
//! Bounds that depend on each other are held by the assertions at the end.

use std::time::Duration;

/// S3: a key's bytes in UTF-8.
pub const KEY_BYTES_MAX: usize = 1024;
/// S3: names and values of `x-amz-meta-*` together.
pub const USER_METADATA_BYTES_MAX: usize = 2048;
/// S3: tags of an object; of a bucket; characters of a tag's key and value.
pub const OBJECT_TAGS_MAX: usize = 10;
pub const BUCKET_TAGS_MAX: usize = 50;
pub const TAG_KEY_CHARS_MAX: usize = 128;
pub const TAG_VALUE_CHARS_MAX: usize = 256;
/// S3: grants of an ACL.
pub const ACL_GRANTS_MAX: usize = 100;
/// S3: CORS rules of a bucket.
pub const CORS_RULES_MAX: usize = 100;

/// S3: the largest body of a single PUT, POST form or part: 5 GiB.
pub const PUT_BYTES_MAX: u64 = 5 << 30;
/// S3: the smallest part but for the last: 5 MiB.
pub const PART_BYTES_MIN: u64 = 5 << 20;
pub const PARTS_MAX: u32 = 10_000;
/// S3: the largest object: 50 TiB (10,000 parts of 5 GiB, rounded as AWS documents it).
pub const OBJECT_BYTES_MAX: u64 = 50 << 40;
/// S3: the largest source of CopyObject: 5 GiB.
pub const COPY_BYTES_MAX: u64 = 5 << 30;
/// S3: names in a page; keys of one DeleteObjects.
pub const LIST_PAGE_MAX: usize = 1000;
pub const DELETE_OBJECTS_MAX: usize = 1000;
/// Names that a listing may step over for one page, so that no page runs for ever; a page may then be short and truncated.
pub const LIST_WORK_MAX: usize = 100_000;
/// Buckets of one account (AWS: 10,000 by default since 2024).
pub const BUCKETS_PER_ACCOUNT_MAX: usize = 10_000;

/// Contents up to this many bytes are kept in the index, in the same synced commit as their names.
pub const INLINE_BYTES_MAX: usize = 64 << 10;
/// Blobs up to this many bytes share volume files; larger ones have a file of their own.
pub const VOLUME_BLOB_BYTES_MAX: u64 = 8 << 20;
/// Size at which a volume file is closed and the next begun.
pub const VOLUME_FILE_BYTES: u64 = 256 << 20;
/// Blobs begin and end on this boundary, so that a hole punched for one leaves nothing of it.
pub const BLOB_ALIGN_BYTES: u64 = 4096;
/// Bytes that one stored checksum covers. A read verifies whole blocks.
pub const BLOCK_BYTES: usize = 64 << 10;
/// Bytes handed to a disk thread at once: a hop costs 13-20 microseconds, a copy of this much about as long.
pub const DISK_HOP_BYTES: usize = 1 << 20;

/// Engines: a key's bytes; a value's bytes (inline contents aside).
pub const METADATA_KEY_BYTES_MAX: usize = 2048 + 64;
pub const METADATA_VALUE_BYTES_MAX: usize = 64 << 10;
/// Engines: a value of the inline table: contents of `INLINE_BYTES_MAX` and what a record adds.
pub const METADATA_INLINE_BYTES_MAX: usize = INLINE_BYTES_MAX + (4 << 10);
/// Engines: writes of one transaction. The largest is a 1,024-byte key whose 512 directories are all new: a few records each.
pub const TRANSACTION_WRITES_MAX: usize = 4096;
/// Engines: keys and values of one transaction's writes and reads together.
pub const TRANSACTION_BYTES_MAX: usize = COMMIT_GROUP_BYTES_MAX;
/// Parts that the table of advisory locks is divided into, so that takers of different keys seldom meet.
pub const LOCK_SHARDS: usize = 64;
/// Deletions that the memory engine remembers one by one, to tell who read the key before.
pub const MEMORY_DELETIONS_MAX: usize = 1 << 20;
/// Slots of the table that says which keys have changed: 8 MiB when all are in use.
pub const VALIDATION_SLOTS: usize = 1 << 20;
/// Transactions waiting for the commit thread.
pub const COMMIT_QUEUE_MAX: usize = 4096;
/// Bytes of those transactions; each counts for at least its share of the queue.
pub const COMMIT_QUEUE_BYTES_MAX: usize = 32 << 20;
/// Transactions and bytes in one synced batch.
pub const COMMIT_GROUP_MAX: usize = 512;
pub const COMMIT_GROUP_BYTES_MAX: usize = 8 << 20;
/// The index in memory: blocks, indexes and filters together; the memtable at which a table is written out; all memtables together.
pub const INDEX_CACHE_BYTES: usize = 64 << 20;
pub const INDEX_MEMTABLE_BYTES: usize = 32 << 20;
pub const INDEX_MEMTABLES_BYTES_MAX: usize = 64 << 20;
/// The index on disk: a block before compression; values of the inline table from this size on lie in blob files; the log at which
/// memtables are written out so that it can be let go (a restart replays this much at most); files kept open.
pub const INDEX_BLOCK_BYTES: usize = 16 << 10;
pub const INDEX_BLOB_BYTES_MIN: u64 = 512;
pub const INDEX_LOG_BYTES_MAX: u64 = 128 << 20;
pub const INDEX_OPEN_FILES_MAX: i32 = 512;
/// Threads that write out and compact at once.
pub const INDEX_BACKGROUND_JOBS: i32 = 2;
/// The engine's own diary: files, and bytes in each.
pub const INDEX_INFO_LOG_FILES: usize = 3;
pub const INDEX_INFO_LOG_BYTES: usize = 1 << 20;
/// Free space below which the index takes only what frees some, and below which it takes nothing.
pub const SPACE_RESERVE_BYTES: u64 = 256 << 20;
pub const SPACE_RESERVE_FREEING_BYTES: u64 = 64 << 20;
/// Bytes of values that a transaction which deletes may put and still count as freeing space.
pub const SPACE_FREEING_BYTES_MAX: usize = 4 << 10;
/// Deleted entries that the search for a neighbour steps over in its first look; up to which a look stays on the runtime's thread.
pub const ANY_OTHER_SKIPS_MIN: u64 = 64;
pub const ANY_OTHER_INLINE_SKIPS: u64 = 4096;
/// Bytes of log looked at in one go when a store is opened.
pub const LOG_SCAN_BYTES: usize = 1 << 20;
/// Bytes read of the note that says who holds a directory.
pub const LOCK_FILE_BYTES_MAX: u64 = 1024;
/// How often a transaction that lost a race is run again before the caller hears of it.
pub const TRANSACTION_ATTEMPTS_MAX: u32 = 64;
/// Attempts made at once; later ones first wait, twice as long each time up to the bound below, a random part of it.
pub const TRANSACTION_EAGER_ATTEMPTS: u32 = 4;
pub const TRANSACTION_BACKOFF_MAX: Duration = Duration::from_millis(32);
/// Ids taken from the index at once: one synced record allots this many.
pub const ID_LEASE: u64 = 1 << 16;

const _: () = assert!(TRANSACTION_BYTES_MAX <= COMMIT_QUEUE_BYTES_MAX);
const _: () = assert!(SPACE_RESERVE_FREEING_BYTES < SPACE_RESERVE_BYTES);
const _: () = assert!(INLINE_BYTES_MAX as u64 <= VOLUME_BLOB_BYTES_MAX);
const _: () = assert!(VOLUME_BLOB_BYTES_MAX * 8 <= VOLUME_FILE_BYTES);
const _: () = assert!(BLOCK_BYTES as u64 % BLOB_ALIGN_BYTES == 0);
const _: () = assert!(DISK_HOP_BYTES % BLOCK_BYTES == 0);
const _: () = assert!(PART_BYTES_MIN < PUT_BYTES_MAX);
