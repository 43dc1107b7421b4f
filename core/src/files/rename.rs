//! Moving names, one over another or two for each other.
//!
//! Always holds: it is one transaction; a directory never comes to lie in itself; what had the new name goes as if it were removed.

use super::access::require_removable;
use super::make::UNSEEN_DIRECTORY;
use super::versioned::Move;
use super::{Access, Around, Attributes, Caller, FileError, FileName, FileService, RenameMode, View};
use crate::error::{Error, Result};
use crate::metadata::keys::{self, Id};
use crate::metadata::transaction::{Transaction, TxError};
use crate::namespace::{Named, directory_name};
use crate::transact;

type At<'a> = (Id, &'a [u8]);

fn refuse<T>(error: FileError) -> Result<T, TxError> {
    Err(Error::from(error).into())
}

impl FileService {
    /// rename(2), and renameat2(2) with `RENAME_NOREPLACE` and `RENAME_EXCHANGE`.
    pub async fn rename(
        &self,
        view: &View,
        caller: &Caller,
        from: At<'_>,
        to: At<'_>,
        mode: RenameMode,
    ) -> Result<(Around, Around)> {
        let (old, new) = (FileName::parse(from.1)?, FileName::parse(to.1)?);
        let done = transact!(self.store(), self.durability(view), |tx| {
            let bucket = self.begin(tx, view).await?;
            for directory in [from.0, to.0] {
                self.searching(tx, view, caller, directory).await?;
            }
            let looked = self.tree().named_now(from.0, &old).await?;
            let target = if mode == RenameMode::Exchange { self.tree().named_now(to.0, &new).await? } else { None };
            if looked.as_ref().is_some_and(Named::is_directory) || target.as_ref().is_some_and(Named::is_directory) {
                self.tree().lock_renames(tx, view.bucket_id).await?;
            }
            let source = match self.tree().named(tx, from.0, &old).await? {
                Some(source) => source,
                None => {
                    self.any_node(tx, from.0, false).await?;
                    return refuse(FileError::NoSuchName);
                }
            };
            if looked.map(|looked| looked.node()) != Some(source.node()) {
                return Err(TxError::Conflict);
            }
            let target = self.tree().named(tx, to.0, &new).await?;
            match (mode, &target) {
                (RenameMode::NoReplace, Some(_)) => return refuse(FileError::Exists),
                (RenameMode::Exchange, None) => return refuse(FileError::NoSuchName),
                _ => {}
            }
            let parents = self.parents(tx, view, caller, from.0, to.0).await?;
            // Two names of one node: as POSIX has it, nothing is to be done.
            if target.as_ref().is_some_and(|target| target.node() == source.node()) {
                return Ok(None);
            }
            let reparents = from.0 != to.0;
            self.may_move(tx, view, caller, &parents.0.0, (&source, reparents)).await?;
            if let Some(target) = &target {
                // One that is replaced goes, and gets no other parent.
                let reparents = reparents && mode == RenameMode::Exchange;
                self.may_move(tx, view, caller, &parents.1.0, (target, reparents)).await?;
            }
            self.keeps_out_of_itself(tx, &source, to.0).await?;
            if bucket.versioned() {
                if mode == RenameMode::Exchange {
                    return refuse(FileError::Invalid("names in a bucket with versions can't be exchanged"));
                }
                let stored = new_name(&source, &new, target.as_ref())?;
                let target = target.as_ref();
                let moved = Move { from: (from.0, &source), to: (to.0, &stored), target };
                self.move_version(tx, view, &bucket, moved).await?;
            } else if let (RenameMode::Exchange, Some(target)) = (mode, &target) {
                self.keeps_out_of_itself(tx, target, from.0).await?;
                self.exchange(tx, view, (from.0, &source), (to.0, target)).await?;
            } else {
                self.replace(tx, view, (from.0, &source), (to.0, &new, target.as_ref())).await?;
            }
            let around = (self.around(tx, view, &parents.0).await?, self.around(tx, view, &parents.1).await?);
            Ok(Some(around))
        })?;
        let Some(around) = done else { return Ok(Default::default()) };
        self.settled(view);
        Ok(around)
    }

    async fn parents(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        caller: &Caller,
        from: Id,
        to: Id,
    ) -> Result<((Attributes, bool), (Attributes, bool)), TxError> {
        let source = self.changing(tx, view, caller, from).await?;
        let target = if from == to { source.clone() } else { self.changing(tx, view, caller, to).await? };
        Ok((source, target))
    }

    /// Sticky directories; and a directory that gets another parent is written to: its `..` changes (Linux: `vfs_rename`).
    async fn may_move(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        caller: &Caller,
        parent: &Attributes,
        (named, reparents): (&Named, bool),
    ) -> Result<(), TxError> {
        if caller.checked {
            return Ok(());
        }
        let found = self.any_node(tx, named.node(), false).await?;
        let attributes = found.attributes(view, named.node());
        require_removable(caller, parent, &attributes).map_err(Error::from)?;
        match reparents && named.is_directory() {
            true => self.require(tx, caller, &found, &attributes, Access::WRITE).await,
            false => Ok(()),
        }
    }

    async fn keeps_out_of_itself(&self, tx: &mut Transaction<'_>, moved: &Named, into: Id) -> Result<(), TxError> {
        match moved {
            Named::Directory { node, .. } if self.tree().is_below(tx, into, *node).await? => {
                refuse(FileError::Invalid("a directory can't be moved into itself"))
            }
            _ => Ok(()),
        }
    }

    async fn replace(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        (from, source): (Id, &Named),
        (to, name, target): (Id, &FileName, Option<&Named>),
    ) -> Result<(), TxError> {
        let owner = view.bucket_owner;
        let stored = new_name(source, name, target)?;
        match (source, target) {
            (_, None) => {}
            (Named::Directory { .. }, Some(Named::Object { .. })) => return refuse(FileError::NotADirectory),
            (Named::Object { .. }, Some(Named::Directory { .. })) => return refuse(FileError::IsADirectory),
            (Named::Directory { .. }, Some(Named::Directory { node, name, .. })) => {
                self.tree().remove_empty_directory(tx, *node, (to, name), owner).await?;
            }
            (Named::Object { .. }, Some(Named::Object { node, name, summary, .. })) => {
                self.tree().remove_name(tx, *node, summary.as_ref(), (to, name), owner).await?;
            }
        }
        self.tree().directory_to_add(tx, to).await?;
        self.tree().drop_dentry(tx, (from, source.name()));
        self.put(tx, view, (from, source), (to, &stored)).await?;
        if from != to {
            self.tree().keep_directory(tx, from, source.name(), view.owner, owner).await?;
        }
        Ok(())
    }

    /// Gives what `moved` leads to the name at `to`, which is free, or is its partner's.
    async fn put(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        (from, moved): (Id, &Named),
        (to, stored): At<'_>,
    ) -> Result<(), TxError> {
        let tree = self.tree();
        match moved {
            Named::Directory { node, name, .. } => {
                let stored = directory_name(stored);
                tree.move_directory(tx, *node, (from, name), (to, &stored)).await?;
                tree.counted(tx, from, -1);
                tree.counted(tx, to, 1);
            }
            Named::Object { node, version, name, .. } => {
                let mut record = tree.node(tx, *node).await?;
                match &mut record.posix {
                    Some(posix) => posix.changed = self.now(),
                    None => record.posix = Some(self.posix_now(view, &record)),
                }
                tree.move_node(tx, *node, &mut record, ((from, name), (to, stored)), *version, view.bucket_owner);
            }
        }
        tree.touched(tx, from);
        tree.touched(tx, to);
        Ok(())
    }

    async fn exchange(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        (from, source): (Id, &Named),
        (to, target): (Id, &Named),
    ) -> Result<(), TxError> {
        for directory in [from, to] {
            self.tree().directory_to_add(tx, directory).await?;
        }
        let (source_name, target_name) = (plain(source), plain(target));
        let mixed = source.is_directory() != target.is_directory();
        if mixed && from == to && source_name == target_name {
            return refuse(FileError::Invalid("an object and the directory that hides it have one name already"));
        }
        may_have(source, &target_name)?;
        may_have(target, &source_name)?;
        self.tree().drop_dentry(tx, (from, source.name()));
        self.tree().drop_dentry(tx, (to, target.name()));
        if mixed {
            // Beside a directory there may be an object of its name: so what is free of one sort may be taken of the other.
            self.require_free(tx, source, (to, &target_name)).await?;
            self.require_free(tx, target, (from, &source_name)).await?;
        }
        self.put(tx, view, (from, source), (to, &target_name)).await?;
        self.put(tx, view, (to, target), (from, &source_name)).await
    }

    /// `Exists` where another of the same sort has the name that `moved` is to get.
    async fn require_free(
        &self,
        tx: &mut Transaction<'_>,
        moved: &Named,
        (directory, stored): At<'_>,
    ) -> Result<(), TxError> {
        let name = if moved.is_directory() { directory_name(stored) } else { stored.to_vec() };
        if self.tree().is_taken(tx, (directory, &name)).await? { refuse(FileError::Exists) } else { Ok(()) }
    }
}

/// Refuses a name that what is moved can't have.
fn may_have(moved: &Named, stored: &[u8]) -> Result<(), TxError> {
    match moved.is_directory() {
        true if keys::is_unseen(stored) => refuse(UNSEEN_DIRECTORY),
        false if stored.is_empty() => refuse(FileError::Invalid("only a directory can be without a name")),
        _ => Ok(()),
    }
}

fn new_name(moved: &Named, name: &FileName, target: Option<&Named>) -> Result<Vec<u8>, TxError> {
    let stored = free_or_plain(name, target)?;
    may_have(moved, &stored)?;
    Ok(stored)
}

/// The name in the tree that a file or directory gets: that of its target, or one that is free.
fn free_or_plain(name: &FileName, target: Option<&Named>) -> Result<Vec<u8>, TxError> {
    match (name, target) {
        (_, Some(target)) => Ok(plain(target)),
        (FileName::Either(stored), None) => Ok(stored.clone()),
        _ => refuse(FileError::Invalid("a name that is an escape can't be made")),
    }
}

/// The dentry's name without the `/` of a directory.
fn plain(named: &Named) -> Vec<u8> {
    let name = named.plain_name();
    if named.is_directory() { name[..name.len() - 1].to_vec() } else { name.to_vec() }
}
