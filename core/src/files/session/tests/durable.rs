//! What is kept when something fails, and when all that was not published is lost.

use super::*;
use crate::data::DataError;
use crate::data::faulty::{Fault, Verb};
use crate::limits::SESSION_OWN_BYTES;

fn full() -> Fault {
    Fault::Fail(DataError::Full("no room".into()))
}

#[tokio::test]
async fn t9_nothing_is_called_clean_before_it_is_stored() {
    let (files, faulty) = Files::faulty().await;
    let (old, new) = (bytes(1, 3 * MIB), bytes(2, 2 * MIB));
    let node = files.file("f", &old).await;
    // Two pages are stored while more may be written, and nobody waits for their failures; whoever syncs stores them again.
    for number in 1..=4 {
        faulty.arm(Verb::Put, number, full());
    }
    files.write(node, 0, &new).await.unwrap();
    let failed = files.files.sync(&files.view, node).await.expect_err("it is not stored");
    assert!(matches!(failed, Error::StorageFull(_)), "{failed:?}");
    assert_eq!(files.get("f").await, old, "the object is what it was");
    assert_eq!(files.read(node, 0, new.len() as u64).await.unwrap(), new, "and what was written is there");
    faulty.disarm();
    files.files.sync(&files.view, node).await.unwrap();
    assert_eq!(files.get("f").await[..2 * MIB], new);
    assert_eq!(files.get("f").await[2 * MIB..], old[2 * MIB..]);
    files.assert_clean().await;
}

#[tokio::test]
async fn t9_a_failed_put_of_what_waits_is_the_publications_answer() {
    let (files, faulty) = Files::faulty().await;
    let node = files.file("f", &Bytes::new()).await;
    files.write(node, 0, &bytes(1, 300_000)).await.unwrap();
    faulty.arm(Verb::Put, 1, full());
    assert!(matches!(files.publish(node).await, Err(Error::StorageFull(_))));
    assert_eq!(files.get("f").await.len(), 0);
    files.publish(node).await.unwrap();
    assert_eq!(files.get("f").await, bytes(1, 300_000));
    files.assert_clean().await;
    assert_eq!(files.fixture.blobs().await, 1, "what failed left nothing");
}

#[tokio::test]
async fn what_was_not_published_is_lost_with_the_service_and_leaves_nothing() {
    let files = Files::new().await;
    let old = bytes(1, 2 * MIB);
    let node = files.file("f", &old).await;
    files.write(node, 100, &bytes(2, 3 * MIB)).await.unwrap();
    let verifier = files.files.write_verifier();
    let again = FileService::new(files.service().clone(), std::sync::Arc::default());
    let Files { fixture, view, caller, files: before } = files;
    drop(before);
    let files = Files { files: again, fixture, view, caller };
    assert_ne!(files.files.write_verifier(), verifier);
    files.settled().await;
    assert_eq!(files.read_all(node).await, old);
    assert_eq!(files.get("f").await, old);
    files.assert_clean().await;
    assert_eq!(files.fixture.blobs().await, 1);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_closes_is_published_when_it_is_idle() {
    let files = Files::new().await;
    let node = files.file("f", &Bytes::new()).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let background = files.files.clone();
    let running = tokio::spawn(async move {
        background.run_background(async { drop(stopped.await) }).await;
    });
    files.write(node, 0, b"written").await.unwrap();
    assert_eq!(files.get("f").await.len(), 0);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(&files.get("f").await[..], b"written");
    assert!(files.files.inner.barrier.is_stable(), "and made stable");
    assert_eq!(files.files.inner.sessions.count(), 0, "nobody uses it");
    drop(stop);
    running.await.unwrap();
}

#[tokio::test]
async fn bytes_of_a_file_that_is_gone_go_with_it() {
    let files = Files::new().await;
    let node = files.file("f", &bytes(1, 2 * MIB)).await;
    files.write(node, 0, &bytes(2, 2 * MIB)).await.unwrap();
    files.fixture.delete("f").await;
    let gone = files.publish(node).await;
    assert!(matches!(gone, Err(Error::File(crate::files::FileError::Stale))), "{gone:?}");
    let sessions = &files.files.inner.sessions;
    assert_eq!(
        sessions.budget.used(),
        sessions.count() * SESSION_OWN_BYTES,
        "nothing but itself, while a page is being stored"
    );
    files.settled().await;
    files.assert_clean().await;
    assert_eq!(files.fixture.blobs().await, 0);
}

#[tokio::test]
async fn a_file_that_was_replaced_is_never_written_to_in_its_successor() {
    let files = Files::new().await;
    let node = files.file("f", &bytes(1, 1000)).await;
    let open = files
        .files
        .open(&files.view, &files.caller, node, crate::files::Access { write: true, ..Default::default() }, false)
        .await
        .unwrap();
    files.fixture.put("f", &bytes(2, 1000)).await;
    let written = async {
        files.write(node, 0, b"old").await?;
        files.publish(node).await
    };
    drop(written.await);
    assert_eq!(files.get("f").await, bytes(2, 1000));
    drop(open);
    files.assert_clean().await;
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_stored_for_a_moment_is_stored_after_it() {
    let (files, faulty) = Files::faulty().await;
    let node = files.file("f", &Bytes::new()).await;
    let (verifier, body) = (files.files.write_verifier(), bytes(1, 300_000));
    files.write(node, MIB as u64, &body).await.unwrap();
    faulty.arm(Verb::Put, 1, full());
    files.files.run_background(tokio::time::sleep(std::time::Duration::from_secs(10))).await;
    assert_eq!(faulty.armed(), 0, "it was tried");
    assert_eq!(files.get("f").await[MIB..], body, "and again");
    assert_eq!(files.files.write_verifier(), verifier, "nothing was lost");
    files.publish(node).await.unwrap();
    assert_eq!(files.files.inner.sessions.count(), 0);
    files.assert_clean().await;
    assert_eq!(files.fixture.blobs().await, 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_writes_another_file_gets_the_memory_of_what_could_not_be_stored_for_a_moment() {
    let (files, faulty) = Files::faulty().await;
    let (verifier, page) = (files.files.write_verifier(), bytes(1, MIB));
    for number in 1..=1000 {
        faulty.arm(Verb::Put, number, full());
    }
    let mut nodes = Vec::new();
    for number in 0..5 {
        let node = files.file(&format!("f{number}"), &Bytes::new()).await;
        for page_number in 1..=12 {
            files.write(node, page_number * MIB as u64, &page).await.unwrap();
        }
        nodes.push(node);
    }
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(faulty.armed() < 1000, "it was tried");
    faulty.disarm();
    let (other, begun) = (files.file("other", &Bytes::new()).await, tokio::time::Instant::now());
    files.write(other, MIB as u64, &bytes(2, 8 * MIB)).await.unwrap();
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
    files.publish(other).await.unwrap();
    assert_eq!(files.files.write_verifier(), verifier, "nothing was lost for it");
    for (number, node) in nodes.into_iter().enumerate() {
        files.publish(node).await.unwrap();
        assert_eq!(files.get(&format!("f{number}")).await[12 * MIB..], page);
    }
    files.assert_clean().await;
}

/// One file's store hangs; the others' seconds go on.
#[tokio::test(start_paused = true)]
async fn a_file_that_takes_long_to_publish_holds_up_no_other() {
    let (files, faulty) = Files::faulty().await;
    let (slow, quick) = (files.file("slow", &Bytes::new()).await, files.file("quick", &Bytes::new()).await);
    let background = files.files.clone();
    let running = tokio::spawn(async move { background.run_background(std::future::pending()).await });
    faulty.arm(Verb::Put, 1, Fault::Delay(std::time::Duration::from_secs(60)));
    files.write(slow, MIB as u64, &bytes(1, 300_000)).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(faulty.armed(), 0, "it hangs");
    files.write(quick, 0, b"quick").await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(&files.get("quick").await[..], b"quick");
    assert!(files.get("slow").await.is_empty());
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(files.get("slow").await[MIB..], bytes(1, 300_000));
    running.abort();
}

/// What could not be stored is for whoever wrote it to hear.
#[tokio::test]
async fn a_copy_of_what_could_not_be_stored_is_made_of_what_was_written() {
    let (files, faulty) = Files::faulty().await;
    let (from, to) = (files.file("from", &Bytes::new()).await, files.file("to", &Bytes::new()).await);
    files.write(from, 0, &bytes(1, 300_000)).await.unwrap();
    faulty.arm(Verb::Put, 1, full());
    let copied = files.files.copy_range(&files.view, &files.caller, (from, 0), (to, 0), 300_000).await.unwrap();
    assert!(copied > 0);
    files.publish(to).await.unwrap();
    assert_eq!(files.get("to").await[..], bytes(1, 300_000)[..size_of(copied)]);
    files.publish(from).await.unwrap();
    files.assert_clean().await;
}
