//! The digests against their published check values.
//!
//! Always holds: the check values are those of the CRC catalogue and of the RFCs.

#[test]
fn check_values() {
    let of = |name| hex::encode(super::raw(name, b"123456789"));
    assert_eq!(of("crc32"), "cbf43926");
    assert_eq!(of("crc32c"), "e3069283");
    assert_eq!(of("crc64nvme"), "ae8b14860a799888");
    assert_eq!(of("sha1"), "f7c3bc1d808e04732adf679965ccc34ca7ae3441");
    assert_eq!(super::etag(b""), "\"d41d8cd98f00b204e9800998ecf8427e\"");
}
