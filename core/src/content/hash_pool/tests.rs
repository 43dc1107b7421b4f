//! Lanes keep their order, take turns, and never leave a body waiting.

use std::future::poll_fn;

use super::*;
use crate::content::digest::{Finished, checksum_of};
use crate::types::ChecksumAlgorithm;

const CRC: ChecksumAlgorithm = ChecksumAlgorithm::Crc32;

fn lane() -> Lane {
    Lane::new(Digests::new(false, [CRC]))
}

fn group(bytes: &[u8]) -> Group {
    Arc::new(bytes.chunks(3).map(Bytes::copy_from_slice).collect())
}

async fn finish(lane: &Lane) -> Result<Finished> {
    poll_fn(|context| lane.poll_finish(context)).await.map(Digests::finish)
}

#[tokio::test]
async fn groups_are_hashed_in_their_order() {
    let lanes: Vec<_> = (0..20).map(|_| lane()).collect();
    let mut all = Vec::new();
    for round in 0..200u8 {
        let bytes = [round; 11];
        all.extend_from_slice(&bytes);
        for lane in &lanes {
            poll_fn(|context| lane.poll_room(context)).await;
            lane.push(group(&bytes));
        }
    }
    for lane in &lanes {
        assert_eq!(finish(lane).await.unwrap().value(CRC).unwrap(), checksum_of(CRC, &all));
    }
}

#[tokio::test]
async fn a_lane_without_a_byte_finishes() {
    assert_eq!(finish(&lane()).await.unwrap().value(CRC).unwrap(), checksum_of(CRC, b""));
}

#[tokio::test]
async fn where_the_queue_is_full_the_caller_hashes() {
    // Nobody receives, and another lane has the only place.
    let (queue, _lanes) = crossbeam_channel::bounded(1);
    queue.send(self::lane().shared.clone()).unwrap();
    let lane = lane();
    {
        let mut state = lane.shared.state.lock();
        state.busy = true;
        state.waiting.extend([group(b"first"), group(b"second"), group(b"third")]);
    }
    work(lane.shared.clone(), &queue);
    let finished = finish(&lane).await.unwrap();
    assert_eq!(finished.value(CRC).unwrap(), checksum_of(CRC, b"firstsecondthird"));
}

#[test]
fn a_lane_that_is_alone_stays_with_its_thread() {
    let (queue, lanes) = crossbeam_channel::bounded(1);
    let lane = lane();
    {
        let mut state = lane.shared.state.lock();
        state.busy = true;
        state.waiting.extend([group(b"a"), group(b"b"), group(b"c")]);
    }
    work(lane.shared.clone(), &queue);
    assert_eq!((lane.shared.state.lock().waiting.len(), lanes.len()), (0, 0));
}

#[test]
fn lanes_take_turns() {
    let (queue, lanes) = crossbeam_channel::bounded(4);
    let (first, second) = (lane(), lane());
    for lane in [&first, &second] {
        let mut state = lane.shared.state.lock();
        state.busy = true;
        state.waiting.extend([group(b"a"), group(b"b")]);
        drop(state);
        queue.send(lane.shared.clone()).unwrap();
    }
    let waiting = || [&first, &second].map(|lane| lane.shared.state.lock().waiting.len());
    // The second, once the first has no more, is alone.
    for left in [[1, 2], [1, 1], [0, 1], [0, 0]] {
        work(lanes.recv().unwrap(), &queue);
        assert_eq!(waiting(), left);
    }
    assert!(lanes.is_empty(), "a lane with nothing to do is not queued");
}

#[test]
fn a_body_waits_for_room_and_is_woken() {
    // Another lane waits, so that this one lets go after each group.
    let (queue, lanes) = crossbeam_channel::bounded(2);
    queue.send(self::lane().shared.clone()).unwrap();
    let lane = lane();
    {
        let mut state = lane.shared.state.lock();
        state.busy = true;
        state.waiting.extend((0..HASH_HOPS_WAITING_MAX).map(|_| group(b"x")));
    }
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    assert!(lane.poll_room(&mut context).is_pending());
    let share = lane.share.get();
    loop {
        let left = lane.shared.state.lock().waiting.len();
        assert_eq!(woken.0.load(std::sync::atomic::Ordering::SeqCst), left <= share / 2, "{left} of {share} wait");
        if left <= share / 2 {
            break;
        }
        work(lane.shared.clone(), &queue);
        // This lane's own place is behind the other's.
        assert_eq!(lanes.len(), 2);
        let (other, _this) = (lanes.recv().unwrap(), lanes.recv().unwrap());
        queue.send(other).unwrap();
    }
    assert!(lane.poll_room(&mut context).is_ready());
}

#[derive(Default)]
struct Woken(std::sync::atomic::AtomicBool);

impl std::task::Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_panic_while_hashing_is_an_error_and_lets_nobody_wait() {
    let lane = lane();
    lane.shared.state.lock().digests = None;
    assert!(!lane.shared.put_back(None));
    for _ in 0..2 * HASH_HOPS_WAITING_MAX {
        poll_fn(|context| lane.poll_room(context)).await;
        lane.push(group(b"more"));
    }
    assert!(matches!(finish(&lane).await, Err(Error::Internal(_))));
}
