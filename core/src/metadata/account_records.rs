//! What the index keeps of accounts and access keys.
//!
//! Always holds: as for every record (`records.rs`). A secret stands here in the clear, as signatures can't be checked against a
//! hash of it: the index's files are readable by the server's own user only (0600), and whoever reads them reads the data too.
//! Therefore neither record can be printed.

use super::records::Record;
use crate::clock::Timestamp;
use crate::types::AccountId;

/// An account; its id is in the key.
#[derive(Clone, PartialEq, bincode::Encode, bincode::Decode)]
pub struct AccountRecord {
    pub name: String,
    pub display_name: String,
    pub email: Option<String>,
    pub is_root: bool,
    pub created: Timestamp,
}

impl Record for AccountRecord {
    const NAME: &'static str = "account";
}

/// An access key; its id is in the key.
#[derive(Clone, PartialEq, bincode::Encode, bincode::Decode)]
pub struct AccessKeyRecord {
    pub account: AccountId,
    pub secret: String,
    pub created: Timestamp,
}

impl Record for AccessKeyRecord {
    const NAME: &'static str = "access key";
}
