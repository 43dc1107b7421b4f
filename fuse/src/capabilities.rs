//! What is asked of the kernel when a mount begins.
//!
//! Always holds: only what is listed here is asked for, and of that only what the kernel offers (fuser refuses the rest as a whole).
//! A pretended older kernel is treated as if it offered what its own protocol has.
//!
//! Not asked for, with reasons:
//!
//! * `WRITEBACK_CACHE`: the kernel would hold written bytes and sizes back, and other doors read the same files.
//! * `ATOMIC_O_TRUNC`: the kernel would find out that a program is being executed (ETXTBSY) only after OPEN has emptied its file.
//! * `EXPLICIT_INVAL_DATA`: the kernel would take every size and time of ours for its own. With `AUTO_INVAL_DATA` it drops pages where
//!   either has changed, which also mends an append that met another door's.
//! * `FLOCK_LOCKS` where the system calls of programs can't be seen: fuser does not tell a flock(2) from a lock of fcntl(2), and the two
//!   must not see each other. Without it the kernel keeps flock itself, for all programs on this mount.
//! * `CACHE_SYMLINKS`: a target is asked for each time it is followed, and never old.
//! * `SETXATTR_EXT`, `SECURITY_CTX`, `CREATE_SUPP_GROUP`, `ALLOW_IDMAP`, `OVER_IO_URING`, `HAS_RESEND`,
//!   `REQUEST_TIMEOUT`: change the form of requests in ways that fuser 0.18 does not know; some of them make it panic.
//!
//! Of what comes with `HANDLE_KILLPRIV_V2`, fuser 0.18 hands on the flag of WRITE and drops that of SETATTR (`FATTR_KILL_SUIDGID`), for which
//! `operations/privileges.rs` finds out by itself. The flag of OPEN comes with `ATOMIC_O_TRUNC` only; a CREATE that finds a file, and has it too, is checked anew.

#[cfg(test)]
mod tests;

use fuser::InitFlags;

use crate::limits::{OLD_TRANSFER_BYTES_MAX, TRANSFER_BYTES_MAX};

/// What is of use here, with the minor version of FUSE's protocol 7 that brought it (linux/include/uapi/linux/fuse.h).
const WANTED: &[(InitFlags, u32)] = &[
    (InitFlags::FUSE_ASYNC_READ, 6),
    (InitFlags::FUSE_POSIX_LOCKS, 7),
    (InitFlags::FUSE_BIG_WRITES, 9),
    (InitFlags::FUSE_FLOCK_LOCKS, 17),
    (InitFlags::FUSE_AUTO_INVAL_DATA, 20),
    (InitFlags::FUSE_DO_READDIRPLUS, 21),
    (InitFlags::FUSE_READDIRPLUS_AUTO, 21),
    (InitFlags::FUSE_ASYNC_DIO, 22),
    (InitFlags::FUSE_PARALLEL_DIROPS, 25),
    (InitFlags::FUSE_POSIX_ACL, 26),
    // Older, but of use with lists only: a directory's default list stands in for the umask.
    (InitFlags::FUSE_DONT_MASK, 26),
    (InitFlags::FUSE_MAX_PAGES, 28),
    // Without it the kernel asks for a file's capabilities before each write(2), and for its attributes before each chown(2).
    (InitFlags::FUSE_HANDLE_KILLPRIV_V2, 33),
];

/// The minor version of the protocol that kernels have, newest first: those that brought something we ask for.
const PROTOCOLS: &[((u32, u32), u32)] = &[
    ((5, 11), 33),
    ((4, 20), 28),
    ((4, 9), 26),
    ((4, 7), 25),
    ((3, 10), 22),
    ((3, 9), 21),
    ((3, 6), 20),
    ((3, 1), 17),
    ((2, 6), 9),
];

/// What a mount may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub capabilities: InitFlags,
    /// The kernel decides by access control lists, and leaves the umask to us; otherwise it knows neither.
    pub lists: bool,
    /// The kernel hands on flock(2); otherwise it keeps it to itself.
    pub flocks: bool,
    /// What a file may not keep when its bytes or its owner change, the kernel leaves to us.
    pub strips: bool,
    /// Bytes of one READ or WRITE.
    pub transfer_bytes_max: u32,
}

/// Chooses from what the kernel offers. `pretended` is the version of a kernel that it is to be treated as, where that is older.
/// `sees_calls`: whether a flock(2) can be told from other locks.
pub fn choose(offered: InitFlags, pretended: Option<(u32, u32)>, sees_calls: bool) -> Chosen {
    let minor_max = pretended.map_or(u32::MAX, protocol_of);
    let visible = WANTED.iter().filter(|(_, minor)| *minor <= minor_max).map(|(flag, _)| *flag);
    let mut capabilities = offered & visible.fold(InitFlags::empty(), |all, flag| all | flag);
    let both = InitFlags::FUSE_POSIX_ACL | InitFlags::FUSE_DONT_MASK;
    let lists = capabilities.contains(both);
    if !lists {
        capabilities -= both;
    }
    if !sees_calls {
        capabilities -= InitFlags::FUSE_FLOCK_LOCKS;
    }
    let many_pages = capabilities.contains(InitFlags::FUSE_MAX_PAGES);
    Chosen {
        capabilities,
        lists,
        flocks: capabilities.contains(InitFlags::FUSE_FLOCK_LOCKS),
        strips: capabilities.contains(InitFlags::FUSE_HANDLE_KILLPRIV_V2),
        transfer_bytes_max: if many_pages { TRANSFER_BYTES_MAX } else { OLD_TRANSFER_BYTES_MAX },
    }
}

/// The minor version that a kernel speaks at least.
fn protocol_of(kernel: (u32, u32)) -> u32 {
    PROTOCOLS.iter().find(|(since, _)| *since <= kernel).map_or(0, |(_, minor)| *minor)
}
