//! Mounts that are kept, that wait, and that can't be.

use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use trefoil_core::access::NewAccount;
use trefoil_core::content::{Expected, Upload};
use trefoil_core::in_memory::InMemory;
use trefoil_core::objects::{
    AclChange, CreateBucket, DeleteConditions, DeleteObject, ObjectHeaders, PutObject, WriteConditions,
};
use trefoil_core::types::{AccountId, BucketName, ObjectKey, Principal, TagSet};

use super::{Kept, Listed, MountManager, MountSpec, MountState, Origin, Refused, file};

fn kept(spec: MountSpec) -> Kept {
    Kept { spec, owner: None }
}

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
    let owner = Some(AccountId([7; 32]));
    let mounts = [
        Kept { spec: MountSpec::new("photos/2026", "/mnt/a", "ro"), owner },
        kept(MountSpec::new("b-2", "/mnt/b", "")),
    ];
    file::write(&path, &mounts).unwrap();
    assert_eq!(file::read(&path).unwrap(), mounts);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn what_can_t_be_mounted_yet_waits_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    file::write(&dir.path().join("mounts.json"), &[kept(MountSpec::new("kept", "/mnt/trefoil-kept", ""))]).unwrap();
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
    assert!(mounts.mount(MountSpec::new("absent", "/mnt/trefoil-absent", ""), true).await.is_err());
    assert!(mounts.list().is_empty() && !dir.path().join("mounts.json").exists());
    assert!(matches!(mounts.unmount("/mnt/trefoil-absent", false).await, Err(Refused::Absent(_))));
    mounts.end().await;
    let late = mounts.mount(MountSpec::new("absent", "/mnt/trefoil-absent", ""), true).await;
    assert!(matches!(late, Err(Refused::Ending)));
}

#[tokio::test]
async fn a_waiting_mount_can_be_forgotten_and_one_of_the_settings_stays_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mounts.json");
    file::write(&path, &[kept(MountSpec::new("kept", "/mnt/trefoil-kept", ""))]).unwrap();
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

#[tokio::test]
async fn a_kept_mount_that_the_settings_shadow_is_kept_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mounts.json");
    let kept = ["shadowed", "other"].map(|bucket| kept(MountSpec::new(bucket, &format!("/mnt/trefoil-{bucket}"), "")));
    file::write(&path, &kept).unwrap();
    let mounts = manager(dir.path(), &[MountSpec::new("set", "/mnt/trefoil-shadowed", "")]).await.unwrap();
    mounts.unmount("/mnt/trefoil-other", false).await.unwrap();
    assert_eq!(file::read(&path).unwrap(), kept[..1]);
    assert_eq!(mounts.list().len(), 1);
}

#[tokio::test]
async fn a_kept_mount_that_waits_makes_room_for_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mounts.json");
    let kept = [kept(MountSpec::new("kept", "/mnt/trefoil-kept", ""))];
    file::write(&path, &kept).unwrap();
    let mounts = manager(dir.path(), &[]).await.unwrap();
    for keep in [false, true] {
        let refused = mounts.mount(MountSpec::new("other", "/mnt/trefoil-kept", ""), keep).await.unwrap_err();
        assert!(matches!(refused, Refused::Taken { .. }), "{refused}");
    }
    assert_eq!(file::read(&path).unwrap(), kept);
}

#[tokio::test]
async fn what_was_begun_ends_whoever_listens() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mounts.json");
    file::write(&path, &[kept(MountSpec::new("kept", "/mnt/trefoil-kept", ""))]).unwrap();
    let mounts = manager(dir.path(), &[]).await.unwrap();
    // A client that asks and leaves.
    assert!(futures::poll!(Box::pin(mounts.unmount("/mnt/trefoil-kept", false))).is_pending());
    for _ in 0..500 {
        if file::read(&path).unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(file::read(&path).unwrap().is_empty() && mounts.list().is_empty());
}

/// A store with the bucket `photos`, and what can be mounted. `None` where nothing can, and nobody demands it.
async fn real(dir: &Path, settings: &[MountSpec]) -> Option<Arc<MountManager>> {
    Some(real_store(dir, settings).await?.1)
}

async fn real_store(dir: &Path, settings: &[MountSpec]) -> Option<(InMemory, Arc<MountManager>)> {
    let can = nix::unistd::geteuid().is_root() && Path::new("/dev/fuse").exists();
    if !can {
        assert!(std::env::var_os("TREFOIL_TEST_FUSE").is_none(), "root and /dev/fuse are needed");
        eprintln!("left out: root and /dev/fuse are needed");
        return None;
    }
    let store = InMemory::new(1 << 20).await.unwrap();
    store.bucket("photos".parse().unwrap()).await.unwrap();
    let mounts = MountManager::open(dir, settings, store.files(), store.root.clone(), None).unwrap();
    Some((store, mounts))
}

/// As S3 puts an object into `photos`, and deletes it.
async fn put(store: &InMemory, key: &str) {
    let upload = Upload { body: Box::pin(futures::stream::empty()), length: Some(0), expected: Expected::default() };
    let put = PutObject {
        bucket: "photos".parse().unwrap(),
        key: ObjectKey::new(key).unwrap(),
        upload,
        headers: ObjectHeaders::default(),
        user_metadata: Vec::new(),
        tags: TagSet::default(),
        acl: AclChange::default(),
        conditions: WriteConditions::default(),
        location: None,
    };
    store.objects.put(&store.root, put).await.unwrap();
}

async fn delete(store: &InMemory, key: &str) {
    let (bucket, key) = ("photos".parse().unwrap(), ObjectKey::new(key).unwrap());
    let delete = DeleteObject { bucket, key, version: None, conditions: DeleteConditions::default() };
    store.objects.delete(&store.root, delete).await.unwrap();
}

fn shows(directory: &Path) -> Vec<String> {
    let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

fn directory(dir: &Path, name: &str) -> PathBuf {
    let directory = dir.join(name);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn photos(directory: &Path, options: &str) -> MountSpec {
    MountSpec::new("photos", directory.to_str().unwrap(), options)
}

/// What a killed daemon leaves, or with its device kept, a file system that answers nobody.
fn mounted_by_nobody(directory: &Path, kind: &str) -> std::fs::File {
    let device = std::fs::File::options().read(true).write(true).open("/dev/fuse").unwrap();
    let data = format!("fd={},rootmode=40000,user_id=0,group_id=0", device.as_raw_fd());
    let none = nix::mount::MsFlags::empty();
    nix::mount::mount(Some("photos"), directory, Some(kind), none, Some(data.as_str())).unwrap();
    device
}

fn origins(listed: &[Listed]) -> Vec<(Origin, MountState)> {
    listed.iter().map(|listed| (listed.origin, listed.state.clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_mount_8_asks_for_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let at = directory(dir.path(), "m");
    let Some(mounts) = real(dir.path(), &[]).await else { return };
    let kept = || file::read(&dir.path().join("mounts.json")).unwrap();
    let listed = mounts.mount(photos(&at, "ro"), false).await.unwrap();
    assert_eq!((listed.origin, listed.state), (Origin::Mount8, MountState::Mounted));
    assert!(kept().is_empty());
    let taken = mounts.mount(photos(&at, "rw"), false).await.unwrap_err();
    assert!(matches!(taken, Refused::Taken { .. }) && taken.to_string().contains("photos (ro) already"), "{taken}");
    // By hand, as mount(8)'s mounts end.
    nix::mount::umount(&at).unwrap();
    for _ in 0..500 {
        if mounts.list().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(mounts.list().is_empty(), "{:?}", mounts.list());
    // With other options, as after a change of /etc/fstab.
    mounts.mount(photos(&at, "rw"), false).await.unwrap();
    // Asked for by command, it is one that is kept; and mount(8) is content with it.
    mounts.mount(photos(&at, "rw"), true).await.unwrap();
    mounts.mount(photos(&at, "rw"), false).await.unwrap();
    assert_eq!((origins(&mounts.list()), kept().len()), (vec![(Origin::Command, MountState::Mounted)], 1));
    mounts.unmount(at.to_str().unwrap(), false).await.unwrap();
    mounts.mount(photos(&at, ""), false).await.unwrap();
    mounts.end().await;
    // The next start knows nothing of it.
    let mounts = real(dir.path(), &[]).await.unwrap();
    assert!(mounts.list().is_empty(), "{:?}", mounts.list());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mount_of_mount_8_that_a_killed_daemon_left_is_taken_up() {
    let dir = tempfile::tempdir().unwrap();
    let (at, gone) = (directory(dir.path(), "m"), directory(dir.path(), "gone"));
    let Some((store, mounts)) = real_store(dir.path(), &[]).await else { return };
    for at in [&at, &gone] {
        mounts.mount(photos(at, "umask=077"), false).await.unwrap();
    }
    let left = std::fs::read(dir.path().join("mounts-of-mount8.json")).unwrap();
    mounts.end().await;
    std::fs::write(dir.path().join("mounts-of-mount8.json"), left).unwrap();
    drop(mounted_by_nobody(&at, "fuse.trefoil"));
    let mounts = MountManager::open(dir.path(), &[], store.files(), store.root.clone(), None).unwrap();
    mounts.mount_waiting().await;
    let listed = mounts.list();
    assert_eq!(origins(&listed), [(Origin::Mount8, MountState::Mounted)]);
    assert_eq!(listed[0].spec, photos(&at, "umask=077"));
    std::fs::write(at.join("file"), b"x").unwrap();
    mounts.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_daemon_left_is_taken_off_also_where_it_is_not_known() {
    let dir = tempfile::tempdir().unwrap();
    let at = directory(dir.path(), "m");
    let Some(mounts) = real(dir.path(), &[]).await else { return };
    let path = at.to_str().unwrap();
    drop(mounted_by_nobody(&at, "fuse.trefoil"));
    assert!(std::fs::read_dir(&at).is_err());
    mounts.unmount(path, false).await.unwrap();
    assert_eq!(std::fs::read_dir(&at).unwrap().count(), 0);
    let absent = mounts.unmount(path, false).await.unwrap_err();
    assert!(absent.to_string().contains(&format!("`umount -l {path}`")), "{absent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_daemon_left_is_taken_off_also_where_a_mount_waits() {
    let dir = tempfile::tempdir().unwrap();
    let at = directory(dir.path(), "m");
    let path = at.to_str().unwrap();
    file::write(&dir.path().join("mounts.json"), &[kept(MountSpec::new("absent", path, ""))]).unwrap();
    let Some(mounts) = real(dir.path(), &[]).await else { return };
    drop(mounted_by_nobody(&at, "fuse.trefoil"));
    mounts.mount_waiting().await;
    assert!(matches!(mounts.list()[0].state, MountState::Waiting { reason: Some(_) }));
    mounts.unmount(path, false).await.unwrap();
    assert!(mounts.list().is_empty() && shows(&at).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mount_of_what_went_is_made_anew_when_it_is_there_again() {
    let dir = tempfile::tempdir().unwrap();
    let (prefix, whole) = (directory(dir.path(), "p"), directory(dir.path(), "whole"));
    let Some((store, mounts)) = real_store(dir.path(), &[]).await else { return };
    let spec = MountSpec::new("photos/p", prefix.to_str().unwrap(), "");
    put(&store, "p/1").await;
    mounts.mount(spec.clone(), true).await.unwrap();
    mounts.mount(photos(&whole, ""), false).await.unwrap();
    mounts.mount_waiting().await;
    let both = [(Origin::Command, MountState::Mounted), (Origin::Mount8, MountState::Mounted)];
    assert_eq!((origins(&mounts.list()), shows(&prefix)), (both.to_vec(), vec!["1".to_owned()]));

    delete(&store, "p/1").await;
    mounts.mount_waiting().await;
    let state = mounts.list()[0].state.clone();
    assert!(matches!(&state, MountState::Waiting { reason: Some(why) } if why.contains("photos/p")), "{state:?}");
    assert!(matches!(mounts.mount(spec.clone(), true).await, Err(Refused::NoPrefix(_))));
    // What is written meanwhile does not land below the mount.
    assert_eq!(std::fs::write(prefix.join("lost"), b"x").unwrap_err().raw_os_error(), Some(libc::ESTALE));

    put(&store, "p/2").await;
    mounts.mount_waiting().await;
    assert_eq!((origins(&mounts.list()), shows(&prefix)), (both.to_vec(), vec!["2".to_owned()]));
    // The command finds it out, too, and before the next turn.
    delete(&store, "p/2").await;
    put(&store, "p/3").await;
    mounts.mount(spec, true).await.unwrap();
    assert_eq!((origins(&mounts.list()), shows(&prefix)), (both.to_vec(), vec!["3".to_owned()]));

    // Another bucket of the same name.
    delete(&store, "p/3").await;
    store.objects.delete_bucket(&store.root, &"photos".parse().unwrap()).await.unwrap();
    store.bucket("photos".parse().unwrap()).await.unwrap();
    put(&store, "new").await;
    mounts.mount_waiting().await;
    assert_eq!((mounts.list()[1].state.clone(), shows(&whole)), (MountState::Mounted, vec!["new".to_owned()]));
    mounts.end().await;
    assert!(shows(&prefix).is_empty() && shows(&whole).is_empty());
}

/// Whoever may make buckets could wait for a name to be free, and put something before the programs of this machine.
#[tokio::test(flavor = "multi_thread")]
async fn a_mount_goes_over_to_no_other_account_s_bucket_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let at = directory(dir.path(), "m");
    let Some((store, mounts)) = real_store(dir.path(), &[]).await else { return };
    mounts.mount(photos(&at, ""), true).await.unwrap();
    let account = NewAccount { name: "bob".into(), ..NewAccount::default() };
    let bob = Principal::Account(store.accounts.create(account).await.unwrap());
    let bucket: BucketName = "photos".parse().unwrap();
    store.objects.delete_bucket(&store.root, &bucket).await.unwrap();
    let create = CreateBucket { bucket, location: None, acl: AclChange::default(), tags: TagSet::default() };
    store.objects.create_bucket(&bob, create).await.unwrap();
    put(&store, "trap").await;
    mounts.mount_waiting().await;
    let waits = |listed: &Listed| matches!(&listed.state, MountState::Waiting { reason: Some(why) } if why.contains("another account's"));
    assert!(waits(&mounts.list()[0]), "{:?}", mounts.list());
    assert!(std::fs::read_dir(&at).is_err(), "what went lies there");
    mounts.end().await;
    // Nor after a start.
    let mounts = MountManager::open(dir.path(), &[], store.files(), store.root.clone(), None).unwrap();
    mounts.mount_waiting().await;
    assert!(waits(&mounts.list()[0]) && shows(&at).is_empty(), "{:?}", mounts.list());
    // Who asks for it means it.
    mounts.mount(photos(&at, ""), true).await.unwrap();
    assert_eq!(shows(&at), ["trap"]);
    mounts.mount_waiting().await;
    assert_eq!(origins(&mounts.list()), [(Origin::Command, MountState::Mounted)]);
    mounts.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_mount_is_made_where_it_was_and_not_where_a_link_leads_by_now() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().canonicalize().unwrap();
    let (at, elsewhere) = (directory(&dir, "d/m"), directory(&dir, "elsewhere"));
    let Some((store, mounts)) = real_store(&dir, &[]).await else { return };
    let open = |settings: &[MountSpec]| MountManager::open(&dir, settings, store.files(), store.root.clone(), None);
    mounts.mount(photos(&at, ""), true).await.unwrap();
    mounts.end().await;
    std::fs::remove_dir(&at).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &at).unwrap();
    let mounts = open(&[]).unwrap();
    mounts.mount_waiting().await;
    let state = mounts.list()[0].state.clone();
    assert!(matches!(&state, MountState::Waiting { reason: Some(why) } if why.contains("by a link")), "{state:?}");
    assert_eq!(std::fs::write(elsewhere.join("own"), b"x").map_err(|error| error.to_string()), Ok(()));
    // In the settings, a link is meant.
    let mounts = open(&[photos(&at, "ro")]).unwrap();
    mounts.mount_waiting().await;
    assert_eq!(mounts.list()[0].state, MountState::Mounted);
    mounts.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_does_not_answer_holds_up_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let (hangs, answers) = (directory(dir.path(), "hangs"), directory(dir.path(), "second"));
    let settings = [photos(&hangs, ""), photos(&answers, "")];
    let Some(mounts) = real(dir.path(), &settings).await else { return };
    let silent = mounted_by_nobody(&hangs, "fuse.another");
    // A daemon that is told to end meanwhile does.
    let (stop, stopped) = watch::channel(false);
    let run = tokio::spawn(Arc::clone(&mounts).run(stopped));
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.send_replace(true);
    tokio::time::timeout(Duration::from_secs(5), run).await.expect("it ends").unwrap();
    // One that goes on makes the others, and asks no more of what hangs.
    let (_stop, stopped) = watch::channel(false);
    let run = tokio::spawn(Arc::clone(&mounts).run(stopped));
    mounts.are_tried().await;
    let listed = mounts.list();
    assert_eq!(listed[1].state, MountState::Mounted);
    let MountState::Waiting { reason: Some(reason) } = &listed[0].state else { panic!("{listed:?}") };
    assert!(reason.contains("does not answer"), "{reason}");
    tokio::time::timeout(Duration::from_secs(5), mounts.end()).await.expect("the others end");
    run.abort();
    let how = nix::mount::MntFlags::MNT_FORCE | nix::mount::MntFlags::MNT_DETACH;
    nix::mount::umount2(&hangs, how).unwrap();
    drop(silent);
}
