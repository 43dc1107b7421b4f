//! Published vectors, and one answer however the bytes are cut.

use proptest::prelude::*;

use super::*;

/// (input, MD5, SHA-1, SHA-256): RFC 1321 appendix A.5, RFC 3174 and FIPS 180-4 examples.
const HASHES: &[(&str, &str, &str, &str)] = &[
    (
        "",
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ),
    (
        "abc",
        "900150983cd24fb0d6963f7d28e17f72",
        "a9993e364706816aba3e25717850c26c9cd0d89d",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ),
    (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "8215ef0796a20bcaaae116d3876c664a",
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ),
    (
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "57edf4a22be3c955ac49da2e2107b67a",
        "50abf5706a150990a08b2c5ea40fa0e585554732",
        "f371bc4a311f2b009eef952dd83ca80e2b60026c8e935592d0f9c308453c813e",
    ),
];

/// The check values of the catalogue of parametrised CRCs (<https://reveng.sourceforge.io/crc-catalogue/>), of "123456789".
const CRCS: &[(ChecksumAlgorithm, &str)] = &[
    (ChecksumAlgorithm::Crc32, "cbf43926"),
    (ChecksumAlgorithm::Crc32c, "e3069283"),
    (ChecksumAlgorithm::Crc64Nvme, "ae8b14860a799888"),
];

#[test]
fn hashes_match_the_published_vectors() {
    for (input, md5, sha1, sha256) in HASHES {
        let mut digests = Digests::new(true, ChecksumAlgorithm::ALL);
        digests.update(input.as_bytes());
        let finished = digests.finish();
        assert_eq!(hex::encode(finished.md5().unwrap()), *md5, "MD5 of {input:?}");
        assert_eq!(hex::encode(finished.value(ChecksumAlgorithm::Sha1).unwrap()), *sha1, "SHA-1 of {input:?}");
        assert_eq!(hex::encode(finished.value(ChecksumAlgorithm::Sha256).unwrap()), *sha256, "SHA-256 of {input:?}");
        assert_eq!(hex::encode(Md5::of(input.as_bytes())), *md5);
    }
}

#[test]
fn crcs_match_the_catalogue() {
    for (algorithm, expected) in CRCS {
        let mut digests = Digests::new(false, [*algorithm]);
        digests.update(b"123456789");
        let finished = digests.finish();
        assert_eq!(hex::encode(finished.value(*algorithm).unwrap()), *expected, "{algorithm}");
        assert_eq!(finished.md5(), None);
        assert_eq!(hex::encode(checksum_of(*algorithm, b"123456789")), *expected, "{algorithm}");
    }
}

#[test]
fn an_algorithm_named_twice_is_computed_once() {
    let digests = Digests::new(true, [ChecksumAlgorithm::Sha256, ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Sha256]);
    assert_eq!(digests.states.len(), 3);
}

#[test]
fn lanes_hold_each_digest_once() {
    let lanes = Digests::new(true, ChecksumAlgorithm::ALL).lanes();
    assert_eq!(lanes.iter().map(|lane| lane.states.len()).collect::<Vec<_>>(), [1, 5]);
    assert_eq!(Digests::new(true, [ChecksumAlgorithm::Crc64Nvme]).lanes().len(), 1);
    assert_eq!(Digests::new(false, [ChecksumAlgorithm::Sha1]).lanes().len(), 1);
}

proptest! {
    #[test]
    fn cuts_and_lanes_change_nothing(bytes in prop::collection::vec(any::<u8>(), 0..2000), cuts in prop::collection::vec(0usize..2000, 0..6)) {
        let mut whole = Digests::new(true, ChecksumAlgorithm::ALL);
        whole.update(&bytes);
        let whole = whole.finish();

        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
        cuts.sort_unstable();
        let mut lanes = Digests::new(true, ChecksumAlgorithm::ALL).lanes();
        let mut pieces = Finished::default();
        for lane in &mut lanes {
            for cut in cuts.windows(2) {
                lane.update(&bytes[cut[0]..cut[1]]);
            }
        }
        for lane in lanes {
            pieces.merge(lane.finish());
        }

        prop_assert_eq!(whole.md5(), pieces.md5());
        {
            // An independent implementation as the oracle.
            use md5::Digest as _;
            prop_assert_eq!(whole.md5().unwrap().to_vec(), md5::Md5::digest(&bytes).to_vec());
        }
        for algorithm in ChecksumAlgorithm::ALL {
            prop_assert_eq!(whole.value(algorithm), pieces.value(algorithm));
            prop_assert_eq!(whole.value(algorithm).unwrap(), checksum_of(algorithm, &bytes));
            prop_assert_eq!(whole.value(algorithm).unwrap().len(), algorithm.size());
        }
    }
}
