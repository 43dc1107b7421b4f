//! The judge is judged: it lets pass what a crash may do, and finds what it may not.
//!
//! Always holds: each test is one thing that a crash may or may not do.

use super::*;

fn object(seed: u64) -> Object {
    Object { body: vec![Content { seed, length: 100 }], etag: format!("\"{seed}\""), ..Object::default() }
}

fn version(id: &str, seed: u64) -> Version {
    Version { id: Some(id.to_owned()), object: Some(object(seed)) }
}

fn key(name: &str, versions: Vec<Version>) -> (Subject, Option<State>) {
    (Subject::Key(name.to_owned()), (!versions.is_empty()).then_some(State::Versions(versions)))
}

fn uploads(name: &str, uploads: Vec<Upload>) -> (Subject, Option<State>) {
    (Subject::Uploads(name.to_owned()), (!uploads.is_empty()).then_some(State::Uploads(uploads)))
}

fn upload(id: &str, parts: &[(u32, &str)]) -> Upload {
    let parts = parts.iter().map(|(number, etag)| (*number, (100, (*etag).to_owned()))).collect();
    Upload { id: Some(id.to_owned()), parts }
}

fn world(states: Vec<(Subject, Option<State>)>) -> World {
    states.into_iter().filter_map(|(subject, state)| Some((subject, state?))).collect()
}

/// An oracle that was told of these states, each acknowledged.
fn knowing(states: Vec<(Subject, Option<State>)>) -> Oracle {
    let mut oracle = Oracle::default();
    for state in states {
        oracle.sent(vec![vec![state]]);
        oracle.acknowledged();
    }
    oracle
}

#[track_caller]
fn passes(oracle: &Oracle, found: Vec<(Subject, Option<State>)>) {
    oracle.clone().judge(world(found)).expect("what a crash may leave");
}

#[track_caller]
fn fails(oracle: &Oracle, found: Vec<(Subject, Option<State>)>) {
    assert!(oracle.clone().judge(world(found)).is_err(), "a crash may not leave this");
}

#[test]
fn an_acknowledged_change_must_be_there() {
    let oracle = knowing(vec![key("k", vec![version("null", 1)])]);
    passes(&oracle, vec![key("k", vec![version("null", 1)])]);
    fails(&oracle, vec![]);
    fails(&oracle, vec![key("k", vec![version("null", 2)])]);
}

#[test]
fn an_acknowledged_deletion_must_not_come_back() {
    let mut oracle = knowing(vec![key("k", vec![version("null", 1)])]);
    oracle.sent(vec![vec![key("k", vec![])]]);
    oracle.acknowledged();
    passes(&oracle, vec![]);
    fails(&oracle, vec![key("k", vec![version("null", 1)])]);
}

#[test]
fn an_unanswered_change_may_be_there_or_not_and_nothing_between() {
    let mut oracle = knowing(vec![key("k", vec![version("null", 1)])]);
    oracle.sent(vec![vec![key("k", vec![version("null", 2)])]]);
    passes(&oracle, vec![key("k", vec![version("null", 1)])]);
    passes(&oracle, vec![key("k", vec![version("null", 2)])]);
    fails(&oracle, vec![key("k", vec![version("null", 3)])]);
    fails(&oracle, vec![]);
    // The new bytes under the old entity tag, marks or tags.
    let mixed = Object { etag: object(1).etag, ..object(2) };
    fails(&oracle, vec![key("k", vec![Version { id: Some("null".into()), object: Some(mixed) }])]);
    let marked = Object { mark: "x".into(), ..object(2) };
    fails(&oracle, vec![key("k", vec![Version { id: Some("null".into()), object: Some(marked) }])]);
}

#[test]
fn a_refused_change_must_not_be_there() {
    let mut oracle = knowing(vec![key("k", vec![version("null", 1)])]);
    oracle.sent(vec![vec![key("k", vec![version("null", 2)])]]);
    oracle.refused();
    passes(&oracle, vec![key("k", vec![version("null", 1)])]);
    fails(&oracle, vec![key("k", vec![version("null", 2)])]);
}

#[test]
fn what_was_seen_after_a_crash_must_stay() {
    let mut oracle = Oracle::default();
    oracle.sent(vec![vec![key("k", vec![version("null", 1)])]]);
    oracle.judge(world(vec![key("k", vec![version("null", 1)])])).expect("it may be there");
    passes(&oracle, vec![key("k", vec![version("null", 1)])]);
    fails(&oracle, vec![]);
}

#[test]
fn what_nobody_made_is_found() {
    let oracle = knowing(vec![key("k", vec![version("null", 1)])]);
    fails(&oracle, vec![key("k", vec![version("null", 1)]), key("other", vec![version("null", 2)])]);
    fails(&oracle, vec![key("k", vec![version("null", 1)]), uploads("k", vec![upload("u", &[])])]);
}

#[test]
fn half_a_rename_is_found() {
    let mut oracle = knowing(vec![key("from", vec![version("null", 1)]), key("to", vec![version("null", 2)])]);
    oracle.sent(vec![vec![key("from", vec![]), key("to", vec![version("null", 1)])]]);
    passes(&oracle, vec![key("from", vec![version("null", 1)]), key("to", vec![version("null", 2)])]);
    passes(&oracle, vec![key("to", vec![version("null", 1)])]);
    // Under both names; under none; the source gone and the target as it was.
    fails(&oracle, vec![key("from", vec![version("null", 1)]), key("to", vec![version("null", 1)])]);
    fails(&oracle, vec![]);
    fails(&oracle, vec![key("to", vec![version("null", 2)])]);
}

#[test]
fn half_a_directory_rename_is_found() {
    let mut oracle = knowing(vec![key("d/a", vec![version("null", 1)]), key("d/b", vec![version("null", 2)])]);
    oracle.sent(vec![vec![
        key("d/a", vec![]),
        key("d/b", vec![]),
        key("e/a", vec![version("null", 1)]),
        key("e/b", vec![version("null", 2)]),
    ]]);
    passes(&oracle, vec![key("e/a", vec![version("null", 1)]), key("e/b", vec![version("null", 2)])]);
    fails(&oracle, vec![key("e/a", vec![version("null", 1)]), key("d/b", vec![version("null", 2)])]);
    fails(&oracle, vec![key("e/a", vec![version("null", 1)])]);
}

#[test]
fn half_a_completion_is_found() {
    let begun = upload("u", &[(1, "a"), (2, "b")]);
    let mut oracle = knowing(vec![key("k", vec![version("null", 1)]), uploads("k", vec![begun.clone()])]);
    oracle.sent(vec![vec![key("k", vec![version("null", 2)]), uploads("k", vec![])]]);
    passes(&oracle, vec![key("k", vec![version("null", 1)]), uploads("k", vec![begun.clone()])]);
    passes(&oracle, vec![key("k", vec![version("null", 2)])]);
    // The parts are gone and no object was made; the object was made and the upload is still there.
    fails(&oracle, vec![key("k", vec![version("null", 1)])]);
    fails(&oracle, vec![key("k", vec![version("null", 2)]), uploads("k", vec![begun])]);
}

#[test]
fn an_aborted_upload_leaves_nothing_or_stays_whole() {
    let begun = upload("u", &[(1, "a"), (2, "b")]);
    let mut oracle = knowing(vec![uploads("k", vec![begun.clone()])]);
    oracle.sent(vec![vec![uploads("k", vec![])]]);
    passes(&oracle, vec![uploads("k", vec![begun])]);
    passes(&oracle, vec![]);
    fails(&oracle, vec![uploads("k", vec![upload("u", &[(1, "a")])])]);
    fails(&oracle, vec![key("k", vec![version("null", 1)])]);
}

#[test]
fn a_lost_or_wrong_part_is_found() {
    let oracle = knowing(vec![uploads("k", vec![upload("u", &[(1, "a"), (2, "b")])])]);
    passes(&oracle, vec![uploads("k", vec![upload("u", &[(1, "a"), (2, "b")])])]);
    fails(&oracle, vec![uploads("k", vec![upload("u", &[(1, "a")])])]);
    // Of the same number and length, with other bytes.
    fails(&oracle, vec![uploads("k", vec![upload("u", &[(1, "a"), (2, "c")])])]);
    fails(&oracle, vec![uploads("k", vec![upload("other", &[(1, "a"), (2, "b")])])]);
}

#[test]
fn an_unanswered_version_is_known_by_its_content() {
    let mut oracle = knowing(vec![key("k", vec![version("1", 1)])]);
    let unknown = Version { id: None, object: Some(object(2)) };
    oracle.sent(vec![vec![key("k", vec![unknown, version("1", 1)])]]);
    passes(&oracle, vec![key("k", vec![version("1", 1)])]);
    passes(&oracle, vec![key("k", vec![version("2", 2), version("1", 1)])]);
    // Torn: there, and of another content, or of none.
    fails(&oracle, vec![key("k", vec![version("2", 3), version("1", 1)])]);
    let marker = Version { id: Some("2".into()), object: None };
    fails(&oracle, vec![key("k", vec![marker, version("1", 1)])]);
    // Twice; below the older one; in place of it.
    fails(&oracle, vec![key("k", vec![version("3", 2), version("2", 2), version("1", 1)])]);
    fails(&oracle, vec![key("k", vec![version("1", 1), version("2", 2)])]);
    fails(&oracle, vec![key("k", vec![version("2", 2)])]);
}

#[test]
fn an_acknowledged_version_keeps_its_id() {
    let mut oracle = Oracle::default();
    oracle.sent(vec![vec![key("k", vec![Version { id: None, object: Some(object(1)) }])]]);
    oracle.identify(0, "v1");
    oracle.acknowledged();
    passes(&oracle, vec![key("k", vec![version("v1", 1)])]);
    fails(&oracle, vec![key("k", vec![version("v2", 1)])]);
}

#[test]
fn each_of_many_deletions_is_whole_by_itself() {
    let mut oracle = knowing(vec![key("a", vec![version("null", 1)]), key("b", vec![version("null", 2)])]);
    oracle.sent(vec![vec![key("a", vec![])], vec![key("b", vec![])]]);
    passes(&oracle, vec![]);
    passes(&oracle, vec![key("a", vec![version("null", 1)])]);
    passes(&oracle, vec![key("b", vec![version("null", 2)])]);
    fails(&oracle, vec![key("b", vec![version("null", 1)])]);
}

#[test]
fn a_bucket_that_lost_a_setting_is_found() {
    let bucket = |tags: &str| {
        let (versioning, cors) = ("Enabled".to_owned(), String::new());
        let state = State::Bucket { versioning, tags: tags.to_owned(), cors, is_public: false };
        (Subject::Bucket("b".into()), Some(state))
    };
    let mut oracle = knowing(vec![bucket("")]);
    oracle.sent(vec![vec![bucket("k=v")]]);
    oracle.acknowledged();
    passes(&oracle, vec![bucket("k=v")]);
    fails(&oracle, vec![bucket("")]);
    fails(&oracle, vec![]);
}

#[test]
fn an_account_that_lost_a_key_is_found() {
    let account = |keys: &[&str]| {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        (Subject::Account("a".into()), Some(State::Account { keys }))
    };
    let mut oracle = knowing(vec![account(&["k1"])]);
    oracle.sent(vec![vec![(Subject::Account("a".into()), None)]]);
    passes(&oracle, vec![account(&["k1"])]);
    passes(&oracle, vec![]);
    fails(&oracle, vec![account(&[])]);
}
