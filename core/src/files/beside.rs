//! Work on many nodes beside each other, round by round.
//!
//! Always holds: of a node one piece of work is under way; a round begins what is due, and waits for none of it: one file that hangs on its
//! store holds up no other, but as one of [`SESSION_FLUSHES_MAX`]. All ends with its owner.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{self, JoinSet};

use crate::limits::SESSION_FLUSHES_MAX;
use crate::metadata::keys::Id;

pub(super) struct Beside {
    under_way: JoinSet<()>,
    nodes: HashMap<task::Id, Id>,
    room: Arc<Semaphore>,
}

impl Default for Beside {
    fn default() -> Self {
        let room = Arc::new(Semaphore::new(SESSION_FLUSHES_MAX));
        Self { under_way: JoinSet::new(), nodes: HashMap::new(), room }
    }
}

impl Beside {
    /// Begins the work on each node of which none is under way.
    pub fn begin<W: Future<Output = ()> + Send + 'static>(&mut self, due: impl IntoIterator<Item = (Id, W)>) {
        while let Some(ended) = self.under_way.try_join_next_with_id() {
            let task = match ended {
                Ok((task, ())) => task,
                Err(error) => {
                    tracing::error!(%error, "work on a file ended in a panic");
                    error.id()
                }
            };
            self.nodes.remove(&task);
        }
        let mut busy: HashSet<Id> = self.nodes.values().copied().collect();
        for (node, work) in due {
            if !busy.insert(node) {
                continue;
            }
            let room = Arc::clone(&self.room);
            let task = self.under_way.spawn(async move {
                // It is never closed.
                let _room = room.acquire().await;
                work.await;
            });
            self.nodes.insert(task.id(), node);
        }
    }

    /// Waits for all of it.
    #[cfg(test)]
    pub async fn ended(mut self) {
        while let Some(ended) = self.under_way.join_next().await {
            ended.unwrap();
        }
    }
}
