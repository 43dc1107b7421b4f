//! Keys of accounts and access keys in the index.
//!
//! Always holds: `A` 0x01 canonical id (32 bytes) names an account, `A` 0x02 access key id an access key; no other key begins so.

use std::ops::Range;

use super::Key;
use crate::types::AccountId;

const ACCOUNTS: [u8; 2] = [b'A', 1];
const ACCESS_KEYS: [u8; 2] = [b'A', 2];
const END: [u8; 2] = [b'A', 3];

pub fn account(id: AccountId) -> Key {
    [&ACCOUNTS[..], &id.0].concat()
}

pub fn access_key(id: &str) -> Key {
    [&ACCESS_KEYS[..], id.as_bytes()].concat()
}

/// Every account's key.
pub fn accounts_range() -> Range<Key> {
    ACCOUNTS.to_vec()..ACCESS_KEYS.to_vec()
}

/// Every access key's key.
pub fn access_keys_range() -> Range<Key> {
    ACCESS_KEYS.to_vec()..END.to_vec()
}
