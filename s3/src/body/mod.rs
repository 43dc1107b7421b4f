//! Bodies: from what arrives on the wire to the bytes that are meant.
//!
//! Always holds: memory per body is bounded, whatever lengths a client claims; a body that differs from its framing, length or
//! signatures ends in a typed error before its last byte is believed.

mod chunked;
mod decoded;
mod framing;

pub use decoded::Decoded;
pub use framing::{Framing, framing};
