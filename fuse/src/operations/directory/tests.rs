//! Directories that are there no more while a program has them open.

use std::sync::Arc;

use trefoil_core::files::{Make, SetAttributes};

use super::*;
use crate::door::Changer;
use crate::freshness::Freshness;
use crate::handles::Handles;
use crate::known::KnownNodes;
use crate::operations::names::{Place, make};
use crate::replies::told;
use crate::shapes::Inodes;
use crate::siblings::{Member, Siblings};
use crate::watcher::MountWatcher;

async fn door() -> Door {
    let (files, view) = crate::known::tests::files().await;
    let fresh = Arc::new(Freshness::new());
    let watcher = Arc::new(MountWatcher::new(Arc::clone(&fresh)));
    let member = Member { fresh: Arc::clone(&fresh), watcher, root: view.root };
    Door {
        membership: Arc::new(Siblings::default()).join(view.bucket_id, member),
        files,
        inodes: Inodes::new(view.root),
        view,
        fresh,
        handles: Handles::default(),
        lockers: crate::lockers::Lockers::default(),
        undecided: crate::operations::locks::Undecided::default(),
        reopening: crate::reopening::Reopening::default(),
        known: KnownNodes::new(),
        fits: Fits::default(),
        lock_door: 1,
        ended: tokio::sync::watch::channel(false).1,
    }
}

#[tokio::test]
async fn a_directory_that_was_removed_has_attributes_and_no_names() {
    let (door, caller) = (door().await, Caller::checked());
    let place = Place { directory: door.view.root, name: b"d".to_vec() };
    let made = make(&door, &caller, &place, Make::Directory, Some(0o750)).await.expect("made").attributes;
    let node = made.node;
    let made = told(&door, Ok(made)).await.expect("told");
    assert_eq!(attributes::get(&door, node).await.expect("there"), made);
    let set = SetAttributes { mode: Some(0o500), ..SetAttributes::default() };
    let changer = Changer { caller: caller.clone(), thread: std::process::id() };
    let set = attributes::set(&door, &changer, node, set).await.expect("set");
    door.known.renewed(&set);
    let stale = FileError::Stale.into();
    assert!(!is_gone(&door, node, &stale).await, "what is there, though something beside it is not");
    let error = collect(&door, &caller, node + 100, 0).await.expect_err("no node");
    assert!(!is_gone(&door, node + 100, &error).await, "of what the kernel does not know");

    door.files.remove_directory(&door.view, &caller, door.view.root, b"d").await.expect("removed");
    let gone = attributes::get(&door, node).await.expect("the kernel knows it");
    assert_eq!(gone, Attributes { links: 0, ..set });
    // From its beginning, and from a name that went before it.
    for after in [0, PARENT, 1 << 20] {
        let error = collect(&door, &caller, node, after).await.expect_err("gone");
        assert!(is_gone(&door, node, &error).await, "{error}");
    }
    door.known.forget(node, 1);
    assert!(matches!(attributes::get(&door, node).await, Err(Error::File(FileError::Stale))));
}

#[tokio::test]
async fn the_kernel_is_told_of_names_and_not_of_dots() {
    let (door, caller) = (door().await, Caller::checked());
    let place = Place { directory: door.view.root, name: b"d".to_vec() };
    make(&door, &caller, &place, Make::Directory, Some(0o750)).await.expect("made");
    let names = collect(&door, &caller, door.view.root, 0).await.expect("read");
    let counted: Vec<&[u8]> = names.iter().filter(counts).map(|(_, _, name)| &name[..]).collect();
    assert_eq!((names.len(), counted), (3, vec![&b"d"[..]]));
}
