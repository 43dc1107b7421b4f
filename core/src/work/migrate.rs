//! Bringing an index of an older format up to the present one, before it serves.
//!
//! Always holds: a migration may end at any instant and begin anew: what it writes does not depend on what it has written, and the format
//! is raised after its last write. Nobody else is at the index.

use bytes::Bytes;

use super::scan::each;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::limits::MIGRATION_WRITES_MAX;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{BucketRecord, Dentry, DirectoryRecord, Home, NodeRecord, Record, VersionRecord};
use crate::metadata::{Batch, Durability, Key, MetadataStore, Table, Write, counter};

/// Format 2: nodes and directories say where their names are, and directories are counted.
pub(super) async fn to_2(store: &dyn MetadataStore) -> Result<()> {
    tracing::info!("the index has an older format; it is brought up to date, which takes a while for many objects");
    let snapshot = store.snapshot()?;
    let mut writer = Writer { store, writes: Vec::new() };
    let (mut parent, mut directories) = (0, 0);
    let roots = each(&*snapshot, b"B", async |_, value| {
        let bucket = BucketRecord::decode(&value)?;
        writer.directory(bucket.root, bucket.root, b"", bucket.created).await
    });
    whole(roots.await?.0)?;
    let live = each(&*snapshot, keys::DENTRIES, async |key, value| {
        let (directory, name) = (parent_of(&key)?, keys::dentry_name(&key));
        if directory != parent {
            writer.count(parent, directories).await?;
            (parent, directories) = (directory, 0);
        }
        match Dentry::decode(&value)? {
            Dentry::Directory { node, .. } => {
                directories += 1;
                writer.directory(node, directory, name, Timestamp(0)).await
            }
            Dentry::Object { node, .. } => writer.node(node, directory, name).await,
        }
    });
    whole(live.await?.0)?;
    writer.count(parent, directories).await?;
    let old = each(&*snapshot, keys::VERSIONS, async |key, value| {
        let directory = parent_of(&key)?;
        let unreadable = || Error::Corrupt("a key of the version space can't be read".into());
        let (name, sequence) = keys::version_parts(&key).ok_or_else(unreadable)?;
        match sequence {
            None => match Dentry::decode(&value)? {
                Dentry::Directory { node, .. } => writer.directory(node, directory, &name, Timestamp(0)).await,
                Dentry::Object { .. } => Err(Error::Corrupt("a hidden directory is an object".into())),
            },
            Some(_) => match VersionRecord::decode(&value)? {
                VersionRecord::Object { node, .. } => writer.node(node, directory, &name).await,
                VersionRecord::DeleteMarker { .. } => Ok(()),
            },
        }
    });
    whole(old.await?.0)?;
    writer.flush().await
}

fn whole(unread: Option<Error>) -> Result<()> {
    unread.map_or(Ok(()), Err)
}

fn parent_of(key: &[u8]) -> Result<Id> {
    keys::dentry_parent(key).ok_or_else(|| Error::Corrupt("a name's key can't be read".into()))
}

struct Writer<'a> {
    store: &'a dyn MetadataStore,
    writes: Vec<Write>,
}

impl Writer<'_> {
    async fn directory(&mut self, node: Id, parent: Id, name: &[u8], made: Timestamp) -> Result<()> {
        let home = Home { parent, name: name.to_vec() };
        let record = DirectoryRecord { home, made, posix: None, modified: None, xattrs: 0, moves: 0 };
        self.put(keys::directory(node), record.encode()).await
    }

    async fn node(&mut self, node: Id, parent: Id, name: &[u8]) -> Result<()> {
        let (_, mut values) = self.store.get_many(&[(Table::Index, keys::node(node))]).await?;
        // What is damaged or gone is the check's to tell.
        let Some(value) = values.pop().flatten() else { return Ok(()) };
        let mut record = NodeRecord::decode(&value)?;
        record.home = Home { parent, name: name.to_vec() };
        self.put(keys::node(node), record.encode()).await
    }

    async fn count(&mut self, directory: Id, directories: i64) -> Result<()> {
        match directories {
            0 => Ok(()),
            _ => self.put(keys::directory_count(directory), counter::encode(directories)).await,
        }
    }

    async fn put(&mut self, key: Key, value: Bytes) -> Result<()> {
        self.writes.push(Write::Put { table: Table::Index, key, value });
        match self.writes.len() < MIGRATION_WRITES_MAX {
            true => Ok(()),
            false => self.flush().await,
        }
    }

    async fn flush(&mut self) -> Result<()> {
        let writes = std::mem::take(&mut self.writes);
        Ok(self.store.commit(Batch { writes, ..Batch::default() }, Durability::Synced).await?)
    }
}
