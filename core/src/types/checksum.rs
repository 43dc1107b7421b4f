//! The additional checksums of S3
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>).
//!
//! Always holds: `value` has exactly the algorithm's length, most significant byte first.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, bincode::Encode, bincode::Decode)]
pub enum ChecksumAlgorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl ChecksumAlgorithm {
    pub const ALL: [ChecksumAlgorithm; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The name in S3's XML and in `x-amz-checksum-algorithm`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The name in the messages of multipart uploads.
    pub const fn lower_name(self) -> &'static str {
        match self {
            Self::Crc32 => "crc32",
            Self::Crc32c => "crc32c",
            Self::Crc64Nvme => "crc64nvme",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    /// Length of a value in bytes.
    pub const fn size(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// Whether checksums of parts can be combined into one of the whole.
    pub const fn is_linear(self) -> bool {
        matches!(self, Self::Crc32 | Self::Crc32c | Self::Crc64Nvme)
    }
}

impl fmt::Display for ChecksumAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is none of the algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a checksum algorithm: CRC32, CRC32C, CRC64NVME, SHA1 and SHA256 are known")]
pub struct UnknownAlgorithm;

impl FromStr for ChecksumAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name)).ok_or(UnknownAlgorithm)
    }
}

/// Whether a checksum covers the whole object's bytes, or the checksums of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub enum ChecksumKind {
    FullObject,
    Composite,
}

impl ChecksumKind {
    /// The name in S3's XML and in `x-amz-checksum-type`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, bincode::Encode, bincode::Decode)]
pub struct Checksum {
    pub algorithm: ChecksumAlgorithm,
    pub kind: ChecksumKind,
    pub value: Vec<u8>,
    /// Number of parts of a composite checksum; shown as `value-parts`.
    pub parts: Option<u32>,
}

impl Checksum {
    /// The text of S3's headers and XML: base64, and `-parts` behind a composite one.
    pub fn to_text(&self) -> String {
        let mut text = base64::engine::general_purpose::STANDARD.encode(&self.value);
        if let (ChecksumKind::Composite, Some(parts)) = (self.kind, self.parts) {
            text.push_str(&format!("-{parts}"));
        }
        text
    }

    /// Decodes a value as a client sends it for a body or part: base64 of exactly the algorithm's length.
    pub fn parse_value(algorithm: ChecksumAlgorithm, text: &str) -> Option<Vec<u8>> {
        let value = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
        (value.len() == algorithm.size()).then_some(value)
    }
}
