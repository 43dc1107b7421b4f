//! nfsstat3 (RFC 1813, 2.6), and the one map from what the core says to it.
//!
//! Always holds: the match is exhaustive, so a new error of the core has no answer by accident. JUKEBOX is given only where the same
//! request may succeed later: clients ask again until it does.

#[cfg(test)]
mod tests;

use trefoil_core::error::Error;
use trefoil_core::files::FileError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    Ok = 0,
    Perm = 1,
    NoEnt = 2,
    Io = 5,
    NxIo = 6,
    Acces = 13,
    Exist = 17,
    XDev = 18,
    NotDir = 20,
    IsDir = 21,
    Inval = 22,
    FBig = 27,
    NoSpc = 28,
    RoFs = 30,
    MLink = 31,
    NameTooLong = 63,
    NotEmpty = 66,
    Stale = 70,
    BadHandle = 10_001,
    NotSync = 10_002,
    BadCookie = 10_003,
    NotSupp = 10_004,
    TooSmall = 10_005,
    ServerFault = 10_006,
    BadType = 10_007,
    Jukebox = 10_008,
}

impl Status {
    pub fn of(error: &Error) -> Self {
        match error {
            Error::File(error) => Self::of_file(*error),
            // A handle outlives its bucket.
            Error::NoSuchBucket(_) => Status::Stale,
            Error::NoSuchKey(_)
            | Error::Deleted { .. }
            | Error::IsDeleteMarker { .. }
            | Error::NoSuchVersion { .. }
            | Error::NoSuchUpload(_)
            | Error::NotConfigured(_) => Status::NoEnt,
            Error::AccessDenied(_) => Status::Acces,
            Error::BucketAlreadyOwnedByYou(_) | Error::BucketAlreadyExists(_) => Status::Exist,
            Error::BucketNotEmpty(_) => Status::NotEmpty,
            Error::TooManyBuckets(_) | Error::StorageFull(_) => Status::NoSpc,
            Error::InvalidBucketState(_) => Status::Perm,
            Error::ConditionalConflict | Error::Unavailable(_) | Error::BodyTimeout => Status::Jukebox,
            Error::NotImplemented(_) => Status::NotSupp,
            Error::KeyTooLong { .. } => Status::NameTooLong,
            Error::EntityTooLarge { .. } => Status::FBig,
            Error::Corrupt(_) => Status::Io,
            Error::InvalidRange { .. }
            | Error::InvalidArgument { .. }
            | Error::InvalidRequest(_)
            | Error::InvalidTag(_)
            | Error::MetadataTooLarge { .. } => Status::Inval,
            Error::Internal(_)
            | Error::PreconditionFailed(_)
            | Error::NotModified(_)
            | Error::InvalidPartNumber { .. }
            | Error::IdempotencyMismatch
            | Error::MalformedAcl(_)
            | Error::MalformedConfiguration(_)
            | Error::UnresolvableGrantByEmail(_)
            | Error::BadDigest(_)
            | Error::BadMd5 { .. }
            | Error::BadPartDigest { .. }
            | Error::InvalidMd5 { .. }
            | Error::PayloadHashMismatch { .. }
            | Error::BodySignature
            | Error::IncompleteBody(_)
            | Error::MalformedTrailer(_)
            | Error::EntityTooSmall { .. }
            | Error::InvalidPart { .. }
            | Error::InvalidPartOrder { .. } => Status::ServerFault,
        }
    }

    fn of_file(error: FileError) -> Self {
        match error {
            FileError::NoSuchName => Status::NoEnt,
            FileError::Stale => Status::Stale,
            FileError::Exists => Status::Exist,
            FileError::NotADirectory => Status::NotDir,
            FileError::IsADirectory => Status::IsDir,
            FileError::NotEmpty => Status::NotEmpty,
            FileError::PermissionDenied => Status::Acces,
            FileError::NotPermitted => Status::Perm,
            FileError::ReadOnly => Status::RoFs,
            FileError::CrossDevice => Status::XDev,
            FileError::NameTooLong => Status::NameTooLong,
            // RFC 1813, 3.2: what a server is to say of letters that it can't handle.
            FileError::InvalidName => Status::Acces,
            FileError::Invalid(_) => Status::Inval,
            FileError::TooManyLinks => Status::MLink,
            FileError::TooLarge => Status::FBig,
            FileError::NothingBehind => Status::NxIo,
            FileError::NoAttribute | FileError::AttributeTooLarge => Status::Inval,
            FileError::BufferTooSmall => Status::TooSmall,
            FileError::NotSupported(_) => Status::NotSupp,
            FileError::Locked => Status::Jukebox,
            FileError::Deadlock | FileError::TooManyLocks => Status::Io,
            FileError::BadCookie => Status::BadCookie,
            FileError::NotInSync => Status::NotSync,
        }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let status = Status::of(&error);
        // What is no fault of the client is told where somebody looks for it.
        if matches!(status, Status::ServerFault | Status::Io) {
            tracing::error!(%error, "a request by NFS failed");
        }
        status
    }
}
