//! Who asks.
//!
//! Always holds: an account's canonical id is 32 random bytes, shown as 64 hexadecimal digits; it never changes and is never
//! reused. A [`Principal`] exists only after a door has authenticated the request (or found no credentials in it).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A canonical id, as grants and owners name accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, bincode::Encode, bincode::Decode)]
pub struct AccountId(pub [u8; 32]);

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A text that is no canonical id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a canonical id: 64 hexadecimal digits")]
pub struct InvalidAccountId;

impl FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut id = [0; 32];
        hex::decode_to_slice(text, &mut id).map_err(|_| InvalidAccountId)?;
        Ok(Self(id))
    }
}

/// An account: it owns buckets and objects, and is what grants name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    /// The short name that `trefoil user` uses; unique.
    pub name: String,
    pub display_name: String,
    /// Unique among accounts where given; grants by e-mail resolve through it.
    pub email: Option<String>,
    /// The root account may do everything.
    pub is_root: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    Anonymous,
    Account(Arc<Account>),
}

impl Principal {
    pub fn account_id(&self) -> Option<AccountId> {
        match self {
            Principal::Anonymous => None,
            Principal::Account(account) => Some(account.id),
        }
    }

    pub fn is_root(&self) -> bool {
        matches!(self, Principal::Account(account) if account.is_root)
    }
}
