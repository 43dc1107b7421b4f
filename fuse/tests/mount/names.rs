//! Names that the kernel still keeps.

use std::io::Read;

use trefoil_core::files::{RenameMode, View};

use super::store;

/// Between a change through the mount and the kernel's carrying it out, the kernel has the old name: who opens it then gets what is there now.
#[test]
fn a_name_that_the_kernel_keeps_too_long_is_looked_up_anew() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    for round in 0..3 {
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        std::fs::write(root.join(&a), "old").unwrap();
        std::fs::write(root.join(&b), "new").unwrap();
        assert_eq!(std::fs::read(root.join(&a)).unwrap(), b"old");
        // As if through the mount, whose kernel has not been answered yet: nobody is told.
        let view = View { watcher: Some(0), ..store.view("") };
        let caller = trefoil_core::files::Caller::root();
        let (from, to) = ((view.root, b.as_bytes()), (view.root, a.as_bytes()));
        store.runtime.block_on(store.files.rename(&view, &caller, from, to, RenameMode::Replace)).unwrap();
        assert_eq!(std::fs::read(root.join(&a)).unwrap(), b"new");
    }
    mount.unmount(false).unwrap();
}

#[test]
fn a_file_without_a_name_is_opened_by_its_descriptor() {
    let Some(store) = store() else { return };
    let (root, mount) = store.mount("m", "");
    std::fs::write(root.join("a"), "kept").unwrap();
    let file = std::fs::File::open(root.join("a")).unwrap();
    std::fs::remove_file(root.join("a")).unwrap();
    for _ in 0..3 {
        use std::os::fd::AsRawFd;
        let mut again = std::fs::File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
        let mut text = String::new();
        again.read_to_string(&mut text).unwrap();
        assert_eq!(text, "kept");
    }
    drop(file);
    mount.unmount(false).unwrap();
}
