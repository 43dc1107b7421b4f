//! Keys of accounts and access keys in the index.
//!
//! Always holds: `A` 0x01 canonical id (32 bytes) names an account, `A` 0x02 access key id an access key; no other key begins so.

use std::ops::Range;

use super::{Key, ReadError};
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

/// The account that a key of [`accounts_range`] names.
pub fn parse_account(key: &[u8]) -> Result<AccountId, ReadError> {
    let id = key.strip_prefix(&ACCOUNTS).and_then(|id| id.try_into().ok());
    id.map(AccountId).ok_or_else(|| ReadError::Corrupt("an account's key has not 32 bytes of id".into()))
}

/// The access key id that a key of [`access_keys_range`] names.
pub fn parse_access_key(key: &[u8]) -> Result<String, ReadError> {
    let id = key.strip_prefix(&ACCESS_KEYS).and_then(|id| std::str::from_utf8(id).ok());
    id.map(str::to_owned).ok_or_else(|| ReadError::Corrupt("an access key's key is not text".into()))
}
