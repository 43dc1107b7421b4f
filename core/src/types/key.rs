//! An object's key as a client may name it (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>).
//!
//! Always holds: 1 to 1,024 bytes of UTF-8 for a key that is to be made; every code point is allowed, NUL too. A directory rename
//! can make longer keys: what is there already may be named by them, up to what the head of a request holds.

use std::fmt;

use crate::error::Error;
use crate::limits::{KEY_BYTES_MAX, KEY_NAMED_BYTES_MAX, KEY_NAMES_MAX};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// A key that may be made.
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        Self::up_to(KEY_BYTES_MAX, key.into())
    }

    /// The key of something that may be there: a directory rename can have made it longer than S3 makes any.
    ///
    /// Its names are those of keys that were made; it has no more of them than [`KEY_NAMES_MAX`].
    pub fn existing(key: impl Into<String>) -> Result<Self, Error> {
        let key = key.into();
        if key.len() > KEY_BYTES_MAX
            && (key.split('/').any(|name| name.len() > KEY_BYTES_MAX) || key.matches('/').count() >= KEY_NAMES_MAX)
        {
            return Err(Error::KeyTooLong { size: key.len(), max: KEY_BYTES_MAX });
        }
        Self::up_to(KEY_NAMED_BYTES_MAX, key)
    }

    fn up_to(max: usize, key: String) -> Result<Self, Error> {
        match key.len() {
            0 => Err(Error::InvalidArgument { name: "key", value: key, message: "a key has at least one byte".into() }),
            size if size <= max => Ok(Self(key)),
            // What can be made is what the caller wants to know.
            size => Err(Error::KeyTooLong { size, max: KEY_BYTES_MAX }),
        }
    }

    /// Refuses a key that can't be made, for who found nothing under it.
    pub(crate) fn require_makeable(&self) -> Result<(), Error> {
        match self.0.len() {
            0..=KEY_BYTES_MAX => Ok(()),
            size => Err(Error::KeyTooLong { size, max: KEY_BYTES_MAX }),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
