//! The order that a power cut needs: bytes synced, their directory synced, log synced, then the answer.
//!
//! Always holds: read from strace's record of one PUT; "before" means ended before the other began.

use trefoil_tests::trace::{self, Event};
use trefoil_tests::{Options, Payload, Server, Test};

/// Traces one PUT of this length; the events from its request on.
fn traced(length: usize) -> Vec<Event> {
    let scratch = tempfile::tempdir().expect("a directory");
    let record = scratch.path().join("strace");
    let mut server = Server::start(Options { wrapper: trace::wrapper(&record), ..Options::default() });
    let target = trefoil_tests::Target { address: server.s3, root: server.root.clone(), main: None, alt: None };
    let test = Test::new(target, "order".into());
    test.put("/{b}").is(200);
    let before = std::fs::read_to_string(&record).expect("strace's record").lines().count();
    test.put("/{b}/k").payload(Payload::Unsigned).body(vec![b'x'; length]).is(200);
    server.stop();
    let text = std::fs::read_to_string(&record).expect("strace's record");
    let events: Vec<Event> = trace::parse(&text).into_iter().filter(|event| event.begin >= before).collect();
    let end = events.iter().position(Event::is_answer).unwrap_or_else(|| panic!("no answer in the record"));
    events[..=end].to_vec()
}

fn show(events: &[Event]) -> String {
    events
        .iter()
        .map(|e| format!("{}-{} {}({}", e.begin, e.end, e.call, e.text.chars().take(160).collect::<String>()))
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_log(event: &Event) -> bool {
    event.path().contains("/index/") && event.path().ends_with(".log")
}

/// The last write of the log and its sync, both before the answer.
fn commit(events: &[Event]) -> (&Event, &Event) {
    let answer = events.last().expect("an answer");
    let sync = events.iter().rev().find(|e| e.is_sync() && is_log(e) && e.is_before(answer));
    let sync = sync.unwrap_or_else(|| panic!("the log was not synced before the answer:\n{}", show(events)));
    let write = events.iter().rev().find(|e| e.is_write() && is_log(e) && e.is_before(sync));
    let write = write.unwrap_or_else(|| panic!("the log was not written before its sync:\n{}", show(events)));
    let late = events.iter().find(|e| e.is_write() && is_log(e) && e.begin > write.begin);
    assert!(late.is_none(), "the log was written again and not synced:\n{}", show(events));
    (write, sync)
}

fn is_blob(event: &Event) -> bool {
    event.path().contains("/blobs/")
}

/// The blob's bytes were written and synced before the log was written. The sync.
fn bytes_synced<'a>(events: &'a [Event], log: &Event) -> &'a Event {
    let last = events.iter().rev().find(|e| e.is_write() && is_blob(e));
    let last = last.unwrap_or_else(|| panic!("no bytes were written:\n{}", show(events)));
    let sync = events.iter().find(|e| e.is_sync() && is_blob(e) && e.path() == last.path() && last.is_before(e));
    let sync = sync.unwrap_or_else(|| panic!("the bytes were not synced:\n{}", show(events)));
    assert!(sync.is_before(log), "the log was written before the bytes were synced:\n{}", show(events));
    sync
}

#[test]
fn an_inline_put_syncs_the_log_and_then_answers() {
    let events = traced(1000);
    commit(&events);
    assert!(!events.iter().any(|e| e.is_write() && is_blob(e)), "an inline content has no blob");
}

#[test]
fn a_put_into_a_volume_syncs_bytes_directory_log_and_then_answers() {
    let events = traced(300_000);
    let (log, _) = commit(&events);
    bytes_synced(&events, log);
    // The volume may be there already; where this PUT made it, its directory is synced too.
    let created =
        events.iter().find(|e| e.call == "openat" && e.text.contains("O_CREAT") && e.text.contains("/blobs/"));
    if let Some(created) = created {
        let synced = events.iter().any(|e| {
            e.is_sync()
                && is_blob(e)
                && created.is_before(e)
                && e.is_before(log)
                && std::path::Path::new(e.path()).extension().is_none()
        });
        assert!(synced, "the new volume's directory was not synced:\n{}", show(&events));
    }
}

#[test]
fn a_put_of_a_file_syncs_bytes_links_syncs_the_directory_log_and_then_answers() {
    let events = traced(9_000_000);
    let (log, _) = commit(&events);
    let bytes = bytes_synced(&events, log);
    let link = events.iter().rev().find(|e| {
        ["link", "linkat", "rename", "renameat", "renameat2"].contains(&e.call.as_str()) && e.text.contains("/blobs/")
    });
    let link = link.unwrap_or_else(|| panic!("the file got no name:\n{}", show(&events)));
    assert!(bytes.is_before(link), "the file was named before its bytes were synced:\n{}", show(&events));
    let directory = events.iter().find(|e| e.is_sync() && is_blob(e) && link.is_before(e));
    let directory =
        directory.unwrap_or_else(|| panic!("the directory was not synced after the name:\n{}", show(&events)));
    assert!(directory.is_before(log), "the log was written before the name was synced:\n{}", show(&events));
}
