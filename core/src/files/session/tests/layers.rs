//! Files over contents that others share.

use super::*;
use crate::data::faulty::{Fault, Verb};
use crate::limits::MAPPED_LAYERS_MAX;
use crate::objects::tests::sharing::copy_of;

async fn copy(files: &Files, from: &str, to: &str) -> Id {
    files.service().copy(&files.fixture.root, copy_of(&files.fixture, from, to)).await.unwrap();
    files.node_of(to).await
}

#[tokio::test]
async fn writing_to_a_copy_leaves_the_other_as_it_was() {
    let files = Files::new().await;
    let mut model = bytes(1, 3 * MIB).to_vec();
    let first = files.file("a", &model.clone().into()).await;
    // Into a content of its own: in place.
    files.write(first, 1000, b"first").await.unwrap();
    files.publish(first).await.unwrap();
    model[1000..1005].copy_from_slice(b"first");
    let id = files.content(first).await.unwrap().0;
    files.write(first, 2000, b"second").await.unwrap();
    files.publish(first).await.unwrap();
    model[2000..2006].copy_from_slice(b"second");
    assert_eq!(files.content(first).await.unwrap().0, id, "still in place");

    let second = copy(&files, "a", "b").await;
    assert_eq!(files.content(second).await.unwrap().0, id, "shared");
    files.write(second, 2 * MIB as u64, &bytes(5, 200_000)).await.unwrap();
    files.publish(second).await.unwrap();
    let mut other = model.clone();
    other[2 * MIB..2 * MIB + 200_000].copy_from_slice(&bytes(5, 200_000));
    assert_eq!(files.get("a").await, model);
    assert_eq!(files.get("b").await, other);
    assert_ne!(files.content(second).await.unwrap().0, id);
    files.assert_clean().await;
    files.write(first, 0, b"third").await.unwrap();
    files.publish(first).await.unwrap();
    model[..5].copy_from_slice(b"third");
    assert_eq!(files.get("a").await, model);
    assert_eq!(files.get("b").await, other);
    files.fixture.delete("a").await;
    files.assert_clean().await;
    assert_eq!(files.get("b").await, other, "what lies below stays");
    files.fixture.delete("b").await;
    files.assert_clean().await;
    assert_eq!(files.fixture.blobs().await, 0);
}

#[tokio::test]
async fn a_file_that_is_copied_between_two_publications_is_written_over_it() {
    let files = Files::new().await;
    let mut model = bytes(1, 2 * MIB).to_vec();
    let node = files.file("a", &model.clone().into()).await;
    files.write(node, 0, b"one").await.unwrap();
    files.publish(node).await.unwrap();
    model[..3].copy_from_slice(b"one");
    // A whole page is stored under the content that is about to be shared.
    let page = bytes(7, MIB);
    files.write(node, 0, &page).await.unwrap();
    for _ in 0..200 {
        if files.fixture.blobs().await == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    copy(&files, "a", "b").await;
    files.publish(node).await.unwrap();
    assert_eq!(files.get("b").await, model);
    model[..MIB].copy_from_slice(&page);
    assert_eq!(files.get("a").await, model);
    files.settled().await;
    files.assert_clean().await;
}

#[tokio::test]
async fn layers_do_not_grow_without_a_bound() {
    let files = Files::new().await;
    let mut model = bytes(1, 2 * MIB).to_vec();
    let mut node = files.file("0", &model.clone().into()).await;
    for number in 1..3 * MAPPED_LAYERS_MAX {
        let name = number.to_string();
        node = copy(&files, &(number - 1).to_string(), &name).await;
        files.write(node, number as u64 * 10_000, name.as_bytes()).await.unwrap();
        model[number * 10_000..number * 10_000 + name.len()].copy_from_slice(name.as_bytes());
        files.publish(node).await.unwrap();
        assert_eq!(files.get(&name).await, model, "{number}");
    }
    let (id, content) = files.content(node).await.unwrap();
    let depth = files.service().layers(id, content).await.unwrap().depth();
    assert!(depth <= MAPPED_LAYERS_MAX + 1, "{depth}");
    files.assert_clean().await;
    for number in 0..3 * MAPPED_LAYERS_MAX {
        files.fixture.delete(&number.to_string()).await;
    }
    files.assert_clean().await;
    assert_eq!(files.fixture.blobs().await, 0);
}

#[tokio::test]
async fn a_whole_file_is_copied_without_its_bytes() {
    let files = Files::new().await;
    let body = bytes(1, 3 * MIB);
    let from = files.file("a", &body).await;
    let to = files.file("b", &Bytes::new()).await;
    let blobs = files.fixture.blobs().await;
    let copied = files.files.copy_range(&files.view, &files.caller, (from, 0), (to, 0), 1 << 40).await.unwrap();
    assert_eq!(copied, body.len() as u64);
    assert_eq!(files.fixture.blobs().await, blobs);
    assert_eq!(files.get("b").await, body);
    assert_eq!(files.record(from).await.etag, files.record(to).await.etag);
    files.append(to, b"more").await.unwrap();
    files.publish(to).await.unwrap();
    assert_eq!(files.get("a").await, body);
    assert_eq!(files.get("b").await.len(), body.len() + 4);
    files.assert_clean().await;
}

#[tokio::test]
async fn a_file_is_copied_step_by_step_without_its_bytes() {
    for step in [MIB + 5, 2 * MIB, 3 * MIB + 1] {
        let (files, faulty) = Files::faulty().await;
        let mut model = bytes(1, 7 * MIB).to_vec();
        let from = files.file("a", &model.clone().into()).await;
        files.write(from, 2 * MIB as u64, b"over").await.unwrap();
        model[2 * MIB..2 * MIB + 4].copy_from_slice(b"over");
        files.publish(from).await.unwrap();
        let to = files.file("b", &Bytes::new()).await;
        // Whatever touched the place would fail.
        for verb in [Verb::Get, Verb::Put] {
            faulty.arm(verb, 1, Fault::Fail(crate::data::DataError::Unavailable("untouched".into())));
        }
        // The rest behind the last step is less than a page, and is copied: it goes last.
        let last = model.len() % step;
        let whole = model.len() - if last < MIB { last } else { 0 };
        let mut done = 0;
        while done < whole {
            let from = (from, done as u64);
            let to = (to, done as u64);
            let copied = files.files.copy_range(&files.view, &files.caller, from, to, step as u64).await.unwrap();
            done += size_of(copied);
        }
        assert_eq!((done, faulty.armed()), (whole, 2), "no byte moved");
        faulty.disarm();
        while done < model.len() {
            let (from, to) = ((from, done as u64), (to, done as u64));
            done += size_of(files.files.copy_range(&files.view, &files.caller, from, to, step as u64).await.unwrap());
        }
        files.publish(to).await.unwrap();
        assert_eq!(files.get("b").await, model, "{step}");
        files.assert_clean().await;
        // Each goes its way.
        files.write(from, 5, b"from").await.unwrap();
        files.append(to, b"to").await.unwrap();
        files.publish(from).await.unwrap();
        files.publish(to).await.unwrap();
        assert_eq!(files.get("b").await, [&model[..], b"to"].concat());
        model[5..9].copy_from_slice(b"from");
        assert_eq!(files.get("a").await, model);
        files.fixture.delete("a").await;
        files.assert_clean().await;
        files.fixture.delete("b").await;
        files.assert_clean().await;
        assert_eq!(files.fixture.blobs().await, 0);
    }
}

#[tokio::test]
async fn what_was_written_between_two_steps_stays() {
    let files = Files::new().await;
    let model = bytes(1, 5 * MIB).to_vec();
    let from = files.file("a", &model.clone().into()).await;
    for (what, step) in [(0, 2 * MIB), (1, 2 * MIB), (2, 2 * MIB + 7), (3, 2 * MIB)] {
        let name = format!("b{what}");
        let to = files.file(&name, &Bytes::new()).await;
        let copy = |at: usize| {
            files.files.copy_range(&files.view, &files.caller, (from, at as u64), (to, at as u64), step as u64)
        };
        assert_eq!(copy(0).await.unwrap(), step as u64);
        let mut now = model[..step].to_vec();
        match what {
            // Into what was shared, where the end is in the same page and where it is not; then the source; then the length.
            0 | 2 => {
                files.write(to, step as u64 - 3, b"own").await.unwrap();
                now[step - 3..].copy_from_slice(b"own");
            }
            1 => {
                files.write(from, 3 * MIB as u64, &model[3 * MIB..3 * MIB + 1]).await.unwrap();
            }
            _ => {
                files.files.truncate(&files.view, to, step as u64 - 9).await.unwrap();
                files.files.truncate(&files.view, to, step as u64).await.unwrap();
                now[step - 9..].fill(0);
            }
        }
        let mut done = step;
        while done < model.len() {
            done += size_of(copy(done).await.unwrap());
        }
        now.extend_from_slice(&model[step..]);
        files.publish(to).await.unwrap();
        assert!(files.get(&name).await == now, "{what}");
        files.assert_clean().await;
    }
    assert_eq!(files.get("a").await, model);
}

#[tokio::test]
async fn what_is_read_is_of_one_state_while_the_file_is_written_to() {
    use futures::TryStreamExt;
    let files = Files::new().await;
    let old = bytes(1, 4 * MIB);
    let node = files.file("f", &Bytes::new()).await;
    files.append(node, &old).await.unwrap();
    files.publish(node).await.unwrap();
    let reading = files.service().get(&files.fixture.root, files.fixture.request("f")).await.unwrap();
    let mut body = reading.body;
    let first = body.try_next().await.unwrap().unwrap();
    files.write(node, 0, &bytes(2, 4 * MIB)).await.unwrap();
    files.publish(node).await.unwrap();
    reclaim::round(files.service()).await.unwrap();
    let rest: Vec<Bytes> = body.try_collect().await.unwrap();
    assert_eq!([&first[..], &rest.concat()].concat(), old, "of the state that it began with");
    assert_eq!(files.get("f").await, bytes(2, 4 * MIB));
    files.assert_clean().await;
    assert_eq!(files.fixture.blobs().await, 4);
}

/// What was written does not wait for what can't be read.
#[tokio::test]
async fn a_file_over_very_many_others_is_written_though_one_of_them_is_damaged() {
    let files = Files::new().await;
    let mut node = files.file("0", &bytes(1, 2 * MIB)).await;
    let crate::metadata::records::Layout::Extents(extents) = files.content(node).await.unwrap().1.layout else {
        panic!()
    };
    let mut name = String::new();
    for number in 1..=MAPPED_LAYERS_MAX {
        let from = (number - 1).to_string();
        name = number.to_string();
        node = copy(&files, &from, &name).await;
        if number == MAPPED_LAYERS_MAX {
            assert!(files.fixture.data.damage(&extents[0].locator, 5, 1));
        }
        files.write(node, MIB as u64 + number as u64 * 10_000, name.as_bytes()).await.unwrap();
        files.publish(node).await.unwrap();
    }
    let (id, content) = files.content(node).await.unwrap();
    assert_eq!(files.service().layers(id, content).await.unwrap().depth(), MAPPED_LAYERS_MAX + 1);
    let at = MIB as u64 + MAPPED_LAYERS_MAX as u64 * 10_000;
    assert_eq!(files.read(node, at, name.len() as u64).await.unwrap(), name.as_bytes());
    // Not without an end: there it is told.
    for number in MAPPED_LAYERS_MAX + 1..=2 * MAPPED_LAYERS_MAX {
        node = copy(&files, &(number - 1).to_string(), &number.to_string()).await;
        files.write(node, MIB as u64, b"x").await.unwrap();
        let published = files.publish(node).await;
        assert_eq!(published.is_ok(), number < 2 * MAPPED_LAYERS_MAX, "{number}: {published:?}");
    }
}
