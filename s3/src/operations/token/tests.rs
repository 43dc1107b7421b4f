//! Tokens there and back, and what is no token.

use super::{decode, encode};

#[test]
fn a_token_gives_back_its_name() {
    for name in ["", "a", "photos/2026/", "\0\u{10ffff} +/&", &"é".repeat(512)] {
        assert_eq!(decode(&encode(name)).expect("own token"), name);
    }
}

#[test]
fn what_is_no_token_is_refused() {
    for token in ["foo/bar", "!!", "AAAA", "Mg", " "] {
        assert_eq!(decode(token).expect_err(token).code, "InvalidArgument");
    }
}
