//! File systems that are mounted on directories of a mount, and what may take them off.

use std::path::Path;

use trefoil_core::files::{Caller, RenameMode};

use super::{Store, store};

/// A file system in memory on a new directory, with a file in it; taken off when this is dropped, wherever it is.
struct Inner(std::path::PathBuf);

impl Inner {
    fn mount(at: &Path) -> Self {
        std::fs::create_dir_all(at).unwrap();
        nix::mount::mount(Some("inner"), at, Some("tmpfs"), nix::mount::MsFlags::empty(), None::<&str>).unwrap();
        std::fs::write(at.join("inner"), b"x").unwrap();
        Self(at.to_owned())
    }

    fn is_there(&self) -> bool {
        self.0.join("inner").exists()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = nix::mount::umount2(&self.0, nix::mount::MntFlags::MNT_DETACH);
    }
}

/// Moves a name of the root, as another door does.
fn moved(store: &Store, from: &str, to: &str) {
    let view = store.view("");
    let (from, to) = ((view.root, from.as_bytes()), (view.root, to.as_bytes()));
    store.runtime.block_on(store.files.rename(&view, &Caller::root(), from, to, RenameMode::Replace)).unwrap();
}

#[test]
fn a_second_mount_takes_off_nothing_of_what_lies_below_the_first() {
    let Some(store) = store() else { return };
    let (root, first) = store.mount("one", "");
    let deep = Inner::mount(&root.join("d/e"));
    std::fs::create_dir(root.join("own")).unwrap();
    std::fs::write(root.join("plain"), b"x").unwrap();
    let (two, second) = store.mount("two", "");
    assert!(deep.is_there());
    // One of the same bucket on a directory of the first, too, and what comes after it.
    let within = store.mount_at(root.join("own"), "").unwrap();
    assert!(root.join("own/plain").exists() && two.join("d/e").exists());
    let (_, third) = store.mount("three", "");
    assert!(deep.is_there() && root.join("own/plain").exists());
    for mount in [within, second, third] {
        mount.unmount(false).unwrap();
    }
    drop(deep);
    first.unmount(false).unwrap();
}

#[test]
fn a_change_through_another_door_takes_off_nothing_and_other_names_are_seen_at_once() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    let inner = Inner::mount(&root.join("d/e"));
    std::fs::create_dir(root.join("e")).unwrap();
    std::fs::write(root.join("plain"), b"x").unwrap();
    assert!(root.join("e").exists() && root.join("plain").exists());
    // Of the same name as what leads to the inner one, and elsewhere.
    moved(&store, "e", "e2");
    moved(&store, "plain", "plain2");
    assert!(!root.join("e").exists() && root.join("e2").exists());
    assert!(!root.join("plain").exists() && root.join("plain2").exists());
    // The directory itself: this kernel has it under its old name for a while, so that nothing is lost of what lies there.
    moved(&store, "d", "d2");
    assert!(inner.is_there());
    drop(inner);
    moved(&store, "d2", "d3");
    assert!(root.join("d3/e").exists() && !root.join("d2").exists());
    mount.unmount(true).unwrap();
}
