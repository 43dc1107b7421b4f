//! One error number for each error of the core.
//!
//! Always holds: the matches are exhaustive. What a door of files can't be answered with (words of objects, of headers, of
//! signatures) is EIO and logged: it would be a fault of this program.

#[cfg(test)]
mod tests;

use fuser::Errno;
use trefoil_core::error::Error;
use trefoil_core::files::FileError;

/// The number that the kernel gives to the program.
pub fn errno(error: &Error) -> Errno {
    match error {
        Error::File(error) => of_file(*error),
        Error::AccessDenied(_) => Errno::EACCES,
        // The bucket was deleted below the mount.
        Error::NoSuchBucket(_) => Errno::ESTALE,
        Error::StorageFull(_) => Errno::ENOSPC,
        Error::EntityTooLarge { .. } => Errno::EFBIG,
        Error::NotImplemented(_) => Errno::EOPNOTSUPP,
        // The object lock of a bucket, or another rule of it.
        Error::InvalidBucketState(_) => Errno::EPERM,
        // Whoever tries again may have better luck, and a program that meets EAGAIN on a file does not know that.
        Error::Unavailable(_) | Error::ConditionalConflict => {
            tracing::warn!(%error, "a request for a file failed");
            Errno::EIO
        }
        Error::Corrupt(_) | Error::Internal(_) => {
            tracing::error!(%error, "a request for a file failed");
            Errno::EIO
        }
        Error::BucketAlreadyOwnedByYou(_)
        | Error::BucketAlreadyExists(_)
        | Error::BucketNotEmpty(_)
        | Error::TooManyBuckets(_)
        | Error::NoSuchKey(_)
        | Error::Deleted { .. }
        | Error::IsDeleteMarker { .. }
        | Error::NoSuchVersion { .. }
        | Error::NoSuchUpload(_)
        | Error::NotConfigured(_)
        | Error::PreconditionFailed(_)
        | Error::NotModified(_)
        | Error::InvalidRange { .. }
        | Error::InvalidPartNumber { .. }
        | Error::IdempotencyMismatch
        | Error::InvalidArgument { .. }
        | Error::InvalidRequest(_)
        | Error::MalformedAcl(_)
        | Error::MalformedConfiguration(_)
        | Error::InvalidTag(_)
        | Error::KeyTooLong { .. }
        | Error::MetadataTooLarge { .. }
        | Error::UnresolvableGrantByEmail(_)
        | Error::BadDigest(_)
        | Error::BadMd5 { .. }
        | Error::BadPartDigest { .. }
        | Error::InvalidMd5 { .. }
        | Error::PayloadHashMismatch { .. }
        | Error::BodySignature
        | Error::IncompleteBody(_)
        | Error::MalformedTrailer(_)
        | Error::BodyTimeout
        | Error::EntityTooSmall { .. }
        | Error::InvalidPart { .. }
        | Error::InvalidPartOrder { .. } => {
            tracing::error!(%error, "an error of objects was given to a request for a file");
            Errno::EIO
        }
    }
}

fn of_file(error: FileError) -> Errno {
    match error {
        FileError::NoSuchName => Errno::ENOENT,
        FileError::Stale => Errno::ESTALE,
        FileError::Exists => Errno::EEXIST,
        FileError::NotADirectory => Errno::ENOTDIR,
        FileError::IsADirectory => Errno::EISDIR,
        FileError::NotEmpty => Errno::ENOTEMPTY,
        FileError::PermissionDenied => Errno::EACCES,
        FileError::NotPermitted => Errno::EPERM,
        FileError::ReadOnly => Errno::EROFS,
        FileError::CrossDevice => Errno::EXDEV,
        FileError::NameTooLong => Errno::ENAMETOOLONG,
        FileError::InvalidName => Errno::EILSEQ,
        FileError::Invalid(_) => Errno::EINVAL,
        FileError::TooManyLinks => Errno::EMLINK,
        FileError::TooLarge => Errno::EFBIG,
        FileError::NothingBehind => Errno::ENXIO,
        FileError::NoAttribute => Errno::ENODATA,
        FileError::BufferTooSmall => Errno::ERANGE,
        FileError::AttributeTooLarge => Errno::E2BIG,
        FileError::NotSupported(_) => Errno::EOPNOTSUPP,
        FileError::Locked => Errno::EAGAIN,
        FileError::Deadlock => Errno::EDEADLK,
        FileError::TooManyLocks => Errno::ENOLCK,
        // An offset of a directory that nobody was given (lseek(2)), or that of a name which went long ago.
        FileError::BadCookie => Errno::EINVAL,
        // A word of NFS; no request of the kernel leads to it.
        FileError::NotInSync => Errno::EAGAIN,
    }
}
