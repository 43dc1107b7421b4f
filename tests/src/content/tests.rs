//! What was written is recognised, and nothing else is.
//!
//! Always holds: each test is one way in which bytes may be wrong after a crash.

use super::*;

const A: Content = Content { seed: 7, length: 100_003 };
const B: Content = Content { seed: 8, length: 100_003 };

#[test]
fn contents_differ_by_seed_and_have_their_length() {
    assert_eq!(A.bytes().len(), A.length);
    assert_ne!(A.bytes()[HEAD_BYTES..], B.bytes()[HEAD_BYTES..]);
    assert_eq!(Content { seed: 1, length: 3 }.bytes().len(), 3);
}

#[test]
fn one_and_several_are_recognised() {
    assert_eq!(recognise(&[]), Some(vec![]));
    assert_eq!(recognise(&A.bytes()), Some(vec![A]));
    assert_eq!(recognise(&bytes_of(&[A, B, A])), Some(vec![A, B, A]));
}

#[test]
fn a_torn_content_is_not_recognised() {
    let torn = [&A.bytes()[..50_000], &B.bytes()[50_000..]].concat();
    assert_eq!(recognise(&torn), None);
}

#[test]
fn blocks_in_another_order_are_not_recognised() {
    let mut bytes = A.bytes();
    let (first, second) = bytes[BLOCK_BYTES..].split_at_mut(BLOCK_BYTES);
    first.swap_with_slice(&mut second[..BLOCK_BYTES]);
    assert_eq!(recognise(&bytes), None);
}

#[test]
fn a_shortened_or_lengthened_content_is_not_recognised() {
    let bytes = A.bytes();
    assert_eq!(recognise(&bytes[..bytes.len() - 1]), None);
    assert_eq!(recognise(&[&bytes[..], &[0]].concat()), None);
    assert_eq!(recognise(&bytes[1..]), None);
}

#[test]
fn zeros_are_not_recognised() {
    assert_eq!(recognise(&[0; 4096]), None);
    let mut bytes = A.bytes();
    bytes[65_536..].fill(0);
    assert_eq!(recognise(&bytes), None);
}

#[test]
fn a_flipped_bit_is_not_recognised() {
    for at in [0, 9, 16, 50_000, A.length - 1] {
        let mut bytes = A.bytes();
        bytes[at] ^= 1;
        assert_eq!(recognise(&bytes), None, "byte {at}");
    }
}

#[test]
fn parts_in_another_order_are_other_contents() {
    assert_ne!(recognise(&bytes_of(&[A, B])), recognise(&bytes_of(&[B, A])));
}
