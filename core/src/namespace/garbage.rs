//! What a change leaves behind: nodes without a name, contents without a node.
//!
//! Always holds (T2): garbage is let go of in the transaction that makes it. Inline bytes go at once; blobs are named in a task,
//! for a reader may still be at them.

use super::{Tree, TxResult};
use crate::error::Error;
use crate::metadata::Table;
use crate::metadata::keys::{self, Id, Queue};
use crate::metadata::records::{ContentRecord, ContentRef, Layout, NodeRecord, ReclaimTask, Record, Summary};
use crate::metadata::transaction::Transaction;
use crate::types::AccountId;

impl Tree {
    /// The name at `at` no longer leads to the node. Without a summary it may have others. A node that is open stays, as an orphan.
    pub(crate) async fn release_node(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        summary: Option<&Summary>,
        at: (Id, &[u8]),
        bucket_owner: AccountId,
    ) -> TxResult<()> {
        let Some(summary) = summary else { return self.unlink_node(tx, node, at, bucket_owner).await };
        match self.opens.remove(node) {
            Some(removal) => tx.keep(Box::new(removal)),
            None => return self.unlink_node(tx, node, at, bucket_owner).await,
        }
        tx.delete(Table::Index, keys::node(node));
        self.release_content(tx, node, summary.content).await
    }

    /// One node of a content is gone.
    pub(crate) async fn release_content(
        &self,
        tx: &mut Transaction<'_>,
        node: Id,
        content: ContentRef,
    ) -> TxResult<()> {
        match content {
            ContentRef::Empty => Ok(()),
            ContentRef::Inline => {
                tx.delete(Table::Inline, keys::inline(node, 0));
                Ok(())
            }
            ContentRef::Shared(content) => {
                let key = keys::content(content);
                let mut record = self.content(tx, content).await?;
                if record.uses > 1 {
                    record.uses -= 1;
                    tx.put(Table::Index, key, record.encode());
                    return Ok(());
                }
                tx.delete(Table::Index, key);
                let task = match record.layout {
                    Layout::Extents(extents) => ReclaimTask::Blobs { content, location: record.location, extents },
                    Layout::Parts { .. } => ReclaimTask::Pages { content, location: record.location },
                    Layout::Mapped { base, .. } => {
                        // Whoever reads the content may be at what lies below: its use goes when nobody does.
                        if let Some(base) = base {
                            self.reclaim(tx, ReclaimTask::Use { content, base: base.content }).await?;
                        }
                        ReclaimTask::MappedPages { content, location: record.location }
                    }
                };
                self.reclaim(tx, task).await
            }
        }
    }

    /// Puts a task for the reclaim worker.
    pub(crate) async fn reclaim(&self, tx: &mut Transaction<'_>, task: ReclaimTask) -> TxResult<()> {
        let sequence = self.ids.next().await?;
        tx.put(Table::Index, keys::task(Queue::Reclaim, self.clock.now().0, sequence), task.encode());
        Ok(())
    }

    /// A node's record, as part of the transaction.
    pub(crate) async fn node(&self, tx: &mut Transaction<'_>, node: Id) -> TxResult<NodeRecord> {
        let value = tx.get(Table::Index, &keys::node(node)).await?;
        let value = value.ok_or_else(|| Error::Corrupt(format!("a name leads to node {node}, which is not there")))?;
        Ok(NodeRecord::decode(&value).map_err(Error::from)?)
    }

    /// A content's record, as part of the transaction.
    pub(crate) async fn content(&self, tx: &mut Transaction<'_>, content: Id) -> TxResult<ContentRecord> {
        let value = tx.get(Table::Index, &keys::content(content)).await?;
        let value = value.ok_or_else(|| Error::Corrupt(format!("a node has content {content}, which is not there")))?;
        Ok(ContentRecord::decode(&value).map_err(Error::from)?)
    }
}
