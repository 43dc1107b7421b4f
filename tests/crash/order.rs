//! The order that a power cut needs: bytes synced, their directory synced, log synced, then the answer.
//!
//! Always holds: read from strace's record of one request; "before" means ended before the other began. The directory is exactly the
//! one that holds the new name; each new directory's parent is synced too.

use std::path::{Path, PathBuf};
use std::time::Duration;

use trefoil_tests::trace::{self, Event};
use trefoil_tests::{Options, Payload, Server, Test};

/// Within this strace has noted all that happened before.
const SETTLED: Duration = Duration::from_millis(300);
const VOLUME_BYTES: usize = 300_000;
const OWN_FILE_BYTES: usize = 9_000_000;

/// Traces the last of the requests that `act` makes after `prepare`; the events from its beginning to its answer.
fn traced<P>(prepare: impl FnOnce(&Test) -> P, act: impl FnOnce(&Test, P)) -> Vec<Event> {
    let scratch = tempfile::tempdir().expect("a directory");
    let record = scratch.path().join("strace");
    let mut server = Server::start(Options { wrapper: trace::wrapper(&record), ..Options::default() });
    let test = super::test_on(&server, "order");
    test.put("/{b}").is(200);
    let prepared = prepare(&test);
    // The answer is here a moment before strace has noted it.
    std::thread::sleep(SETTLED);
    let before = std::fs::read_to_string(&record).expect("strace's record").lines().count();
    act(&test, prepared);
    server.stop();
    let text = std::fs::read_to_string(&record).expect("strace's record");
    let events: Vec<Event> = trace::parse(&text).into_iter().filter(|event| event.begin >= before).collect();
    let end = events.iter().position(Event::is_answer).unwrap_or_else(|| panic!("no answer:\n{}", show(&events)));
    events[..=end].to_vec()
}

fn put(test: &Test, length: usize) {
    test.put("/{b}/k").payload(Payload::Unsigned).body(vec![b'x'; length]).is(200);
}

fn show(events: &[Event]) -> String {
    events
        .iter()
        .map(|e| format!("{}-{} {}({}", e.begin, e.end, e.call, e.text.chars().take(200).collect::<String>()))
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_log(event: &Event) -> bool {
    event.path().contains("/index/") && event.path().ends_with(".log")
}

fn is_blob(event: &Event) -> bool {
    event.path().contains("/blobs/")
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

/// Every blob file that was written was synced after its last write and before the log was written. The paths.
fn bytes_synced(events: &[Event], log: &Event) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for write in events.iter().filter(|e| e.is_write() && is_blob(e)) {
        let synced =
            events.iter().any(|e| e.is_sync() && e.path() == write.path() && write.is_before(e) && e.is_before(log));
        assert!(synced, "{} was not synced before the log was written:\n{}", write.path(), show(events));
        files.push(write.path().into());
    }
    files.sort();
    files.dedup();
    assert!(!files.is_empty(), "no bytes were written:\n{}", show(events));
    files
}

/// The directory was synced between the event that changed it and the log.
fn directory_synced(events: &[Event], change: &Event, directory: &Path, log: &Event) {
    let synced = events
        .iter()
        .any(|e| e.is_sync() && Path::new(e.path()) == directory && change.is_before(e) && e.is_before(log));
    assert!(synced, "{} was not synced after {}({}:\n{}", directory.display(), change.call, change.text, show(events));
}

/// Each name that was made among the blobs, whether of a file, of a directory or by a rename, is durable before the log is written:
/// the directory that holds it was synced after it. How many there were of files (made in place), directories and renames.
fn names_synced(events: &[Event], log: &Event) -> [usize; 3] {
    let mut made = [0; 3];
    for event in events.iter().filter(|e| e.has_succeeded() && e.is_before(log)) {
        let Some((kind, name)) = event.made_name() else { continue };
        // What is not whole yet has a name that a power cut may take.
        if !name.to_string_lossy().contains("/blobs/") || name.parent().is_some_and(|it| it.ends_with("incoming")) {
            continue;
        }
        made[kind as usize] += 1;
        directory_synced(events, event, name.parent().expect("a name lies in a directory"), log);
    }
    made
}

/// A file of its own: bytes, then the name that lasts, then the directory, then the log.
fn own_file_in_order(events: &[Event]) {
    let (log, _) = commit(events);
    bytes_synced(events, log);
    let [_, directories, renames] = names_synced(events, log);
    assert!(directories >= 1, "the first file of a start has a new directory:\n{}", show(events));
    assert_eq!(renames, 1, "the file got its name by one rename:\n{}", show(events));
    let rename = events.iter().find(|e| e.has_succeeded() && e.call.starts_with("rename")).expect("a rename");
    let synced =
        events.iter().any(|e| e.is_sync() && is_blob(e) && e.path().contains("/incoming/") && e.is_before(rename));
    assert!(synced, "the file was named before its bytes were synced:\n{}", show(events));
}

/// A volume: the first blob of a start makes it, with its name; then bytes, then the log.
fn volume_in_order(events: &[Event], makes_the_volume: bool) {
    let (log, _) = commit(events);
    let files = bytes_synced(events, log);
    assert!(files.iter().all(|file| file.extension().is_some_and(|it| it == "volume")), "{files:?}");
    let [made, ..] = names_synced(events, log);
    assert_eq!(made, usize::from(makes_the_volume), "volumes made:\n{}", show(events));
}

fn inline_in_order(events: &[Event]) {
    commit(events);
    assert!(!events.iter().any(|e| e.is_write() && is_blob(e)), "an inline content has no blob:\n{}", show(events));
}

fn enabled(test: &Test) {
    test.versioning("Enabled");
    test.object("k", "the version before");
}

#[test]
fn an_inline_put_syncs_the_log_and_then_answers() {
    inline_in_order(&traced(|_| {}, |test, ()| put(test, 1000)));
}

#[test]
fn a_put_into_a_new_volume_syncs_its_name_bytes_log_and_then_answers() {
    volume_in_order(&traced(|_| {}, |test, ()| put(test, VOLUME_BYTES)), true);
}

#[test]
fn a_put_into_a_volume_that_is_there_syncs_bytes_log_and_then_answers() {
    volume_in_order(&traced(|test| put(test, VOLUME_BYTES), |test, ()| put(test, VOLUME_BYTES)), false);
}

#[test]
fn a_put_of_a_file_syncs_bytes_renames_syncs_directories_log_and_then_answers() {
    own_file_in_order(&traced(|_| {}, |test, ()| put(test, OWN_FILE_BYTES)));
}

#[test]
fn a_put_of_a_version_syncs_in_the_same_order() {
    inline_in_order(&traced(enabled, |test, ()| put(test, 1000)));
    volume_in_order(&traced(enabled, |test, ()| put(test, VOLUME_BYTES)), true);
    own_file_in_order(&traced(enabled, |test, ()| put(test, OWN_FILE_BYTES)));
}

fn part(test: &Test, id: &str, length: usize) -> String {
    let call = test.put(&format!("/{{b}}/k?partNumber=1&uploadId={id}")).payload(Payload::Unsigned);
    call.body(vec![b'x'; length]).is(200).need("etag")
}

#[test]
fn a_part_syncs_in_the_same_order() {
    let begin = |test: &Test| test.upload("k");
    inline_in_order(&traced(begin, |test, id| drop(part(test, &id, 1000))));
    volume_in_order(&traced(begin, |test, id| drop(part(test, &id, 5 << 20))), true);
    own_file_in_order(&traced(begin, |test, id| drop(part(test, &id, OWN_FILE_BYTES))));
}

#[test]
fn a_completion_moves_no_bytes_syncs_the_log_and_then_answers() {
    let uploaded = |test: &Test| {
        let id = test.upload("k");
        let etag = part(test, &id, VOLUME_BYTES);
        (id, etag)
    };
    let complete = |test: &Test, (id, etag): (String, String)| {
        test.complete("k", &id, &[(1, &etag)]).is(200);
    };
    inline_in_order(&traced(uploaded, complete));
}
