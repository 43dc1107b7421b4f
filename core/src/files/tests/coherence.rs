//! Doors that cache hear of a change before anybody else can tell their clients of it.

use std::time::Duration;

use parking_lot::Mutex;

use super::semantics::{publish, read, watched, write};
use super::*;

/// A mount whose kernel takes its time to hear.
#[derive(Debug)]
struct Slow {
    /// What takes its time.
    slow: fn(&Change) -> bool,
    begun: std::sync::mpsc::Sender<()>,
    go_on: Mutex<std::sync::mpsc::Receiver<()>>,
}

impl Watcher for Slow {
    fn changing(&self, _begins: bool) {}

    fn changed(&self, changes: &[Change]) {
        if changes.iter().any(self.slow) {
            self.begun.send(()).unwrap();
            self.go_on.lock().recv().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_sees_what_a_mount_has_not_heard_of() {
    let files = Arc::new(watched().await);
    let root = files.view.root;
    let node = files.file(root, "a").await;
    let other = files.file(root, "b").await;
    write(&files, node, 0, b"old").await;
    publish(&files, node).await;
    let (begun, has_begun) = std::sync::mpsc::channel();
    let (go_on, goes_on) = std::sync::mpsc::channel();
    let slow = |change: &Change| matches!(change, Change::Node { bytes: true, .. });
    let watch = files.service.watch(Arc::new(Slow { slow, begun, go_on: Mutex::new(goes_on) })).await;
    let writer = Arc::clone(&files);
    let writing = tokio::spawn(async move { write(&writer, node, 0, b"new").await });
    has_begun.recv_timeout(Duration::from_secs(30)).unwrap();
    // The mount itself must not wait, for the kernel that is to hear may wait for its answer.
    let mount = View { watcher: Some(watch.id()), ..files.view.clone() };
    let seen = files.service.read(&mount, &Caller::checked(), node, 0, 10).await.unwrap().0.concat();
    assert_eq!(seen, b"new");
    let reader = Arc::clone(&files);
    let reading = tokio::spawn(async move { read(&reader, node).await });
    let reader = Arc::clone(&files);
    let asking = tokio::spawn(async move { reader.stat(node).await.size });
    let reader = Arc::clone(&files);
    let finding = tokio::spawn(async move { reader.lookup(reader.view.root, "a").await.unwrap() });
    let reader = Arc::clone(&files);
    let listing = tokio::spawn(async move {
        let (service, view) = (&reader.service, &reader.view);
        service.read_directory(view, &Caller::checked(), view.root, 0, 10, true).await.unwrap().entries
    });
    // What has not been changed is read at once, by then all of those have begun to wait.
    assert_eq!(files.stat(other).await.size, 0);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!writing.is_finished() && !reading.is_finished() && !asking.is_finished() && !finding.is_finished());
    assert!(!listing.is_finished());
    go_on.send(()).unwrap();
    writing.await.unwrap();
    assert_eq!((reading.await.unwrap(), asking.await.unwrap()), (b"new".to_vec(), 3));
    finding.await.unwrap();
    assert_eq!(listing.await.unwrap()[0].attributes.as_ref().unwrap().size, 3);
    files.check().await;
}

/// A refusal tells as much as a read: that there is nothing to remove is not said before the mounts have heard of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_told_that_a_name_is_gone_before_a_mount_is() {
    let files = Arc::new(watched().await);
    let root = files.view.root;
    files.file(root, "a").await;
    let (begun, has_begun) = std::sync::mpsc::channel();
    let (go_on, goes_on) = std::sync::mpsc::channel();
    let slow = |change: &Change| matches!(change, Change::Name { name, .. } if name == b"a");
    let watch = files.service.watch(Arc::new(Slow { slow, begun, go_on: Mutex::new(goes_on) })).await;
    let remover = Arc::clone(&files);
    let remove =
        async move { remover.service.remove_file(&remover.view, &Caller::root(), root, b"a").await.map(|_| ()) };
    let removing = tokio::spawn(remove);
    has_begun.recv_timeout(Duration::from_secs(30)).unwrap();
    let again = Arc::clone(&files);
    let again = tokio::spawn(async move { again.service.remove_file(&again.view, &Caller::root(), root, b"a").await });
    let deleter = Arc::clone(&files);
    let deleting = tokio::spawn(async move { deleter.delete_key("a").await });
    // The mount's own request is answered, for what it is to hear of may wait for it.
    let mount = View { watcher: Some(watch.id()), ..files.view.clone() };
    let refused = files.service.remove_file(&mount, &Caller::checked(), root, b"a").await;
    assert!(refused.is_err());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!removing.is_finished() && !again.is_finished() && !deleting.is_finished());
    go_on.send(()).unwrap();
    removing.await.unwrap().unwrap();
    assert!(again.await.unwrap().is_err());
    deleting.await.unwrap();
    files.check().await;
}
