//! Promises that one file makes and another must keep.
//!
//! Always holds: each is compared in both directions where it has two.

use std::collections::BTreeSet;

use serde_json::Value;
use trefoil_core::failpoint::NAMES;

/// The names that the sources pass, by the macro's calls.
fn passed() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for name in super::sources() {
        if name.starts_with("tests/") || name == "core/src/failpoint.rs" {
            continue;
        }
        let text = super::read(&name);
        let calls = ["failpoint!(", "failpoint::armed("];
        for (at, call) in calls.iter().flat_map(|call| text.match_indices(call)) {
            let rest = text[at + call.len()..].trim_start();
            if let Some(name) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

#[test]
fn the_list_of_fail_points_is_complete_and_in_use() {
    let listed: BTreeSet<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(listed.len(), NAMES.len(), "a name stands twice");
    assert_eq!(listed, passed(), "left: NAMES; right: the sources");
}

/// Targets of the Makefile and of what it includes.
fn targets() -> BTreeSet<String> {
    [super::read("Makefile"), super::read("tests/targets.mk"), super::read("tests/bench.mk")]
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.split_once(':').map(|(name, _)| name))
        .filter(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn commands_of_the_readme_exist() {
    let targets = targets();
    let readme = super::read("README.md");
    for (at, _) in readme.match_indices("make ") {
        // Only what is written as a command: in code, or at the start of a line of it.
        let before = readme[..at].chars().next_back();
        if !matches!(before, Some('`' | '\n') | None) {
            continue;
        }
        let word: String = readme[at + 5..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        assert!(targets.contains(&word), "README: make {word} is no target");
    }
}

#[test]
fn what_is_tested_is_what_is_documented() {
    let targets = targets();
    for target in ["run", "test", "s3-cases", "bad-input", "crash", "clients", "s3-tests"] {
        assert!(targets.contains(target), "make {target} is missing");
    }
}

/// The results of the outside suite and the list of what is not to pass say the same.
#[test]
fn expected_failures_are_those_of_the_last_full_run() {
    let mut expected = BTreeSet::new();
    for line in super::read("tests/s3-tests/expected-failures.txt").lines() {
        let (test, reason) = line.split_once('\t').unwrap_or_else(|| panic!("no tab in {line:?}"));
        assert!(!reason.trim().is_empty() && expected.insert(test.to_owned()), "{test}: no reason, or there twice");
    }
    let results: Value =
        serde_json::from_str(&super::read("tests/results/s3-tests.json")).expect("the results are JSON");
    let outcomes = results["outcomes"].as_object().expect("outcomes");
    let passed = outcomes.values().filter(|outcome| *outcome == "passed").count();
    let not_passed: BTreeSet<String> =
        outcomes.iter().filter(|(_, outcome)| *outcome != "passed").map(|(test, _)| test.clone()).collect();
    assert_eq!(not_passed, expected, "left: the last run; right: expected-failures.txt");
    assert_eq!(outcomes.len(), 883);
    assert!(passed >= 440, "{passed} passed");
}

/// What a commit may cost from cold. `.ci/run` holds each run to its phases; this holds the phases to the whole.
#[test]
fn the_budget_of_a_commit_is_kept() {
    const TOTAL_SECONDS: u64 = 40 * 60;
    let script = super::read(".ci/run");
    let phases: Vec<u64> = script
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_once("_SECONDS_MAX=").map(|(_, rest)| rest))
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
        .collect();
    assert!(phases.len() >= 2, ".ci/run names no budget of its phases (NAME_SECONDS_MAX=n)");
    let total: u64 = phases.iter().sum();
    assert!(total <= TOTAL_SECONDS, "the phases take {total} seconds, more than {TOTAL_SECONDS}");
}
