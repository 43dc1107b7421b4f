//! FileService: one bucket's tree as files and directories, in the words of POSIX. Both file doors speak to it, and to nothing below.
//!
//! Always holds: `SEMANTICS.md` says what each door sees, and a test per heading holds it. Names change in `namespace/` only; bytes go
//! through one write session per node (`session/`), however many handles of however many doors are at it.

mod access;
mod accessed;
mod acl;
mod attributes;
mod beside;
mod coherence;
mod copy_range;
mod directory;
mod drafts;
mod error;
mod link;
mod lock;
mod lookup;
mod make;
mod names;
mod open;
mod privileges;
mod read;
mod remove;
mod rename;
mod seek;
mod service;
pub(crate) mod session;
mod sync;
mod types;
mod versioned;
mod view;
mod write;
mod xattr;

pub use accessed::AccessTimes;
pub use coherence::{Change, WatchGuard, Watcher};
pub use error::FileError;
pub use names::is_by_number;
pub(crate) use names::{FileName, node_name, shown as shown_name};
pub use open::{Known, Open};
pub use privileges::CAPABILITY;
pub use service::FileService;
pub use session::Told;
pub use types::{
    Access, Allocate, Around, Attributes, Caller, Defaults, EntriesPage, Entry, Exclusive, Kind, Lock, LockFamily,
    LockKind, LockOwner, Made, Make, NO_ID, RenameMode, Seek, SetAttributes, SetTime, SetXattr, Space, Stability, View,
    Written,
};
pub use view::ViewRequest;
pub use write::WriteAt;

#[cfg(test)]
pub(crate) mod tests;
