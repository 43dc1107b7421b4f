//! The procedures of both programs, and what is known of each without carrying it out.
//!
//! Always holds: numbers are those of RFC 1813, sections 3 and 5.1.

use crate::wire::around_nothing;
use crate::xdr::Encode;

macro_rules! procedures {
    ($($(#[$doc:meta])* $name:ident = $shown:literal),* $(,)?) => {
        /// A procedure: NFS's 0 to 21, then MOUNT's 0 to 5.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Procedure {
            $($(#[$doc])* $name),*
        }

        impl Procedure {
            pub const ALL: &[Procedure] = &[$(Procedure::$name),*];

            /// As metrics and logs name it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Procedure::$name => $shown),*
                }
            }
        }
    };
}

procedures! {
    Null = "NULL",
    GetAttr = "GETATTR",
    SetAttr = "SETATTR",
    Lookup = "LOOKUP",
    Access = "ACCESS",
    ReadLink = "READLINK",
    Read = "READ",
    Write = "WRITE",
    Create = "CREATE",
    MkDir = "MKDIR",
    Symlink = "SYMLINK",
    MkNod = "MKNOD",
    Remove = "REMOVE",
    RmDir = "RMDIR",
    Rename = "RENAME",
    Link = "LINK",
    ReadDir = "READDIR",
    ReadDirPlus = "READDIRPLUS",
    FsStat = "FSSTAT",
    FsInfo = "FSINFO",
    PathConf = "PATHCONF",
    Commit = "COMMIT",
    MountNull = "MOUNT.NULL",
    Mount = "MOUNT.MNT",
    Dump = "MOUNT.DUMP",
    Unmount = "MOUNT.UMNT",
    UnmountAll = "MOUNT.UMNTALL",
    Export = "MOUNT.EXPORT",
}

/// Where MOUNT's begin.
const MOUNT: usize = Procedure::MountNull as usize;

impl Procedure {
    pub fn of_nfs(number: u32) -> Option<Self> {
        Self::ALL[..MOUNT].get(usize::try_from(number).ok()?).copied()
    }

    pub fn of_mount(number: u32) -> Option<Self> {
        Self::ALL[MOUNT..].get(usize::try_from(number).ok()?).copied()
    }

    pub fn is_null(self) -> bool {
        matches!(self, Procedure::Null | Procedure::MountNull)
    }

    /// Whether carrying it out a second time would do something else than the first time did, or undo what came between: its answer is
    /// kept, and given again to a repeated request. A WRITE is among them, for an old one that is carried out late would bring back old
    /// bytes.
    pub fn is_kept(self) -> bool {
        matches!(
            self,
            Procedure::SetAttr
                | Procedure::Write
                | Procedure::Create
                | Procedure::MkDir
                | Procedure::Symlink
                | Procedure::MkNod
                | Procedure::Remove
                | Procedure::RmDir
                | Procedure::Rename
                | Procedure::Link
        )
    }

    /// What follows the status of a failed call, where no attributes are at hand.
    pub fn failed(self, out: &mut Vec<u8>) {
        match self {
            Procedure::Lookup
            | Procedure::Access
            | Procedure::ReadLink
            | Procedure::Read
            | Procedure::ReadDir
            | Procedure::ReadDirPlus
            | Procedure::FsStat
            | Procedure::FsInfo
            | Procedure::PathConf => out.boolean(false),
            Procedure::SetAttr
            | Procedure::Write
            | Procedure::Create
            | Procedure::MkDir
            | Procedure::Symlink
            | Procedure::MkNod
            | Procedure::Remove
            | Procedure::RmDir
            | Procedure::Commit => around_nothing(out),
            Procedure::Rename => {
                around_nothing(out);
                around_nothing(out);
            }
            Procedure::Link => {
                out.boolean(false);
                around_nothing(out);
            }
            Procedure::Null
            | Procedure::GetAttr
            | Procedure::MountNull
            | Procedure::Mount
            | Procedure::Dump
            | Procedure::Unmount
            | Procedure::UnmountAll
            | Procedure::Export => {}
        }
    }

    /// Whether its answer begins with a status, so that a fault can be told in it.
    pub fn has_status(self) -> bool {
        !matches!(
            self,
            Procedure::Null
                | Procedure::MountNull
                | Procedure::Dump
                | Procedure::Unmount
                | Procedure::UnmountAll
                | Procedure::Export
        )
    }
}
