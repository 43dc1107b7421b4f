//! Further names of a file.
//!
//! Always holds: only what is no directory gets a second name, in the same bucket, which has no versions; a file that has lost its last name gets none.

use super::attributes::{AnyNode, of_node};
use super::{Around, Attributes, Caller, FileError, FileName, FileService, View};
use crate::error::{Error, Result};
use crate::metadata::keys::Id;
use crate::transact;

impl FileService {
    pub async fn link(
        &self,
        view: &View,
        caller: &Caller,
        node: Id,
        directory: Id,
        name: &[u8],
    ) -> Result<(Attributes, Around)> {
        let name = FileName::parse(name)?;
        let mark = self.mark();
        let (attributes, around) = transact!(self.store(), self.durability(view), |tx| {
            if self.begin(tx, view).await?.versioned() {
                return Err(Error::from(FileError::NotPermitted).into());
            }
            self.directory_to_add(tx, directory).await?;
            self.searching(tx, view, caller, directory).await?;
            let mut record = match self.any_node(tx, node, false).await? {
                AnyNode::Directory(_) => return Err(Error::from(FileError::NotPermitted).into()),
                AnyNode::File(record) => record,
            };
            if record.links == 0 {
                return Err(Error::from(FileError::NoSuchName).into());
            }
            if self.tree().named(tx, directory, &name).await?.is_some() {
                return Err(Error::from(FileError::Exists).into());
            }
            let FileName::Either(stored) = &name else {
                return Err(Error::from(FileError::Invalid("a name that is an escape can't be made")).into());
            };
            if stored.is_empty() {
                return Err(Error::from(FileError::Invalid("only a directory can be without a name")).into());
            }
            let parent = self.changing(tx, view, caller, directory).await?;
            if let Some(posix) = &mut record.posix {
                posix.changed = self.now();
            } else {
                record.posix = Some(self.posix_now(view, &record));
            }
            self.tree().add_name(tx, node, &mut record, (directory, stored), view.bucket_owner).await?;
            Ok((of_node(view, node, &record), self.around(tx, view, &parent).await?))
        })?;
        self.settled(view);
        self.changed_node(view, node, false).await;
        let shown = self.overlaid(view, mark, attributes.clone()).await?;
        Ok((shown.unwrap_or(attributes), around))
    }
}
