//! What decodes, and what does not.

use bytes::Bytes;

use super::{Decoder, Encode, Garbage, padding};

#[test]
fn values_come_back_as_they_were_written() {
    let mut out = Vec::new();
    out.u32(7);
    out.u64(1 << 40);
    out.boolean(true);
    out.opaque(b"abcde");
    out.opaque(b"");
    out.opaque(b"abcd");
    assert_eq!(out.len(), 4 + 8 + 4 + 12 + 4 + 8);
    let bytes = Bytes::from(out);
    let mut decoder = Decoder::new(&bytes);
    assert_eq!(decoder.u32(), Ok(7));
    assert_eq!(decoder.u64(), Ok(1 << 40));
    assert_eq!(decoder.boolean(), Ok(true));
    assert_eq!(decoder.opaque(5), Ok(&b"abcde"[..]));
    assert_eq!(decoder.opaque(5), Ok(&b""[..]));
    assert_eq!(decoder.opaque_bytes(4), Ok(Bytes::from_static(b"abcd")));
    assert!(decoder.clone().rest().is_empty());
    assert_eq!(decoder.u32(), Err(Garbage));
}

#[test]
fn lengths_that_are_not_there_are_garbage() {
    for (bytes, max) in [
        (&[0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4][..], usize::MAX),
        (&[0, 0, 0, 5, 1, 2, 3, 4][..], usize::MAX),
        // The bytes are there, what pads them is not.
        (&[0, 0, 0, 3, 1, 2, 3][..], usize::MAX),
        (&[0, 0, 0, 4, 1, 2, 3, 4][..], 3),
        (&[0, 0][..], usize::MAX),
    ] {
        let bytes = Bytes::copy_from_slice(bytes);
        assert_eq!(Decoder::new(&bytes).opaque(max), Err(Garbage), "{bytes:?}");
        assert_eq!(Decoder::new(&bytes).opaque_bytes(max), Err(Garbage), "{bytes:?}");
    }
    let two = Bytes::from_static(&[0, 0, 0, 2]);
    assert_eq!(Decoder::new(&two).boolean(), Err(Garbage));
}

#[test]
fn padding_reaches_the_next_word() {
    assert_eq!([0, 1, 2, 3, 4, 5, usize::MAX].map(padding), [0, 3, 2, 1, 0, 3, 1]);
}

#[test]
fn data_is_not_copied() {
    let mut out = Vec::new();
    out.opaque(&[9; 4096]);
    let bytes = Bytes::from(out);
    let data = Decoder::new(&bytes).opaque_bytes(4096).expect("it is there");
    assert_eq!(data.as_ptr(), bytes[4..].as_ptr());
}
