//! The bounds of memory.

use super::*;
use crate::data::faulty::{Fault, Verb};
use crate::limits::{SESSION_BYTES_MAX, SESSION_OWN_BYTES, SESSIONS_BYTES_MAX};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t8_however_much_is_written_the_memory_is_bounded() {
    let (files, faulty) = Files::faulty().await;
    let files = Arc::new(files);
    let body = bytes(1, MIB);
    for number in 1..200 {
        faulty.arm(Verb::Put, number, Fault::Delay(std::time::Duration::from_millis(3)));
    }
    let mut writers = Vec::new();
    for number in 0..6 {
        let node = files.file(&format!("f{number}"), &Bytes::new()).await;
        let (files, body) = (Arc::clone(&files), body.clone());
        writers.push(tokio::spawn(async move {
            for _ in 0..30 {
                files.append(node, &body).await.unwrap();
                let session = files.files.inner.sessions.get(node).unwrap();
                let used = session.used.load(std::sync::atomic::Ordering::Relaxed);
                assert!(used <= SESSION_BYTES_MAX + 2 * MIB, "{used}");
                let all = files.files.inner.sessions.budget.used();
                assert!(all <= SESSIONS_BYTES_MAX + 12 * MIB, "{all}");
            }
            files.publish(node).await.unwrap();
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    // They go on with their hashes.
    assert_eq!(files.files.inner.sessions.budget.used(), 6 * SESSION_OWN_BYTES);
    for number in 0..6 {
        assert_eq!(files.get(&format!("f{number}")).await, body.repeat(30));
    }
    files.assert_clean().await;
}

#[tokio::test]
async fn t8_scattered_writes_are_committed_before_they_are_too_many() {
    let files = Files::new().await;
    let node = files.file("f", &Bytes::new()).await;
    let mut model = vec![0; 2 * MIB + 1];
    for (number, byte) in (0..2000_usize).zip((1..200_u8).cycle()) {
        let at = (number * 1_234_577) % (2 * MIB);
        files.write(node, at as u64, &[byte]).await.unwrap();
        model[at] = byte;
    }
    files.write(node, 2 * MIB as u64, &[9]).await.unwrap();
    model[2 * MIB] = 9;
    assert!(files.read_all(node).await == model);
    files.publish(node).await.unwrap();
    assert!(files.get("f").await == model);
    files.assert_clean().await;
}

#[tokio::test]
async fn a_large_file_is_committed_in_several_transactions() {
    let files = Files::new().await;
    let node = files.file("f", &Bytes::new()).await;
    // Small ranges in many pages: all inline.
    for page in 0..300_u64 {
        files.write(node, page * MIB as u64 + page, &page.to_be_bytes()).await.unwrap();
    }
    files.publish(node).await.unwrap();
    for page in [0, 127, 128, 255, 256, 299_u64] {
        assert_eq!(files.read(node, page * MIB as u64 + page, 8).await.unwrap(), page.to_be_bytes());
    }
    files.files.truncate(&files.view, node, 10 * MIB as u64 + 12).await.unwrap();
    let (id, content) = files.content(node).await.unwrap();
    assert_eq!(files.pages(id).await.len(), 11);
    let crate::metadata::records::Layout::Mapped { next_slot, .. } = content.layout else { panic!() };
    files.assert_clean().await;
    files.assert_slots(id, next_slot).await;
    files.files.truncate(&files.view, node, 20 * MIB as u64).await.unwrap();
    assert_eq!(files.read(node, 10 * MIB as u64 + 8, 10).await.unwrap(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    files.assert_clean().await;
}

#[tokio::test]
async fn t8_a_session_counts_itself_however_little_was_written() {
    let files = Files::new().await;
    let used = || files.files.inner.sessions.budget.used();
    for number in 1..=10 {
        let node = files.file(&format!("f{number}"), &Bytes::new()).await;
        files.write(node, 0, b"x").await.unwrap();
        assert!(used() >= number * SESSION_OWN_BYTES, "{}", used());
    }
    // What is written in its order waits a second time, to be hashed.
    let (before, node) = (used(), files.file("g", &Bytes::new()).await);
    files.append(node, &bytes(1, 50_000)).await.unwrap();
    assert!(used() - before >= 100_000, "{}", used() - before);
    files.files.settle().await.unwrap();
    assert_eq!(used(), 0);
}

#[tokio::test]
async fn t8_sessions_of_a_byte_each_give_way_to_more() {
    let files = Files::new().await;
    let budget = &files.files.inner.sessions.budget;
    // As if so many others were there.
    let mut others = budget.charge(&Default::default());
    others.set(SESSIONS_BYTES_MAX - 20 * SESSION_OWN_BYTES);
    for number in 0..100 {
        let node = files.file(&format!("f{number}"), &Bytes::new()).await;
        files.write(node, 0, b"x").await.unwrap();
        assert!(budget.used() <= SESSIONS_BYTES_MAX + 2 * SESSION_OWN_BYTES, "{}", budget.used());
    }
    assert!(files.files.inner.sessions.count() <= 20);
    files.files.settle().await.unwrap();
    for number in 0..100 {
        assert_eq!(&files.get(&format!("f{number}")).await[..], b"x");
    }
    files.assert_clean().await;
}
