//! The answers that clients tell apart.

use trefoil_core::error::Error;
use trefoil_core::files::FileError;

use super::Status;

#[test]
fn errors_have_the_numbers_of_the_rfc() {
    for (error, number) in [
        (Error::File(FileError::NoSuchName), 2),
        (Error::File(FileError::PermissionDenied), 13),
        (Error::File(FileError::NotPermitted), 1),
        (Error::File(FileError::Exists), 17),
        (Error::File(FileError::CrossDevice), 18),
        (Error::File(FileError::ReadOnly), 30),
        (Error::File(FileError::TooManyLinks), 31),
        (Error::File(FileError::NameTooLong), 63),
        (Error::File(FileError::NotEmpty), 66),
        (Error::File(FileError::Stale), 70),
        (Error::File(FileError::InvalidName), 13),
        (Error::File(FileError::NotInSync), 10_002),
        (Error::File(FileError::BadCookie), 10_003),
        (Error::NoSuchBucket("b".into()), 70),
        (Error::StorageFull("full".into()), 28),
        (Error::Unavailable("busy".into()), 10_008),
        (Error::Corrupt("damaged".into()), 5),
        (Error::Internal("fault".into()), 10_006),
        (Error::NotImplemented("never".into()), 10_004),
    ] {
        assert_eq!(Status::from(error.clone()) as u32, number, "{error}");
    }
}
