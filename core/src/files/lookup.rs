//! Names to nodes.
//!
//! Always holds: a directory that is gone is `Stale`, a name that is not there `NoSuchName`; the view's root has no parent but itself.

use super::attributes::{AnyNode, of_directory, of_node, of_plain};
use super::session::Mark;
use super::{Access, Attributes, Caller, FileError, FileName, FileService, View};
use crate::error::Result;
use crate::limits::TRANSACTION_ATTEMPTS_MAX;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{NodeRecord, Record};
use crate::metadata::{Durability, Table};
use crate::namespace::Named;
use crate::transact;

impl FileService {
    /// What the name leads to. `.` and `..` are names here.
    pub async fn lookup(&self, view: &View, caller: &Caller, directory: Id, name: &[u8]) -> Result<Attributes> {
        self.check_directory(view, caller, directory, Access::SEARCH).await?;
        match name {
            b"." => return self.attributes(view, directory).await,
            b".." => {
                let parent = self.parent(view, directory).await?;
                return self.attributes(view, parent).await;
            }
            _ => {}
        }
        let name = FileName::parse(name)?;
        for _ in 0..TRANSACTION_ATTEMPTS_MAX {
            let mark = self.mark();
            let found = self.tree().named_now(directory, &name).await?;
            if view.watcher.is_none()
                && let FileName::Either(stored) | FileName::Hidden(stored) = &name
            {
                self.coherence().heard(directory, stored).await;
            }
            let Some(named) = found else {
                return Err(self.missing(view, directory).await?.into());
            };
            // What has gone between the two reads is looked for again.
            match self.attributes_since(view, mark, &named).await? {
                Some(attributes) => {
                    self.heard_of(view, attributes.node).await;
                    return Ok(attributes);
                }
                None => continue,
            }
        }
        Err(crate::error::Error::Unavailable("the name changes faster than it can be read; try again".into()))
    }

    /// Why there is no such name.
    async fn missing(&self, view: &View, directory: Id) -> Result<FileError> {
        Ok(match self.tree().is_directory_now(directory).await? {
            true => FileError::NoSuchName,
            false => match self.attributes(view, directory).await {
                Ok(_) => FileError::NotADirectory,
                Err(_) => FileError::Stale,
            },
        })
    }

    /// Of a name that was read at some time. `None` where the node has gone since.
    pub(crate) async fn attributes_of(&self, view: &View, named: &Named) -> Result<Option<Attributes>> {
        // The name may be older than what its file was published with.
        self.attributes_if_there(view, named.node()).await
    }

    /// The same of a name that was read since `mark`.
    async fn attributes_since(&self, view: &View, mark: Mark, named: &Named) -> Result<Option<Attributes>> {
        let committed = match named {
            Named::Directory { node, .. } => {
                let Some(directory) = self.tree().directory_now(*node).await? else { return Ok(None) };
                of_directory(view, *node, &directory)
            }
            Named::Object { node, .. } => match of_dentry(view, named) {
                Some(attributes) => attributes,
                None => {
                    let (_, values) = self.store().get_many(&[(Table::Index, keys::node(*node))]).await?;
                    let Some(value) = &values[0] else { return Ok(None) };
                    of_node(view, *node, &NodeRecord::decode(value)?)
                }
            },
        };
        self.overlaid(view, mark, committed).await
    }

    /// Whether a node lies in the directory that the view shows as its root: by the name that it has, or, of one with several or none,
    /// in any case. A directory that was moved out, and what lies in it, is not shown any more.
    pub async fn shows(&self, view: &View, node: Id) -> Result<bool> {
        if node == view.root {
            return Ok(true);
        }
        transact!(self.store(), Durability::Ordered, |tx| {
            tx.origin(view.watcher);
            let directory = match self.any_node(tx, node, false).await? {
                AnyNode::Directory(_) => node,
                AnyNode::File(record) if record.links == 1 => record.home.parent,
                AnyNode::File(_) => return Ok(true),
            };
            self.tree().is_below(tx, directory, view.root).await
        })
    }

    /// The directory that a directory is in.
    pub async fn parent(&self, view: &View, directory: Id) -> Result<Id> {
        if directory == view.root {
            return Ok(directory);
        }
        match self.tree().directory_now(directory).await? {
            Some(found) => Ok(found.record.home.parent),
            None => Err(FileError::NotADirectory.into()),
        }
    }
}

/// What a dentry with a summary tells; `None` for any other.
pub(super) fn of_dentry(view: &View, named: &Named) -> Option<Attributes> {
    let Named::Object { node, kind, summary: Some(summary), posix, .. } = named else { return None };
    Some(of_plain(view, *node, *kind, posix.as_ref(), (summary.size, summary.modified), 1))
}
