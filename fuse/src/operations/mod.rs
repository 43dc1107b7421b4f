//! What each request does, as far as it takes more than a line: calls of the file service, and answers in the kernel's form.
//!
//! Always holds: one file for each kind of request; an operation gives its answer to whoever holds the reply.

pub mod attributes;
pub mod data;
pub mod directory;
pub mod locks;
pub mod names;
pub mod privileges;
pub mod xattrs;
