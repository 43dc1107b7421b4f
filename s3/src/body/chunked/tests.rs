//! AWS's chunked examples, random splits, and each part broken.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use proptest::prelude::*;
use trefoil_core::access::Secret;
use trefoil_core::error::Error;
use trefoil_core::types::ChecksumAlgorithm;

use super::{Announced, ChunkDecoder};
use crate::auth::{AmzDate, ChunkSigner, SigningKey};
use crate::limits;

fn signer(seed: &str) -> ChunkSigner {
    let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    ChunkSigner {
        key: Arc::new(SigningKey::new(&secret, "20130524", "us-east-1")),
        date: AmzDate::parse("20130524T000000Z").expect("a date"),
        scope: "20130524/us-east-1/s3/aws4_request".into(),
        previous: seed.as_bytes().try_into().expect("64 digits"),
    }
}

/// Decodes `wire` in pieces of the given sizes (then the rest at once).
fn decode(announced: Announced, wire: &[u8], sizes: &[usize]) -> Result<Vec<u8>, Error> {
    let mut decoder = ChunkDecoder::new(announced);
    let (mut out, mut rest) = (Vec::new(), wire);
    let mut sizes = sizes.iter();
    while !rest.is_empty() {
        let size = sizes.next().copied().unwrap_or(rest.len()).clamp(1, rest.len());
        let mut piece = Bytes::copy_from_slice(&rest[..size]);
        rest = &rest[size..];
        while let Some(data) = decoder.next(&mut piece)? {
            out.extend_from_slice(&data);
        }
    }
    decoder.finish()?;
    Ok(out)
}

const SEED: &str = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
const SIGNATURES: [&str; 3] = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
];

fn signed_wire() -> Vec<u8> {
    let mut wire = format!("10000;chunk-signature={}\r\n", SIGNATURES[0]).into_bytes();
    wire.extend_from_slice(&[b'a'; 65536]);
    wire.extend_from_slice(format!("\r\n400;chunk-signature={}\r\n", SIGNATURES[1]).as_bytes());
    wire.extend_from_slice(&[b'a'; 1024]);
    wire.extend_from_slice(format!("\r\n0;chunk-signature={}\r\n\r\n", SIGNATURES[2]).as_bytes());
    wire
}

fn signed(length: u64) -> Announced {
    Announced { length, signer: Some(signer(SEED)), trailer: false, checksum: None }
}

#[test]
fn the_example_of_the_documentation() {
    let decoded = decode(signed(66560), &signed_wire(), &[]).expect("AWS's own example");
    assert!(decoded.len() == 66560 && decoded.iter().all(|&byte| byte == b'a'));
}

#[test]
fn each_signature_and_each_byte_counts() {
    let wire = signed_wire();
    for at in [30, 200, 65_700, 65_800, 66_000, wire.len() - 10] {
        let mut broken = wire.clone();
        broken[at] ^= 1;
        let error = decode(signed(66560), &broken, &[1000; 70]).expect_err("broken");
        assert!(matches!(error, Error::BodySignature), "{at}: {error}");
    }
    let other_seed = Announced { signer: Some(signer(&SEED.replace('4', "5"))), ..signed(66560) };
    assert!(matches!(decode(other_seed, &wire, &[]), Err(Error::BodySignature)));
    let unsigned_chunks = b"3\r\nabc\r\n0\r\n\r\n";
    assert!(matches!(decode(signed(3), unsigned_chunks, &[]), Err(Error::BodySignature)));
}

#[test]
fn an_end_that_comes_early_anywhere_is_an_error() {
    let wire = signed_wire();
    for end in [0, 1, 50, 88, 5000, 65_622, 65_624, 65_700, 66_730, 66_737, wire.len() - 5, wire.len() - 4] {
        assert!(decode(signed(66560), &wire[..end], &[]).is_err(), "{end}");
    }
}

const TRAILER_SEED: &str = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";

fn trailer_wire() -> String {
    let a = "a";
    format!(
        "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n{}\r\n\
         400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n{}\r\n\
         0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n\
         x-amz-checksum-crc32c:sOO8/Q==\r\n\
         x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
        a.repeat(65536),
        a.repeat(1024)
    )
}

fn trailing(seed: &str) -> (Announced, Arc<OnceLock<Vec<u8>>>) {
    let slot = Arc::new(OnceLock::new());
    let checksum = Some((ChecksumAlgorithm::Crc32c, Arc::clone(&slot)));
    (Announced { length: 66560, signer: Some(signer(seed)), trailer: true, checksum }, slot)
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>
#[test]
fn the_trailer_of_the_documentation() {
    let (announced, slot) = trailing(TRAILER_SEED);
    decode(announced, trailer_wire().as_bytes(), &[7; 10_000]).expect("AWS's own example");
    assert_eq!(hex::encode(slot.get().expect("filled")), "b0e3bcfd");
    // An empty line between the two, as the documentation's text has it.
    let (announced, _) = trailing(TRAILER_SEED);
    decode(announced, trailer_wire().replace("sOO8/Q==\r\n", "sOO8/Q==\n\r\n").as_bytes(), &[]).expect("the same");
}

#[test]
fn a_signed_trailer_broken_anywhere_is_an_error() {
    let cases = [
        ("sOO8/Q==", "sOO9/Q=="),
        ("crc32c:", "crc32:"),
        ("d81f82", "d81f83"),
        ("x-amz-trailer-signature:", "x-amz-other:"),
        ("x-amz-checksum-crc32c:sOO8/Q==\r\n", ""),
        ("x-amz-trailer-signature:d81f82", "x-amz-trailer-signature"),
    ];
    for (from, to) in cases {
        let (announced, slot) = trailing(TRAILER_SEED);
        let wire = trailer_wire().replace(from, to);
        assert!(decode(announced, wire.as_bytes(), &[]).is_err(), "{to}");
        assert!(slot.get().is_none(), "{to}");
    }
}

fn unsigned(length: u64) -> (Announced, Arc<OnceLock<Vec<u8>>>) {
    let slot = Arc::new(OnceLock::new());
    let checksum = Some((ChecksumAlgorithm::Crc32, Arc::clone(&slot)));
    (Announced { length, signer: None, trailer: true, checksum }, slot)
}

#[test]
fn unsigned_framing_is_held_to_its_words() {
    let good = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
    let (announced, slot) = unsigned(5);
    assert_eq!(decode(announced, good.as_bytes(), &[]).expect("good"), b"hello");
    assert_eq!(hex::encode(slot.get().expect("filled")), "3610a686");
    let long_line = format!("5;{}\r\nhello", "x".repeat(limits::CHUNK_LINE_BYTES_MAX));
    let many = format!("0\r\n{}\r\n", "a:b\r\n".repeat(2000));
    let long = format!("0\r\na:{}\r\n\r\n", "x".repeat(limits::TRAILER_BYTES_MAX));
    let bad: &[(u64, &str)] = &[
        (6, good),
        (4, good),
        (5, "5\r\nhello\r\n0\r\n\r\n"),
        (5, "5\r\nhello\r\n0\r\nx-amz-checksum-sha1:NhCmhg==\r\n\r\n"),
        (5, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\nx-amz-meta-a:b\r\n\r\n"),
        (5, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"),
        (5, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:short\r\n\r\n"),
        (5, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\nx-amz-trailer-signature:aa\r\n\r\n"),
        (5, "5\r\nhelloX0\r\n\r\n"),
        (5, "5\r\nhello\n0\r\n\r\n"),
        (5, "g\r\nhello\r\n0\r\n\r\n"),
        (5, "+5\r\nhello\r\n0\r\n\r\n"),
        (5, "\r\nhello\r\n0\r\n\r\n"),
        (5, "5\r\nhello"),
        (5, "5\r\nhello\r\n"),
        (5, "ffffffffffffffff\r\nhello"),
        (5, "10000000000000005\r\nhello"),
        (5, &long_line),
        (0, &many),
        (0, &long),
    ];
    for (length, wire) in bad {
        let (announced, slot) = unsigned(*length);
        assert!(decode(announced, wire.as_bytes(), &[]).is_err(), "{length} {}", &wire[..wire.len().min(60)]);
        assert!(slot.get().is_none());
    }
}

#[test]
fn a_chunk_of_four_gibibytes_is_not_held() {
    let (announced, _) = unsigned(4 << 30);
    let mut decoder = ChunkDecoder::new(announced);
    let mut head = Bytes::from_static(b"100000000\r\n");
    assert!(decoder.next(&mut head).expect("a head").is_none());
    let block = Bytes::from(vec![7; 64 << 10]);
    for _ in 0..100 {
        let mut piece = block.clone();
        let data = decoder.next(&mut piece).expect("data").expect("all of it");
        // The very memory that came in: nothing was copied or gathered.
        assert!(data.len() == block.len() && std::ptr::eq(data.as_ptr(), block.as_ptr()));
    }
}

#[test]
fn nothing_is_read_after_an_error() {
    let (announced, _) = unsigned(5);
    let mut decoder = ChunkDecoder::new(announced);
    assert!(decoder.next(&mut Bytes::from_static(b"zz\r\n")).is_err());
    assert!(decoder.next(&mut Bytes::from_static(b"5\r\nhello\r\n0\r\n\r\n")).is_err());
}

proptest! {
    #[test]
    fn splits_do_not_matter(body in prop::collection::vec(any::<u8>(), 0..2000), chunk in 1usize..700, sizes in prop::collection::vec(1usize..90, 0..80)) {
        let mut wire = Vec::new();
        for part in body.chunks(chunk) {
            wire.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
            wire.extend_from_slice(part);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
        let (announced, slot) = unsigned(body.len() as u64);
        prop_assert_eq!(decode(announced, &wire, &sizes).expect("good"), body);
        prop_assert!(slot.get().is_some());
    }

    #[test]
    fn nothing_makes_it_panic(wire in prop::collection::vec(prop_oneof![Just(b'0'), Just(b'5'), Just(b'\r'), Just(b'\n'), Just(b';'), Just(b':'), any::<u8>()], 0..300), sizes in prop::collection::vec(1usize..20, 0..40)) {
        let (announced, _) = unsigned(5);
        // An error or five bytes: nothing else.
        if let Ok(decoded) = decode(announced, &wire, &sizes) {
            prop_assert_eq!(decoded.len(), 5);
        }
    }
}
