//! The digests that a client sends with a document: `x-amz-content-sha256`, `Content-MD5`, `x-amz-checksum-*` and the trailer.
//!
//! Always holds: each one sent is compared; one that can't be a digest is refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use trefoil_core::content::TrailerSlot;
use trefoil_core::error::Error;
use trefoil_core::types::{Checksum, ChecksumAlgorithm};

use super::chunked::checksum_header;
use crate::auth::Payload;

fn compute(algorithm: ChecksumAlgorithm, bytes: &[u8]) -> Vec<u8> {
    use crc_fast::CrcAlgorithm::{Crc32Iscsi, Crc32IsoHdlc, Crc64Nvme};
    // A checksum of 32 bits comes in the lower half; shifting it up leaves its four bytes first.
    let crc32 = |algorithm| (crc_fast::checksum(algorithm, bytes) << 32).to_be_bytes()[..4].to_vec();
    match algorithm {
        ChecksumAlgorithm::Crc32 => crc32(Crc32IsoHdlc),
        ChecksumAlgorithm::Crc32c => crc32(Crc32Iscsi),
        ChecksumAlgorithm::Crc64Nvme => crc_fast::checksum(Crc64Nvme, bytes).to_be_bytes().to_vec(),
        ChecksumAlgorithm::Sha1 => Sha1::digest(bytes).to_vec(),
        ChecksumAlgorithm::Sha256 => Sha256::digest(bytes).to_vec(),
    }
}

/// Compares a whole document with everything sent for it.
pub fn check(
    headers: &HeaderMap,
    payload: Payload,
    trailer: Option<&(ChecksumAlgorithm, TrailerSlot)>,
    bytes: &[u8],
) -> Result<(), Error> {
    if let Payload::Sha256(sent) = payload {
        let computed: [u8; 32] = Sha256::digest(bytes).into();
        if computed != sent {
            return Err(Error::PayloadHashMismatch { sent: hex::encode(sent), computed: hex::encode(computed) });
        }
    }
    if let Some(value) = headers.get("content-md5") {
        let sent = STANDARD.decode(value.as_bytes().trim_ascii()).ok().filter(|sent| sent.len() == 16);
        let sent = sent.ok_or(Error::InvalidDigest("Content-MD5"))?;
        if Md5::digest(bytes)[..] != sent[..] {
            return Err(Error::BadDigest("Content-MD5"));
        }
    }
    for algorithm in ChecksumAlgorithm::ALL {
        let name = checksum_header(algorithm);
        let Some(value) = headers.get(name) else { continue };
        let sent = value.to_str().ok().and_then(|text| Checksum::parse_value(algorithm, text.trim()));
        let sent = sent.ok_or_else(|| Error::InvalidRequest(format!("Value for {name} header is invalid.")))?;
        if compute(algorithm, bytes) != sent {
            return Err(Error::BadDigest(algorithm.name()));
        }
    }
    if let Some((algorithm, slot)) = trailer {
        let sent = slot.get().ok_or_else(|| Error::IncompleteBody("the announced trailer is missing".to_owned()))?;
        if compute(*algorithm, bytes) != *sent {
            return Err(Error::BadDigest(algorithm.name()));
        }
    }
    Ok(())
}
