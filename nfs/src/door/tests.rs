//! What a request costs before it does anything.

use std::net::SocketAddr;
use std::sync::Arc;

use super::Door;
use crate::record::Record;

/// Its state is made on the heap and moved there, for each.
const STATE_BYTES_MAX: usize = 12 << 10;

fn state_bytes<F: Future>(_: impl FnOnce(Arc<Door>, SocketAddr, Record) -> F) -> usize {
    size_of::<F>()
}

#[test]
fn the_state_of_a_request_is_small() {
    let bytes = state_bytes(Door::answer);
    assert!(bytes <= STATE_BYTES_MAX, "{bytes} bytes: box what is rare");
}
