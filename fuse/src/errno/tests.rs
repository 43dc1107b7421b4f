//! Numbers as the manual pages have them.

use trefoil_core::error::Error;
use trefoil_core::files::FileError;

use super::errno;

#[test]
fn each_word_of_posix_has_its_own_number() {
    let numbers = [
        (FileError::NoSuchName, libc::ENOENT),
        (FileError::Stale, libc::ESTALE),
        (FileError::Exists, libc::EEXIST),
        (FileError::NotADirectory, libc::ENOTDIR),
        (FileError::IsADirectory, libc::EISDIR),
        (FileError::NotEmpty, libc::ENOTEMPTY),
        (FileError::PermissionDenied, libc::EACCES),
        (FileError::NotPermitted, libc::EPERM),
        (FileError::ReadOnly, libc::EROFS),
        (FileError::CrossDevice, libc::EXDEV),
        (FileError::NameTooLong, libc::ENAMETOOLONG),
        (FileError::InvalidName, libc::EILSEQ),
        (FileError::Invalid("x"), libc::EINVAL),
        (FileError::TooManyLinks, libc::EMLINK),
        (FileError::TooLarge, libc::EFBIG),
        (FileError::NothingBehind, libc::ENXIO),
        (FileError::NoAttribute, libc::ENODATA),
        (FileError::BufferTooSmall, libc::ERANGE),
        (FileError::AttributeTooLarge, libc::E2BIG),
        (FileError::NotSupported("x"), libc::EOPNOTSUPP),
        (FileError::Locked, libc::EAGAIN),
    ];
    for (error, number) in numbers {
        assert_eq!(errno(&Error::File(error)).code(), number, "{error:?}");
    }
}

#[test]
fn errors_of_the_store_have_theirs() {
    assert_eq!(errno(&Error::StorageFull("x".into())).code(), libc::ENOSPC);
    assert_eq!(errno(&Error::AccessDenied("x".into())).code(), libc::EACCES);
    assert_eq!(errno(&Error::NoSuchBucket("x".into())).code(), libc::ESTALE);
    for error in [Error::Corrupt("x".into()), Error::Internal("x".into()), Error::Unavailable("x".into())] {
        assert_eq!(errno(&error).code(), libc::EIO, "{error:?}");
    }
}
