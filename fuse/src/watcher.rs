//! Telling the kernel what others have changed.
//!
//! Always holds: the kernel is told by a thread of the mount's own, in the order of the commits, and never by one that answers a
//! request: a notice may wait for a lock that a program holds which waits for its own answer. Where the mount is alone on its bucket,
//! whoever made the change waits until the kernel has heard of it, within a limit; once that has passed, only for
//! a moment before the kernel takes notices again. Otherwise the kernel keeps nothing anyway, and nobody waits. A name that leads to another mount stays with the kernel (`submounts.rs`).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use fuser::{INodeNo, Notifier};
use trefoil_core::files::{Change, Watcher};

use crate::freshness::Freshness;
use crate::limits::{HANGING_TIMEOUT, NOTICE_TIMEOUT, NOTICES_MAX};
use crate::shapes::Inodes;
use crate::submounts::Submounts;

/// As the offset of a notice: attributes alone (linux/fs/fuse/inode.c).
const ATTRIBUTES: i64 = -1;

/// Changes, and where it is said that the kernel knows them.
type Notice = (Vec<Change>, Option<SyncSender<()>>);

#[derive(Debug)]
pub struct MountWatcher {
    fresh: Arc<Freshness>,
    /// There once the mount is: before, the kernel knows nothing that could be taken back.
    notices: OnceLock<SyncSender<Notice>>,
    /// Somebody gave up waiting, and the kernel has taken no notice since.
    hangs: Arc<AtomicBool>,
}

impl MountWatcher {
    pub fn new(fresh: Arc<Freshness>) -> Self {
        Self { fresh, notices: OnceLock::new(), hangs: Arc::default() }
    }

    /// Starts the thread that tells the kernel. It ends with this watcher.
    pub fn start(&self, inodes: Inodes, notifier: Notifier, mut submounts: Submounts) -> std::io::Result<()> {
        let (sender, receiver) = sync_channel(NOTICES_MAX);
        let hangs = Arc::clone(&self.hangs);
        let told = move || hangs.store(false, Ordering::SeqCst);
        std::thread::Builder::new()
            .name("fuse-notices".into())
            .spawn(move || tell(&receiver, inodes, &notifier, &mut submounts, told))?;
        // Set once, by the one who made this.
        let _ = self.notices.set(sender);
        Ok(())
    }
}

impl Watcher for MountWatcher {
    fn changing(&self, begins: bool) {
        self.fresh.changing(begins);
    }

    fn changed(&self, changes: &[Change]) {
        self.fresh.changed();
        let Some(notices) = self.notices.get() else { return };
        if !self.fresh.is_alone() {
            // Lost where the queue is full: the kernel asks anew for names and attributes, and drops the pages of what has changed.
            if let Err(TrySendError::Full(_)) = notices.try_send((changes.to_vec(), None)) {
                tracing::debug!("a notice to the kernel was left out, for it keeps nothing");
            }
            return;
        }
        self.tell(changes.to_vec());
    }
}

impl MountWatcher {
    /// Tells the kernel and waits until it has heard, within the limit.
    pub fn tell(&self, changes: Vec<Change>) {
        let Some(notices) = self.notices.get() else { return };
        let (done, told) = sync_channel(1);
        // Each who waited the whole time as well would hold up the changes of every bucket.
        let limit = if self.hangs.load(Ordering::SeqCst) { HANGING_TIMEOUT } else { NOTICE_TIMEOUT };
        let deadline = Instant::now() + limit;
        let mut notice = (changes, Some(done));
        while let Err(error) = notices.try_send(notice) {
            match error {
                TrySendError::Full(back) if Instant::now() < deadline => notice = back,
                TrySendError::Full(_) => return self.late(),
                // The mount has ended.
                TrySendError::Disconnected(_) => return,
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        if let Err(RecvTimeoutError::Timeout) = told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.late();
        }
    }

    /// Has the kernel hear of a node that its own mount has changed otherwise than it asked, whenever it takes the notice.
    pub fn mention(&self, node: u64) {
        self.fresh.changed();
        let Some(notices) = self.notices.get() else { return };
        if let Err(TrySendError::Full(_)) = notices.try_send((vec![Change::Node { node, bytes: false }], None)) {
            tracing::debug!(node, "a notice to the own kernel was left out; it asks anew when what it keeps has aged");
        }
    }

    fn late(&self) {
        if !self.hangs.swap(true, Ordering::SeqCst) {
            tracing::warn!(
                "the kernel did not take a notice of a change in time; a program on the mount may see the old state a while"
            );
        }
    }
}

fn tell(notices: &Receiver<Notice>, inodes: Inodes, notifier: &Notifier, submounts: &mut Submounts, told: impl Fn()) {
    while let Ok((changes, done)) = notices.recv() {
        submounts.look();
        for change in &changes {
            let taken = match change {
                Change::Name { directory, .. } if submounts.lie_behind(change) => {
                    notifier.inval_inode(INodeNo(inodes.of(*directory)), ATTRIBUTES, 0)
                }
                // The directory's own attributes change with its names, and the kernel drops them only where it knows the name.
                Change::Name { directory, name } => {
                    let directory = INodeNo(inodes.of(*directory));
                    let taken = notifier.inval_entry(directory, OsStr::from_bytes(name));
                    taken.and(notifier.inval_inode(directory, ATTRIBUTES, 0))
                }
                // All bytes from 0 on, or none.
                Change::Node { node, bytes } => {
                    notifier.inval_inode(INodeNo(inodes.of(*node)), if *bytes { 0 } else { ATTRIBUTES }, 0)
                }
            };
            // What the kernel does not know is no error; one that has gone knows nothing any more.
            if let Err(error) = taken {
                tracing::debug!(%error, ?change, "the kernel did not take a notice");
            }
        }
        told();
        if let Some(done) = done {
            // Whoever waited may have given up.
            let _ = done.send(());
        }
    }
}

#[cfg(test)]
mod tests;
