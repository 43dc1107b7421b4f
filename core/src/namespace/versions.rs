//! The versions of one name: finding them, taking one out.
//!
//! Always holds: at most one version of a name is the null version; where it is noncurrent, its sequence stands under its own key.

use super::current::Current;
use super::place::Place;
use super::{Tree, TxResult};
use crate::error::{Error, Result};
use crate::limits::TRANSACTION_ATTEMPTS_MAX;
use crate::metadata::Table;
use crate::metadata::keys;
use crate::metadata::records::{Dentry, NodeRecord, Number, Record, VersionRecord};
use crate::metadata::transaction::Transaction;
use crate::types::VersionId;

/// A version that was asked for by its id.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// The live name.
    Current(Current),
    /// In the version space.
    Noncurrent(VersionRecord),
}

impl Tree {
    /// The newest version in the version space, with its sequence. Only under the name's lock may more be decided from it.
    pub(crate) async fn newest_noncurrent(
        &self,
        tx: &mut Transaction<'_>,
        place: &Place,
    ) -> TxResult<Option<(u64, VersionRecord)>> {
        let (true, Some(parent)) = (place.versioned(), place.parent()) else { return Ok(None) };
        let all = keys::versions_of(parent, place.leaf());
        self.first_version(tx, &all, &keys::behind(&all)).await
    }

    /// The newest version in the version space that is older than `sequence`. It is looked for from there, so that removing the
    /// versions of a name one by one, newest first, steps over none of those that are gone.
    pub(crate) async fn newest_before(
        &self,
        tx: &mut Transaction<'_>,
        place: &Place,
        sequence: u64,
    ) -> TxResult<Option<(u64, VersionRecord)>> {
        let (true, Some(parent)) = (place.versioned(), place.parent()) else { return Ok(None) };
        let mut start = keys::version(parent, place.leaf(), sequence);
        start.push(0);
        self.first_version(tx, &start, &keys::behind(&keys::versions_of(parent, place.leaf()))).await
    }

    async fn first_version(
        &self,
        tx: &mut Transaction<'_>,
        start: &[u8],
        end: &[u8],
    ) -> TxResult<Option<(u64, VersionRecord)>> {
        let found = tx.snapshot_scan(start, end, 1).await?;
        let Some((key, value)) = found.first() else { return Ok(None) };
        let sequence = keys::version_parts(key).and_then(|(_, sequence)| sequence);
        let sequence = sequence.ok_or_else(|| Error::Corrupt("a version's key has no sequence".into()))?;
        Ok(Some((sequence, VersionRecord::decode(value).map_err(Error::from)?)))
    }

    /// Removes the noncurrent null version, where there is one, with what it holds.
    pub(crate) async fn remove_null_version(&self, tx: &mut Transaction<'_>, place: &Place) -> TxResult<()> {
        let (true, Some(parent)) = (place.versioned(), place.parent()) else { return Ok(()) };
        let marker = keys::null_version(parent, place.leaf());
        let Some(value) = tx.get(Table::Index, &marker).await? else { return Ok(()) };
        let sequence = Number::decode(&value).map_err(Error::from)?.0;
        let key = keys::version(parent, place.leaf(), sequence);
        let Some(value) = tx.get(Table::Index, &key).await? else {
            return Err(
                Error::Corrupt(format!("the null version of {:?} is not where it is said to be", place.key)).into()
            );
        };
        tx.delete(Table::Index, marker);
        tx.delete(Table::Index, key);
        match VersionRecord::decode(&value).map_err(Error::from)? {
            VersionRecord::Object { node, summary, .. } => {
                let (at, owner) = ((parent, place.leaf()), place.bucket.record.owner);
                self.release_node(tx, node, Some(&summary), at, owner).await
            }
            VersionRecord::DeleteMarker { .. } => Ok(()),
        }
    }

    /// A version by its id, as part of the transaction.
    pub(crate) async fn version(
        &self,
        tx: &mut Transaction<'_>,
        place: &Place,
        id: VersionId,
    ) -> TxResult<Option<Found>> {
        if let Some(current) = self.current(tx, place).await?
            && is_version(&current, id)
        {
            return Ok(Some(Found::Current(current)));
        }
        let (true, Some(parent)) = (place.versioned(), place.parent()) else { return Ok(None) };
        let sequence = match id {
            VersionId::Sequence { sequence, .. } => sequence,
            VersionId::Null => match tx.get(Table::Index, &keys::null_version(parent, place.leaf())).await? {
                Some(value) => Number::decode(&value).map_err(Error::from)?.0,
                None => return Ok(None),
            },
        };
        let value = tx.get(Table::Index, &keys::version(parent, place.leaf(), sequence)).await?;
        Ok(noncurrent(value.as_deref(), id)?.map(Found::Noncurrent))
    }

    /// A version by its id, read outside a transaction. `place` is looked up again where its name changes meanwhile, for then a
    /// version may have moved between the live space and the other: one that stands all the time is found.
    pub async fn version_now(&self, place: &mut Place, id: VersionId) -> Result<Option<Found>> {
        for _ in 0..TRANSACTION_ATTEMPTS_MAX {
            if let Some(current) = self.current_now(place).await?
                && is_version(&current, id)
            {
                return Ok(Some(Found::Current(current)));
            }
            let (true, Some(parent)) = (place.versioned(), place.parent()) else { return Ok(None) };
            let live = (Table::Index, keys::dentry(parent, place.leaf()));
            let null = (Table::Index, keys::null_version(parent, place.leaf()));
            let version = |sequence| (Table::Index, keys::version(parent, place.leaf(), sequence));
            // Each answer rests on one instant, at which the live name was still the one that is not meant.
            let (dentry, found) = match id {
                VersionId::Sequence { sequence, .. } => {
                    let (_, values) = self.store.get_many(&[live, version(sequence)]).await?;
                    (values[0].clone(), noncurrent(values[1].as_deref(), id)?)
                }
                VersionId::Null => {
                    let (_, values) = self.store.get_many(&[live.clone(), null.clone()]).await?;
                    match &values[1] {
                        None => (values[0].clone(), None),
                        Some(stored) => {
                            let sequence = Number::decode(stored)?.0;
                            let (_, again) = self.store.get_many(&[live, null, version(sequence)]).await?;
                            if again[1] != values[1] {
                                *place = self.lookup_again(place).await?;
                                continue;
                            }
                            (again[0].clone(), noncurrent(again[2].as_deref(), id)?)
                        }
                    }
                }
            };
            if found.is_some() {
                return Ok(found.map(Found::Noncurrent));
            }
            if dentry.as_deref().map(Dentry::decode).transpose()? == place.dentry {
                return Ok(None);
            }
            *place = self.lookup_again(place).await?;
        }
        Err(Error::Unavailable(format!("{} changes faster than it can be read; try again", place.key)))
    }

    /// The newest version of a name that is not live, read outside a transaction: a delete marker, if the name has any version.
    pub async fn newest_now(&self, place: &Place) -> Result<Option<VersionRecord>> {
        let (true, None, Some(parent)) = (place.versioned(), &place.dentry, place.parent()) else { return Ok(None) };
        let start = keys::versions_of(parent, place.leaf());
        let found = self.store.snapshot()?.scan(&start, &keys::behind(&start), 1, false).await?;
        Ok(found.first().map(|(_, value)| VersionRecord::decode(value)).transpose()?)
    }

    /// Makes a noncurrent version the live name again.
    pub(crate) async fn promote(
        &self,
        tx: &mut Transaction<'_>,
        parent: u64,
        name: &[u8],
        record: &VersionRecord,
    ) -> TxResult<()> {
        let VersionRecord::Object { node, kind, version, summary } = record else {
            return Err(Error::Internal("a delete marker can't be made current".into()).into());
        };
        tx.delete(Table::Index, keys::version(parent, name, version.sequence));
        if version.null {
            tx.delete(Table::Index, keys::null_version(parent, name));
        }
        self.leaves(tx, (parent, name));
        // With the number that its name had: a smaller one may be that of a name which the node had before.
        let NodeRecord { posix, moves, .. } = self.node(tx, *node).await?;
        let (node, kind, version, summary) = (*node, *kind, *version, Some(summary.clone()));
        let dentry = Dentry::Object { node, kind, version, summary, posix, moves };
        tx.put(Table::Index, keys::dentry(parent, name), dentry.encode());
        self.touched(tx, parent);
        Ok(())
    }
}

fn is_version(current: &Current, id: VersionId) -> bool {
    current.version.id(current.node) == id
}

fn noncurrent(value: Option<&[u8]>, id: VersionId) -> Result<Option<VersionRecord>> {
    let Some(value) = value else { return Ok(None) };
    let record = VersionRecord::decode(value)?;
    let matches = record.version().id(record.node()) == id;
    Ok(matches.then_some(record))
}
