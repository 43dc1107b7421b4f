//! Names as files ask for them: of one directory, by its id.
//!
//! Always holds: a directory hides an object of the same name, which has an escape; a draft of a name stands for it. Whoever adds a name to a directory has its lock
//! shared, and has read its record: so the directory stays. A directory that a file door takes a name from is kept by a marker, the object
//! with the empty name, for S3 would take a directory away with its last name.

use super::{Tree, TxResult};
use crate::error::{Error, Result};
use crate::files::{FileError, FileName};
use crate::limits::{NODE_LINKS_MAX, TRANSACTION_ATTEMPTS_MAX};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{Dentry, DirectoryRecord, Home, NodeKind, NodeRecord, Posix, Record, Summary, Version};
use crate::metadata::transaction::{Transaction, TxError};
use crate::metadata::{Key, LockMode, Table};
use crate::types::AccountId;

/// What a name leads to. `name` is the dentry's own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Named {
    Directory {
        node: Id,
        name: Vec<u8>,
        moves: u32,
    },
    Object {
        node: Id,
        kind: NodeKind,
        version: Version,
        name: Vec<u8>,
        summary: Option<Summary>,
        posix: Option<Posix>,
        moves: u32,
    },
}

impl Named {
    pub fn node(&self) -> Id {
        match self {
            Named::Directory { node, .. } | Named::Object { node, .. } => *node,
        }
    }

    /// What a directory's reader goes on by.
    pub fn cookie(&self) -> u64 {
        match self {
            Named::Directory { node, moves, .. } | Named::Object { node, moves, .. } => {
                *node << COOKIE_MOVES_BITS | u64::from(*moves) & ((1 << COOKIE_MOVES_BITS) - 1)
            }
        }
    }

    pub fn name(&self) -> &[u8] {
        match self {
            Named::Directory { name, .. } | Named::Object { name, .. } => name,
        }
    }

    pub fn is_directory(&self) -> bool {
        matches!(self, Named::Directory { .. })
    }

    /// Whether S3 sees nothing of it yet.
    pub fn is_draft(&self) -> bool {
        keys::drafted(self.name()).is_some()
    }

    /// The name that files and S3 have for it: a directory's ends in `/`.
    pub fn plain_name(&self) -> &[u8] {
        keys::drafted(self.name()).unwrap_or(self.name())
    }

    pub fn from(name: &[u8], dentry: Dentry) -> Self {
        let name = name.to_vec();
        match dentry {
            Dentry::Directory { node, moves } => Named::Directory { node, name, moves },
            Dentry::Object { node, kind, version, summary, posix, moves } => {
                Named::Object { node, kind, version, name, summary, posix, moves }
            }
        }
    }
}

/// A cookie is a node's id, and below it so many bits of the number of its name.
const COOKIE_MOVES_BITS: u32 = 14;

/// The node of the name that a cookie stands for.
pub(crate) fn cookie_node(cookie: u64) -> Id {
    cookie >> COOKIE_MOVES_BITS
}

/// The dentry's name of a directory.
pub(crate) fn directory_name(name: &[u8]) -> Vec<u8> {
    [name, b"/"].concat()
}

impl Tree {
    /// The keys that tell what a name leads to: of the directory, of the object, of its draft.
    pub(crate) fn named_at(directory: Id, name: &[u8]) -> [(Table, Key); 3] {
        [
            keys::dentry(directory, &directory_name(name)),
            keys::dentry(directory, name),
            keys::dentry(directory, &keys::draft_name(name)),
        ]
        .map(|key| (Table::Index, key))
    }

    fn named_from(name: &[u8], hidden: bool, values: &[Option<bytes::Bytes>]) -> Result<Option<Named>> {
        let dentry = |value: &Option<bytes::Bytes>| value.as_deref().map(Dentry::decode).transpose();
        let directory = dentry(&values[0])?;
        let object = match dentry(&values[2])? {
            Some(draft) => Some(Named::from(&keys::draft_name(name), draft)),
            None => dentry(&values[1])?.map(|dentry| Named::from(name, dentry)),
        };
        Ok(match (directory, object, hidden) {
            (Some(dentry), _, false) => Some(Named::from(&directory_name(name), dentry)),
            // The empty name is the directory's own marker, and no name in it.
            (None, object, false) | (Some(_), object, true) if !name.is_empty() => object,
            _ => None,
        })
    }

    /// What the name leads to now.
    pub(crate) async fn named_now(&self, directory: Id, name: &FileName) -> Result<Option<Named>> {
        let (name, hidden) = match name {
            FileName::Either(name) => (name, false),
            FileName::Hidden(name) => (name, true),
            FileName::Node(node) => {
                let mut tx = Transaction::new(&*self.store);
                return Ok(self.named_by_node(&mut tx, directory, *node).await?);
            }
            FileName::Unknown => return Ok(None),
        };
        let (_, values) = self.store.get_many(&Self::named_at(directory, name)).await?;
        Self::named_from(name, hidden, &values)
    }

    /// What the name leads to, as part of the transaction.
    pub(crate) async fn named(
        &self,
        tx: &mut Transaction<'_>,
        directory: Id,
        name: &FileName,
    ) -> TxResult<Option<Named>> {
        let (name, hidden) = match name {
            FileName::Either(name) => (name, false),
            FileName::Hidden(name) => (name, true),
            FileName::Node(node) => return self.named_by_node(tx, directory, *node).await,
            FileName::Unknown => return Ok(None),
        };
        let values = tx.get_many(&Self::named_at(directory, name)).await?;
        Ok(Self::named_from(name, hidden, &values)?)
    }

    /// The name that a node has in this directory: for names that only the node's id tells.
    async fn named_by_node(&self, tx: &mut Transaction<'_>, directory: Id, node: Id) -> TxResult<Option<Named>> {
        let names = match self.find_node(tx, node).await? {
            None => self.find_directory(tx, node).await?.map(|found| found.home).into_iter().collect::<Vec<_>>(),
            Some(record) if record.links <= 1 => vec![record.home],
            Some(_) => self.names_in(node, directory).await?,
        };
        for Home { parent, name } in names {
            if parent != directory || name.is_empty() {
                continue;
            }
            let plain = keys::drafted(&name).unwrap_or(&name);
            let hidden = !plain.ends_with(b"/")
                && tx.get(Table::Index, &keys::dentry(parent, &directory_name(plain))).await?.is_some();
            let shown = crate::files::shown_name(plain.strip_suffix(b"/").unwrap_or(plain), node, hidden);
            if shown != crate::files::node_name(node) {
                continue;
            }
            let value = tx.get(Table::Index, &keys::dentry(parent, &name)).await?;
            let dentry = value.as_deref().map(Dentry::decode).transpose().map_err(Error::from)?;
            if let Some(dentry) = dentry {
                let named = Named::from(&name, dentry);
                return Ok((named.node() == node).then_some(named));
            }
        }
        Ok(None)
    }

    /// Whether there is a dentry of exactly this name: a directory's ends in `/`.
    pub(crate) async fn is_taken(&self, tx: &mut Transaction<'_>, at: (Id, &[u8])) -> TxResult<bool> {
        Ok(tx.get(Table::Index, &keys::dentry(at.0, at.1)).await?.is_some())
    }

    /// A directory that is to get a name: it is there, and stays. `Stale` too for one of which only versions are left, which has its record, and
    /// no name that leads to it.
    pub(crate) async fn directory_to_add(&self, tx: &mut Transaction<'_>, directory: Id) -> TxResult<DirectoryRecord> {
        self.lock(tx, keys::locks::directory(directory), LockMode::Shared).await?;
        let stale = || TxError::from(Error::from(FileError::Stale));
        let record = self.find_directory(tx, directory).await?.ok_or_else(stale)?;
        let Home { parent, name } = &record.home;
        if *parent != directory {
            let dentry = tx.get(Table::Index, &keys::dentry(*parent, name)).await?;
            let leads = dentry.as_deref().map(super::resolve::directory_node).transpose()?;
            if leads != Some(directory) {
                return Err(stale());
            }
        }
        Ok(record)
    }

    /// Keeps a directory that a name is taken from. `taken`: the dentry's name. `marker`: the node to be, where one is needed.
    pub(crate) async fn keep_directory(
        &self,
        tx: &mut Transaction<'_>,
        directory: Id,
        taken: &[u8],
        owner: AccountId,
        bucket_owner: AccountId,
    ) -> TxResult<()> {
        match self.needs_marker(tx, directory, taken).await? {
            true => self.put_marker(tx, directory, owner, bucket_owner).await,
            false => Ok(()),
        }
    }

    /// Whether a directory that a name is taken from would be left with none.
    pub(crate) async fn needs_marker(&self, tx: &mut Transaction<'_>, directory: Id, taken: &[u8]) -> TxResult<bool> {
        let record = self.find_directory(tx, directory).await?.ok_or(TxError::Conflict)?;
        Ok(record.home.parent != directory
            && tx.get(Table::Index, &keys::dentry(directory, b"")).await?.is_none()
            && !self.has_other_name(tx, directory, taken).await?)
    }

    /// Locks a directory that is to go: `NotEmpty` where anything but its marker is in it.
    pub(crate) async fn require_empty(&self, tx: &mut Transaction<'_>, directory: Id) -> TxResult<()> {
        self.lock(tx, keys::locks::directory(directory), LockMode::Exclusive).await?;
        let space = keys::dentries(directory);
        match tx.any_other(&space, &keys::behind(&space), &keys::dentry(directory, b"")).await? {
            Some(_) => Err(Error::from(FileError::NotEmpty).into()),
            None => Ok(()),
        }
    }

    /// The directory of this name, as part of the transaction.
    pub(crate) async fn directory_at(&self, tx: &mut Transaction<'_>, parent: Id, name: &[u8]) -> TxResult<Option<Id>> {
        let value = tx.get(Table::Index, &keys::dentry(parent, &directory_name(name))).await?;
        Ok(value.as_deref().map(super::resolve::directory_node).transpose()?)
    }

    /// The object with the empty name in a directory, which keeps it. It needs no room: a removal may do it.
    pub(crate) async fn put_marker(
        &self,
        tx: &mut Transaction<'_>,
        directory: Id,
        owner: AccountId,
        bucket_owner: AccountId,
    ) -> TxResult<()> {
        let node = self.ids.next().await?;
        let mut record = NodeRecord::empty(NodeKind::File, owner, self.clock.now());
        record.headers.content_type = Some("application/x-directory".to_owned());
        self.put_first_name(tx, node, &mut record, (directory, b""), bucket_owner);
        Ok(())
    }

    /// Takes an empty directory away: `NotEmpty` where anything but its marker is in it. Its dentry goes too.
    pub(crate) async fn remove_empty_directory(
        &self,
        tx: &mut Transaction<'_>,
        directory: Id,
        at: (Id, &[u8]),
        bucket_owner: AccountId,
    ) -> TxResult<()> {
        self.require_empty(tx, directory).await?;
        let marker_key = keys::dentry(directory, b"");
        if let Some(value) = tx.get(Table::Index, &marker_key).await?
            && let Dentry::Object { node, summary, .. } = Dentry::decode(&value).map_err(Error::from)?
        {
            tx.delete(Table::Index, marker_key);
            self.release_node(tx, node, summary.as_ref(), (directory, b""), bucket_owner).await?;
        }
        self.drop_directory(tx, directory).await?;
        self.drop_dentry(tx, at);
        self.cache.forget_directory(at.0, at.1);
        self.counted(tx, at.0, -1);
        self.touched(tx, at.0);
        Ok(())
    }

    /// Takes a file's name away. Its dentry goes too.
    pub(crate) async fn remove_name(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        summary: Option<&Summary>,
        at: (Id, &[u8]),
        bucket_owner: AccountId,
    ) -> TxResult<()> {
        self.drop_dentry(tx, at);
        self.release_node(tx, node, summary, at, bucket_owner).await?;
        self.touched(tx, at.0);
        Ok(())
    }

    /// Moves a directory's dentry; what is below stays as it is. Nothing is at `to` any more.
    pub(crate) async fn move_directory(
        &self,
        tx: &mut Transaction<'_>,
        directory: Id,
        from: (Id, &[u8]),
        to: (Id, &[u8]),
    ) -> TxResult<()> {
        tx.makes();
        let mut record = self.find_directory(tx, directory).await?.ok_or(TxError::Conflict)?;
        record.home = Home { parent: to.0, name: to.1.to_vec() };
        record.moves = record.moves.wrapping_add(1);
        if let Some(posix) = &mut record.posix {
            posix.changed = self.clock.now();
        }
        tx.put(Table::Index, keys::directory(directory), record.encode());
        let dentry = Dentry::Directory { node: directory, moves: record.moves };
        tx.put(Table::Index, keys::dentry(to.0, to.1), dentry.encode());
        self.cache.forget_directory(from.0, from.1);
        Ok(())
    }

    /// Deletes the dentry of a name that goes or has moved. Who reads its directory and stands at it goes on from there.
    pub(crate) fn drop_dentry(&self, tx: &mut Transaction<'_>, at: (Id, &[u8])) {
        self.leaves(tx, at);
        tx.delete(Table::Index, keys::dentry(at.0, at.1));
    }

    /// Whether `directory` is `ancestor`, or below it. Under the bucket's lock of renames.
    pub(crate) async fn is_below(&self, tx: &mut Transaction<'_>, mut directory: Id, ancestor: Id) -> TxResult<bool> {
        for _ in 0..crate::limits::DIRECTORY_DEPTH_MAX {
            if directory == ancestor {
                return Ok(true);
            }
            let record = self.find_directory(tx, directory).await?.ok_or(TxError::Conflict)?;
            if record.home.parent == directory {
                return Ok(false);
            }
            directory = record.home.parent;
        }
        Err(Error::from(FileError::Invalid("the directory lies too deep to be moved into")).into())
    }

    /// Names of a directory in their order, behind `after` (exclusive), as they are now: at most `limit`, and fewer only at the end. A draft
    /// stands for its name, and at its place, so that a reader who goes on by names neither misses nor repeats what is sealed meanwhile.
    /// `versioned`: whether there may be drafts.
    pub(crate) async fn names_after(
        &self,
        directory: Id,
        after: Option<&[u8]>,
        limit: usize,
        versioned: bool,
    ) -> Result<Vec<Named>> {
        let space = keys::dentries(directory);
        let behind = |name: &[u8]| [&keys::dentry(directory, name)[..], &[0]].concat();
        let start = after.map_or_else(|| space.clone(), behind);
        let end = keys::behind(&space);
        let snapshot = self.store.snapshot()?;
        let read = |found: Vec<(Key, bytes::Bytes)>| -> Result<Vec<Named>> {
            let named =
                |(key, value): (Key, bytes::Bytes)| Ok(Named::from(keys::dentry_name(&key), Dentry::decode(&value)?));
            found.into_iter().map(named).collect()
        };
        if !versioned {
            return read(snapshot.scan(&start, &end, limit, false).await?);
        }
        let (drafts, others) = (keys::drafts(directory), keys::behind(&keys::drafts(directory)));
        let mut names = Vec::new();
        if start < drafts {
            let first_draft = after.map_or_else(|| drafts.clone(), |name| behind(&keys::draft_name(name)));
            names = read(snapshot.scan(&first_draft, &others, limit, false).await?)?;
            names.extend(read(snapshot.scan(&start, &drafts, limit, false).await?)?);
            // A draft comes before the version that it stands for.
            names.sort_by(|a, b| a.plain_name().cmp(b.plain_name()).then(b.is_draft().cmp(&a.is_draft())));
            names.dedup_by(|later, first| later.plain_name() == first.plain_name());
            names.truncate(limit);
        }
        if names.len() < limit {
            names.extend(read(snapshot.scan(&start.max(others), &end, limit - names.len(), false).await?)?);
        }
        Ok(names)
    }

    /// Which objects of these names a directory hides now.
    pub(crate) async fn hidden_now(&self, directory: Id, names: &[&[u8]]) -> Result<Vec<bool>> {
        let at: Vec<_> =
            names.iter().map(|name| (Table::Index, keys::dentry(directory, &directory_name(name)))).collect();
        Ok(self.store.get_many(&at).await?.1.iter().map(Option::is_some).collect())
    }

    /// The name in the directory that has this cookie, or had it when it went.
    pub(crate) async fn name_of_cookie(&self, directory: Id, cookie: u64) -> Result<Option<Vec<u8>>> {
        let node = cookie_node(cookie);
        let at = [keys::node(node), keys::directory(node)].map(|key| (Table::Index, key));
        let (_, mut values) = self.store.get_many(&at).await?;
        for _ in 0..TRANSACTION_ATTEMPTS_MAX {
            if let Some(name) = self.live_name_of_cookie(directory, cookie, &values).await? {
                return Ok(Some(name));
            }
            // Of a file with several names another may have gone between the looks.
            let (_, again) = self.store.get_many(&at).await?;
            if again == values {
                break;
            }
            values = again;
        }
        Ok(self.readers.name(directory, cookie))
    }

    /// The same while it is there. `values`: the records of the node, or directory, that the cookie is of.
    async fn live_name_of_cookie(
        &self,
        directory: Id,
        cookie: u64,
        values: &[Option<bytes::Bytes>],
    ) -> Result<Option<Vec<u8>>> {
        let node = cookie_node(cookie);
        let homes = match (&values[0], &values[1]) {
            (Some(record), _) => match NodeRecord::decode(record)? {
                record if record.links == 1 => vec![record.home],
                _ => self.names_in(node, directory).await?,
            },
            (None, Some(record)) => vec![DirectoryRecord::decode(record)?.home],
            (None, None) => Vec::new(),
        };
        for Home { parent, name } in homes.into_iter().filter(|home| home.parent == directory) {
            let (_, values) = self.store.get_many(&[(Table::Index, keys::dentry(parent, &name))]).await?;
            let dentry = values[0].as_deref().map(Dentry::decode).transpose()?;
            if dentry.is_some_and(|dentry| Named::from(&name, dentry).cookie() == cookie) {
                return Ok(Some(keys::drafted(&name).map_or(name.clone(), <[u8]>::to_vec)));
            }
        }
        Ok(None)
    }

    /// The names of a node with several in one directory.
    async fn names_in(&self, node: Id, directory: Id) -> Result<Vec<Home>> {
        let prefix = [&keys::names_of(node)[..], &directory.to_be_bytes()].concat();
        let limit = NODE_LINKS_MAX as usize;
        let found = self.store.snapshot()?.scan(&prefix, &keys::behind(&prefix), limit, false).await?;
        let names = found.iter().filter_map(|(key, _)| keys::name_of_parts(key));
        Ok(names.map(|(parent, name)| Home { parent, name: name.to_vec() }).collect())
    }
}
