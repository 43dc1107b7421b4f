//! Continuation tokens: where a listing goes on, opaque to clients.
//!
//! Always holds: a token carries the name behind which the next page begins, and nothing of the store's state, so it stays good
//! when that name is deleted, when the server restarts, and on another gateway.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::Failure;

#[cfg(test)]
mod tests;

/// Tells this form of token from later ones.
const FORM: char = '1';

pub fn encode(after: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{FORM}{after}"))
}

/// The name that the token carries. The empty token, which some clients send with the first page, begins at the start.
pub fn decode(token: &str) -> Result<String, Failure> {
    if token.is_empty() {
        return Ok(String::new());
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let after = text.as_deref().and_then(|text| text.strip_prefix(FORM));
    after.map(str::to_owned).ok_or_else(|| {
        Failure::invalid_argument("continuation-token", token, "The continuation token provided is incorrect")
    })
}
