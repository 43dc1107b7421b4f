//! Heads of calls, right and wrong, and the answers that they get.

use bytes::Bytes;

use super::{AuthError, Call, Identity, Parsed, Refusal, parse, refused};
use crate::xdr::{Encode, Garbage};

fn call(version: u32, credential: (u32, &[u8]), verifier: (u32, &[u8])) -> Bytes {
    let mut out = Vec::new();
    [7, 0, version, 100_003, 3, 1].into_iter().for_each(|word| out.u32(word));
    out.u32(credential.0);
    out.opaque(credential.1);
    out.u32(verifier.0);
    out.opaque(verifier.1);
    out.bytes(b"args");
    Bytes::from(out)
}

fn unix(machine: &[u8], groups: &[u32]) -> Vec<u8> {
    let mut out = Vec::new();
    out.u32(1);
    out.opaque(machine);
    out.u32(1000);
    out.u32(100);
    out.u32(u32::try_from(groups.len()).expect("few"));
    groups.iter().for_each(|group| out.u32(*group));
    out
}

fn parsed(record: &Bytes) -> Call {
    match parse(record) {
        Ok(Parsed::Call(call)) => call,
        other => panic!("{other:?}"),
    }
}

fn answered(record: &Bytes) -> Vec<u32> {
    match parse(record) {
        Ok(Parsed::Answered(answer)) => words(&answer),
        other => panic!("{other:?}"),
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| u32::from_be_bytes(word.try_into().expect("four"))).collect()
}

#[test]
fn a_call_is_read_to_its_arguments() {
    let groups: Vec<u32> = (0..16).collect();
    let call = parsed(&call(2, (1, &unix(b"host", &groups)), (0, b"")));
    assert_eq!((call.xid, call.program, call.version, call.procedure), (7, 100_003, 3, 1));
    assert_eq!(call.identity, Ok(Identity::Unix { uid: 1000, gid: 100, groups }));
    assert_eq!(&call.arguments[..], b"args");
}

#[test]
fn identities_are_bounded() {
    let identity = |flavor, body: &[u8]| parsed(&call(2, (flavor, body), (0, b""))).identity;
    assert_eq!(identity(0, b""), Ok(Identity::Nobody));
    assert_eq!(identity(1, &unix(b"host", &[0; 17])), Err(AuthError::BadCredential));
    assert_eq!(identity(1, &unix(&[b'h'; 256], &[])), Err(AuthError::BadCredential));
    let whole = unix(b"host", &[1, 2]);
    for end in 0..whole.len() {
        assert_eq!(identity(1, &whole[..end]), Err(AuthError::BadCredential), "{end}");
    }
    // RPCSEC_GSS, AUTH_DH, and what nobody knows.
    for flavor in [2, 3, 6, 390_003] {
        assert_eq!(identity(flavor, b""), Err(AuthError::TooWeak));
    }
}

#[test]
fn what_is_denied_says_why() {
    assert_eq!(answered(&call(3, (0, b""), (0, b""))), [7, 1, 1, 0, 2, 2]);
    assert_eq!(answered(&call(2, (1, &[0; 404]), (0, b""))), [7, 1, 1, 1, 1]);
    assert_eq!(answered(&call(2, (0, b""), (0, &[0; 404]))), [7, 1, 1, 1, 3]);
    assert_eq!(words(&refused(7, Refusal::NoVersion)), [7, 1, 0, 0, 0, 2, 3, 3]);
    assert_eq!(words(&refused(7, Refusal::Garbage)), [7, 1, 0, 0, 0, 4]);
}

#[test]
fn no_prefix_of_a_call_is_more_than_garbage_or_denied() {
    let whole = call(2, (1, &unix(b"host", &[1])), (0, b""));
    let head = whole.len() - 4;
    for end in 0..head {
        let record = whole.slice(..end);
        assert!(matches!(parse(&record), Err(Garbage) | Ok(Parsed::Answered(_))), "{end}");
    }
    let mut reply = Vec::from(&whole[..]);
    reply[7] = 1;
    assert!(matches!(parse(&Bytes::from(reply)), Ok(Parsed::Nothing)));
}
