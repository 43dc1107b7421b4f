//! Combined checksums equal those of the bytes.

use proptest::prelude::*;

use super::*;
use crate::content::digest::checksum_of;

const LINEAR: [ChecksumAlgorithm; 3] =
    [ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc32c, ChecksumAlgorithm::Crc64Nvme];

proptest! {
    #[test]
    fn combined_equals_whole(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..500), 0..8)) {
        for algorithm in LINEAR {
            let mut full = FullObject::new(algorithm).unwrap();
            for part in &parts {
                full.push(&checksum_of(algorithm, part), part.len() as u64).unwrap();
            }
            let whole = full.finish();
            prop_assert_eq!(whole.value, checksum_of(algorithm, &parts.concat()));
            prop_assert_eq!((whole.kind, whole.parts), (ChecksumKind::FullObject, None));
        }
    }
}

#[test]
fn long_second_parts_combine() {
    // 9 MiB of zeroes behind three bytes: more than any table of small powers covers.
    let zeroes = vec![0; 9 << 20];
    for algorithm in LINEAR {
        let whole = checksum_of(algorithm, &[b"abc", zeroes.as_slice()].concat());
        let combined =
            combine(algorithm, &checksum_of(algorithm, b"abc"), &checksum_of(algorithm, &zeroes), zeroes.len() as u64);
        assert_eq!(combined, Some(whole), "{algorithm}");
    }
}

#[test]
fn what_cannot_be_combined_is_refused() {
    for algorithm in [ChecksumAlgorithm::Sha1, ChecksumAlgorithm::Sha256] {
        let value = checksum_of(algorithm, b"a");
        assert_eq!(combine(algorithm, &value, &value, 1), None);
        assert!(FullObject::new(algorithm).is_none());
    }
    assert_eq!(combine(ChecksumAlgorithm::Crc32, &[0; 4], &[0; 8], 1), None);
    assert_eq!(FullObject::new(ChecksumAlgorithm::Crc64Nvme).unwrap().push(&[0; 4], 1), None);
}

#[test]
fn composites_hash_the_values() {
    for algorithm in ChecksumAlgorithm::ALL {
        let (a, b) = (checksum_of(algorithm, b"first"), checksum_of(algorithm, b"second"));
        let mut composite = Composite::new(algorithm);
        composite.push(&a);
        composite.push(&b);
        let composite = composite.finish();
        assert_eq!(composite.value, checksum_of(algorithm, &[a, b].concat()), "{algorithm}");
        assert_eq!((composite.kind, composite.parts), (ChecksumKind::Composite, Some(2)));
        assert!(composite.to_text().ends_with("-2"));
    }
}

#[test]
fn the_etag_is_that_of_the_md5s() {
    // Made with coreutils: md5sum over the 32 bytes of md5("first") and md5("second").
    let etag = multipart_etag([Md5::of(b"first"), Md5::of(b"second")]);
    assert_eq!(etag.to_string(), "018d78427d06dd29caa19b06085b7e7e-2");
}
