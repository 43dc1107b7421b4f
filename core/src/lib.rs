//! The core of Trefoil: one tree of names over immutable bytes, spoken to in two vocabularies.
//!
//! Always holds (T7): no HTTP status, XML, errno or nfsstat in this crate. Doors translate; what is decided is decided here.
//! `core/README.md` is the map.

pub mod access;
pub mod clock;
pub mod content;
pub mod data;
pub mod error;
pub mod failpoint;
pub mod files;
pub mod id_map;
pub mod in_memory;
pub mod kernel;
pub mod limits;
pub mod metadata;
pub mod namespace;
pub mod objects;
pub mod random;
mod recent;
mod shares;
pub mod types;
pub mod work;
