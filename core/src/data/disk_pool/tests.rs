//! The queue's bound, and works that fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{DiskPool, on_disk_thread};

#[tokio::test]
async fn works_run_on_a_disk_thread_and_answer() {
    let pool = DiskPool::new("test", 2, 4).unwrap();
    assert!(!on_disk_thread());
    assert!(pool.run(on_disk_thread).await.unwrap());
}

#[tokio::test]
async fn a_panic_fails_its_own_work_only() {
    let pool = DiskPool::new("test", 1, 4).unwrap();
    assert!(pool.run(|| panic!("on purpose")).await.is_err());
    assert_eq!(pool.run(|| 7).await.unwrap(), 7);
}

#[tokio::test]
async fn a_full_queue_makes_callers_wait_and_gives_posts_back() {
    let pool = Arc::new(DiskPool::new("test", 1, 2).unwrap());
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let blocker = pool.submit(move || gate.recv()).await.unwrap();
    while pool.queued() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let ran = Arc::new(AtomicUsize::new(0));
    let count = |ran: &Arc<AtomicUsize>| {
        let ran = ran.clone();
        move || {
            ran.fetch_add(1, Ordering::SeqCst);
        }
    };
    let first = pool.submit(count(&ran)).await.unwrap();
    // Nobody waits for this one, and it is run all the same.
    drop(pool.submit(count(&ran)).await.unwrap());
    assert_eq!(pool.queued(), 2);
    assert!(pool.try_post(Box::new(|| ())).is_err());
    let waiting = tokio::time::timeout(Duration::from_millis(20), pool.submit(count(&ran))).await;
    assert!(waiting.is_err(), "the queue is full");
    go.send(()).unwrap();
    blocker.await.unwrap().unwrap();
    first.await.unwrap();
    pool.run(|| ()).await.unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 2);
}
