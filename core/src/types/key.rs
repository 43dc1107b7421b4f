//! An object's key as a client may name it (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>).
//!
//! Always holds: 1 to 1,024 bytes of UTF-8; every code point is allowed, NUL too. A directory rename can make longer keys: those
//! are served and listed by what the tree holds, and can't be named here.

use std::fmt;

use crate::error::Error;
use crate::limits::KEY_BYTES_MAX;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        let key = key.into();
        match key.len() {
            0 => Err(Error::InvalidArgument { name: "key", value: key, message: "a key has at least one byte".into() }),
            1..=KEY_BYTES_MAX => Ok(Self(key)),
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
