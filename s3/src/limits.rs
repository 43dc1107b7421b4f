//! Every bound of the S3 door that is not S3's own (those are in `trefoil_core::limits`), named, with its reason.
//!
//! Always holds: no queue, buffer, loop or wait of this crate is without a bound, and each is here or a setting of
//! [`crate::S3Config`]. Names end in their unit.

use std::time::Duration;

/// Connections served at once unless set otherwise. Each costs a file descriptor and a few KiB while idle.
pub const CONNECTIONS_MAX: usize = 4096;
/// Connections that wait in the kernel for `accept`.
pub const ACCEPT_BACKLOG: u32 = 1024;
/// Pause after `accept` failed (the process may be out of file descriptors), so that the loop does not spin.
pub const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// Headers of a request: as many as [`HEADER_FIELDS_BYTES_MAX`] holds of the shortest that mean something, `x-amz-meta-a`. A
/// request of a browser has about 20, of an SDK about 15. Above hyper's own default of 100, its table of them is allocated for each
/// request: 16 KiB at this number.
pub const HEADERS_MAX: usize = 512;
/// S3: a request's header fields take at most 8 KB: names, values, and the four bytes around them.
pub const HEADER_FIELDS_BYTES_MAX: usize = 8 << 10;
/// Bytes of a request's line and headers that are read at all; a presigned URL may be long.
pub const HEAD_BYTES_MAX: usize = 64 << 10;
/// Bytes that one connection may read ahead of a body's reader, or hold for its socket.
pub const CONNECTION_BUFFER_BYTES: usize = 256 << 10;
/// What the waits that can be set may be: shorter cuts off clients that do nothing wrong, longer keeps what nobody uses.
pub const TIMEOUTS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3600);
/// Unless set otherwise, as the next three: a connection whose next request's head does not arrive whole in this time is closed, idle or not.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// A body whose next byte does not arrive in this time fails with `RequestTimeout`, as S3 does.
pub const BODY_IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// A body slower than this on average, once it has run for [`BODY_RATE_GRACE`], fails with `RequestTimeout`.
pub const BODY_RATE_BYTES_PER_SEC_MIN: u64 = 128;
pub const BODY_RATE_GRACE: Duration = Duration::from_secs(60);
/// A client that takes no byte of an answer for this long is cut off.
pub const WRITE_IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// After a shutdown was asked for, requests under way have this long.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(25);
/// What is read and dropped of a body that nobody wants, so that its connection goes on; beyond it the connection is closed.
pub const UNREAD_BODY_BYTES_MAX: u64 = 16 << 20;
pub const UNREAD_BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that is closed while its client may still be sending: once the client has closed its side, or after this long.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// A document in a body. CompleteMultipartUpload with 10,000 parts and their checksums takes about 4 MiB, DeleteObjects of 1,000
/// long escaped keys about 6 MiB.
pub const XML_BYTES_MAX: usize = 8 << 20;
/// S3: a CORS configuration.
pub const CORS_BYTES_MAX: usize = 64 << 10;
/// Elements of a document: 10,000 parts with their checksums have 40,001. Of one element: no list of S3 is longer than 10,000.
pub const XML_ELEMENTS_MAX: usize = 100_000;
pub const XML_CHILDREN_MAX: usize = 10_000;
/// Attributes of an element: namespaces and a type.
pub const XML_ATTRIBUTES_MAX: usize = 16;
/// What an element counts for beside its text, as something is made of it: s3s' widest list has 176 bytes an entry.
pub const XML_ELEMENT_BYTES: usize = 256;
/// Documents held at once, in all, and beside them those of requesters without credentials. Room is taken in steps.
pub const XML_TOTAL_BYTES_MAX: usize = 64 << 20;
pub const XML_STRANGERS_BYTES_MAX: usize = 8 << 20;
pub const XML_ROOM_STEP_BYTES: usize = 64 << 10;
/// How long a request waits for room for its document. Then it is told to slow down.
pub const XML_ROOM_TIMEOUT: Duration = Duration::from_secs(10);
/// What a document may take to arrive, and what each second beyond that must bring: far more than a body of an object, for it takes
/// room that others need.
pub const DOCUMENT_GRACE: Duration = Duration::from_secs(30);
pub const DOCUMENT_RATE_BYTES_PER_SEC_MIN: u32 = 32 << 10;

/// How long a client that completes an upload waits for a status. Clients give up after 10 s at the soonest.
pub const COMPLETE_QUICK: Duration = Duration::from_secs(5);
/// Then it gets a blank this often, so that neither it nor anything between takes the connection for dead.
pub const BLANK_INTERVAL: Duration = Duration::from_secs(1);

/// A chunk's line in an `aws-chunked` body: 16 digits of size and a signature of 64 take 100 bytes.
pub const CHUNK_LINE_BYTES_MAX: usize = 512;
/// Everything behind the last chunk: a checksum and a signature take 200 bytes.
pub const TRAILER_BYTES_MAX: usize = 4 << 10;
pub const TRAILERS_MAX: usize = 16;

/// S3: the fields in front of a form's file take at most 20,000 bytes.
pub const FORM_FIELDS_BYTES_MAX: usize = 20_000;
/// All bytes in front of the file, framing included.
pub const FORM_PREFIX_BYTES_MAX: usize = 128 << 10;
/// Fields of a form, and the headers of one field.
pub const FORM_FIELDS_MAX: usize = 200;
pub const FORM_PART_HEAD_BYTES_MAX: usize = 4 << 10;
/// RFC 2046: a boundary has at most 70 characters.
pub const FORM_BOUNDARY_BYTES_MAX: usize = 70;
/// Conditions of a policy document.
pub const POLICY_CONDITIONS_MAX: usize = 200;

/// A region's name.
pub const REGION_BYTES_MAX: usize = 64;
/// Signing keys kept ready: one for each access key, day and region in use.
pub const SIGNING_KEYS_MAX: usize = 1024;
/// S3: how far a request's time may be from ours, either way.
pub const CLOCK_SKEW_SECS: u64 = 15 * 60;
/// S3: a presigned URL lives at most 7 days.
pub const PRESIGNED_SECS_MAX: u64 = 7 * 24 * 3600;
/// Parameters of a query string. No operation has a third of it.
pub const QUERY_PARAMETERS_MAX: usize = 128;
/// What of a client's text is repeated in an error document.
pub const ECHO_BYTES_MAX: usize = 8 << 10;

const _: () = assert!(HEAD_BYTES_MAX <= CONNECTION_BUFFER_BYTES);
const _: () = assert!(XML_STRANGERS_BYTES_MAX < XML_TOTAL_BYTES_MAX && XML_BYTES_MAX <= XML_STRANGERS_BYTES_MAX);
const _: () = assert!(XML_ROOM_STEP_BYTES <= XML_STRANGERS_BYTES_MAX);
const _: () = assert!(BLANK_INTERVAL.as_secs() < WRITE_IDLE_TIMEOUT.as_secs());
