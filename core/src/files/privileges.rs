//! What a file loses when somebody changes its bytes: set-id bits and capabilities.
//!
//! Always holds: whoever writes to a program that lends its owner's rights writes to one that lends none afterwards (Linux:
//! `file_remove_privs`): set-user-id goes, set-group-id where the group may execute it or the writer is not of the group, unless root writes;
//! the capabilities (capabilities(7)) go whoever writes. It is committed before the bytes are taken. A caller that was checked comes from a
//! kernel, which asks for the same by changes of its own, or leaves it to the store and says whose writes take set-id bits: then
//! set-group-id goes where the group may execute the file.

use super::access::{SET_GID, SET_UID};
use super::attributes::{AnyNode, of_node};
use super::{Attributes, Caller, FileService, View};
use crate::error::Result;
use crate::metadata::Table;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::NodeRecord;
use crate::metadata::transaction::{Transaction, TxError};
use crate::transact;

/// Where Linux keeps a program's capabilities.
pub const CAPABILITY: &[u8] = b"security.capability";

/// The mode after a write.
fn mode_after(caller: &Caller, attributes: &Attributes) -> u32 {
    let Attributes { mode, gid, .. } = *attributes;
    let takes = match caller.checked {
        true => caller.takes_set_id == Some(true),
        false => !caller.is_root(),
    };
    if !takes {
        return mode;
    }
    // A kernel does not say of which groups its caller is.
    let group_goes = mode & 0o010 != 0 || !caller.checked && !caller.is_in(gid);
    mode & !SET_UID & if group_goes { !SET_GID } else { !0 }
}

impl FileService {
    /// What a door calls that has decided itself that the caller may change the bytes of a file. Whether there was something to take.
    pub async fn written_by(&self, view: &View, caller: &Caller, node: Id) -> Result<bool> {
        self.drop_privileges(view, caller, node, &self.node(node).await?).await
    }

    /// The caller is about to change the bytes of a file, which is as `record` says. It may.
    pub(super) async fn drop_privileges(
        &self,
        view: &View,
        caller: &Caller,
        node: Id,
        record: &NodeRecord,
    ) -> Result<bool> {
        let attributes = of_node(view, node, record);
        let keeps_mode = mode_after(caller, &attributes) == attributes.mode;
        if !caller.is_ours_to_strip() || keeps_mode && !self.has_capability(node, record).await? {
            return Ok(false);
        }
        let dropped = transact!(self.store(), self.durability(view), |tx| {
            tx.origin(view.watcher);
            let mut found = self.any_node(tx, node, false).await?;
            let attributes = found.attributes(view, node);
            let mode = mode_after(caller, &attributes);
            let capability = self.drop_capability(tx, node, &found).await?;
            if mode == attributes.mode && !capability {
                return Ok(false);
            }
            self.put_changed(tx, view, (node, &mut found), &attributes, -i32::from(capability), Some(mode)).await?;
            Ok(true)
        })?;
        if dropped {
            self.settled(view);
            self.changed_node(view, node, false).await;
        }
        Ok(dropped)
    }

    /// Asked before a transaction is begun: other attributes are no reason for one at each write.
    async fn has_capability(&self, node: Id, record: &NodeRecord) -> Result<bool> {
        let key = (Table::Index, keys::xattr(node, CAPABILITY));
        Ok(record.xattrs > 0 && self.store().get_many(&[key]).await?.1.iter().any(Option::is_some))
    }

    /// Whether there were any, of what is no directory; the node's count is the caller's to change.
    pub(super) async fn drop_capability(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        found: &AnyNode,
    ) -> Result<bool, TxError> {
        let key = keys::xattr(node, CAPABILITY);
        let is_directory = matches!(found, AnyNode::Directory(_));
        let there = !is_directory && found.xattrs() > 0 && tx.get(Table::Index, &key).await?.is_some();
        if there {
            tx.delete(Table::Index, key);
        }
        Ok(there)
    }
}

#[cfg(test)]
mod tests;
