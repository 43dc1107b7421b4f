//! Handles of this server, of others, and of nobody.

use super::{HANDLE_BYTES, Handles, Named};
use crate::limits::HANDLE_BYTES_MAX;

#[test]
fn a_handle_opens_to_what_it_was_made_of_and_outlives_the_process() {
    let named = Named { export: 0x0123_4567_89ab_cdef, node: u64::MAX - 1 };
    let handle = Handles::new(&[7; 32]).make(named);
    assert_eq!(Handles::new(&[7; 32]).open(&handle), Some(named));
    const { assert!(HANDLE_BYTES <= HANDLE_BYTES_MAX && HANDLE_BYTES.is_multiple_of(4)) };
}

#[test]
fn what_was_changed_cut_or_made_elsewhere_does_not_open() {
    let handles = Handles::new(&[7; 32]);
    let handle = handles.make(Named { export: 1, node: 2 });
    for at in 0..handle.len() {
        for bit in 0..8 {
            let mut forged = handle;
            forged[at] ^= 1 << bit;
            assert_eq!(handles.open(&forged), None, "byte {at}, bit {bit}");
        }
        assert_eq!(handles.open(&handle[..at]), None);
    }
    assert_eq!(handles.open(&[&handle[..], &[0]].concat()), None);
    assert_eq!(handles.open(&[0; HANDLE_BYTES]), None);
    assert_eq!(Handles::new(&[8; 32]).open(&handle), None);
}
