//! A bucket's name, by the rules for general purpose buckets
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>).
//!
//! Always holds: 3 to 63 bytes of `a-z 0-9 . -`, a letter or digit at either end of each label (so that it can be a host name), not formed as an IPv4 address, none of
//! the reserved prefixes and suffixes.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, bincode::Encode, bincode::Decode)]
pub struct BucketName(String);

/// Why a text is no bucket name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bucket name is not valid: 3 to 63 characters of a-z, 0-9, '.' and '-', a letter or digit at either end")]
pub struct InvalidBucketName;

const RESERVED_PREFIXES: &[&str] = &["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES: &[&str] = &["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

impl BucketName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BucketName {
    type Err = InvalidBucketName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let bytes = name.as_bytes();
        let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let valid = (3..=63).contains(&bytes.len())
            && bytes.iter().all(|&byte| alphanumeric(byte) || byte == b'.' || byte == b'-')
            && alphanumeric(bytes[0])
            && alphanumeric(bytes[bytes.len() - 1])
            && !["..", ".-", "-."].iter().any(|pair| name.contains(pair))
            && name.parse::<Ipv4Addr>().is_err()
            && !RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
            && !RESERVED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
        if valid { Ok(Self(name.to_owned())) } else { Err(InvalidBucketName) }
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
