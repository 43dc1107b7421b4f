//! The digests of one body, computed together as its bytes pass by.
//!
//! Always holds: what is computed is chosen before the first byte; every chosen digest sees every byte, in order, once.

use crc_fast::CrcAlgorithm;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::md5::Md5;
use crate::types::{Checksum, ChecksumAlgorithm, ChecksumKind};

/// A set of digests under way.
#[derive(Clone)]
pub struct Digests {
    states: Vec<State>,
}

#[derive(Clone)]
enum State {
    Md5(Md5),
    Crc(ChecksumAlgorithm, crc_fast::Digest),
    Sha1(Sha1),
    Sha256(Sha256),
}

/// What came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    md5: Option<[u8; 16]>,
    values: Vec<(ChecksumAlgorithm, Vec<u8>)>,
}

impl Digests {
    /// MD5, where wanted, and the algorithms named, each once.
    pub fn new(md5: bool, algorithms: impl IntoIterator<Item = ChecksumAlgorithm>) -> Self {
        let mut states = Vec::with_capacity(3);
        if md5 {
            states.push(State::Md5(Md5::new()));
        }
        for algorithm in algorithms {
            if !states.iter().any(|state| state.algorithm() == Some(algorithm)) {
                states.push(State::new(algorithm));
            }
        }
        Self { states }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        for state in &mut self.states {
            match state {
                State::Md5(md5) => md5.update(bytes),
                State::Crc(_, crc) => crc.update(bytes),
                State::Sha1(sha) => sha.update(bytes),
                State::Sha256(sha) => sha.update(bytes),
            }
        }
    }

    pub fn finish(self) -> Finished {
        let mut finished = Finished::default();
        for state in self.states {
            match state {
                State::Md5(md5) => finished.md5 = Some(md5.finish()),
                State::Crc(algorithm, crc) => finished.values.push((algorithm, crc_bytes(algorithm, crc.finalize()))),
                State::Sha1(sha) => finished.values.push((ChecksumAlgorithm::Sha1, sha.finalize().to_vec())),
                State::Sha256(sha) => finished.values.push((ChecksumAlgorithm::Sha256, sha.finalize().to_vec())),
            }
        }
        finished
    }

    /// Parts the set in lanes that are worth a thread each: MD5, which takes the longest, and the SHAs, with which the CRCs go (they
    /// cost next to nothing), or with MD5 where there are none.
    pub(super) fn lanes(self) -> Vec<Digests> {
        let is_sha = |state: &State| matches!(state, State::Sha1(_) | State::Sha256(_));
        let shas = self.states.iter().any(is_sha);
        let (others, md5): (Vec<State>, Vec<State>) =
            self.states.into_iter().partition(|state| shas && !matches!(state, State::Md5(_)));
        [md5, others].into_iter().filter(|states| !states.is_empty()).map(|states| Digests { states }).collect()
    }
}

impl State {
    fn new(algorithm: ChecksumAlgorithm) -> Self {
        match algorithm {
            ChecksumAlgorithm::Sha1 => State::Sha1(Sha1::new()),
            ChecksumAlgorithm::Sha256 => State::Sha256(Sha256::new()),
            ChecksumAlgorithm::Crc32 | ChecksumAlgorithm::Crc32c | ChecksumAlgorithm::Crc64Nvme => {
                let crc = crc_algorithm(algorithm).expect("the three CRCs are linear");
                State::Crc(algorithm, crc_fast::Digest::new(crc))
            }
        }
    }

    fn algorithm(&self) -> Option<ChecksumAlgorithm> {
        match self {
            State::Md5(_) => None,
            State::Crc(algorithm, _) => Some(*algorithm),
            State::Sha1(_) => Some(ChecksumAlgorithm::Sha1),
            State::Sha256(_) => Some(ChecksumAlgorithm::Sha256),
        }
    }
}

impl Finished {
    /// `None` where it was not wanted.
    pub fn md5(&self) -> Option<[u8; 16]> {
        self.md5
    }

    /// `None` where it was not wanted.
    pub fn value(&self, algorithm: ChecksumAlgorithm) -> Option<&[u8]> {
        self.values.iter().find(|(of, _)| *of == algorithm).map(|(_, value)| value.as_slice())
    }

    /// The value as a checksum of the whole body. `None` where it was not wanted.
    pub fn checksum(&self, algorithm: ChecksumAlgorithm) -> Option<Checksum> {
        let value = self.value(algorithm)?.to_vec();
        Some(Checksum { algorithm, kind: ChecksumKind::FullObject, value, parts: None })
    }

    pub(super) fn merge(&mut self, other: Finished) {
        self.md5 = self.md5.or(other.md5);
        self.values.extend(other.values);
    }
}

/// The value of one algorithm over bytes that are all there.
pub fn checksum_of(algorithm: ChecksumAlgorithm, bytes: &[u8]) -> Vec<u8> {
    match algorithm {
        ChecksumAlgorithm::Sha1 => Sha1::digest(bytes).to_vec(),
        ChecksumAlgorithm::Sha256 => Sha256::digest(bytes).to_vec(),
        ChecksumAlgorithm::Crc32 | ChecksumAlgorithm::Crc32c | ChecksumAlgorithm::Crc64Nvme => {
            let crc = crc_algorithm(algorithm).expect("the three CRCs are linear");
            crc_bytes(algorithm, crc_fast::checksum(crc, bytes))
        }
    }
}

/// The parameters of a linear algorithm: CRC-32/ISO-HDLC, CRC-32/ISCSI and CRC-64/NVME of the catalogue of CRCs.
pub(super) fn crc_algorithm(algorithm: ChecksumAlgorithm) -> Option<CrcAlgorithm> {
    match algorithm {
        ChecksumAlgorithm::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
        ChecksumAlgorithm::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
        ChecksumAlgorithm::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
        ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Sha256 => None,
    }
}

/// The last `algorithm.size()` bytes of the value, most significant first.
pub(super) fn crc_bytes(algorithm: ChecksumAlgorithm, value: u64) -> Vec<u8> {
    value.to_be_bytes()[8 - algorithm.size()..].to_vec()
}

#[cfg(test)]
mod tests;
