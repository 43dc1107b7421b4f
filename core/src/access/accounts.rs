//! Accounts and their access keys.
//!
//! Always holds: the whole table is in memory (a lookup is on every request's path) and every change is committed before it
//! shows; a deleted key fails on the next request. A secret is never printed: [`Secret`] hides it from `Debug`.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::metadata::MetadataStore;
use crate::types::{Account, AccountId};

/// A secret access key.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself: for signing, and for showing it once to whoever made it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[derive(Clone, Debug)]
pub struct AccessKey {
    pub id: String,
    pub secret: Secret,
    pub account: AccountId,
    pub created: Timestamp,
}

#[derive(Clone, Debug, Default)]
pub struct NewAccount {
    pub name: String,
    pub display_name: Option<String>,
    pub email: Option<String>,
    /// For tests and migrations: a canonical id of one's own.
    pub id: Option<AccountId>,
}

/// The accounts of a store.
pub struct Accounts {
    _private: (),
}

impl Accounts {
    /// Reads all accounts. `root` is the root credentials' key; the root account is made where it does not exist yet.
    pub async fn load(metadata: Arc<dyn MetadataStore>, clock: Arc<dyn crate::clock::Clock>, random: Arc<dyn crate::random::Random>, root: (String, Secret)) -> Result<Self> { let _ = (metadata, clock, random, root); unimplemented!() }

    /// The account and secret behind an access key id.
    pub fn by_access_key(&self, id: &str) -> Option<(Arc<Account>, Secret)> { let _ = id; unimplemented!() }

    pub fn by_id(&self, id: AccountId) -> Option<Arc<Account>> { let _ = id; unimplemented!() }

    pub fn by_email(&self, email: &str) -> Option<Arc<Account>> { let _ = email; unimplemented!() }

    pub fn by_name(&self, name: &str) -> Option<Arc<Account>> { let _ = name; unimplemented!() }

    pub fn root(&self) -> Arc<Account> { unimplemented!() }

    /// By name, root first.
    pub fn list(&self) -> Vec<Arc<Account>> { unimplemented!() }

    pub async fn create(&self, account: NewAccount) -> Result<Arc<Account>> { let _ = account; unimplemented!() }

    /// Refused for root, and while the account owns buckets. Its keys go with it.
    pub async fn delete(&self, name: &str) -> Result<()> { let _ = name; unimplemented!() }

    pub fn keys(&self, account: AccountId) -> Vec<AccessKey> { let _ = account; unimplemented!() }

    /// Makes a key; id and secret are drawn at random where not given.
    pub async fn create_key(&self, account: AccountId, given: Option<(String, Secret)>) -> Result<AccessKey> { let _ = (account, given); unimplemented!() }

    pub async fn delete_key(&self, id: &str) -> Result<()> { let _ = id; unimplemented!() }
}
