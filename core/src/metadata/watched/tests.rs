//! Who watches is told, whatever becomes of who made the change.

use std::sync::mpsc::Sender;
use std::time::Duration;

use super::super::rocksdb::{Options, RocksDb};
use super::*;
use crate::error::Error;
use crate::metadata::transaction::TxError;

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
    let _watch = coherence.watch(Arc::new(Heard(Mutex::new(heard)))).await;
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

/// Hears of nothing before it is let go.
#[derive(Debug)]
struct Hangs(Mutex<std::sync::mpsc::Receiver<()>>);

impl Observer for Hangs {
    fn changing(&self, _begins: bool) {}

    fn changed(&self, _touched: &[Touched]) {
        let _ended = self.0.lock().recv();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_that_hangs_holds_up_a_change_for_a_while_and_no_other_watcher() {
    let coherence = Arc::new(Coherence::default());
    let (let_go, hangs) = std::sync::mpsc::channel();
    let _hangs = coherence.watch(Arc::new(Hangs(Mutex::new(hangs)))).await;
    let (heard, hears) = std::sync::mpsc::channel();
    let _hears = coherence.watch(Arc::new(Heard(Mutex::new(heard)))).await;
    let began = std::time::Instant::now();
    let mut told = Box::pin(Coherence::tell(coherence.begin(|| vec![Touched::Node { node: 7, bytes: true }])));
    assert!(futures::poll!(told.as_mut()).is_pending());
    let touched = tokio::task::spawn_blocking(move || hears.recv_timeout(WATCHERS_WAIT / 2)).await.unwrap();
    assert_eq!(touched.unwrap(), [Touched::Node { node: 7, bytes: true }]);
    told.await;
    let waited = began.elapsed();
    assert!(waited >= WATCHERS_WAIT && waited < 2 * WATCHERS_WAIT, "answered after {waited:?}");
    // Whoever reads by another door waits on.
    assert!(coherence.heard_node(7).now_or_never().is_none());
    drop(let_go);
    coherence.heard_node(7).await;
}

/// A commit that began while nobody watched is told to nobody: whoever begins to watch waits for its end, and caches nothing before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_begins_to_watch_waits_for_what_is_under_way() {
    let coherence = Arc::new(Coherence::default());
    let under_way = coherence.begin(Vec::new);
    assert!(matches!(under_way, Begun::Unwatched(_)));
    let (heard, hears) = std::sync::mpsc::channel();
    let mut watch = Box::pin(coherence.watch(Arc::new(Heard(Mutex::new(heard)))));
    assert!(futures::poll!(watch.as_mut()).is_pending());
    // What begins from here on is told.
    let touched = vec![Touched::Node { node: 7, bytes: true }];
    let later = coherence.begin(|| touched.clone());
    Coherence::tell(later).await;
    assert_eq!(hears.try_recv().unwrap(), touched);
    assert!(futures::poll!(watch.as_mut()).is_pending());
    drop(under_way);
    drop(watch.await);
    assert!(matches!(coherence.begin(Vec::new), Begun::Unwatched(_)));
}

/// Whoever is told of a refusal that rests on a change waits until that was heard of; and whoever makes the change may wait for its turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_until_a_change_was_heard_of_holds_no_turn() {
    let directory = tempfile::tempdir().unwrap();
    let engine = RocksDb::open(directory.path(), &Options::default()).unwrap();
    let (store, coherence) = Watched::new(engine);
    let _watch = coherence.watch(Arc::new(Heard(Mutex::new(std::sync::mpsc::channel().0)))).await;
    let changing = coherence.begin(|| vec![Touched::Node { node: 7, bytes: true }]);
    let mut attempts = 0;
    let refusing = async {
        let refused: Result<(), Error> = crate::transact!(&*store, Durability::Ordered, |tx| {
            tx.get(Table::Index, &keys::node(7)).await?;
            attempts += 1;
            match attempts {
                ..8 => Err(TxError::Conflict),
                _ => Err(Error::NoSuchKey("refused".into()).into()),
            }
        });
        refused
    };
    let mut refusing = Box::pin(refusing);
    assert!(
        tokio::time::timeout(Duration::from_secs(1), refusing.as_mut()).await.is_err(),
        "the change was not heard of"
    );
    let turn = store.lock(keys::locks::TURN, LockMode::Exclusive);
    drop(tokio::time::timeout(Duration::from_secs(5), turn).await.expect("nobody has the turn").unwrap());
    drop(changing);
    assert!(matches!(refusing.await, Err(Error::NoSuchKey(_))));
}
