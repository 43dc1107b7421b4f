//! The S3 door.

pub mod context;
pub mod error;
pub mod operations;
pub mod table;
