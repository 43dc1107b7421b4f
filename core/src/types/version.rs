//! Versions of a key.
//!
//! Always holds: a version is ordered by its *sequence*, taken inside the transaction that makes it: max(clock, predecessor + 1).
//! Its id is the sequence and the node in hexadecimal, so ids are unique for ever and found without a search; the version that a
//! bucket without versioning (or with it suspended) makes shows as `null`.

use std::fmt;
use std::str::FromStr;

/// The state of a bucket's versioning. Once enabled it can be suspended, never unset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum Versioning {
    #[default]
    Unset,
    Enabled,
    Suspended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, bincode::Encode, bincode::Decode)]
pub enum VersionId {
    Null,
    Sequence { sequence: u64, node: u64 },
}

/// A text that is no version id of this store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a version id")]
pub struct InvalidVersionId;

impl FromStr for VersionId {
    type Err = InvalidVersionId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "null" {
            return Ok(VersionId::Null);
        }
        let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 32 || !text.bytes().all(lower_hex) {
            return Err(InvalidVersionId);
        }
        let part = |range| u64::from_str_radix(&text[range], 16).map_err(|_| InvalidVersionId);
        Ok(VersionId::Sequence { sequence: part(0..16)?, node: part(16..32)? })
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VersionId::Null => f.write_str("null"),
            VersionId::Sequence { sequence, node } => write!(f, "{sequence:016x}{node:016x}"),
        }
    }
}
