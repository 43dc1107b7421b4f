//! Each code that the S3 door gives is seen by a test from outside.
//!
//! Always holds: read from the door's sources, so that a code that is added there fails here until a case or a hostile request names
//! it, or it stands in [`UNSEEN`] with its reason.

use std::collections::BTreeSet;

/// Codes that no request from outside can be made to give, or none in a test's time.
const UNSEEN: &[(&str, &str)] = &[
    (
        "ConditionalRequestConflict",
        "a transaction that loses a race is run again; s3/src/error/tests.rs claims the answer",
    ),
    ("InsufficientCapacity", "a full disk: tests/crash/faults.rs takes this status or that of ServiceUnavailable"),
    ("InternalError", "damage or a fault inside: tests/crash/damage.rs claims the status"),
    ("InvalidBucketState", "comes with object lock; s3/src/error/tests.rs claims the answer"),
    ("NotModified", "an answer 304 has no document; cases claim its status and headers"),
    ("ServiceUnavailable", "needs a store that does not answer in time; s3/src/error/tests.rs claims the answer"),
    ("SlowDown", "documents wait ten seconds for room: s3/src/operations/document/room/tests.rs claims the answer"),
    ("TooManyBuckets", "needs ten thousand buckets; s3/src/error/tests.rs claims the answer"),
];

/// The codes in one source: what stands behind a status, or is given to one of the makers of failures.
fn codes(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for maker in ["bad(", "missing(", "conflict(", "StatusCode::"] {
        for (at, _) in text.match_indices(maker) {
            let mut rest = &text[at + maker.len()..];
            if maker == "StatusCode::" {
                let name = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(rest.len());
                let Some(behind) = rest[name..].strip_prefix(',') else { continue };
                rest = behind;
            }
            let Some(rest) = rest.trim_start().strip_prefix('"') else { continue };
            let code: String = rest.chars().take_while(|c| *c != '"').collect();
            if code.len() > 3 && code.chars().all(|c| c.is_ascii_alphanumeric()) {
                found.insert(code);
            }
        }
    }
    found
}

#[test]
fn every_code_of_the_door_is_seen_from_outside() {
    let is_test = |name: &str| name.contains("/tests/") || name.ends_with("/tests.rs");
    let mut given = BTreeSet::new();
    for name in super::sources().iter().filter(|name| name.starts_with("s3/src/") && !is_test(name)) {
        given.extend(codes(&super::read(name)));
    }
    assert!(given.len() > 50 && given.contains("NoSuchBucket") && given.contains("MalformedXML"), "{given:?}");
    let outside = |name: &str| {
        (name.starts_with("tests/cases/") || name.starts_with("tests/bad_input/")) && name != "tests/cases/coverage.rs"
    };
    let claims: String = super::sources().iter().filter(|name| outside(name)).map(|name| super::read(name)).collect();
    // That it is another is no claim.
    let seen = |code: &str| {
        let claim = format!("\"{code}\"");
        claims.lines().any(|line| line.contains(&claim) && !line.contains(&format!("!= {claim}")))
    };
    let unseen: BTreeSet<&str> = UNSEEN.iter().map(|(code, _)| *code).collect();
    let missing: Vec<_> = given.iter().filter(|code| !seen(code) && !unseen.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "no case and no hostile request names {missing:?}");
    let idle: Vec<_> = unseen.iter().filter(|code| seen(code) || !given.contains(**code)).collect();
    assert!(idle.is_empty(), "these need no exception any more: {idle:?}");
}
