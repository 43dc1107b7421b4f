//! The FUSE door: a bucket, or what is below a prefix of it, as a directory of this machine.
//!
//! Always holds: the door translates between the kernel's requests (`filesystem.rs`, `operations/`) and the file service, and decides
//! nothing. What the kernel keeps of an answer is taken back before a change that came through another door is acknowledged
//! (`freshness.rs`, `watcher.rs`). A request that panics is answered with EIO and takes nothing else with it (`answer.rs`).

mod answer;
mod capabilities;
mod device;
mod door;
mod errno;
mod filesystem;
mod freshness;
mod handles;
mod known;
mod limits;
mod lockers;
mod mount;
mod mountinfo;
mod operations;
mod options;
mod process;
mod reopening;
mod replies;
mod shapes;
mod siblings;
mod submounts;
mod watcher;

pub use device::{MountError, is_stale, recover, resolve, shown_on};
pub use mount::{Ended, Mount, Parts};
pub use options::{MountOptions, OptionError};
pub use siblings::Siblings;
