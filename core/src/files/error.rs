//! What a file door is answered where a request for a file can't be carried out.
//!
//! Always holds: each variant has exactly one error number and one NFS status (`fuse/src/errno.rs`, `nfs/src/status.rs` are exhaustive
//! matches); nothing was changed.

/// The words are those of POSIX (The Open Group Base Specifications Issue 7, 2.3), the numbers are the doors'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// ENOENT
    #[error("there is no such name")]
    NoSuchName,
    /// ESTALE: the node itself is gone.
    #[error("the file is gone")]
    Stale,
    /// EEXIST
    #[error("the name exists")]
    Exists,
    /// ENOTDIR
    #[error("not a directory")]
    NotADirectory,
    /// EISDIR
    #[error("is a directory")]
    IsADirectory,
    /// ENOTEMPTY
    #[error("the directory is not empty")]
    NotEmpty,
    /// EACCES: the mode does not allow it.
    #[error("permission denied")]
    PermissionDenied,
    /// EPERM: only its owner, or root, may; or nobody.
    #[error("operation not permitted")]
    NotPermitted,
    /// EROFS
    #[error("mounted read-only")]
    ReadOnly,
    /// EXDEV
    #[error("the names are in different trees")]
    CrossDevice,
    /// ENAMETOOLONG
    #[error("the name is too long")]
    NameTooLong,
    /// EILSEQ
    #[error("a name must be UTF-8")]
    InvalidName,
    /// EINVAL
    #[error("{0}")]
    Invalid(&'static str),
    /// EMLINK
    #[error("too many links")]
    TooManyLinks,
    /// EFBIG
    #[error("the file would be too large")]
    TooLarge,
    /// ENXIO: no data, or no hole, behind the offset.
    #[error("nothing behind the offset")]
    NothingBehind,
    /// ENODATA
    #[error("there is no such attribute")]
    NoAttribute,
    /// ERANGE
    #[error("the buffer is too small")]
    BufferTooSmall,
    /// E2BIG
    #[error("the attribute is too large")]
    AttributeTooLarge,
    /// EOPNOTSUPP
    #[error("{0}")]
    NotSupported(&'static str),
    /// EAGAIN: another holds the lock.
    #[error("locked by another")]
    Locked,
    /// EDEADLK: the wait would never end.
    #[error("waiting for the lock would be a deadlock")]
    Deadlock,
    /// ENOLCK
    #[error("too many locks")]
    TooManyLocks,
    /// NFS3ERR_BAD_COOKIE: a directory can't be read on from there; the reader begins anew.
    #[error("the directory can't be read on from this cookie")]
    BadCookie,
    /// NFS3ERR_NOT_SYNC: the guard of a change of attributes does not hold.
    #[error("the file has changed since")]
    NotInSync,
}
