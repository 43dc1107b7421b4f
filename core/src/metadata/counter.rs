//! The arithmetic of [`Write::Add`] and [`Write::Max`], the same in every engine.
//!
//! Always holds: a counter's value is 8 bytes, i64 little-endian; absent counts as 0; `Add` wraps around, so that operands may be put
//! together in any grouping and still give one result.

use bytes::Bytes;

use super::Write;

/// The value of a counter as a read returns it. An error says what is wrong with the bytes.
pub fn decode(value: Option<&[u8]>) -> Result<i64, String> {
    match value {
        None => Ok(0),
        Some(bytes) => match <[u8; 8]>::try_from(bytes) {
            Ok(bytes) => Ok(i64::from_le_bytes(bytes)),
            Err(_) => Err(format!("a counter's value has {} bytes instead of 8", bytes.len())),
        },
    }
}

pub fn encode(value: i64) -> Bytes {
    Bytes::copy_from_slice(&value.to_le_bytes())
}

/// What a read returns after `write`, which is an `Add`, a `Max`, or replaces the value.
pub(super) fn apply(old: Option<&[u8]>, write: &Write) -> Result<Bytes, String> {
    let old = decode(old)?;
    match write {
        Write::Add { delta, .. } => Ok(encode(old.wrapping_add(*delta))),
        Write::Max { value, .. } => Ok(encode(old.max(*value))),
        Write::Put { .. } | Write::Delete { .. } => Err("not a change of a counter".to_owned()),
    }
}
