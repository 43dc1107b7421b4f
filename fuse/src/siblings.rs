//! The mounts of one process, by the bucket that they show.
//!
//! Always holds: a mount knows that it is not alone, and its kernel has forgotten what it kept, before another one of its bucket answers
//! its first request.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use trefoil_core::files::{Caller, Change, FileService, View};

use crate::freshness::Freshness;
use crate::limits::DIRECTORY_STEP_NAMES_MAX;
use crate::watcher::MountWatcher;

/// Made once for all mounts of a process.
#[derive(Debug, Default)]
pub struct Siblings {
    mounts: Mutex<HashMap<u64, Vec<Weak<Member>>>>,
}

/// What others need of a mount.
#[derive(Debug)]
pub struct Member {
    pub fresh: Arc<Freshness>,
    pub watcher: Arc<MountWatcher>,
    /// The directory that it shows.
    pub root: u64,
}

/// A mount among its siblings, until this is dropped.
#[derive(Debug)]
pub struct Membership {
    siblings: Arc<Siblings>,
    bucket: u64,
    own: Arc<Member>,
}

impl Member {
    /// Has the kernel forget every name that it keeps: with a name of the root goes what lies below it. What a program stands in or has
    /// open, and what leads to another mount, is known for a lifetime more.
    pub async fn forget(&self, files: &FileService, view: &View) {
        let view = View { root: self.root, ..view.clone() };
        let mut after = 0;
        loop {
            let step = DIRECTORY_STEP_NAMES_MAX;
            let page = files.read_directory(&view, &Caller::root(), self.root, after, step, false).await;
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(%error, "what another mount of the bucket keeps could not be taken back; it ends by itself");
                    return;
                }
            };
            let names =
                page.entries.iter().map(|entry| Change::Name { directory: self.root, name: entry.name.clone() });
            self.watcher.tell(names.collect());
            match page.entries.last() {
                Some(last) if !page.end => after = last.cookie,
                _ => return,
            }
        }
    }
}

impl Siblings {
    /// Adds a mount of the bucket.
    pub(crate) fn join(self: &Arc<Self>, bucket: u64, own: Member) -> Membership {
        let own = Arc::new(own);
        let mut mounts = self.mounts.lock();
        let members = mounts.entry(bucket).or_default();
        members.push(Arc::downgrade(&own));
        tell(members);
        Membership { siblings: Arc::clone(self), bucket, own }
    }
}

impl Membership {
    /// Has this mount's own kernel hear of a node, without waiting for it.
    pub fn tell_own(&self, node: u64) {
        self.own.watcher.mention(node);
    }

    /// The other mounts of the bucket.
    pub fn others(&self) -> Vec<Arc<Member>> {
        let mounts = self.siblings.mounts.lock();
        let members = mounts.get(&self.bucket).into_iter().flatten().filter_map(Weak::upgrade);
        members.filter(|member| !Arc::ptr_eq(member, &self.own)).collect()
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut mounts = self.siblings.mounts.lock();
        if let Some(members) = mounts.get_mut(&self.bucket) {
            members.retain(|member| !std::ptr::eq(member.as_ptr(), Arc::as_ptr(&self.own)));
            tell(members);
            if members.is_empty() {
                mounts.remove(&self.bucket);
            }
        }
    }
}

fn tell(members: &[Weak<Member>]) {
    members.iter().filter_map(Weak::upgrade).for_each(|member| member.fresh.set_alone(members.len() == 1));
}

#[cfg(test)]
mod tests;
