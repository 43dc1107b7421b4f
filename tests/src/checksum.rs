//! The checksums that S3 knows, as its headers write them.
//!
//! Always holds: the values are base64 of the digest, most significant byte first
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// The algorithms by the name they have in headers (`x-amz-checksum-NAME`).
pub const NAMES: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The digest of `data` by the algorithm's header name.
pub fn raw(name: &str, data: &[u8]) -> Vec<u8> {
    let crc32 = |algorithm| {
        u32::try_from(crc_fast::checksum(algorithm, data)).expect("a CRC of 32 bits").to_be_bytes().to_vec()
    };
    match name {
        "crc32" => crc32(CrcAlgorithm::Crc32IsoHdlc),
        "crc32c" => crc32(CrcAlgorithm::Crc32Iscsi),
        "crc64nvme" => crc_fast::checksum(CrcAlgorithm::Crc64Nvme, data).to_be_bytes().to_vec(),
        "sha1" => Sha1::digest(data).to_vec(),
        "sha256" => Sha256::digest(data).to_vec(),
        other => panic!("no checksum {other}"),
    }
}

/// The value of `x-amz-checksum-NAME` for `data`.
pub fn value(name: &str, data: &[u8]) -> String {
    base64(&raw(name, data))
}

/// The composite checksum of an object made of these parts.
pub fn composite(name: &str, parts: &[&[u8]]) -> String {
    let all: Vec<u8> = parts.iter().flat_map(|part| raw(name, part)).collect();
    format!("{}-{}", value(name, &all), parts.len())
}

/// The value of `Content-MD5` for `data`.
pub fn content_md5(data: &[u8]) -> String {
    base64(&Md5::digest(data))
}

/// The entity tag of an object of one piece, with its quotes.
pub fn etag(data: &[u8]) -> String {
    format!("\"{}\"", hex::encode(Md5::digest(data)))
}

/// The entity tag of an object made of these parts, with its quotes.
pub fn etag_of_parts(parts: &[&[u8]]) -> String {
    let all: Vec<u8> = parts.iter().flat_map(|part| Md5::digest(part).to_vec()).collect();
    format!("\"{}-{}\"", hex::encode(Md5::digest(&all)), parts.len())
}

#[cfg(test)]
mod tests;
