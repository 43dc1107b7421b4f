//! Exports as they are written, kept, and refused.

use std::sync::Arc;
use std::time::Duration;

use trefoil_core::in_memory::InMemory;
use trefoil_core::random::SystemRandom;
use trefoil_nfs::Squash;
use trefoil_nfs::limits::EXPORTS_MAX;

use super::{ExportManager, ExportSpec, Kept, Refused, read, spec_id, write};

fn spec(bucket: &str) -> ExportSpec {
    ExportSpec { name: "photos".into(), bucket: bucket.into(), ..ExportSpec::default() }
}

#[test]
fn a_spec_says_what_the_door_is_to_do() {
    let options = spec("photos").options().unwrap();
    assert_eq!((options.bucket.as_str(), options.prefix.as_str()), ("photos", ""));
    assert_eq!((options.squash, options.anonymous, options.read_only), (Squash::Root, (65_534, 65_534), false));
    assert_eq!((options.defaults.file_mode, options.defaults.directory_mode), (0o644, 0o755));
    assert!(options.hosts.admits("127.0.0.1".parse().unwrap()));
    assert!(!options.hosts.admits("192.0.2.1".parse().unwrap()));

    let options = ExportSpec { umask: "077".into(), squash: "all".into(), ..spec("photos/a/b/") }.options().unwrap();
    assert_eq!((options.bucket.as_str(), options.prefix.as_str()), ("photos", "a/b"));
    assert_eq!(
        (options.squash, options.defaults.file_mode, options.defaults.directory_mode),
        (Squash::All, 0o600, 0o700)
    );
}

#[test]
fn what_can_not_be_is_refused_with_its_cure() {
    for (spec, expected) in [
        (spec("No"), "bucket \"No\": the bucket name is not valid"),
        (spec("/photos"), "bucket \"/photos\": the bucket name is not valid"),
        (spec("photos/a//b"), "bucket \"photos/a//b\": give BUCKET, or BUCKET/PREFIX"),
        (ExportSpec { anonuid: u32::MAX, ..spec("photos") }, "anonuid is 4294967295, which is nobody's"),
        (ExportSpec { squash: "some".into(), ..spec("photos") }, "squash is \"some\"; give root, all or none"),
        (ExportSpec { umask: "9".into(), ..spec("photos") }, "umask is \"9\"; give three octal digits"),
        (ExportSpec { umask: "1000".into(), ..spec("photos") }, "umask is \"1000\"; give three octal digits"),
        (ExportSpec { hosts: vec!["nas".into()], ..spec("photos") }, "\"nas\" is no host"),
        (ExportSpec { hosts: vec![], ..spec("photos") }, "hosts is empty, which lets nobody in; give addresses"),
        (
            ExportSpec { name: "a/b".into(), ..spec("photos") },
            "name \"a/b\": the name of an export has 1 to 255 letters",
        ),
    ] {
        let error = spec.options().unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn the_file_reads_back_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("exports.json");
    assert_eq!(read(&file).unwrap(), []);
    let kept = vec![Kept { id: format!("{:016x}", u64::MAX), export: spec("photos/a"), owner: Some("1".repeat(64)) }];
    write(&file, &kept).unwrap();
    assert_eq!(read(&file).unwrap(), kept);
    write(&file, &[]).unwrap();
    assert_eq!(read(&file).unwrap(), []);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    std::fs::write(&file, "[{\"id\": \"1\", \"export\": {\"nmae\": \"x\"}}]").unwrap();
    assert!(read(&file).is_err());
}

#[test]
fn the_id_of_an_export_of_the_settings_is_that_of_its_name_and_bucket() {
    assert_eq!(spec_id(&spec("photos")), spec_id(&ExportSpec { read_only: true, ..spec("photos") }));
    assert_ne!(spec_id(&spec("photos")), spec_id(&spec("photos/a")));
    assert_ne!(spec_id(&spec("photos")), spec_id(&ExportSpec { name: "p".into(), ..spec("photos") }));
}

#[tokio::test]
async fn one_too_many_is_refused_before_it_is_kept_and_ends_no_start() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("exports.json");
    let store = InMemory::new(1 << 20).await.unwrap();
    store.bucket("photos".parse().unwrap()).await.unwrap();
    let (files, random) = (store.files(), Arc::new(SystemRandom));
    let open =
        || ExportManager::open(dir.path(), &[], files.clone(), store.root.clone(), random.clone(), None).map(Arc::new);
    let named = |name: String| ExportSpec { name, ..spec("photos") };
    let kept = |id: usize, export| Kept { id: format!("{id:016x}"), export, owner: None };
    let mut all: Vec<Kept> = (0..EXPORTS_MAX).map(|number| kept(number, named(number.to_string()))).collect();
    write(&file, &all).unwrap();
    let exports = open().unwrap();
    let refused = exports.create(named("one-more".into())).await.unwrap_err();
    assert!(refused.to_string().contains("there can't be more"), "{refused}");
    assert_eq!(read(&file).unwrap().len(), EXPORTS_MAX);
    // What an earlier version kept all the same, and one that this version takes for wrong.
    all.push(kept(EXPORTS_MAX, named("one-more".into())));
    all.insert(0, kept(EXPORTS_MAX + 1, ExportSpec { hosts: vec![], ..named("nobody".into()) }));
    write(&file, &all).unwrap();
    let exports = open().unwrap();
    assert_eq!(exports.table().list().len(), EXPORTS_MAX);
    for name in ["nobody", "one-more", "7"] {
        exports.delete(name).await.unwrap();
    }
    exports.create(named("new".into())).await.unwrap();
    assert!(matches!(exports.create(named("new".into())).await, Err(Refused::Exists(_))));
    assert_eq!((read(&file).unwrap().len(), open().unwrap().table().list().len()), (EXPORTS_MAX, EXPORTS_MAX));
}

#[tokio::test]
async fn what_was_begun_ends_whoever_listens() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("exports.json");
    write(&file, &[Kept { id: "1".into(), export: spec("photos"), owner: None }]).unwrap();
    let store = InMemory::new(1 << 20).await.unwrap();
    let random = Arc::new(SystemRandom);
    let open = ExportManager::open(dir.path(), &[], store.files(), store.root.clone(), random, None);
    let exports = Arc::new(open.unwrap());
    // A client that asks and leaves.
    assert!(futures::poll!(Box::pin(exports.delete("photos"))).is_pending());
    for _ in 0..500 {
        if exports.list().await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(exports.list().await.is_empty() && read(&file).unwrap().is_empty());
}
