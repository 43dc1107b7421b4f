//! Write sessions: what was written to a file and is not in the index yet, one session a node, whoever writes.
//!
//! Always holds: what a file shows is its committed content, of which the first `kept` bytes count, with the written ranges over it, up to
//! `size`; what neither covers is zeros. Where appended bytes go is decided under the session's lock. Bytes are stored before they are named
//! (T1); each commit makes one whole state of the file true, and lets go of what it no longer names (T2). What could not be stored stays
//! dirty: it is tried again, and no publication succeeds until it is stored; what is given up in the end is told to all who had it open (T9,
//! `lost.rs`). Memory is bounded by the budget.

mod barrier;
mod budget;
mod commit;
mod commit_inline;
mod dirty;
mod flatten;
mod flush;
mod holes;
mod lost;
mod outgoing;
mod prepare;
mod published;
mod share;
mod share_range;
mod state;
mod table;
mod writing;

pub(crate) use barrier::Barrier;
pub(crate) use flatten::Flattening;
pub use lost::Told;
pub(crate) use published::Mark;
pub(crate) use state::Part;
pub(crate) use table::{Facts, Session, Sessions};

#[cfg(test)]
mod tests;
