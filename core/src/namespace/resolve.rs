//! From a key to its place in the tree.
//!
//! Always holds: a [`Place`] was read at one instant: bucket, every directory and the name in a single `get_many`, and inside a
//! transaction that read is validated by the commit. With a warm cache that is one round trip, however deep the key. In a bucket
//! with versions a transaction's place was read under the lock of its name.

use std::sync::Arc;

use bytes::Bytes;

use super::place::{Place, State, Step, directories};
use super::{Tree, TxResult};
use crate::error::{Error, Result};
use crate::limits::TRANSACTION_ATTEMPTS_MAX;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{BucketRecord, Dentry, Record};
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::{Key, LockMode, Table};
use crate::types::{BucketName, ObjectKey, Versioning};

/// A bucket, as it was when it was read.
#[derive(Debug, PartialEq)]
pub struct Bucket {
    pub name: BucketName,
    pub record: BucketRecord,
    /// The record as stored, to see at a glance that it has not changed.
    stored: Bytes,
}

impl Bucket {
    /// Whether the version space may hold anything.
    pub fn versioned(&self) -> bool {
        self.record.versioning != Versioning::Unset
    }

    /// The size of its record in the index.
    pub(super) fn stored_bytes(&self) -> usize {
        self.stored.len()
    }
}

/// Reads at one instant: straight from the store, or as part of a transaction, which may be one that only looks so far.
pub(crate) enum Reader<'r, 's> {
    Store,
    Looking(&'r mut Transaction<'s>),
    Transaction(&'r mut Transaction<'s>),
}

impl Reader<'_, '_> {
    async fn get_many(&mut self, tree: &Tree, at: &[(Table, Key)]) -> TxResult<Vec<Option<Bytes>>> {
        match self {
            Reader::Store => Ok(tree.store.get_many(at).await.map_err(Error::from)?.1),
            Reader::Looking(tx) | Reader::Transaction(tx) => Ok(tx.get_many(at).await?),
        }
    }
}

/// Of a read outside of transactions: who loses all races is not told of a conflict, for nothing was to be changed.
fn unread(error: TxError, key: &str) -> Error {
    match error {
        TxError::Conflict => Error::Unavailable(format!("{key} changes faster than it can be read; try again")),
        TxError::Other(error) => error,
    }
}

impl Tree {
    /// The place of a key, for a read.
    pub async fn lookup(&self, bucket: &BucketName, key: &ObjectKey) -> Result<Place> {
        self.place(&mut Reader::Store, bucket, key.as_str()).await.map_err(|error| unread(error, key.as_str()))
    }

    /// The place of the same key, read anew.
    pub(super) async fn lookup_again(&self, place: &Place) -> Result<Place> {
        self.place(&mut Reader::Store, &place.bucket.name, &place.key).await.map_err(|error| unread(error, &place.key))
    }

    /// The place of a key, read as part of a transaction that takes no lock yet: it may be held for long before it goes on.
    pub async fn look(&self, tx: &mut Transaction<'_>, bucket: &BucketName, key: &str) -> TxResult<Place> {
        self.place(&mut Reader::Looking(tx), bucket, key).await
    }

    /// The place of a key, as part of a transaction that may change it. Who would otherwise be sure to lose a race waits for the
    /// name's lock first: in a bucket with versions everybody, else whoever has lost one already.
    pub async fn resolve(&self, tx: &mut Transaction<'_>, bucket: &BucketName, key: &str) -> TxResult<Place> {
        self.place(&mut Reader::Transaction(tx), bucket, key).await
    }

    /// A bucket, for a read.
    pub async fn bucket(&self, name: &BucketName) -> Result<Arc<Bucket>> {
        self.read_bucket(&mut Reader::Store, name).await.map_err(Error::from)
    }

    /// A bucket, as part of a transaction.
    pub async fn resolve_bucket(&self, tx: &mut Transaction<'_>, name: &BucketName) -> TxResult<Arc<Bucket>> {
        self.read_bucket(&mut Reader::Transaction(tx), name).await
    }

    async fn read_bucket(&self, reader: &mut Reader<'_, '_>, name: &BucketName) -> TxResult<Arc<Bucket>> {
        let at = [(Table::Index, keys::bucket(name.as_str()))];
        let stored = reader.get_many(self, &at).await?.pop().flatten();
        self.bucket_from(name, stored)
    }

    /// The bucket that `stored` tells of; decoded only if it is not the one remembered.
    fn bucket_from(&self, name: &BucketName, stored: Option<Bytes>) -> TxResult<Arc<Bucket>> {
        let Some(stored) = stored else {
            self.cache.forget_bucket(name.as_str());
            return Err(Error::NoSuchBucket(name.to_string()).into());
        };
        if let Some(bucket) = self.cache.bucket(name.as_str())
            && bucket.stored == stored
        {
            return Ok(bucket);
        }
        let record = BucketRecord::decode(&stored).map_err(Error::from)?;
        let bucket = Arc::new(Bucket { name: name.clone(), record, stored });
        self.cache.remember_bucket(name.as_str(), Arc::clone(&bucket));
        Ok(bucket)
    }

    async fn place(&self, reader: &mut Reader<'_, '_>, name: &BucketName, key: &str) -> TxResult<Place> {
        let mut guess = self.guess(name, key);
        for _ in 0..TRANSACTION_ATTEMPTS_MAX {
            let steps = match guess.take() {
                Some(steps) => steps,
                None => self.walk(name, key).await?,
            };
            if let Reader::Transaction(tx) = reader {
                self.lock_name(tx, name, key, &steps).await?;
            }
            if let Some(place) = self.verify(reader, name, key, steps).await? {
                return Ok(place);
            }
        }
        Err(TxError::Conflict)
    }

    /// Takes the lock of the name that `steps` lead to, where a transaction is to have it before it reads. What was read before a
    /// wait for it is stale by then: the commit would fail for certain, each time but the one.
    async fn lock_name(&self, tx: &mut Transaction<'_>, name: &BucketName, key: &str, steps: &[Step]) -> TxResult<()> {
        let Some(bucket) = self.cache.bucket(name.as_str()) else { return Ok(()) };
        let parent = steps.last().map_or(Some(bucket.record.root), |step| step.state.node());
        match parent {
            Some(parent) if bucket.versioned() || tx.is_repeated() => {
                let leaf = &key.as_bytes()[steps.last().map_or(0, |step| step.name.end)..];
                self.lock(tx, keys::locks::name(parent, leaf), LockMode::Exclusive).await
            }
            _ => Ok(()),
        }
    }

    /// What the cache knows of the way to `key`: all of it, or nothing.
    fn guess(&self, name: &BucketName, key: &str) -> Option<Vec<Step>> {
        let mut parent = self.cache.bucket(name.as_str())?.record.root;
        directories(key.as_bytes())
            .map(|range| {
                parent = self.cache.directory(parent, &key.as_bytes()[range.clone()])?;
                Some(Step { name: range, state: State::Live(parent) })
            })
            .collect()
    }

    /// Walks the way to `key` one directory at a time, and remembers it.
    async fn walk(&self, name: &BucketName, key: &str) -> TxResult<Vec<Step>> {
        let bucket = self.read_bucket(&mut Reader::Store, name).await?;
        let mut parent = Some(bucket.record.root);
        let mut steps = Vec::new();
        for range in directories(key.as_bytes()) {
            let state = match parent {
                Some(parent) => self.directory(parent, &key.as_bytes()[range.clone()], bucket.versioned()).await?,
                None => State::Absent,
            };
            parent = state.node();
            steps.push(Step { name: range, state });
        }
        Ok(steps)
    }

    async fn directory(&self, parent: Id, name: &[u8], versioned: bool) -> TxResult<State> {
        let mut at = vec![(Table::Index, keys::dentry(parent, name))];
        if versioned {
            at.push((Table::Index, keys::versions_of(parent, name)));
        }
        let values = Reader::Store.get_many(self, &at).await?;
        if let Some(live) = &values[0] {
            let node = directory_node(live)?;
            self.cache.remember_directory(parent, name, node);
            return Ok(State::Live(node));
        }
        self.cache.forget_directory(parent, name);
        match values.get(1) {
            Some(Some(hidden)) => Ok(State::Hidden(directory_node(hidden)?)),
            _ => Ok(State::Absent),
        }
    }

    /// Reads the whole way at one instant. `None` where it is no longer, or never was, as `steps` has it.
    async fn verify(
        &self,
        reader: &mut Reader<'_, '_>,
        name: &BucketName,
        key: &str,
        steps: Vec<Step>,
    ) -> TxResult<Option<Place>> {
        let Some(known) = self.cache.bucket(name.as_str()) else { return Ok(None) };
        let versioned = known.versioned();
        let mut at = Vec::with_capacity(steps.len() + 2);
        at.push((Table::Index, keys::bucket(name.as_str())));
        let mut parent = Some(known.record.root);
        for step in &steps {
            let Some(directory) = parent else { break };
            let step_name = &key.as_bytes()[step.name.clone()];
            at.push((Table::Index, keys::dentry(directory, step_name)));
            if versioned && !matches!(step.state, State::Live(_)) {
                at.push((Table::Index, keys::versions_of(directory, step_name)));
            }
            parent = step.state.node();
        }
        let leaf = &key.as_bytes()[steps.last().map_or(0, |step| step.name.end)..];
        if let Some(directory) = parent {
            at.push((Table::Index, keys::dentry(directory, leaf)));
        }

        let mut values = reader.get_many(self, &at).await?.into_iter();
        let bucket = self.bucket_from(name, values.next().flatten())?;
        if bucket.record.root != known.record.root || bucket.versioned() != versioned {
            return Ok(None);
        }
        let mut parent = Some(bucket.record.root);
        for step in &steps {
            let Some(directory) = parent else { break };
            let live = values.next().flatten().as_deref().map(directory_node).transpose()?;
            let found = match live {
                Some(node) => State::Live(node),
                None if versioned && !matches!(step.state, State::Live(_)) => {
                    let hidden = values.next().flatten().as_deref().map(directory_node).transpose()?;
                    hidden.map_or(State::Absent, State::Hidden)
                }
                None => State::Absent,
            };
            if found != step.state {
                self.cache.forget_directory(directory, &key.as_bytes()[step.name.clone()]);
                return Ok(None);
            }
            parent = found.node();
        }
        let dentry = match parent {
            Some(_) => values.next().flatten().map(|value| Dentry::decode(&value)).transpose().map_err(Error::from)?,
            None => None,
        };
        Ok(Some(Place { bucket, key: key.to_owned(), steps, dentry }))
    }
}

/// The node of a directory's dentry.
pub(super) fn directory_node(value: &[u8]) -> Result<Id> {
    match Dentry::decode(value)? {
        Dentry::Directory { node, .. } => Ok(node),
        Dentry::Object { .. } => Err(Error::Corrupt("a name that ends in '/' is no directory".into())),
    }
}
