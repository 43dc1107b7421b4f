//! Mounts that are kept, that wait, and that can't be.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use trefoil_core::in_memory::InMemory;

use super::{MountManager, MountSpec, MountState, Origin, Refused, file};

async fn manager(dir: &Path, settings: &[MountSpec]) -> Result<Arc<MountManager>, String> {
    let store = InMemory::new(1 << 20).await.unwrap();
    MountManager::open(dir, settings, store.files(), store.root, None)
}

#[test]
fn a_source_is_a_bucket_or_a_directory_of_it() {
    let spec = MountSpec::new("photos/2026/march/", "/mnt", "ro");
    assert_eq!((spec.bucket.as_str(), spec.prefix.as_str()), ("photos", "2026/march"));
    assert_eq!(spec.source(), "photos/2026/march");
    assert_eq!(MountSpec::new("photos", "/mnt", "").source(), "photos");
    assert!(spec.is_same(&MountSpec::new("photos/2026/march", "/mnt", "rw,ro,noatime")));
    assert!(!spec.is_same(&MountSpec::new("photos/2026/march", "/mnt", "")));
}

#[test]
fn what_can_t_be_tried_is_refused() {
    for (source, dir, options, expected) in [
        ("Bad_Bucket", "/mnt", "", "bucket's name"),
        ("photos//x", "/mnt", "", ""),
        ("photos/a//b", "/mnt", "", "prefix"),
        ("photos", "mnt", "", "absolute path"),
        ("photos", "/mnt", "nocache", "not known"),
    ] {
        match MountSpec::new(source, dir, options).check() {
            Ok(()) => assert!(expected.is_empty(), "{source} {dir} {options}"),
            Err(error) => assert!(error.contains(expected), "{error}"),
        }
    }
}

#[test]
fn what_is_kept_comes_back_and_is_nobody_else_s() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mounts.json");
    assert!(file::read(&path).unwrap().is_empty());
    let mounts = [MountSpec::new("photos/2026", "/mnt/a", "ro"), MountSpec::new("b-2", "/mnt/b", "")];
    file::write(&path, &mounts).unwrap();
    assert_eq!(file::read(&path).unwrap(), mounts);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn what_can_t_be_mounted_yet_waits_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    file::write(&dir.path().join("mounts.json"), &[MountSpec::new("kept", "/mnt/trefoil-kept", "")]).unwrap();
    let of_settings = [MountSpec::new("absent", "/mnt/trefoil-absent", "")];
    let mounts = manager(dir.path(), &of_settings).await.unwrap();
    mounts.mount_waiting().await;
    let listed = mounts.list();
    let origins: Vec<_> = listed.iter().map(|listed| (listed.spec.bucket.as_str(), listed.origin)).collect();
    assert_eq!(origins, [("absent", Origin::Settings), ("kept", Origin::Command)]);
    for listed in listed {
        let MountState::Waiting { reason: Some(reason) } = &listed.state else { panic!("{listed:?}") };
        assert!(!reason.is_empty());
    }
}

#[tokio::test]
async fn a_mount_that_was_refused_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mounts = manager(dir.path(), &[]).await.unwrap();
    assert!(mounts.mount(MountSpec::new("absent", "/mnt/trefoil-absent", "")).await.is_err());
    assert!(mounts.list().is_empty() && !dir.path().join("mounts.json").exists());
    assert!(matches!(mounts.unmount("/mnt/trefoil-absent", false).await, Err(Refused::Absent(_))));
    mounts.end().await;
    let late = mounts.mount(MountSpec::new("absent", "/mnt/trefoil-absent", "")).await;
    assert!(matches!(late, Err(Refused::Ending)));
}

#[tokio::test]
async fn a_waiting_mount_can_be_forgotten_and_one_of_the_settings_stays_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mounts.json");
    file::write(&path, &[MountSpec::new("kept", "/mnt/trefoil-kept", "")]).unwrap();
    let mounts = manager(dir.path(), &[MountSpec::new("set", "/mnt/trefoil-set", "")]).await.unwrap();
    mounts.unmount("/mnt/trefoil-kept", false).await.unwrap();
    assert!(file::read(&path).unwrap().is_empty());
    mounts.unmount("/mnt/trefoil-set", false).await.unwrap();
    let listed = mounts.list();
    assert_eq!((listed.len(), &listed[0].state), (1, &MountState::Unmounted));
}

#[tokio::test]
async fn a_damaged_file_is_told_and_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mounts.json");
    std::fs::write(&path, "not json").unwrap();
    let error = manager(dir.path(), &[]).await.err().unwrap();
    assert!(error.contains("mounts.json") && error.contains("repair"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "not json");
}
