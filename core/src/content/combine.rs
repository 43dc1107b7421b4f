//! The checksums and the ETag of a multipart object, from those of its parts
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>).
//!
//! Always holds: the parts come in ascending order, each once; nothing here reads a byte of content.

use super::digest::{Digests, crc_algorithm, crc_bytes};
use super::md5::Md5;
use crate::types::{Checksum, ChecksumAlgorithm, ChecksumKind, ETag};

/// The CRC of two runs of bytes after each other, from the CRC of each and the length of the second, in bytes. `None` where the
/// algorithm is not linear (the SHAs) or a value has not the algorithm's length.
pub fn combine(algorithm: ChecksumAlgorithm, first: &[u8], second: &[u8], second_length: u64) -> Option<Vec<u8>> {
    let crc = crc_algorithm(algorithm)?;
    let (first, second) = (crc_value(algorithm, first)?, crc_value(algorithm, second)?);
    Some(crc_bytes(algorithm, crc_fast::checksum_combine(crc, first, second, second_length)))
}

/// The full-object checksum of a whole, part by part.
#[derive(Debug)]
pub struct FullObject {
    algorithm: ChecksumAlgorithm,
    value: Vec<u8>,
}

impl FullObject {
    /// That of no bytes. `None` where the algorithm is not linear.
    pub fn new(algorithm: ChecksumAlgorithm) -> Option<Self> {
        algorithm.is_linear().then(|| Self { algorithm, value: vec![0; algorithm.size()] })
    }

    /// Adds the next part: its value, and its length in bytes. `None` where the value has not the algorithm's length.
    #[must_use]
    pub fn push(&mut self, value: &[u8], length: u64) -> Option<()> {
        self.value = combine(self.algorithm, &self.value, value, length)?;
        Some(())
    }

    pub fn finish(self) -> Checksum {
        Checksum { algorithm: self.algorithm, kind: ChecksumKind::FullObject, value: self.value, parts: None }
    }
}

/// The composite checksum of a whole: the algorithm over the parts' values (as bytes, not as text) after each other.
pub struct Composite {
    algorithm: ChecksumAlgorithm,
    digests: Digests,
    parts: u32,
}

impl Composite {
    pub fn new(algorithm: ChecksumAlgorithm) -> Self {
        Self { algorithm, digests: Digests::new(false, [algorithm]), parts: 0 }
    }

    /// Adds the next part's value.
    pub fn push(&mut self, value: &[u8]) {
        self.digests.update(value);
        self.parts += 1;
    }

    pub fn finish(self) -> Checksum {
        let finished = self.digests.finish();
        let value = finished.value(self.algorithm).expect("the one digest that was wanted").to_vec();
        Checksum { algorithm: self.algorithm, kind: ChecksumKind::Composite, value, parts: Some(self.parts) }
    }
}

/// The ETag of a multipart object: the MD5 of its parts' MD5s, with their number.
pub fn multipart_etag(parts: impl IntoIterator<Item = [u8; 16]>) -> ETag {
    let mut md5 = Md5::new();
    let mut count = 0;
    for part in parts {
        md5.update(&part);
        count += 1;
    }
    ETag::Multipart { digest: md5.finish(), parts: count }
}

fn crc_value(algorithm: ChecksumAlgorithm, value: &[u8]) -> Option<u64> {
    let mut bytes = [0; 8];
    if value.len() != algorithm.size() {
        return None;
    }
    bytes[8 - value.len()..].copy_from_slice(value);
    Some(u64::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests;
