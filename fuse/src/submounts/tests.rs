//! Names that lead to something mounted, and names that only look like it.

use trefoil_core::files::{Caller, Change, Defaults, FileService, Make, SetAttributes, View, ViewRequest};
use trefoil_core::in_memory::InMemory;

use super::Submounts;
use crate::mountinfo::MountPoint;

async fn directory(files: &FileService, view: &View, parent: u64, name: &str) -> u64 {
    let set = SetAttributes::default();
    let made = files.make(view, &Caller::root(), parent, name.as_bytes(), Make::Directory, set).await;
    made.expect("made").0.attributes.node
}

#[test]
fn a_name_counts_by_the_way_that_leads_to_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (files, view, a, b, other) = runtime.block_on(async {
        let store = InMemory::new(1 << 20).await.expect("a store");
        store.bucket("bucket".parse().expect("a name")).await.expect("a bucket");
        let files = store.files();
        let wanted = ViewRequest {
            bucket: "bucket".parse().expect("a name"),
            prefix: String::new(),
            read_only: false,
            strict: false,
            access_times: trefoil_core::files::AccessTimes::Never,
            defaults: Defaults::default(),
        };
        let view = files.view(&store.root, wanted).await.expect("a view");
        let a = directory(&files, &view, view.root, "a").await;
        let b = directory(&files, &view, a, "b").await;
        let other = directory(&files, &view, view.root, "other").await;
        (files, view, a, b, other)
    });
    let device = "0:0".to_owned();
    let mounted = MountPoint {
        id: 1,
        parent: 0,
        device,
        root: "/".into(),
        path: "/nowhere".into(),
        kind: String::new(),
        source: String::new(),
    };
    let mut submounts = Submounts::new(&mounted, files.clone(), view.clone(), runtime.handle().clone());
    submounts.look();
    let name = |directory, name: &str| Change::Name { directory, name: name.into() };
    assert!(!submounts.lie_behind(&name(view.root, "a")), "nothing is mounted there");
    submounts.paths = vec!["a/b/c".into()];
    for (directory, text, expected) in [
        (view.root, "a", true),
        (a, "b", true),
        (b, "c", true),
        (view.root, "b", false),
        (other, "b", false),
        (b, "d", false),
        (other, "a", false),
    ] {
        assert_eq!(submounts.lie_behind(&name(directory, text)), expected, "{text} in {directory}");
    }
    assert!(!submounts.lie_behind(&Change::Node { node: a, bytes: true }));
    // The way there is gone from the store, and not yet from the kernel.
    let root = Caller::root();
    runtime.block_on(files.remove_directory(&view, &root, a, b"b")).expect("removed");
    assert!(submounts.lie_behind(&name(a, "b")) && submounts.lie_behind(&name(b, "c")));
}
