//! Every bound of the NFS door, named, with its reason.
//!
//! Always holds: no queue, buffer, loop or wait of this crate is without a bound, and each is here. Names end in their unit; those of the
//! protocol itself (RFC 1813, RFC 5531) say so.

use std::time::Duration;

/// Bytes that one READ or WRITE carries, and one page of a directory: FSINFO's rtmax, wtmax and dtpref. The kernel's client takes no more.
pub const TRANSFER_BYTES_MAX: u32 = 1 << 20;
/// A record (RFC 5531, 11) with all its fragments: a WRITE, its credentials and handle. A larger one ends its connection.
pub const RECORD_BYTES_MAX: usize = (1 << 20) + (64 << 10);
/// Fragments of one record. Clients send one or two.
pub const FRAGMENTS_MAX: u32 = 1024;
/// Buffer that a connection reads into. A record that does not fit has memory of its own, for which there must be room.
pub const READ_BUFFER_BYTES: usize = 64 << 10;
/// The largest record that is read through that buffer.
pub const SMALL_RECORD_BYTES_MAX: usize = READ_BUFFER_BYTES - 4;
/// Room for large records and large answers, over all connections, from when they are begun until they are done with.
pub const ROOM_BYTES: usize = 256 << 20;
/// Room is counted in this unit, for a semaphore has 32 bits of it at once.
pub const ROOM_UNIT_BYTES: usize = 1 << 10;
/// Answers up to this size need no room: their bytes are bounded for each connection. Larger ones become this small where there is none,
/// and lists of mounts and exports for strangers.
pub const SMALL_ANSWER_BYTES_MAX: usize = 16 << 10;
/// Whoever holds room for longer, with a record that does not come or an answer that is not taken, is cut off where others need it.
pub const ROOM_PATIENCE: Duration = Duration::from_secs(10);

/// Connections at once; the next waits in the kernel's queue until one ends. A client has one, or a few (nconnect).
pub const CONNECTIONS_MAX: usize = 1024;
/// Beside them, those from addresses that no export lets in: enough for whoever wants to know what there is. One more, and the oldest goes.
pub const STRANGERS_MAX: usize = 64;
/// How long such a connection lives, whatever comes on it: to be told that one is not let in takes no longer.
pub const STRANGER_TIME_MAX: Duration = Duration::from_secs(5);
/// Connections that wait in the kernel for `accept`.
pub const ACCEPT_BACKLOG: u32 = 1024;
/// Pause after `accept` failed (the process may be out of file descriptors), so that the loop does not spin.
pub const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// Requests under way at once: of one connection (the kernel's client sends up to 64 thousand), and of all.
pub const REQUESTS_PER_CONNECTION_MAX: usize = 64;
pub const REQUESTS_MAX: usize = 1024;
/// Bytes of answers that a client has not taken yet, beyond which no request of its connection is begun.
pub const UNSENT_BYTES_MAX: usize = 1 << 20;
/// The same of answers that hold no room: on all connections together no more than 68 MiB.
pub const UNSENT_SMALL_BYTES_MAX: usize = 64 << 10;
/// Pieces of memory that one system call sends.
pub const PIECES_MAX: usize = 64;
/// An answer's head of at most this size is copied beside others; a larger one is sent from where it is.
pub const COPIED_BYTES_MAX: usize = 4 << 10;
/// A request with more bytes than this, in either direction, goes to a task of its own at once: another processor can have it.
pub const INLINE_BYTES_MAX: usize = 64 << 10;

/// How often a connection looks at its times.
pub const TICK: Duration = Duration::from_secs(1);
/// Reads after each other that bring something, after which others have a connection's thread.
pub const FILLS_MAX: u32 = 8;
/// A record that was begun must be whole after this long.
pub const RECORD_TIMEOUT: Duration = Duration::from_secs(60);
/// A client that takes no byte of an answer for this long is cut off.
pub const WRITE_IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// A connection on which nothing happens for this long is closed. Clients close theirs after five minutes, and connect again by
/// themselves.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(600);
/// After a shutdown was asked for, requests under way have this long.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(25);

/// RFC 5531, 8.2: a credential or verifier.
pub const AUTH_BYTES_MAX: usize = 400;
/// RFC 5531, appendix A: the name of the machine and the groups of AUTH_SYS.
pub const MACHINE_NAME_BYTES_MAX: usize = 255;
pub const GROUPS_MAX: usize = 16;
/// RFC 1813: a file handle.
pub const HANDLE_BYTES_MAX: usize = 64;
/// RFC 1813, 5: MNTPATHLEN.
pub const MOUNT_PATH_BYTES_MAX: usize = 1024;
/// What FSSTAT says of the number of files, which nothing but the room for them bounds.
pub const FILES_SHOWN: u64 = 1 << 40;
/// Entries that are asked of the core at once: a page of 1 MiB with short names has some 8,000 with their attributes.
pub const ENTRIES_MAX: usize = 8192;

/// Answers kept for repeated requests, and their bytes: as many of WRITE, and of all others.
pub const REPLIES_MAX: usize = 16 << 10;
pub const REPLIES_BYTES_MAX: usize = 16 << 20;
/// How long an answer is kept. A client sends a request again after a minute, and on each new connection.
pub const REPLY_LIFE: Duration = Duration::from_secs(300);
/// Parts of the table of answers, each with a lock of its own.
pub const REPLY_SHARDS: usize = 16;
/// The bytes of a request that tell it from another with the same number.
pub const REQUEST_HEAD_BYTES: usize = 512;
/// Repetitions of a request under way that wait for its answer; more are dropped.
pub const REPETITIONS_MAX: usize = 4;

/// Exports at once.
pub const EXPORTS_MAX: usize = 1024;
/// An export's name: RFC 1813 has no bound for it; a name in a directory has this one.
pub const EXPORT_NAME_BYTES_MAX: usize = 255;
/// Addresses and networks that one export names.
pub const HOSTS_MAX: usize = 256;
/// Mounts that DUMP tells of; the oldest is forgotten. Nothing else hangs on them.
pub const MOUNTS_MAX: usize = 1024;
/// Components of a path that is mounted.
pub const MOUNT_DEPTH_MAX: usize = 128;

const _: () = assert!(TRANSFER_BYTES_MAX as usize + AUTH_BYTES_MAX * 2 + HANDLE_BYTES_MAX < RECORD_BYTES_MAX);
const _: () = assert!(RECORD_BYTES_MAX < ROOM_BYTES && ROOM_BYTES / ROOM_UNIT_BYTES <= u32::MAX as usize);
const _: () = assert!(UNSENT_SMALL_BYTES_MAX * (CONNECTIONS_MAX + STRANGERS_MAX) <= 68 << 20);
const _: () = assert!(REQUESTS_PER_CONNECTION_MAX <= REQUESTS_MAX);
