//! Tags of objects and buckets
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>).
//!
//! Always holds: at most 10 tags (50 on a bucket), keys unique, 1 to 128 characters, values at most 256, counted as S3 does: in
//! UTF-16, where a character outside of the basic plane is two.

use crate::error::{Error, Result};
use crate::limits::{BUCKET_TAGS_MAX, OBJECT_TAGS_MAX, TAG_KEY_CHARS_MAX, TAG_VALUE_CHARS_MAX};

/// Tags in the order in which the client gave them.
#[derive(Clone, Debug, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct TagSet(Vec<(String, String)>);

impl TagSet {
    pub fn for_object(tags: Vec<(String, String)>) -> Result<Self> {
        if tags.len() > OBJECT_TAGS_MAX {
            return Err(Error::InvalidRequest(format!("Object tags cannot be greater than {OBJECT_TAGS_MAX}")));
        }
        Self::checked(tags)
    }

    pub fn for_bucket(tags: Vec<(String, String)>) -> Result<Self> {
        if tags.len() > BUCKET_TAGS_MAX {
            return Err(Error::InvalidRequest(format!("Bucket tag count cannot be greater than {BUCKET_TAGS_MAX}")));
        }
        Self::checked(tags)
    }

    fn checked(tags: Vec<(String, String)>) -> Result<Self> {
        for (index, (key, value)) in tags.iter().enumerate() {
            let key_chars = key.encode_utf16().count();
            if key_chars == 0 || key_chars > TAG_KEY_CHARS_MAX || key.starts_with("aws:") || !is_plain(key) {
                return Err(Error::InvalidTag("The TagKey you have provided is invalid".into()));
            }
            if value.encode_utf16().count() > TAG_VALUE_CHARS_MAX || !is_plain(value) {
                return Err(Error::InvalidTag("The TagValue you have provided is invalid".into()));
            }
            if tags[..index].iter().any(|(other, _)| other == key) {
                return Err(Error::InvalidTag("Cannot provide multiple Tags with the same key".into()));
            }
        }
        Ok(Self(tags))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The characters that AWS allows in tags: letters, numbers and spaces of any script, and a few signs
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>).
fn is_plain(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "+-=._:/@".contains(c) || (c.is_whitespace() && !c.is_control());
    text.chars().all(allowed)
}
