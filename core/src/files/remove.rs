//! Removing names.
//!
//! Always holds: a file that is open lives on without a name; a directory goes only while nothing but its marker is in it; the directory
//! that a name is taken from stays. In a bucket with versions a name goes under a delete marker (`versioned.rs`).

use super::access::require_removable;
use super::{Around, Caller, FileError, FileName, FileService, View};
use crate::error::{Error, Result};
use crate::metadata::keys::Id;
use crate::namespace::Named;
use crate::transact;

impl FileService {
    /// unlink(2): `IsADirectory` for a directory.
    pub async fn remove_file(&self, view: &View, caller: &Caller, directory: Id, name: &[u8]) -> Result<Around> {
        Ok(self.remove(view, caller, directory, name, false).await?.1)
    }

    /// rmdir(2): `NotADirectory` for a file, `NotEmpty`.
    pub async fn remove_directory(
        &self,
        view: &View,
        caller: &Caller,
        directory: Id,
        name: &[u8],
    ) -> Result<(Id, Around)> {
        self.remove(view, caller, directory, name, true).await
    }

    async fn remove(
        &self,
        view: &View,
        caller: &Caller,
        directory: Id,
        name: &[u8],
        is_directory: bool,
    ) -> Result<(Id, Around)> {
        let name = FileName::parse(name)?;
        let removed = transact!(self.store(), self.durability(view), |tx| {
            self.read_ahead(tx, view, directory, &name).await?;
            let bucket = self.begin(tx, view).await?;
            let parent = self.changing(tx, view, caller, directory).await?;
            let Some(named) = self.tree().named(tx, directory, &name).await? else {
                return Err(Error::from(FileError::NoSuchName).into());
            };
            let refused = match (named.is_directory(), is_directory) {
                (true, false) => Some(FileError::IsADirectory),
                (false, true) => Some(FileError::NotADirectory),
                _ => None,
            };
            if let Some(error) = refused {
                return Err(Error::from(error).into());
            }
            if !caller.checked {
                let found = self.any_node(tx, named.node(), false).await?;
                let attributes = found.attributes(view, named.node());
                require_removable(caller, &parent.0, &attributes).map_err(Error::from)?;
            }
            if bucket.versioned() {
                self.remove_version(tx, view, &bucket, (directory, &named)).await?;
                return Ok((named.node(), self.around(tx, view, &parent).await?));
            }
            let at = (directory, named.name());
            match &named {
                Named::Directory { node, .. } => {
                    self.tree().remove_empty_directory(tx, *node, at, view.bucket_owner).await?;
                }
                Named::Object { node, summary, .. } => {
                    self.tree().remove_name(tx, *node, summary.as_ref(), at, view.bucket_owner).await?;
                }
            }
            self.tree().keep_directory(tx, directory, named.name(), view.owner, view.bucket_owner).await?;
            Ok((named.node(), self.around(tx, view, &parent).await?))
        })?;
        self.settled(view);
        Ok(removed)
    }
}
