//! Every bound of the daemon's own sockets and documents, named, with its reason.
//!
//! Always holds: names end in their unit; the doors' and the store's bounds are in their own crates.

use std::time::Duration;

/// Connections to the admin address, and to the socket, at once: people, a probe and a scraper or two. The oldest makes room for
/// one more.
pub const ADMIN_CONNECTIONS_MAX: usize = 64;
/// Body of a request to the admin API: a user or a key takes a few hundred bytes.
pub const ADMIN_BODY_BYTES_MAX: usize = 64 << 10;
/// Buffer of a connection: bounds the head of a request.
pub const ADMIN_BUFFER_BYTES: usize = 32 << 10;
pub const ADMIN_HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A request to the admin API, body and answer: all of them are short; a check runs beside its request.
pub const ADMIN_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Life of a connection to the admin API, after which it ends with its request: a client that takes no answer holds nothing for ever.
pub const ADMIN_CONNECTION_TIME_MAX: Duration = Duration::from_secs(60);
/// What threads that read or write a disk may take at the end of the process, when everything that was acknowledged is safe.
pub const END_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause after `accept` failed, so that the loop does not spin while the process is out of file descriptors.
pub const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// An answer that a command takes from the daemon: a thousand users with ten keys each take a megabyte.
pub const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Mounts of a daemon: each takes a thread or two of its own.
pub const MOUNTS_MAX: usize = 256;
/// The file that keeps them.
pub const MOUNTS_FILE_BYTES_MAX: u64 = 4 << 20;
/// The file that keeps exports.
pub const EXPORTS_FILE_BYTES_MAX: u64 = 16 << 20;
/// Pause between attempts to make mounts that wait for a bucket or a directory.
pub const MOUNT_RETRY: Duration = Duration::from_secs(10);
/// What making a mount may take: a few milliseconds, unless its directory lies on a server that does not answer. Then it is given up, and
/// not tried again while that goes on.
pub const MOUNT_START_TIMEOUT: Duration = Duration::from_secs(10);
/// What a start of the daemon waits for all mounts to be tried.
pub const MOUNTS_TRIED_TIMEOUT: Duration = Duration::from_secs(15);
/// What one step of a mount's end may take (writing back, unmounting, answering the last requests), so that a daemon that ends does end.
pub const MOUNT_END_TIMEOUT: Duration = Duration::from_secs(10);
