//! Large files with little in them: what is done with them costs what is in them.

use std::time::Duration;

use super::*;
use crate::data::DataStore;
use crate::data::faulty::{Fault, Verb};
use crate::files::{Allocate, FileError, Seek};
use crate::limits::{FLATTEN_LAYERS, MAPPED_LAYERS_MAX};

const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// A file of that size with a few bytes at these places.
async fn sparse_file(files: &Files, name: &str, size: u64, at: &[u64]) -> Id {
    let node = files.file(name, &Bytes::new()).await;
    files.files.truncate(&files.view, node, size).await.unwrap();
    for at in at {
        files.write(node, *at, b"data").await.unwrap();
    }
    files.publish(node).await.unwrap();
    node
}

/// A new file that shares the whole content of another.
async fn shared(files: &Files, from: Id, name: &str) -> Id {
    let size = files.record(from).await.size;
    let node = files.file(name, &Bytes::new()).await;
    let copied = files.files.copy_range(&files.view, &files.caller, (from, 0), (node, 0), size).await.unwrap();
    assert_eq!(copied, size);
    node
}

/// A file `last` that shares what lies over `first` and as many others as may be: whoever writes to it copies them together.
async fn over_as_many_as_may_be(files: &Files, first: Id) -> Id {
    let mut node = first;
    for number in 1..MAPPED_LAYERS_MAX as u64 {
        node = shared(files, node, &number.to_string()).await;
        files.write(node, number, b"x").await.unwrap();
        files.publish(node).await.unwrap();
    }
    shared(files, node, "last").await
}

async fn punch(files: &Files, node: Id, at: u64, length: u64) {
    files.files.allocate(&files.view, &files.caller, node, Allocate::Punch, at, length).await.unwrap();
    files.publish(node).await.unwrap();
}

/// Where data is, page by page, as `SEEK_DATA` tells it.
async fn data(files: &Files, node: Id) -> Vec<u64> {
    let (mut places, mut at) = (Vec::new(), 0);
    loop {
        match files.files.seek(&files.view, node, Seek::Data, at).await {
            Ok(found) => {
                places.push(found);
                at = (found / MIB as u64 + 1) * MIB as u64;
            }
            Err(Error::File(FileError::NothingBehind)) => return places,
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn used(files: &Files) -> u64 {
    let space = files.fixture.data.space().unwrap();
    space.total_bytes - space.free_bytes
}

#[tokio::test]
async fn a_hole_in_what_is_a_hole_costs_nothing() {
    let files = Files::new().await;
    let node = sparse_file(&files, "f", 1024 * TIB, &[]).await;
    for length in [64 * GIB, 900 * TIB] {
        let before = files.fixture.store.counts();
        punch(&files, node, 4096, length).await;
        let spent = files.fixture.store.counts().since(&before);
        assert!(spent.commits <= 2 && spent.pairs <= 10, "{length}: {spent:?}");
    }
    assert_eq!(files.record(node).await.size, 1024 * TIB);
    files.assert_clean().await;
}

#[tokio::test]
async fn a_hole_takes_what_is_in_it_and_nothing_else() {
    let files = Files::new().await;
    let places = [GIB, 3 * GIB + 5, 4 * GIB, 60 * GIB, 61 * GIB];
    let node = sparse_file(&files, "f", 64 * GIB, &places).await;
    let before = files.fixture.store.counts();
    // What is not published yet goes with what is.
    files.write(node, 2 * GIB, b"waits").await.unwrap();
    punch(&files, node, GIB + 2, 60 * GIB - 2).await;
    let spent = files.fixture.store.counts().since(&before);
    assert!(spent.commits <= 4, "{spent:?}");
    assert_eq!(data(&files, node).await, [GIB, 61 * GIB]);
    assert_eq!(files.read(node, GIB, 6).await.unwrap(), b"da\0\0\0\0");
    assert_eq!(files.read(node, 2 * GIB, 5).await.unwrap(), [0; 5]);
    assert_eq!(files.read(node, 60 * GIB, 4).await.unwrap(), [0; 4]);
    assert_eq!(files.read(node, 61 * GIB, 4).await.unwrap(), b"data");
    assert_eq!(files.pages(files.content(node).await.unwrap().0).await.len(), 2);
    files.assert_clean().await;
}

#[tokio::test]
async fn a_hole_over_a_sparse_base_is_of_the_pages_that_it_has() {
    let files = Files::new().await;
    let places = [GIB, 2 * GIB, 3 * GIB, 60 * GIB];
    let first = sparse_file(&files, "first", 64 * GIB, &places).await;
    let second = shared(&files, first, "second").await;
    files.write(second, 5 * GIB, b"own").await.unwrap();
    files.publish(second).await.unwrap();
    let before = files.fixture.store.counts();
    punch(&files, second, GIB + 4096, 58 * GIB).await;
    let spent = files.fixture.store.counts().since(&before);
    assert!(spent.commits <= 4, "{spent:?}");
    let (id, _) = files.content(second).await.unwrap();
    assert!(files.pages(id).await.len() <= 4, "{:?}", files.pages(id).await);
    for (at, is_data) in [(GIB, true), (2 * GIB, false), (3 * GIB, false), (5 * GIB, false), (60 * GIB, true)] {
        let shown: &[u8] = if is_data { b"data" } else { &[0; 4] };
        assert_eq!(files.read(second, at, 4).await.unwrap(), shown, "{at}");
    }
    assert_eq!(data(&files, first).await, places, "the other is as it was");
    files.assert_clean().await;
}

#[tokio::test]
async fn a_hole_of_more_pages_than_one_go_makes() {
    let files = Files::new().await;
    let node = files.file("f", &Bytes::new()).await;
    files.files.truncate(&files.view, node, 2 * GIB).await.unwrap();
    // Every second page: more than are looked at at once, with some that wait among them.
    for page in (1..1400_u64).step_by(2) {
        files.write(node, page * MIB as u64 + 7, b"data").await.unwrap();
        if page == 1001 {
            files.publish(node).await.unwrap();
        }
    }
    punch(&files, node, 3 * MIB as u64 + 9, 1389 * MIB as u64 - 9).await;
    let left = data(&files, node).await;
    let expected: Vec<u64> =
        [1, 3].into_iter().chain((1393..1400).step_by(2)).map(|page| page * MIB as u64 + 7).collect();
    assert_eq!(left, expected);
    assert_eq!(files.read(node, 3 * MIB as u64 + 7, 4).await.unwrap(), b"da\0\0");
    files.assert_clean().await;
}

#[tokio::test]
async fn layers_that_are_copied_together_stay_sparse() {
    let files = Files::new().await;
    let size = 128 * MIB as u64;
    let mut node = sparse_file(&files, "0", size, &[5 * MIB as u64]).await;
    files.write(node, 100 * MIB as u64, &bytes(1, 300_000)).await.unwrap();
    files.publish(node).await.unwrap();
    let before = used(&files);
    for number in 1..=2 * MAPPED_LAYERS_MAX as u64 {
        node = shared(&files, node, &number.to_string()).await;
        files.write(node, number * 7 * MIB as u64, b"own").await.unwrap();
        files.publish(node).await.unwrap();
    }
    let stored = used(&files) - before;
    assert!(stored < 10 * MIB as u64, "{stored}");
    let mut places: Vec<u64> = (1..=2 * MAPPED_LAYERS_MAX as u64).map(|number| number * 7 * MIB as u64).collect();
    places.extend([5 * MIB as u64, 100 * MIB as u64]);
    places.sort_unstable();
    let pages = files.pages(files.content(node).await.unwrap().0).await;
    assert!(pages.len() <= places.len(), "{}", pages.len());
    for place in places {
        assert_ne!(files.read(node, place, 3).await.unwrap(), [0; 3], "{place}");
    }
    assert_eq!(files.read(node, 100 * MIB as u64, 300_000).await.unwrap(), bytes(1, 300_000));
    assert!(files.read(node, 101 * MIB as u64, 3 * MIB as u64).await.unwrap().iter().all(|byte| *byte == 0));
    files.assert_clean().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_flattened_behind_stays_sparse() {
    let files = Files::new().await;
    let mut node = sparse_file(&files, "0", GIB, &[MIB as u64, 900 * MIB as u64]).await;
    for number in 1..=FLATTEN_LAYERS as u64 + 1 {
        node = shared(&files, node, &number.to_string()).await;
        files.write(node, number * 10 * MIB as u64, b"own").await.unwrap();
        files.publish(node).await.unwrap();
    }
    files.files.flatten_now().await;
    let (id, content) = files.content(node).await.unwrap();
    assert_eq!(files.service().layers(id, content).await.unwrap().depth(), 1);
    let pages = files.pages(id).await;
    assert!(pages.len() <= FLATTEN_LAYERS + 3, "{}", pages.len());
    assert_eq!(files.read(node, 900 * MIB as u64, 5).await.unwrap(), b"data\0");
    assert_eq!(data(&files, node).await.len(), FLATTEN_LAYERS + 3);
    files.assert_clean().await;
}

/// In several transactions, of which the last lets go of what lies below: no page of the first may still name it.
#[tokio::test]
async fn many_pages_over_layers_that_are_copied_together_show_nothing_of_what_is_gone() {
    let files = Files::new().await;
    let first = sparse_file(&files, "0", 256 * MIB as u64, &[5 * MIB as u64]).await;
    let node = over_as_many_as_may_be(&files, first).await;
    for page in 10..200 {
        files.write(node, page * MIB as u64 + 4000, b"y").await.unwrap();
    }
    files.publish(node).await.unwrap();
    let (content, record) = files.content(node).await.unwrap();
    assert_eq!(files.service().layers(content, record).await.unwrap().depth(), 1, "they were copied together");
    for page in [5, 10, 100, 199] {
        let mut expected = vec![0; 5000];
        match page {
            5 => expected[..4].copy_from_slice(b"data"),
            _ => expected[4000] = b'y',
        }
        assert!(files.read(node, page * MIB as u64, 5000).await.unwrap() == expected, "page {page}");
    }
    files.assert_clean().await;
}

/// A writer beside a publication that copies layers together does not keep them.
#[tokio::test(start_paused = true)]
async fn what_is_written_while_layers_are_copied_together_keeps_none_of_them() {
    let (files, faulty) = Files::faulty().await;
    let first = files.file("0", &bytes(1, 3 * MIB)).await;
    let node = over_as_many_as_may_be(&files, first).await;
    // Three pages are copied; what is appended is stored after them.
    files.append(node, &bytes(2, 300_000)).await.unwrap();
    faulty.arm(Verb::Put, 4, Fault::Delay(Duration::from_secs(1)));
    // More than goes inline, and less than begins to be stored at once.
    let part = bytes(3, 400_000);
    let writing = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        files.write(node, 2 * MIB as u64, &part).await.unwrap();
    };
    let (published, ()) = futures::join!(files.publish(node), writing);
    published.unwrap();
    assert_eq!(faulty.armed(), 0, "it was stored while the page was written");
    files.publish(node).await.unwrap();
    let (content, record) = files.content(node).await.unwrap();
    assert_eq!(files.service().layers(content, record).await.unwrap().depth(), 1);
    let last = files.get("last").await;
    assert!(last[3 * MIB..] == bytes(2, 300_000) && last[2 * MIB..][..400_000] == part);
    assert!(last[100..2 * MIB] == bytes(1, 3 * MIB)[100..2 * MIB]);
    files.assert_clean().await;
}

/// The same where what lies below ends before them.
#[tokio::test]
async fn many_pages_behind_layers_that_are_copied_together_show_nothing_of_what_is_gone() {
    let files = Files::new().await;
    let first = files.file("0", &bytes(1, MIB)).await;
    let node = over_as_many_as_may_be(&files, first).await;
    for page in 10..200 {
        files.write(node, page * MIB as u64 + 4000, b"y").await.unwrap();
    }
    files.publish(node).await.unwrap();
    let mut expected = vec![0; 5000];
    expected[4000] = b'y';
    for page in [10, 100, 198] {
        assert!(files.read(node, page * MIB as u64, 5000).await.unwrap() == expected, "page {page}");
    }
    files.assert_clean().await;
}
