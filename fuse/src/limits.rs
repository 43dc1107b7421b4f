//! Every bound of the FUSE door, named, with its reason.
//!
//! Always holds: names end in their unit. The number of requests under way is bounded by the kernel: one for each thread that waits
//! in a call, and [`BACKGROUND_REQUESTS_MAX`] beside.

use std::time::Duration;

/// How long the kernel may answer from what it was told, without asking again. Changes through other doors take it back sooner; this
/// bounds what a race inside a kernel could leave behind.
pub const LIFETIME: Duration = Duration::from_secs(60);
/// Bytes of one WRITE or READ: what kernels since 4.20 send at most by default (256 pages), and older ones cut to 128 KiB.
pub const TRANSFER_BYTES_MAX: u32 = 1 << 20;
/// The same before 4.20 (`FUSE_MAX_PAGES`).
pub const OLD_TRANSFER_BYTES_MAX: u32 = 128 << 10;
/// How far the kernel reads ahead of one who reads in order.
pub const READAHEAD_KIB: u32 = 2048;
/// Requests that nobody waits for in a call (readahead, asynchronous writes of mapped pages), at once.
pub const BACKGROUND_REQUESTS_MAX: u16 = 64;
/// From here on, a reader ahead waits until there are fewer.
pub const BACKGROUND_REQUESTS_CONGESTED: u16 = 48;
/// Threads that take requests from the kernel: one is the cheapest, and what waits leaves it.
pub const SESSION_THREADS: usize = 1;
/// What `st_blksize` advises: programs that write through a buffer of this size make few requests.
pub const BLOCK_BYTES: u32 = 64 << 10;
/// Unit of `statfs`.
pub const SPACE_BLOCK_BYTES: u32 = 4096;
/// Names that one step of a directory's reading asks for: at first, and at most.
pub const DIRECTORY_STEP_NAMES: usize = 32;
pub const DIRECTORY_STEP_NAMES_MAX: usize = 512;
/// Bytes of one `copy_file_range`: its answer has 32 bits, and a caller asks again for the rest.
pub const COPY_BYTES_MAX: u64 = 1 << 30;
/// Between two looks whether who waits for a lock was sent a signal.
pub const SIGNAL_LOOK: Duration = Duration::from_millis(100);
/// Before the second look whether who asks for a lock is asleep in its system call, and how often it is looked at: the pauses grow to
/// [`SIGNAL_LOOK`], so that this is five seconds. Most are asleep at the first look; on a busy machine some wait for a processor first.
pub const CALL_LOOK_FIRST: Duration = Duration::from_millis(1);
pub const CALL_LOOKS_MAX: u32 = 56;
/// What is read of one file of `/proc`.
pub const STATUS_BYTES_MAX: u64 = 64 << 10;
/// Batches of changes that wait to be told to one kernel.
pub const NOTICES_MAX: usize = 1024;
/// How long a kernel may take to hear of a change through another door. Whoever made the change is answered before that
/// (`WATCHERS_WAIT` of the core), whoever reads it by another door is not. The kernel is told all the same, only later; but where
/// [`NOTICES_MAX`] wait already: what it keeps of that goes with its [`LIFETIME`].
pub const NOTICE_TIMEOUT: Duration = Duration::from_secs(5);
/// The same after one that took longer, until the kernel takes notices again.
pub const HANGING_TIMEOUT: Duration = Duration::from_millis(20);
/// Mounts on top of each other that were left by crashes and are taken off before a new one.
pub const STALE_MOUNTS_MAX: usize = 16;
/// Bytes of a mount's options.
pub const OPTIONS_BYTES_MAX: usize = 4096;

/// Parts of the table of nodes that the kernel knows.
pub const KNOWN_SHARDS: usize = 64;
/// How often a name is looked up that leads elsewhere each time before its node can be kept.
pub const LOOKUP_ATTEMPTS_MAX: u32 = 64;
/// Threads that were told to look a name up anew, and how long the call of one takes at most: what it opens later is another call's.
pub const REOPENING_MAX: usize = 1024;
pub const REOPENING_TIME: Duration = Duration::from_secs(1);
