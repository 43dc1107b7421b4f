//! All accounts and keys, as requests look them up: one immutable table, replaced as a whole by each change.
//!
//! Always holds: names, e-mail addresses (in lower case) and key ids are unique, each key's account is there, and there is exactly
//! one root account with its configured key.

use std::collections::HashMap;
use std::sync::Arc;

use super::AccessKey;
use crate::error::{Error, Result};
use crate::types::{Account, AccountId};

#[derive(Clone, Default)]
pub(super) struct Table {
    by_id: HashMap<AccountId, Arc<Account>>,
    by_name: HashMap<String, AccountId>,
    by_email: HashMap<String, AccountId>,
    keys: HashMap<String, AccessKey>,
}

impl Table {
    pub(super) fn by_id(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.by_id.get(&id)
    }

    pub(super) fn by_name(&self, name: &str) -> Option<&Arc<Account>> {
        self.by_id.get(self.by_name.get(name)?)
    }

    /// Addresses are compared without regard to case, as mail servers do.
    pub(super) fn by_email(&self, email: &str) -> Option<&Arc<Account>> {
        self.by_id.get(self.by_email.get(&email.to_ascii_lowercase())?)
    }

    pub(super) fn key(&self, id: &str) -> Option<&AccessKey> {
        self.keys.get(id)
    }

    /// By age, then by id.
    pub(super) fn keys_of(&self, account: AccountId) -> Vec<AccessKey> {
        let mut keys: Vec<_> = self.keys.values().filter(|key| key.account == account).cloned().collect();
        keys.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        keys
    }

    pub(super) fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.by_id.values()
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Adds an account; `InvalidRequest` where one of its unique values is taken.
    pub(super) fn add(&mut self, account: Account) -> Result<Arc<Account>> {
        let email = account.email.as_ref().map(|email| email.to_ascii_lowercase());
        if self.by_name.contains_key(&account.name) {
            return Err(Error::InvalidRequest(format!("an account named {} exists already", account.name)));
        }
        if let Some(email) = email.as_ref().filter(|email| self.by_email.contains_key(*email)) {
            return Err(Error::InvalidRequest(format!("another account has the e-mail address {email}")));
        }
        if self.by_id.contains_key(&account.id) {
            return Err(Error::InvalidRequest(format!("another account has the canonical id {}", account.id)));
        }
        self.by_name.insert(account.name.clone(), account.id);
        if let Some(email) = email {
            self.by_email.insert(email, account.id);
        }
        let account = Arc::new(account);
        self.by_id.insert(account.id, account.clone());
        Ok(account)
    }

    /// Removes an account and its keys.
    pub(super) fn remove(&mut self, id: AccountId) {
        if let Some(account) = self.by_id.remove(&id) {
            self.by_name.remove(&account.name);
            if let Some(email) = &account.email {
                self.by_email.remove(&email.to_ascii_lowercase());
            }
            self.keys.retain(|_, key| key.account != id);
        }
    }

    /// Adds a key; `InvalidRequest` where its id is taken or its account is not there.
    pub(super) fn add_key(&mut self, key: AccessKey) -> Result<()> {
        if !self.by_id.contains_key(&key.account) {
            return Err(Error::InvalidRequest(format!("there is no account for the access key {}", key.id)));
        }
        if self.keys.contains_key(&key.id) {
            return Err(Error::InvalidRequest(format!("the access key id {} is taken; choose another", key.id)));
        }
        self.keys.insert(key.id.clone(), key);
        Ok(())
    }

    pub(super) fn remove_key(&mut self, id: &str) {
        self.keys.remove(id);
    }
}
