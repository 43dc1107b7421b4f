//! What a sender said about its body, against what came.
//!
//! Always holds: the order is length, payload SHA-256, Content-MD5, additional checksum; the first difference is the answer.

use super::digest::Finished;
use super::{Expected, ExpectedChecksum};
use crate::error::{Error, Result};
use crate::types::ChecksumAlgorithm;

impl ExpectedChecksum {
    /// The algorithm that the sender named.
    pub fn algorithm(&self) -> Option<ChecksumAlgorithm> {
        match self {
            Self::None => None,
            Self::Compute(algorithm) | Self::Value(algorithm, _) | Self::Trailing(algorithm, _) => Some(*algorithm),
        }
    }
}

impl Expected {
    /// The algorithms that [`Expected::compare`] needs, and `kept`, the one whose value is kept with the content.
    pub(super) fn algorithms(&self, kept: ChecksumAlgorithm) -> impl Iterator<Item = ChecksumAlgorithm> {
        let payload = self.sha256.map(|_| ChecksumAlgorithm::Sha256);
        [Some(kept), payload, self.checksum.algorithm()].into_iter().flatten()
    }

    /// Compares every digest that the sender gave. All bytes have arrived, and the trailer with them.
    pub(super) fn compare(&self, finished: &Finished) -> Result<()> {
        if let Some(sent) = self.sha256 {
            let computed = value(finished, ChecksumAlgorithm::Sha256)?;
            if computed != sent {
                return Err(Error::PayloadHashMismatch { sent: hex::encode(sent), computed: hex::encode(computed) });
            }
        }
        if let Some(sent) = self.md5 {
            let computed = finished.md5().ok_or_else(missing)?;
            if computed != sent {
                return Err(Error::BadMd5 { sent, computed });
            }
        }
        let (algorithm, sent) = match &self.checksum {
            ExpectedChecksum::None | ExpectedChecksum::Compute(_) => return Ok(()),
            ExpectedChecksum::Value(algorithm, sent) => (*algorithm, sent),
            ExpectedChecksum::Trailing(algorithm, slot) => match slot.get() {
                Some(sent) => (*algorithm, sent),
                None => return Err(Error::IncompleteBody(format!("the {algorithm} announced behind it did not come"))),
            },
        };
        if value(finished, algorithm)? == sent.as_slice() { Ok(()) } else { Err(Error::BadDigest(algorithm.name())) }
    }
}

fn value(finished: &Finished, algorithm: ChecksumAlgorithm) -> Result<&[u8]> {
    finished.value(algorithm).ok_or_else(missing)
}

fn missing() -> Error {
    Error::Internal("a digest that was to be compared was not computed".into())
}
