//! What is known of a directory besides its name: its record, when its names last changed, how many directories are in it.
//!
//! Always holds: every directory, live or hidden, has a record that says where its dentry is. Times and counts are written without being
//! read, so that nobody who adds a name waits for another who does.

use super::{Tree, TxResult};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Dentry, DirectoryRecord, Home, Record};
use crate::metadata::transaction::Transaction;
use crate::metadata::{Table, counter};

/// A directory, with what was counted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Directory {
    pub record: DirectoryRecord,
    /// When a name in it last came or went.
    pub touched: Timestamp,
    /// Directories in it.
    pub directories: u64,
}

impl Tree {
    /// A name in the directory has come, gone, or leads elsewhere.
    pub(crate) fn touched(&self, tx: &mut Transaction<'_>, directory: Id) {
        let now = i64::try_from(self.clock.now().0).unwrap_or(i64::MAX);
        tx.max(keys::directory_time(directory), now);
    }

    /// A directory came into `directory` (1), or went (-1).
    pub(crate) fn counted(&self, tx: &mut Transaction<'_>, directory: Id, change: i64) {
        tx.add(keys::directory_count(directory), change);
    }

    pub(crate) fn new_directory(&self, parent: Id, name: &[u8]) -> DirectoryRecord {
        DirectoryRecord {
            home: Home { parent, name: name.to_vec() },
            made: self.clock.now(),
            posix: None,
            modified: None,
            xattrs: 0,
            moves: 0,
        }
    }

    /// Gives a new directory its name in the live space. `name` ends in `/`.
    pub(crate) fn put_new_directory(&self, tx: &mut Transaction<'_>, directory: Id, record: &DirectoryRecord) {
        tx.makes();
        let Home { parent, name } = &record.home;
        tx.put(Table::Index, keys::dentry(*parent, name), Dentry::Directory { node: directory, moves: 0 }.encode());
        tx.put(Table::Index, keys::directory(directory), record.encode());
        self.counted(tx, *parent, 1);
        self.touched(tx, *parent);
        self.cache.remember_directory(*parent, name, directory);
    }

    /// Everything that is known of a directory whose names are gone. Its dentry is the caller's.
    pub(crate) async fn drop_directory(&self, tx: &mut Transaction<'_>, directory: Id) -> TxResult<()> {
        if let Some(record) = self.find_directory(tx, directory).await?
            && record.xattrs > 0
        {
            self.drop_xattrs(tx, directory).await?;
        }
        tx.delete(Table::Index, keys::directory(directory));
        tx.delete(Table::Index, keys::directory_time(directory));
        tx.delete(Table::Index, keys::directory_count(directory));
        Ok(())
    }

    /// A directory's record, as part of the transaction.
    pub(crate) async fn find_directory(&self, tx: &mut Transaction<'_>, id: Id) -> TxResult<Option<DirectoryRecord>> {
        let value = tx.get(Table::Index, &keys::directory(id)).await?;
        Ok(value.as_deref().map(DirectoryRecord::decode).transpose().map_err(Error::from)?)
    }

    /// A directory as it is now, with its counts: as part of the transaction where `exact`, which then loses to whoever adds a name.
    pub(crate) async fn directory_in(
        &self,
        tx: &mut Transaction<'_>,
        id: Id,
        exact: bool,
    ) -> TxResult<Option<Directory>> {
        if exact {
            let values = tx.get_many(&at(id)).await?;
            return Ok(from(&values)?);
        }
        let Some(record) = self.find_directory(tx, id).await? else { return Ok(None) };
        let (_, values) = self.store.get_many(&at(id)[1..]).await?;
        let (touched, directories) = counts(&values[0], &values[1])?;
        Ok(Some(Directory { record, touched, directories }))
    }

    /// Whether the directory is there now.
    pub(crate) async fn is_directory_now(&self, id: Id) -> Result<bool> {
        let (_, values) = self.store.get_many(&at(id)[..1]).await?;
        Ok(values[0].is_some())
    }

    /// A directory as it is now.
    pub(crate) async fn directory_now(&self, id: Id) -> Result<Option<Directory>> {
        let (_, values) = self.store.get_many(&at(id)).await?;
        from(&values)
    }
}

impl Directory {
    /// Of the values of its three keys, in the order of [`keys::directory`], its time and its count.
    pub(crate) fn from_values(values: &[Option<bytes::Bytes>]) -> Result<Option<Self>> {
        from(values)
    }
}

fn at(id: Id) -> [(Table, Vec<u8>); 3] {
    [keys::directory(id), keys::directory_time(id), keys::directory_count(id)].map(|key| (Table::Index, key))
}

fn from(values: &[Option<bytes::Bytes>]) -> Result<Option<Directory>> {
    let Some(record) = &values[0] else { return Ok(None) };
    let record = DirectoryRecord::decode(record)?;
    let (touched, directories) = counts(&values[1], &values[2])?;
    Ok(Some(Directory { record, touched, directories }))
}

fn counts(touched: &Option<bytes::Bytes>, directories: &Option<bytes::Bytes>) -> Result<(Timestamp, u64)> {
    let number = |value: &Option<bytes::Bytes>| counter::decode(value.as_deref()).map_err(Error::Corrupt);
    let touched = Timestamp(u64::try_from(number(touched)?).unwrap_or(0));
    Ok((touched, u64::try_from(number(directories)?).unwrap_or(0)))
}

impl Directory {
    /// Of its names.
    pub(crate) fn modified(&self) -> Timestamp {
        match self.record.modified {
            Some((set, when)) if when >= self.touched => set,
            _ => self.touched.max(self.record.made),
        }
    }

    pub(crate) fn changed(&self) -> Timestamp {
        let set = self.record.posix.as_ref().map_or(Timestamp(0), |posix| posix.changed);
        let modified = self.record.modified.map_or(Timestamp(0), |(_, when)| when);
        set.max(self.touched).max(self.record.made).max(modified)
    }
}
