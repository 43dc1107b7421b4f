//! Accounts and keys in the index: reading all, and making one change.
//!
//! Always holds: a change is answered only when it is on stable storage.

use super::{AccessKey, Secret};
use crate::error::{Error, Result};
use crate::limits::{ACCOUNTS_PAGE, TRANSACTION_ATTEMPTS_MAX};
use crate::metadata::account_records::{AccessKeyRecord, AccountRecord};
use crate::metadata::records::Record as _;
use crate::metadata::{
    Batch, CommitError, Durability, Key, MetadataStore, ReadError, Snapshot, Table, Write, account_keys,
};
use crate::types::AccountId;

/// Every account and every key, of one state of the index.
pub(super) async fn load(metadata: &dyn MetadataStore) -> Result<(Vec<(AccountId, AccountRecord)>, Vec<AccessKey>)> {
    let snapshot = metadata.snapshot().map_err(read_error)?;
    let (mut accounts, mut keys) = (Vec::new(), Vec::new());
    for (key, value) in scan(&*snapshot, account_keys::accounts_range()).await.map_err(read_error)? {
        let id = account_keys::parse_account(&key).map_err(read_error)?;
        accounts.push((id, AccountRecord::decode(&value).map_err(read_error)?));
    }
    for (key, value) in scan(&*snapshot, account_keys::access_keys_range()).await.map_err(read_error)? {
        let id = account_keys::parse_access_key(&key).map_err(read_error)?;
        let AccessKeyRecord { account, secret, created } = AccessKeyRecord::decode(&value).map_err(read_error)?;
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
    writes: Vec<Write>,
) -> Result<()> {
    let keys: Vec<_> = present.iter().chain(absent).map(|key| (Table::Index, key.clone())).collect();
    for _ in 0..TRANSACTION_ATTEMPTS_MAX {
        let (stamp, values) = metadata.get_many(&keys).await.map_err(read_error)?;
        let as_known = values.iter().enumerate().all(|(at, value)| value.is_some() == (at < present.len()));
        if !as_known {
            return Err(Error::Internal("the accounts in memory are not those of the index".into()));
        }
        let reads = keys.iter().map(|(table, key)| (*table, key.clone(), stamp)).collect();
        match metadata.commit(Batch { reads, writes: writes.clone(), ..Batch::default() }, Durability::Synced).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Full(text)) => return Err(Error::StorageFull(text)),
            Err(CommitError::TooLarge(text)) => return Err(Error::Internal(text)),
            Err(CommitError::Failed(text)) => return Err(Error::Unavailable(text)),
        }
    }
    Err(Error::Unavailable("the accounts are changed too often at the same time; try again".into()))
}

pub(super) fn put(key: Key, value: bytes::Bytes) -> Write {
    Write::Put { table: Table::Index, key, value }
}

pub(super) fn delete(key: Key) -> Write {
    Write::Delete { table: Table::Index, key }
}

fn read_error(error: ReadError) -> Error {
    match error {
        ReadError::Corrupt(text) => Error::Corrupt(text),
        ReadError::Failed(text) => Error::Unavailable(text),
    }
}
