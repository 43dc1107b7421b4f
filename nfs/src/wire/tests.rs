//! Attributes, times and devices, there and back.

use bytes::Bytes;
use trefoil_core::clock::Timestamp;
use trefoil_core::files::{SetAttributes, SetTime};

use super::{check_name, device, device_parts, set_attributes, time};
use crate::status::Status;
use crate::xdr::{Decoder, Encode, Garbage};

#[test]
fn times_are_the_nearest_that_the_protocol_can_say() {
    let shown = |timestamp| {
        let mut out = Vec::new();
        time(&mut out, timestamp);
        (u32::from_be_bytes(out[..4].try_into().expect("four")), u32::from_be_bytes(out[4..].try_into().expect("four")))
    };
    assert_eq!(shown(Timestamp(0)), (0, 0));
    assert_eq!(shown(Timestamp(1_700_000_000_123_456_789)), (1_700_000_000, 123_456_789));
    assert_eq!(shown(Timestamp(u64::MAX)).0, u32::MAX);
}

#[test]
fn devices_are_linux_own() {
    for (major, minor) in [(8, 1), (0, 0), (259, 300), (0xfff, 0xfffff), (u32::MAX, u32::MAX), (0x1000, 0x100)] {
        assert_eq!(device_parts(device(major, minor)), (major, minor));
    }
    assert_eq!(device(8, 1), 0x801);
    assert_eq!(device(1, 0x123), 0x0010_0123);
}

#[test]
fn attributes_to_be_set_are_those_that_are_sent() {
    let mut out = Vec::new();
    out.boolean(true);
    out.u32(0o100_644);
    out.boolean(false);
    out.boolean(true);
    out.u32(5);
    out.boolean(true);
    out.u64(77);
    out.u32(1);
    [2, 10, 999_999_999].into_iter().for_each(|word| out.u32(word));
    let whole = Bytes::from(out);
    let expected = SetAttributes {
        mode: Some(0o644),
        gid: Some(5),
        size: Some(77),
        accessed: Some(SetTime::Now),
        modified: Some(SetTime::To(Timestamp(10_999_999_999))),
        ..SetAttributes::default()
    };
    assert_eq!(set_attributes(&mut Decoder::new(&whole)), Ok(Ok(expected)));
    for end in 0..whole.len() {
        assert_eq!(set_attributes(&mut Decoder::new(&whole.slice(..end))), Err(Garbage), "{end}");
    }
    let mut wrong = Vec::from(&whole[..whole.len() - 4]);
    wrong.u32(1_000_000_000);
    assert_eq!(set_attributes(&mut Decoder::new(&Bytes::from(wrong))), Ok(Err(Status::Inval)));
}

#[test]
fn names_that_are_none_are_told_apart() {
    for (name, expected) in [
        (&b""[..], Err(Status::Acces)),
        (b"a/b", Err(Status::Acces)),
        (b"a\0", Err(Status::Acces)),
        (&[b'x'; 256], Err(Status::NameTooLong)),
        (&[b'x'; 255], Ok(())),
        (b"..", Ok(())),
    ] {
        assert_eq!(check_name(name), expected, "{name:?}");
    }
}
