//! What nobody waits for: pages of many pieces, and contents over many others.

use std::time::Duration;

use super::*;
use crate::content::mapped::{pieces_of, scattered};
use crate::data::faulty::{Fault, Verb};
use crate::limits::{FLATTEN_LAYERS, FLATTEN_PIECES, MAPPED_LAYERS_MAX};
use crate::objects::tests::sharing::copy_of;

/// A file, made by S3, with so many small writes all over it.
async fn scattered_file(files: &Files, writes: usize) -> (Id, Vec<u8>) {
    let mut model = bytes(1, 2 * MIB).to_vec();
    let node = files.file("a", &model.clone().into()).await;
    for number in 0..writes {
        let (at, body) = (number * 7919 * 13 % (2 * MIB - 100), bytes(number as u64, 100));
        files.write(node, at as u64, &body).await.unwrap();
        model[at..at + 100].copy_from_slice(&body);
        files.publish(node).await.unwrap();
    }
    (node, model)
}

async fn most_pieces(files: &Files, node: Id) -> usize {
    let (id, _) = files.content(node).await.unwrap();
    let pages = files.pages(id).await;
    pages.iter().map(|(_, page)| pieces_of(Some(page), true).len()).max().unwrap()
}

async fn depth(files: &Files, node: Id) -> usize {
    let (id, content) = files.content(node).await.unwrap();
    files.service().layers(id, content).await.unwrap().depth()
}

#[tokio::test]
async fn random_overwrites_leave_pages_of_few_pieces_and_the_same_object() {
    let files = Files::new().await;
    let (node, model) = scattered_file(&files, 100).await;
    let before = (files.record(node).await, most_pieces(&files, node).await);
    assert!(before.1 > FLATTEN_PIECES, "{}", before.1);
    files.files.flatten_now().await;
    let pieces = most_pieces(&files, node).await;
    assert!(pieces <= FLATTEN_PIECES, "{pieces}");
    assert_eq!(files.record(node).await, before.0, "tag, times and all else are as they were");
    assert_eq!(files.get("a").await, model);
    assert!(files.read_all(node).await == model);
    files.assert_clean().await;
    let (id, _) = files.content(node).await.unwrap();
    files.assert_slots(id, 1000).await;
    // A session that knew the file before goes on with it.
    files.write(node, 5, b"after").await.unwrap();
    files.publish(node).await.unwrap();
    assert_eq!(&files.get("a").await[..10], [&model[..5], b"after"].concat());
    files.assert_clean().await;
}

#[tokio::test]
async fn a_file_over_many_others_becomes_whole() {
    let files = Files::new().await;
    let mut model = bytes(1, 3 * MIB).to_vec();
    let mut node = files.file("0", &model.clone().into()).await;
    for number in 1..=FLATTEN_LAYERS + 1 {
        let name = number.to_string();
        files
            .service()
            .copy(&files.fixture.root, copy_of(&files.fixture, &(number - 1).to_string(), &name))
            .await
            .unwrap();
        node = files.node_of(&name).await;
        files.write(node, number as u64 * 10_000, name.as_bytes()).await.unwrap();
        model[number * 10_000..number * 10_000 + name.len()].copy_from_slice(name.as_bytes());
        files.publish(node).await.unwrap();
    }
    assert!(depth(&files, node).await > FLATTEN_LAYERS);
    files.files.flatten_now().await;
    assert_eq!(depth(&files, node).await, 1);
    let name = (FLATTEN_LAYERS + 1).to_string();
    assert_eq!(files.get(&name).await, model);
    for number in 0..=FLATTEN_LAYERS {
        files.fixture.delete(&number.to_string()).await;
    }
    files.assert_clean().await;
    assert_eq!(files.get(&name).await, model, "it needs nothing of the others");
    assert!(depth(&files, node).await < MAPPED_LAYERS_MAX);
}

#[tokio::test]
async fn what_is_shared_is_left_alone() {
    let files = Files::new().await;
    let (node, model) = scattered_file(&files, 100).await;
    files.service().copy(&files.fixture.root, copy_of(&files.fixture, "a", "b")).await.unwrap();
    let (id, content) = files.content(node).await.unwrap();
    let pages = files.pages(id).await;
    files.files.flatten_now().await;
    files.files.flatten_all(node).await.unwrap();
    assert_eq!(files.pages(id).await, pages);
    assert_eq!(files.content(node).await.unwrap(), (id, content));
    assert_eq!(files.get("b").await, model);
    files.assert_clean().await;
}

#[tokio::test]
async fn a_reader_of_before_reads_on() {
    use futures::TryStreamExt;
    let files = Files::new().await;
    let (node, model) = scattered_file(&files, 100).await;
    let reading = files.service().get(&files.fixture.root, files.fixture.request("a")).await.unwrap();
    let mut body = reading.body;
    let first = body.try_next().await.unwrap().unwrap();
    files.files.flatten_now().await;
    files.files.flatten_all(node).await.unwrap();
    while reclaim::round(files.service()).await.unwrap().tasks_done > 0 {}
    let rest: Vec<Bytes> = body.try_collect().await.unwrap();
    assert!([&first[..], &rest.concat()].concat() == model);
    assert_eq!(depth(&files, node).await, 1);
    files.assert_clean().await;
}

/// Writers, copies and truncations while pages are flattened, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_loses_nothing_to_it() {
    let files = Arc::new(Files::new().await);
    let (node, mut model) = scattered_file(&files, 60).await;
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flattening = tokio::spawn({
        let (files, stop) = (Arc::clone(&files), Arc::clone(&stop));
        async move {
            while !stop.load(std::sync::atomic::Ordering::Acquire) {
                files.files.flatten_now().await;
                files.files.flatten_all(node).await.unwrap();
                tokio::task::yield_now().await;
            }
        }
    });
    for number in 0..150 {
        let (at, body) = (number * 104_729 % (2 * MIB - 100), bytes(number as u64, 100));
        files.write(node, at as u64, &body).await.unwrap();
        model.resize(model.len().max(at + 100), 0);
        model[at..at + 100].copy_from_slice(&body);
        if number % 20 == 7 {
            let size = MIB + number * 1000;
            files.files.truncate(&files.view, node, size as u64).await.unwrap();
            model.resize(size, 0);
        }
        if number % 30 == 11 {
            files.publish(node).await.unwrap();
            let name = format!("copy-{number}");
            files.service().copy(&files.fixture.root, copy_of(&files.fixture, "a", &name)).await.unwrap();
            assert_eq!(files.get(&name).await, model);
        }
        files.publish(node).await.unwrap();
        assert!(files.read_all(node).await == model, "{number}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    stop.store(true, std::sync::atomic::Ordering::Release);
    flattening.await.unwrap();
    files.settled().await;
    files.assert_clean().await;
    assert_eq!(files.get("a").await, model);
}

#[tokio::test]
async fn a_place_that_fails_leaves_everything_as_it_was() {
    let (files, faulty) = Files::faulty().await;
    let (node, model) = scattered_file(&files, 100).await;
    let (id, _) = files.content(node).await.unwrap();
    let pages = files.pages(id).await;
    faulty.arm(Verb::Put, 1, Fault::Fail(crate::data::DataError::Unavailable("down".into())));
    files.files.flatten_now().await;
    assert_eq!(files.pages(id).await, pages);
    assert_eq!(faulty.armed(), 0, "it was tried");
    assert_eq!(files.get("a").await, model);
    files.settled().await;
    files.assert_clean().await;
    // The next write notes it again.
    let scattered = pages.iter().find(|(_, page)| scattered(&pieces_of(Some(page), true))).unwrap().0;
    files.write(node, u64::from(scattered) * MIB as u64, b"again").await.unwrap();
    files.publish(node).await.unwrap();
    files.files.flatten_now().await;
    let left = files.pages(id).await.into_iter().find(|(number, _)| *number == scattered).unwrap().1;
    assert_eq!(left.pieces.len(), 1);
    files.assert_clean().await;
}

#[tokio::test(start_paused = true)]
async fn the_daemon_s_background_does_it() {
    let files = Files::new().await;
    let (node, model) = scattered_file(&files, 100).await;
    let working = files.files.clone();
    let stopped = tokio::time::sleep(Duration::from_secs(10));
    working.run_background(stopped).await;
    assert!(most_pieces(&files, node).await <= FLATTEN_PIECES);
    assert_eq!(files.get("a").await, model);
}
