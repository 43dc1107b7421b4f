//! Accounts and keys in the index: reading all, making one change, deleting an account that owns nothing.
//!
//! Always holds: a change is answered only when it is on stable storage.

use super::{AccessKey, Secret};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::limits::ACCOUNTS_PAGE;
use crate::metadata::account_records::{AccessKeyRecord, AccountRecord};
use crate::metadata::records::Record as _;
use crate::metadata::{
    Durability, Key, LockMode, MetadataStore, ReadError, Snapshot, Table, account_keys, counter, keys,
};
use crate::transact;
use crate::types::AccountId;

/// One write of a change.
pub(super) enum Change {
    Put(Key, bytes::Bytes),
    Delete(Key),
}

/// Every account and every key, of one state of the index.
pub(super) async fn load(metadata: &dyn MetadataStore) -> Result<(Vec<(AccountId, AccountRecord)>, Vec<AccessKey>)> {
    let snapshot = metadata.snapshot()?;
    let (mut accounts, mut keys) = (Vec::new(), Vec::new());
    for (key, value) in scan(&*snapshot, account_keys::accounts_range()).await? {
        let id = account_keys::parse_account(&key)?;
        accounts.push((id, AccountRecord::decode(&value)?));
    }
    for (key, value) in scan(&*snapshot, account_keys::access_keys_range()).await? {
        let id = account_keys::parse_access_key(&key)?;
        let AccessKeyRecord { account, secret, created } = AccessKeyRecord::decode(&value)?;
        keys.push(AccessKey { id, secret: Secret::new(secret), account, created });
    }
    Ok((accounts, keys))
}

async fn scan(snapshot: &dyn Snapshot, range: std::ops::Range<Key>) -> Result<Vec<(Key, bytes::Bytes)>, ReadError> {
    let (mut all, mut start) = (Vec::new(), range.start);
    loop {
        let page = snapshot.scan(&start, &range.end, ACCOUNTS_PAGE, false).await?;
        let Some((last, _)) = page.last() else { return Ok(all) };
        // The next key after `last` in the order of bytes.
        start = [last.as_slice(), &[0]].concat();
        all.extend(page);
    }
}

/// Commits `writes`, where each of `present` is there and each of `absent` is not. The table in memory was asked before: another
/// answer of the index means that somebody else changes accounts too.
pub(super) async fn change(
    metadata: &dyn MetadataStore,
    present: &[Key],
    absent: &[Key],
    writes: Vec<Change>,
) -> Result<()> {
    let at: Vec<_> = present.iter().chain(absent).map(|key| (Table::Index, key.clone())).collect();
    transact!(metadata, Durability::Synced, |tx| {
        let values = tx.get_many(&at).await?;
        let as_known = values.iter().enumerate().all(|(at, value)| value.is_some() == (at < present.len()));
        if !as_known {
            return Err(not_as_known().into());
        }
        for write in &writes {
            match write {
                Change::Put(key, value) => tx.put(Table::Index, key.clone(), value.clone()),
                Change::Delete(key) => tx.delete(Table::Index, key.clone()),
            }
        }
        failpoint!("account.before_commit");
        Ok(())
    })?;
    failpoint!("account.changed");
    Ok(())
}

/// Deletes an account and its access keys, unless it owns a bucket: then it stays, and this is `false`. Whoever makes a bucket reads
/// the account's record and changes the number of its buckets, and both are read here: so of the two only one can be committed. The
/// lock lets one wait for the other instead.
pub(super) async fn delete_account(metadata: &dyn MetadataStore, id: AccountId, access_keys: Vec<Key>) -> Result<bool> {
    let account = account_keys::account(id);
    transact!(metadata, Durability::Synced, |tx| {
        tx.lock(&keys::locks::account(id), LockMode::Exclusive).await?;
        if tx.get(Table::Index, &account).await?.is_none() {
            return Err(not_as_known().into());
        }
        let owned = tx.get(Table::Index, &keys::owned_buckets(id)).await?;
        if counter::decode(owned.as_deref()).map_err(ReadError::Corrupt)? > 0 {
            return Ok(false);
        }
        for key in &access_keys {
            tx.delete(Table::Index, key.clone());
        }
        tx.delete(Table::Index, account.clone());
        Ok(true)
    })
}

fn not_as_known() -> Error {
    Error::Internal("the accounts in memory are not those of the index".into())
}
