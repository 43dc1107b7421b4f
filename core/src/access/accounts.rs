//! Accounts and their access keys.
//!
//! Always holds: the whole table is in memory (a lookup is on every request's path) and every change is committed before it
//! shows; a deleted key fails on the next request. Changes are made one after another, and go to their end even where nobody
//! waits for them any more, so that memory and index never part. A secret is never printed: [`Secret`] hides it from `Debug`.

#[cfg(test)]
mod fake_index;
mod index;
pub(super) mod rules;
mod table;

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;

use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Result};
use crate::limits::{ACCESS_KEYS_PER_ACCOUNT_MAX, ACCOUNTS_MAX};
use crate::metadata::account_records::{AccessKeyRecord, AccountRecord};
use crate::metadata::records::Record as _;
use crate::metadata::{MetadataStore, account_keys};
use crate::random::Random;
use crate::types::{Account, AccountId};
use index::Change;
use table::Table;

/// A secret access key. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into().into())
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

/// The name of the account that may do everything.
const ROOT_NAME: &str = "root";

/// The accounts of a store. Cheap to clone; clones share one table.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
}

struct Inner {
    metadata: Arc<dyn MetadataStore>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    table: ArcSwap<Table>,
    root: Arc<Account>,
    /// The configured key: it is not in the index.
    root_key_id: String,
    /// Held by whoever changes something.
    changing: Mutex<()>,
}

impl Accounts {
    /// Reads all accounts. `root` is the root credentials' key; the root account is made where it does not exist yet. The root key
    /// is what the server was started with, and is not kept in the index: another one at the next start takes its place.
    ///
    /// # Errors
    /// `InvalidArgument` where the root key is malformed, `InvalidRequest` where its id belongs to another account's key, `Corrupt`
    /// where the records contradict each other.
    pub async fn load(
        metadata: Arc<dyn MetadataStore>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        root: (String, Secret),
    ) -> Result<Self> {
        let (root_key_id, root_secret) = root;
        rules::access_key_id(&root_key_id)?;
        rules::secret(&root_secret)?;
        let (mut records, keys) = index::load(&*metadata).await?;
        if !records.iter().any(|(_, record)| record.is_root) {
            records.push(make_root(&*metadata, &*clock, &*random).await?);
        }

        let mut table = Table::default();
        let mut root = None;
        for (id, record) in records {
            let AccountRecord { name, display_name, email, is_root, created } = record;
            let account = table.add(Account { id, name, display_name, email, is_root }).map_err(contradiction)?;
            if is_root && root.replace((account, created)).is_some() {
                return Err(Error::Corrupt("there are two root accounts".into()));
            }
        }
        let (root, root_created) = root.ok_or_else(|| Error::Internal("the root account is missing".into()))?;
        for key in keys {
            if key.id == root_key_id {
                return Err(Error::InvalidRequest(format!(
                    "the root access key id {root_key_id} is also the id of a key made for an account; choose another root key"
                )));
            }
            table.add_key(key).map_err(contradiction)?;
        }
        table.add_key(AccessKey {
            id: root_key_id.clone(),
            secret: root_secret,
            account: root.id,
            created: root_created,
        })?;
        let table = ArcSwap::from_pointee(table);
        let inner = Inner { metadata, clock, random, table, root, root_key_id, changing: Mutex::new(()) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The account and secret behind an access key id.
    pub fn by_access_key(&self, id: &str) -> Option<(Arc<Account>, Secret)> {
        let table = self.inner.table.load();
        let key = table.key(id)?;
        Some((table.by_id(key.account)?.clone(), key.secret.clone()))
    }

    pub fn by_id(&self, id: AccountId) -> Option<Arc<Account>> {
        self.inner.table.load().by_id(id).cloned()
    }

    /// Without regard to case.
    pub fn by_email(&self, email: &str) -> Option<Arc<Account>> {
        self.inner.table.load().by_email(email).cloned()
    }

    pub fn by_name(&self, name: &str) -> Option<Arc<Account>> {
        self.inner.table.load().by_name(name).cloned()
    }

    pub fn root(&self) -> Arc<Account> {
        self.inner.root.clone()
    }

    /// By name, root first.
    pub fn list(&self) -> Vec<Arc<Account>> {
        let mut accounts: Vec<_> = self.inner.table.load().accounts().cloned().collect();
        accounts.sort_by(|a, b| (!a.is_root, &a.name).cmp(&(!b.is_root, &b.name)));
        accounts
    }

    /// Makes an account, without keys.
    ///
    /// # Errors
    /// `InvalidArgument` where a value is malformed; `InvalidRequest` where the name, e-mail address or id is taken, or there are
    /// as many accounts as there may be.
    pub async fn create(&self, account: NewAccount) -> Result<Arc<Account>> {
        let NewAccount { name, display_name, email, id } = account;
        rules::name(&name)?;
        let display_name = display_name.unwrap_or_else(|| name.clone());
        rules::display_name(&display_name)?;
        email.as_deref().map_or(Ok(()), rules::email)?;
        self.change(async move |inner: Arc<Inner>| {
            let mut table = Table::clone(&inner.table.load());
            if table.len() >= ACCOUNTS_MAX {
                return Err(Error::InvalidRequest(format!(
                    "there are {ACCOUNTS_MAX} accounts, as many as there may be"
                )));
            }
            let id = id.unwrap_or_else(|| draw_id(&*inner.random));
            let record = AccountRecord {
                name: name.clone(),
                display_name: display_name.clone(),
                email: email.clone(),
                is_root: false,
                created: inner.clock.now(),
            };
            let account = table.add(Account { id, name, display_name, email, is_root: false })?;
            let key = account_keys::account(id);
            let writes = vec![Change::Put(key.clone(), record.encode())];
            index::change(&*inner.metadata, &[], &[key], writes).await?;
            inner.table.store(Arc::new(table));
            Ok(account)
        })
        .await
    }

    /// Deletes an account; its keys go with it. Refused for root, and while the account owns buckets: that is looked for while
    /// nobody can make one for it.
    ///
    /// # Errors
    /// `InvalidArgument` where there is no such account, `InvalidRequest` where it is refused.
    pub async fn delete(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.change(async move |inner: Arc<Inner>| {
            let mut table = Table::clone(&inner.table.load());
            let account = table.by_name(&name).cloned().ok_or_else(|| no_account("name", &name))?;
            if account.is_root {
                return Err(Error::InvalidRequest("the root account can't be deleted".into()));
            }
            let keys = table.keys_of(account.id).iter().map(|key| account_keys::access_key(&key.id)).collect();
            if !index::delete_account(&*inner.metadata, account.id, keys).await? {
                return Err(Error::InvalidRequest(format!("the account {name} owns buckets; delete them first")));
            }
            table.remove(account.id);
            inner.table.store(Arc::new(table));
            Ok(())
        })
        .await
    }

    /// The keys of an account, the oldest first.
    pub fn keys(&self, account: AccountId) -> Vec<AccessKey> {
        self.inner.table.load().keys_of(account)
    }

    /// Makes a key; id and secret are drawn at random where not given.
    ///
    /// # Errors
    /// `InvalidArgument` where a given value is malformed or there is no such account; `InvalidRequest` where the id is taken or
    /// the account has as many keys as it may have.
    pub async fn create_key(&self, account: AccountId, given: Option<(String, Secret)>) -> Result<AccessKey> {
        if let Some((id, secret)) = &given {
            rules::access_key_id(id)?;
            rules::secret(secret)?;
        }
        self.change(async move |inner: Arc<Inner>| {
            let mut table = Table::clone(&inner.table.load());
            if table.by_id(account).is_none() {
                return Err(no_account("account", &account.to_string()));
            }
            if table.keys_of(account).len() >= ACCESS_KEYS_PER_ACCOUNT_MAX {
                return Err(Error::InvalidRequest(format!(
                    "the account has {ACCESS_KEYS_PER_ACCOUNT_MAX} keys, as many as it may have; delete one first"
                )));
            }
            let random = &*inner.random;
            let (id, secret) = given.unwrap_or_else(|| (rules::draw_access_key_id(random), rules::draw_secret(random)));
            let created = inner.clock.now();
            let record = AccessKeyRecord { account, secret: secret.expose().to_owned(), created };
            let key = AccessKey { id, secret, account, created };
            table.add_key(key.clone())?;
            let (of, at) = (account_keys::account(account), account_keys::access_key(&key.id));
            let writes = vec![Change::Put(at.clone(), record.encode())];
            index::change(&*inner.metadata, &[of], &[at], writes).await?;
            inner.table.store(Arc::new(table));
            Ok(key)
        })
        .await
    }

    /// Deletes a key: the next request that it signs fails. Refused for the configured root key.
    ///
    /// # Errors
    /// `InvalidArgument` where there is no such key, `InvalidRequest` where it is refused.
    pub async fn delete_key(&self, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.change(async move |inner: Arc<Inner>| {
            let mut table = Table::clone(&inner.table.load());
            if table.key(&id).is_none() {
                let message = format!("there is no access key {id}");
                return Err(Error::InvalidArgument { name: "access-key-id", value: id, message });
            }
            if id == inner.root_key_id {
                let text = "the root key is the one the server was started with; start it with another one instead";
                return Err(Error::InvalidRequest(text.into()));
            }
            let key = account_keys::access_key(&id);
            let writes = vec![Change::Delete(key.clone())];
            index::change(&*inner.metadata, &[key], &[], writes).await?;
            table.remove_key(&id);
            inner.table.store(Arc::new(table));
            Ok(())
        })
        .await
    }

    /// Makes one change, alone, to its end: a task of its own goes on where the caller is cancelled.
    async fn change<T, F>(&self, change: impl FnOnce(Arc<Inner>) -> F + Send + 'static) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send,
    {
        let inner = self.inner.clone();
        let task = tokio::spawn(async move {
            let _alone = inner.changing.lock().await;
            change(inner.clone()).await
        });
        task.await.map_err(|error| Error::Internal(format!("changing an account ended early: {error}")))?
    }
}

async fn make_root(
    metadata: &dyn MetadataStore,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<(AccountId, AccountRecord)> {
    let id = draw_id(random);
    let record = AccountRecord {
        name: ROOT_NAME.into(),
        display_name: ROOT_NAME.into(),
        email: None,
        is_root: true,
        created: clock.now(),
    };
    let key = account_keys::account(id);
    let writes = vec![Change::Put(key.clone(), record.encode())];
    index::change(metadata, &[], &[key], writes).await?;
    Ok((id, record))
}

fn draw_id(random: &dyn Random) -> AccountId {
    let mut id = AccountId([0; 32]);
    random.fill(&mut id.0);
    id
}

/// Records that can't stand together were not written so.
fn contradiction(error: Error) -> Error {
    Error::Corrupt(format!("the records of accounts contradict each other: {error}"))
}

fn no_account(name: &'static str, value: &str) -> Error {
    Error::InvalidArgument { name, value: value.to_owned(), message: format!("there is no account {value}") }
}

#[cfg(test)]
mod tests;
