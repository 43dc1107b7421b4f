//! Mounts that come and go.

use std::sync::Arc;

use super::{Member, Siblings};
use crate::freshness::Freshness;
use crate::watcher::MountWatcher;

fn member(fresh: &Arc<Freshness>) -> Member {
    Member { fresh: Arc::clone(fresh), watcher: Arc::new(MountWatcher::new(Arc::clone(fresh))), root: 1 }
}

#[test]
fn a_mount_is_alone_among_those_of_other_buckets() {
    let siblings = Arc::new(Siblings::default());
    let (one, two, other) = (Arc::new(Freshness::new()), Arc::new(Freshness::new()), Arc::new(Freshness::new()));
    let _first = siblings.join(1, member(&one));
    let elsewhere = siblings.join(2, member(&other));
    assert!(one.is_alone() && other.is_alone());
    let second = siblings.join(1, member(&two));
    assert_eq!((second.others().len(), elsewhere.others().len()), (1, 0));
    assert!(!one.is_alone() && !two.is_alone() && other.is_alone());
    drop(second);
    assert!(one.is_alone());
}

#[test]
fn nothing_stays_of_those_that_went() {
    let siblings = Arc::new(Siblings::default());
    drop(siblings.join(1, member(&Arc::new(Freshness::new()))));
    assert!(siblings.mounts.lock().is_empty());
}
