//! The operations of S3, one file each: what a request says becomes a call of the core, and its answer a response.
//!
//! Always holds (T7): nothing here hashes, places, commits or queues.

pub mod time;
