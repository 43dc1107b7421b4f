//! Every flipped bit of an inline value is found, and so is a value in the wrong place.

use super::*;

#[test]
fn any_flipped_bit_is_found() {
    let bytes: Vec<u8> = (0..=255).collect();
    let sealed = seal_inline(7, 0, &bytes);
    assert_eq!(open_inline(7, 0, sealed.clone()).unwrap(), bytes);
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(open_inline(7, 0, flipped.into()).is_err(), "bit {bit}");
    }
    assert!(open_inline(8, 0, sealed.clone()).is_err());
    assert!(open_inline(7, 1, sealed).is_err());
    assert!(open_inline(7, 0, Bytes::new()).is_err());
}
