//! Every bound of the store, named, with its reason (T8).
//!
//! Always holds: no queue, buffer, loop or retry is without a bound, and each bound is here or a setting. Names end in their unit.
//! Bounds that depend on each other are held by the assertions at the end.

use std::time::Duration;

/// S3: a key's bytes in UTF-8.
pub const KEY_BYTES_MAX: usize = 1024;
/// A key that a directory rename made longer: what of it a request may name, for a request's head has 64 KiB.
pub const KEY_NAMED_BYTES_MAX: usize = 60 << 10;
/// Names in such a key: each is a step of a walk that a stranger may ask for.
pub const KEY_NAMES_MAX: usize = 4096;
/// S3: names and values of `x-amz-meta-*` together.
pub const USER_METADATA_BYTES_MAX: usize = 2048;
/// S3: tags of an object; of a bucket; characters of a tag's key and value.
pub const OBJECT_TAGS_MAX: usize = 10;
pub const BUCKET_TAGS_MAX: usize = 50;
pub const TAG_KEY_CHARS_MAX: usize = 128;
pub const TAG_VALUE_CHARS_MAX: usize = 256;
/// S3: grants of an ACL.
pub const ACL_GRANTS_MAX: usize = 100;
/// S3: CORS rules of a bucket, and characters of a rule's id.
pub const CORS_RULES_MAX: usize = 100;
pub const CORS_ID_CHARS_MAX: usize = 255;

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
/// Bytes of the keys of one page: more than 1,000 keys that S3 made. Directory renames can make longer ones; then a page is shorter.
pub const LIST_PAGE_KEY_BYTES_MAX: usize = 4 << 20;
/// Buckets of one account (AWS: 10,000 by default since 2024).
pub const BUCKETS_PER_ACCOUNT_MAX: usize = 10_000;

/// Accounts of a store, all in memory.
pub const ACCOUNTS_MAX: usize = 10_000;
/// Access keys of one account. They go in one transaction when the account does.
pub const ACCESS_KEYS_PER_ACCOUNT_MAX: usize = 100;
/// Characters of an account's name (as AWS has it for users), of what is shown of it, and of an e-mail address (RFC 5321).
pub const ACCOUNT_NAME_CHARS_MAX: usize = 64;
pub const DISPLAY_NAME_CHARS_MAX: usize = 128;
pub const EMAIL_CHARS_MAX: usize = 254;
/// Characters of an access key id (AWS: 16 to 128; other stores allow 3), and of a secret.
pub const ACCESS_KEY_ID_CHARS_MIN: usize = 3;
pub const ACCESS_KEY_ID_CHARS_MAX: usize = 128;
pub const SECRET_CHARS_MIN: usize = 8;
pub const SECRET_CHARS_MAX: usize = 128;
/// Accounts and keys read at once when they are loaded.
pub const ACCOUNTS_PAGE: usize = 1000;

/// Contents up to this many bytes are kept in the index, in the same synced commit as their names.
pub const INLINE_BYTES_MAX: usize = 64 << 10;
/// Bytes of a file that one page of its extents tells of, once it was written to by a file door: what is rewritten at most where its
/// pieces have become too many, and the largest blob of such a file.
pub const MAPPED_PAGE_BYTES: u64 = 1 << 20;
/// Names that one transaction takes from one directory, at most: two files that are exchanged or renamed, each with its draft.
pub const OWN_REMOVED_MAX: usize = 4;
/// Changes of one counter that are written without its being read, and counters whose values are kept for those who write.
pub const COUNTER_CHANGES_UNREAD_MAX: u32 = 8;
pub const COUNTERS_KNOWN_MAX: usize = 16_384;
/// Records that one transaction of a migration writes.
pub const MIGRATION_WRITES_MAX: usize = 1000;
/// Names of a node (ext4 has 65,000), and its extended attributes, with the bytes of a name and of a value (Linux: XATTR_NAME_MAX,
/// XATTR_SIZE_MAX less what a record takes).
pub const NODE_LINKS_MAX: u32 = 65_000;
pub const XATTRS_MAX: usize = 256;
pub const XATTR_NAME_BYTES_MAX: usize = 255;
pub const XATTR_VALUE_BYTES_MAX: usize = (64 << 10) - 64;
/// Directories above one another that a rename walks through: more than a path of 64 KiB can name.
pub const DIRECTORY_DEPTH_MAX: usize = 1 << 16;
/// Names that one read of a directory gives.
pub const READ_DIRECTORY_MAX: usize = 1024;
/// Bytes of names lately removed that a reader of their directory may still stand at: more than 100,000 as they mostly are. And the
/// bits that say of which directories there may be readers: with so many directories read, two of three count that were not.
pub const REMOVED_NAMES_BYTES_MAX: u64 = 16 << 20;
pub const DIRECTORIES_READ_BITS: usize = 1 << 20;
/// A symbolic link's target (Linux: PATH_MAX, with its NUL).
pub const SYMLINK_BYTES_MAX: usize = 4095;
/// How long a change waits until those who cache have heard of it. A mount hears at once, unless a request holds what its kernel needs
/// for that.
pub const WATCHERS_WAIT: Duration = Duration::from_secs(2);
/// Locks of one file, and of all: some 200 bytes each where each is of another file.
pub const LOCKS_PER_FILE_MAX: usize = 4096;
pub const LOCKS_MAX: usize = 1 << 16;
/// A file's name, as Linux has it.
pub const FILE_NAME_BYTES_MAX: usize = 255;
/// Pieces of such a page, and bytes of all blobs that it names, beyond which it is rewritten as one.
pub const MAPPED_PIECES_MAX: usize = 128;
pub const MAPPED_PAGE_STORED_BYTES_MAX: u64 = 4 * MAPPED_PAGE_BYTES;
/// Pages whose records a reader fetches at once; at first, for what was fetched together is of one instant.
pub const MAPPED_FETCH_PAGES: u32 = 64;
pub const MAPPED_FETCH_FIRST_PAGES: u32 = 1024;
/// Contents that lie over each other, beyond which the bytes are copied together.
pub const MAPPED_LAYERS_MAX: usize = 8;
/// The largest file: as many pages as numbers.
pub const FILE_BYTES_MAX: u64 = MAPPED_PAGE_BYTES << 32;
/// Bytes of files that were written and wait in memory: of one file, and of all. Whoever writes more waits until some are stored.
pub const SESSION_BYTES_MAX: usize = 16 << 20;
pub const SESSIONS_BYTES_MAX: usize = 64 << 20;
/// What a range of written bytes takes beside the bytes, and a session beside its ranges.
pub const SESSION_RANGE_BYTES: usize = 96;
pub const SESSION_OWN_BYTES: usize = 1 << 10;
/// Ranges of one page that wait apart.
pub const SESSION_RANGES_MAX: usize = 128;
/// Pages of one file that are stored and wait for their names.
pub const SESSION_PAGES_MAX: usize = 1024;
/// Pages of one file that are being stored at once.
pub const SESSION_PUTS_MAX: usize = 4;
/// Pages, and inline bytes, that one transaction of a file's changes names.
pub const SESSION_COMMIT_PAGES_MAX: usize = 128;
pub const SESSION_COMMIT_BYTES_MAX: usize = 2 << 20;
/// Blobs, and inline slots, that one task of what a file's changes leave names.
pub const SESSION_TASK_EXTENTS_MAX: usize = 256;
pub const SESSION_TASK_SLOTS_MAX: usize = 4096;
/// How often a file's changes are prepared anew because the file was copied meanwhile.
pub const SESSION_ATTEMPTS_MAX: u32 = 16;
/// Parts that the table of sessions is divided into.
pub const SESSION_SHARDS: usize = 64;
/// How long after its last write a file that nobody closes is published; how long after its first write one that is written to without a rest;
/// and how often such files are looked for.
pub const SESSION_IDLE: Duration = Duration::from_secs(1);
pub const SESSION_DIRTY_MAX: Duration = Duration::from_secs(5);
pub const SESSION_IDLE_LOOK: Duration = Duration::from_millis(250);
/// How long after its last write a file that goes on to be hashed is kept in memory, and how many such files are.
pub const SESSION_HASHING_KEEP: Duration = Duration::from_secs(60);
pub const SESSIONS_HASHING_MAX: usize = 1024;
/// Publications that are remembered, for those who read many nodes meanwhile: 8 bytes each.
pub const SESSION_PUBLISHED_MAX: usize = 1024;
/// How long a draft that is not open waits after its last write until it is sealed: NFS has no close.
pub const DRAFT_IDLE: Duration = Duration::from_secs(2);
/// Drafts that wait, some 100 bytes each, beyond which whoever would begin another seals some before that; and how many.
pub const DRAFTS_MAX: usize = 1 << 14;
pub const DRAFTS_SEALED_MAX: usize = 64;
/// How long bytes that can't be stored are kept, and stored anew, before they are given up, and how long that is remembered of a file that nobody
/// has open; and the rest between two attempts of those that
/// nobody waits for.
pub const SESSION_FAILED_MAX: Duration = Duration::from_secs(120);
pub const SESSION_RETRY_PAUSE: Duration = Duration::from_secs(1);
/// How long a change of a file that was answered may wait for the synced commit that saves it from a power cut.
pub const ORDERED_SYNC_WAIT: Duration = Duration::from_millis(50);
/// Times of access that wait in memory, how long they do, and how many one transaction keeps.
pub const ACCESS_TIMES_MAX: usize = 1 << 14;
pub const ACCESS_TIMES_KEEP: Duration = Duration::from_secs(30);
pub const ACCESS_TIMES_COMMIT_MAX: usize = 64;
/// How old a time of access may become where it is kept `relatime` (Linux: a day).
pub const ACCESS_TIME_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// Pieces of a page beyond which it is rewritten as one when nobody waits, and contents over each other beyond which they are copied
/// together then.
pub const FLATTEN_PIECES: usize = 32;
pub const FLATTEN_LAYERS: usize = 4;
/// How long after it was noted that is begun with, and the rest after each page: at most 50 MiB/s.
pub const FLATTEN_DELAY: Duration = Duration::from_secs(1);
pub const FLATTEN_PAUSE: Duration = Duration::from_millis(20);
/// Files, and pages of one, that wait for it. What finds no room is noted again by the next write.
pub const FLATTEN_NODES_MAX: usize = 1024;
pub const FLATTEN_PAGES_MAX: usize = 4096;
/// Bytes of a base that are copied, with its holes.
pub const FLATTEN_BYTES_MAX: u64 = 1 << 40;
/// How often that is begun anew because the file was written to meanwhile.
pub const FLATTEN_ATTEMPTS_MAX: u32 = 8;
/// Bytes from which on a part of a file that is copied is shared: each may add a layer.
pub const SHARED_RANGE_BYTES_MIN: u64 = MAPPED_PAGE_BYTES;
/// Bytes that one call copies from file to file.
pub const COPY_RANGE_BYTES_MAX: u64 = 8 << 20;
/// Bytes that one call reads of a file, and writes to one.
pub const FILE_READ_BYTES_MAX: u64 = 8 << 20;
pub const FILE_WRITE_BYTES_MAX: usize = 8 << 20;
/// Page records that the search for data or a hole fetches at once.
pub const SEEK_FETCH_PAGES: usize = 256;
/// Page records of one content that a look for pages with data reads, and pages that it finds in what has no holes: as many become holes in
/// one go.
pub const DATA_PAGES_LOOK_MAX: usize = 256;
/// Looks at what is stored of a range that is to be reserved: in a file of more pages, the rest counts as stored.
pub const RESERVE_LOOKS_MAX: usize = 16;
/// Files that are published at the same time where nobody waits, and orphans released.
pub const SESSION_FLUSHES_MAX: usize = 8;
/// How long a writer waits for memory before it looks again.
pub const SESSION_MEMORY_WAIT: Duration = Duration::from_millis(50);
/// Chunks from this size on are hashed as they are; smaller ones are gathered.
pub const HASH_GATHER_BYTES: usize = 64 << 10;
/// Blobs up to this many bytes share volume files; larger ones have a file of their own.
pub const VOLUME_BLOB_BYTES_MAX: u64 = 8 << 20;
/// Size at which a volume file is closed and the next begun.
pub const VOLUME_FILE_BYTES: u64 = 256 << 20;
/// Share of the room that may be written which a new volume takes at most, where that is less.
pub const VOLUME_ROOM_DIVISOR: u64 = 4;
/// Blobs begin and end on this boundary, so that a hole punched for one leaves nothing of it.
pub const BLOB_ALIGN_BYTES: u64 = 4096;
/// Bytes that one stored checksum covers. A read verifies whole blocks.
pub const BLOCK_BYTES: usize = 64 << 10;
/// Bytes handed to a disk thread at once: a hop costs 13-20 microseconds, a copy of this much about as long.
pub const DISK_HOP_BYTES: usize = 1 << 20;
/// Pieces of one blob on its way in that are being written at once, each of that many bytes; of all such blobs together.
pub const DISK_PIECES_AHEAD_MAX: usize = 4;
pub const DISK_PIECES_AHEAD_TOTAL: usize = 64;
/// Threads that write and sync, that read, and that delete, of one files store: apart, so that a slow sync delays no read, and the
/// removal of large files no write.
pub const DISK_WRITE_THREADS: usize = 8;
pub const DISK_READ_THREADS: usize = 8;
pub const DISK_DELETE_THREADS: usize = 2;
/// Hops waiting for a disk thread; whoever comes later waits without a place in the queue.
pub const DISK_QUEUE_MAX: usize = 1024;
/// Bytes of a hop that may be read on the caller's thread where the page cache holds them all: copied in less than a hop costs.
pub const INLINE_READ_BYTES_MAX: usize = 256 << 10;
/// Chunks of a body below this many bytes are copied together, so that a tiny chunk keeps no large receive buffer alive.
pub const CHUNK_COALESCE_BYTES: usize = 16 << 10;
/// Vectors of one pwritev (the kernel's UIO_MAXIOV).
pub const WRITE_VECTORS_MAX: usize = 1024;
/// Blocks whose checksums a long read fetches at once: 8 KiB of table for 64 MiB of data.
pub const TABLE_SLICE_BLOCKS: u64 = 1024;
/// A file of its own is handed to the device in windows of this size, and no more than two of them wait in the page cache.
pub const WRITEBACK_WINDOW_BYTES: u64 = 8 << 20;
/// Files with an own blob in one directory.
pub const FILES_PER_DIRECTORY: u64 = 1024;
/// Open files that a files store keeps for its readers.
pub const DESCRIPTORS_MAX: usize = 512;
/// Writes are refused when fewer than this many bytes are free, or than this share of the place where that is less: reads, deletes
/// and the index go on. More than what the index keeps, so that bytes never take the room that a deletion's record needs.
pub const SPACE_RESERVE_BYTES: u64 = 512 << 20;
pub const SPACE_RESERVE_DIVISOR: u64 = 4;
/// Blobs that one hop of a listing finds.
pub const DATA_LIST_PAGE: usize = 256;
/// How long opening a files store waits for the one that had the directory before.
pub const STORE_LOCK_WAIT_MILLIS: u64 = 2_000;

/// Bodies up to this many bytes are hashed where they arrive; longer ones on threads of their own, beside the I/O. A hop to such
/// a thread costs about as much as hashing 16 KiB.
pub const HASH_HERE_BYTES_MAX: usize = 128 << 10;
/// Bytes that one hop carries to a hashing thread.
pub const HASH_HOP_BYTES: usize = 256 << 10;
/// Hops of one body that may wait for a hashing thread; then the body is read no further. At least what a store writes at once
/// ([`DISK_HOP_BYTES`]), so that hashing goes on for as long as such a write takes; more where few bodies share the total.
pub const HASH_HOPS_WAITING_MIN: usize = 4;
pub const HASH_HOPS_WAITING_MAX: usize = 16;
pub const HASH_HOPS_WAITING_TOTAL: usize = 128;
/// Hashing threads: one a core, and never more than this.
pub const HASH_THREADS_MAX: usize = 64;
/// Bodies (twice where SHA is wanted besides MD5) that may wait for a hashing thread; beyond, each hashes where it arrives.
pub const HASH_QUEUE_MAX: usize = 4096;
/// Chunks of a body below this size are copied together, so that no flood of tiny chunks keeps large receive buffers alive.
pub const CHUNK_BYTES_MIN: usize = 16 << 10;
/// Size to which they are gathered.
pub const CHUNK_GATHER_BYTES: usize = 64 << 10;
/// How often the deletion of a blob that got no name is tried, and how long it rests after the first failure, twice as long after
/// each further one; then it is left to the search for orphans.
pub const ABANDONED_DELETE_ATTEMPTS_MAX: u32 = 6;
pub const ABANDONED_DELETE_WAIT: Duration = Duration::from_secs(1);
/// Independently locked parts of the table of pinned contents.
pub const PIN_SHARDS: usize = 64;

/// Engines: a key's bytes; a value's bytes (inline contents aside).
pub const METADATA_KEY_BYTES_MAX: usize = 2048 + 64;
pub const METADATA_VALUE_BYTES_MAX: usize = 64 << 10;
/// Memory that decoding one record may reserve: a record of one value's size decodes to at most this, with the widest elements.
pub const RECORD_DECODE_BYTES_MAX: usize = 4 << 20;
/// Engines: a value of the inline table: contents of `INLINE_BYTES_MAX` and what a record adds.
pub const METADATA_INLINE_BYTES_MAX: usize = INLINE_BYTES_MAX + (4 << 10);
/// Engines: writes of one transaction. The largest completes an upload and leaves out all but one of its 10,000 parts.
pub const TRANSACTION_WRITES_MAX: usize = 24 << 10;
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
/// Commits on their callers' threads between two looks whether RocksDB delays writes: looking takes its lock.
pub const COMMITS_BETWEEN_LOOKS: u32 = 32;
/// The longest wait for others before the log is synced for many at once.
pub const LOG_GATHER_MAX: Duration = Duration::from_millis(2);
/// Records of the index that were read lately, ready to be given out again: all, and the largest that is kept.
pub const INDEX_HOT_BYTES: usize = 16 << 20;
pub const INDEX_HOT_RECORD_BYTES_MAX: usize = 4 << 10;
/// The index in memory: blocks, indexes and filters together (the names of a million objects and more; of those beyond it each is
/// read and decompressed anew, which doubles what a page of a listing costs); the memtable at which a table is written out; all
/// memtables together.
pub const INDEX_CACHE_BYTES: usize = 128 << 20;
pub const INDEX_MEMTABLE_BYTES: usize = 32 << 20;
pub const INDEX_MEMTABLES_BYTES_MAX: usize = 64 << 20;
/// What a memtable's filter, which says what it does not have, takes of its memory.
pub const INDEX_MEMTABLE_FILTER_SHARE: f64 = 0.02;
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
/// Free space below which the index takes only what frees some, and below which it takes nothing; or these shares of the place
/// where that is less.
pub const INDEX_RESERVE_BYTES: u64 = 256 << 20;
pub const INDEX_RESERVE_DIVISOR: u64 = 8;
pub const INDEX_RESERVE_FREEING_BYTES: u64 = 64 << 20;
pub const INDEX_RESERVE_FREEING_DIVISOR: u64 = 32;
const _: () = assert!(SPACE_RESERVE_BYTES > INDEX_RESERVE_BYTES && INDEX_RESERVE_BYTES > INDEX_RESERVE_FREEING_BYTES);
const _: () =
    assert!(SPACE_RESERVE_DIVISOR < INDEX_RESERVE_DIVISOR && INDEX_RESERVE_DIVISOR < INDEX_RESERVE_FREEING_DIVISOR);
/// Bytes of values that a transaction which deletes may put and still count as freeing space.
pub const SPACE_FREEING_BYTES_MAX: usize = 16 << 10;
/// Deleted entries that the search for a neighbour steps over in its first look; up to which a look stays on the runtime's thread.
pub const ANY_OTHER_SKIPS_MIN: u64 = 64;
pub const ANY_OTHER_INLINE_SKIPS: u64 = 4096;
/// Bytes of log looked at in one go when a store is opened.
pub const LOG_SCAN_BYTES: usize = 1 << 20;
/// Bytes read of the note that says who holds a directory.
pub const LOCK_FILE_BYTES_MAX: u64 = 1024;
/// How often a transaction that lost a race is run again before the caller hears of it.
pub const TRANSACTION_ATTEMPTS_MAX: u32 = 64;
/// Attempts made at once; later ones first wait, a part of a millisecond, and of twice as long each time.
pub const TRANSACTION_EAGER_ATTEMPTS: u32 = 2;
/// Attempts after which a transaction waits for its turn among all that have lost so often. Few: whoever has the turn races with all
/// who have not lost so often yet, and has to win before its own attempts are used up.
pub const TRANSACTION_TURN_ATTEMPTS: u32 = 4;
/// The longest that another commit waits for whoever has its turn.
pub const TURN_WAIT_MAX: Duration = Duration::from_millis(20);
/// Ids taken from the index at once: one synced record allots this many.
pub const ID_LEASE: u64 = 1 << 16;

/// Bytes of the directories and of the buckets that are remembered, to guess a path in one read: some 100,000 and 10,000 as they
/// mostly are. What one takes beside its name or record.
pub const DIRECTORY_CACHE_BYTES_MAX: u64 = 12 << 20;
pub const BUCKET_CACHE_BYTES_MAX: u64 = 8 << 20;
pub const CACHED_OVERHEAD_BYTES: u64 = 100;
/// How long a transaction waits for a lock before it lets go of all of its own and runs again; and how long where it has none yet.
pub const DIRECTORY_LOCK_WAIT: std::time::Duration = std::time::Duration::from_secs(5);
pub const FIRST_LOCK_WAIT: std::time::Duration = std::time::Duration::from_secs(20);
/// S3: a rename's client token has at most 64 characters; and how long it is remembered.
pub const RENAME_TOKEN_BYTES_MAX: usize = 64;
pub const RENAME_TOKEN_SECONDS: u64 = 900;
/// How long a completed upload answers its completion again: clients that lost an answer ask again within minutes.
pub const COMPLETED_SECONDS: u64 = 3600;
/// Reclaim: tasks carried out at the same time, and how long it rests when there is nothing to do.
pub const RECLAIM_CONCURRENCY: usize = 8;
pub const RECLAIM_IDLE: std::time::Duration = std::time::Duration::from_millis(500);
/// How often what is due to be forgotten is looked for.
pub const FORGET_PAUSE: std::time::Duration = std::time::Duration::from_secs(10);
/// Rounds of the reclaim worker between two that begin at the queue's beginning rather than behind the last task that was met: where
/// tasks wait, and where none does.
pub const RECLAIM_RETRY_ROUNDS: u32 = 10;
pub const RECLAIM_RESCAN_ROUNDS: u32 = 120;
/// Remnants of a place that one sweep sorts out: some 50 bytes each.
pub const REMNANTS_MAX: usize = 1 << 16;
/// Blobs without a name that a sweep gathers before it looks through the reclaim tasks for them: some 150 bytes each.
pub const SUSPECTS_MAX: usize = 1 << 14;
/// Problems that a check names one by one.
pub const CHECK_PROBLEMS_MAX: usize = 1000;
/// Records fetched at once by a scan for buckets, uploads or tasks.
pub const LIST_FETCH_MAX: usize = 1000;
/// The same where most of what was fetched lay in a common prefix and was stepped over.
pub const LIST_FETCH_SKIPPING_MIN: usize = 16;
/// Names fetched at once by a walk of the tree; at first in a directory that it goes into, and at first behind what it leaves out.
pub const WALK_FETCH_MAX: usize = LIST_PAGE_MAX + 1;
pub const WALK_FETCH_BELOW: usize = 32;
pub const WALK_FETCH_SKIPPED: usize = 2;
/// Parts between two entries of the index that finds a part by its offset.
pub const PARTS_PER_INDEX_ENTRY: usize = 64;

const _: () = assert!(TRANSACTION_BYTES_MAX <= COMMIT_QUEUE_BYTES_MAX);
const _: () = assert!(LIST_PAGE_MAX * KEY_BYTES_MAX <= LIST_PAGE_KEY_BYTES_MAX);
const _: () = assert!(INDEX_RESERVE_FREEING_BYTES < INDEX_RESERVE_BYTES);
const _: () = assert!(INLINE_BYTES_MAX as u64 <= VOLUME_BLOB_BYTES_MAX);
const _: () = assert!(VOLUME_BLOB_BYTES_MAX * 8 <= VOLUME_FILE_BYTES);
const _: () = assert!(INLINE_BYTES_MAX <= HASH_HERE_BYTES_MAX);
const _: () = assert!(HASH_HOPS_WAITING_MIN * HASH_HOP_BYTES >= DISK_HOP_BYTES);
const _: () = assert!(CHUNK_BYTES_MIN <= CHUNK_GATHER_BYTES && CHUNK_GATHER_BYTES <= HASH_HOP_BYTES);
const _: () = assert!((BLOCK_BYTES as u64).is_multiple_of(BLOB_ALIGN_BYTES));
const _: () = assert!(DISK_HOP_BYTES.is_multiple_of(BLOCK_BYTES));
const _: () = assert!(DISK_HOP_BYTES as u64 <= VOLUME_BLOB_BYTES_MAX);
const _: () = assert!((TABLE_SLICE_BLOCKS * BLOCK_BYTES as u64).is_multiple_of(DISK_HOP_BYTES as u64));
const _: () = assert!(2 * (DISK_HOP_BYTES / CHUNK_COALESCE_BYTES) + 4 <= WRITE_VECTORS_MAX);
const _: () = assert!(PART_BYTES_MIN < PUT_BYTES_MAX);
const _: () = assert!(SESSION_COMMIT_BYTES_MAX + INLINE_BYTES_MAX < TRANSACTION_BYTES_MAX);
const _: () = assert!(SESSION_COMMIT_PAGES_MAX * 8 < TRANSACTION_WRITES_MAX);
const _: () = assert!(MAPPED_PAGE_BYTES + (SESSION_RANGE_BYTES as u64) < SESSION_BYTES_MAX as u64);
const _: () = assert!((INLINE_BYTES_MAX as u64) < MAPPED_PAGE_BYTES);
const _: () = assert!(FLATTEN_PIECES < MAPPED_PIECES_MAX && FLATTEN_LAYERS < MAPPED_LAYERS_MAX);
const _: () = assert!(FILE_WRITE_BYTES_MAX <= SESSION_BYTES_MAX / 2);
