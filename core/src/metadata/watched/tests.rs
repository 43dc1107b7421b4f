//! Who watches is told, whatever becomes of who made the change.

use std::sync::mpsc::Sender;
use std::time::Duration;

use super::super::rocksdb::{Options, RocksDb};
use super::*;

#[derive(Debug)]
struct Heard(Mutex<Sender<Vec<Touched>>>);

impl Observer for Heard {
    fn changing(&self, _begins: bool) {}

    fn changed(&self, touched: &[Touched]) {
        self.0.lock().send(touched.to_vec()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_told_of_though_its_caller_has_stopped_waiting() {
    let directory = tempfile::tempdir().unwrap();
    let engine = RocksDb::open(directory.path(), &Options::default()).unwrap();
    let (store, coherence) = Watched::new(engine);
    let (heard, hears) = std::sync::mpsc::channel();
    let _watch = coherence.watch(Arc::new(Heard(Mutex::new(heard))));
    let writes = vec![Write::Put { table: Table::Index, key: keys::node(7), value: bytes::Bytes::from_static(b"x") }];
    let commit = store.commit(Batch { writes, ..Batch::default() }, Durability::Synced);
    // It waits for the disk, and its future is gone after this.
    assert!(commit.now_or_never().is_none());
    let touched = tokio::task::spawn_blocking(move || hears.recv_timeout(Duration::from_secs(30))).await.unwrap();
    assert_eq!(touched.unwrap(), [Touched::Node { node: 7, bytes: true }]);
    // And it is settled after that.
    coherence.heard_node(7).await;
    assert!(coherence.unheard.lock().is_empty());
}
