//! One committed state: point reads, scans, and the search for a neighbour.
//!
//! Always holds: everything read through one snapshot is of one instant. A scan costs what it returns and what deletions lie between;
//! [`any_other`](Snapshot::any_other) costs what lies between the key and its nearer neighbour, a few times over.

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use rocksdb::{DBRawIteratorWithThreadMode, ErrorKind, ReadTier};

use super::super::{Key, ReadError, Snapshot, Table};
use super::read::{DbSnapshot, Tiers, on_disk, options, read_error};
use super::{Db, Inner};
use crate::limits::{ANY_OTHER_INLINE_SKIPS, ANY_OTHER_SKIPS_MIN};

pub(super) struct RocksSnapshot<'a> {
    pub(super) inner: &'a Inner,
    pub(super) snapshot: DbSnapshot<'a>,
}

/// What a look in one direction found.
enum Look {
    Found(Key),
    /// There is nothing up to the bound.
    Nothing,
    /// So many deletions that the look was given up.
    GivenUp,
}

impl RocksSnapshot<'_> {
    fn scan_now(&self, start: &[u8], end: &[u8], limit: usize, reverse: bool) -> Result<Vec<(Key, Bytes)>, ReadError> {
        self.inner.running()?;
        let mut pairs = Vec::new();
        if start >= end || limit == 0 {
            return Ok(pairs);
        }
        if self.walk(ReadTier::BlockCache, start, end, limit, reverse, &mut pairs)? {
            return Ok(pairs);
        }
        // Something was not in memory: on from where the walk came to a stand.
        on_disk(|| {
            let last = pairs.last().map(|(key, _)| key.clone());
            let finished = match (last, reverse) {
                (None, _) => self.walk(ReadTier::All, start, end, limit, reverse, &mut pairs)?,
                (Some(last), true) => self.walk(ReadTier::All, start, &last, limit, reverse, &mut pairs)?,
                (Some(mut last), false) => {
                    last.push(0);
                    self.walk(ReadTier::All, &last, end, limit, reverse, &mut pairs)?
                }
            };
            match finished {
                true => Ok(pairs),
                false => Err(ReadError::Failed("a scan of everything came to a stand".to_owned())),
            }
        })
    }

    /// Adds pairs up to `limit` in all. False if it stopped for want of a block in memory; all that was added is right also then.
    fn walk(
        &self,
        tier: ReadTier,
        start: &[u8],
        end: &[u8],
        limit: usize,
        reverse: bool,
        pairs: &mut Vec<(Key, Bytes)>,
    ) -> Result<bool, ReadError> {
        if start >= end {
            return Ok(true);
        }
        let mut iterator = self.iterator(tier, start, end, 0);
        if reverse {
            iterator.seek_to_last()
        } else {
            iterator.seek_to_first()
        }
        while pairs.len() < limit {
            let Some((key, value)) = iterator.item() else { break };
            pairs.push((key.to_vec(), Bytes::copy_from_slice(value)));
            if reverse { iterator.prev() } else { iterator.next() }
        }
        if pairs.len() >= limit {
            return Ok(true);
        }
        match iterator.status() {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Incomplete => Ok(false),
            Err(error) => Err(read_error(error)),
        }
    }

    /// Over `start..end`; gives up where it would step over more than `skips` deleted or older entries at once (0: never).
    fn iterator(&self, tier: ReadTier, start: &[u8], end: &[u8], skips: u64) -> DBRawIteratorWithThreadMode<'_, Db> {
        let mut options = options(tier, Some(&self.snapshot));
        options.set_iterate_lower_bound(start);
        options.set_iterate_upper_bound(end);
        options.set_max_skippable_internal_keys(skips);
        self.inner.db.raw_iterator_cf_opt(self.inner.family(Table::Index), options)
    }

    fn look(&self, start: &[u8], end: &[u8], reverse: bool, skips: u64) -> Result<Look, ReadError> {
        if start >= end {
            return Ok(Look::Nothing);
        }
        let mut iterator = self.iterator(ReadTier::All, start, end, skips);
        if reverse {
            iterator.seek_to_last()
        } else {
            iterator.seek_to_first()
        }
        if let Some(key) = iterator.key() {
            return Ok(Look::Found(key.to_vec()));
        }
        match iterator.status() {
            Ok(()) => Ok(Look::Nothing),
            Err(error) if error.kind() == ErrorKind::Incomplete => Ok(Look::GivenUp),
            Err(error) => Err(read_error(error)),
        }
    }

    /// Looks to both sides in turn, further each time: so the nearer neighbour is found at a cost of a few times its distance.
    fn any_other_now(&self, start: &[u8], end: &[u8], but: &[u8]) -> Result<Option<Key>, ReadError> {
        self.inner.running()?;
        if start >= end {
            return Ok(None);
        }
        let mut after = but.to_vec();
        after.push(0);
        let above = (after.as_slice().max(start), end);
        let below = (start, but.min(end));
        let mut open = [true, true];
        let mut skips = ANY_OTHER_SKIPS_MIN;
        while open != [false, false] {
            for (reverse, (start, end)) in [(false, above), (true, below)] {
                let open = &mut open[usize::from(reverse)];
                if !*open {
                    continue;
                }
                let look = || self.look(start, end, reverse, skips);
                match if skips > ANY_OTHER_INLINE_SKIPS { on_disk(look) } else { look() }? {
                    Look::Found(key) => return Ok(Some(key)),
                    Look::Nothing => *open = false,
                    Look::GivenUp => {}
                }
            }
            skips = skips.saturating_mul(2);
        }
        Ok(None)
    }
}

impl Snapshot for RocksSnapshot<'_> {
    fn get_many<'a>(&'a self, keys: &'a [(Table, Key)]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>, ReadError>> {
        async move {
            self.inner.running()?;
            self.inner.read(keys, &Tiers::new(Some(&self.snapshot)))
        }
        .boxed()
    }

    fn scan<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Bytes)>, ReadError>> {
        async move { self.scan_now(start, end, limit, reverse) }.boxed()
    }

    fn any_other<'a>(
        &'a self,
        start: &'a [u8],
        end: &'a [u8],
        but: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Key>, ReadError>> {
        async move { self.any_other_now(start, end, but) }.boxed()
    }
}
