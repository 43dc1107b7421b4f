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
pub fn targets() -> BTreeSet<String> {
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

/// Targets that people are told of (`name: … ## what it does`) and that the README's text has no room for.
const NOT_IN_THE_README: &[&str] = &["rocksdb", "build", "fmt", "fixture", "bench-peers"];

#[test]
fn targets_of_the_makefile_are_in_the_readme() {
    let readme = super::read("README.md");
    let told: BTreeSet<String> =
        [super::read("Makefile"), super::read("tests/targets.mk"), super::read("tests/bench.mk")]
            .iter()
            .flat_map(|text| text.lines())
            .filter(|line| line.contains(" ## ") && !line.starts_with('\t'))
            .filter_map(|line| line.split_once(':').map(|(name, _)| name.to_owned()))
            .collect();
    assert!(told.len() > 15, "{told:?}");
    for target in &told {
        let named = readme
            .match_indices(&format!("make {target}"))
            .any(|(at, name)| !readme[at + name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-'));
        let excused = NOT_IN_THE_README.contains(&target.as_str());
        assert!(named != excused, "make {target}: in the README: {named}, excused: {excused}");
    }
}

/// The results of the outside suite and the list of what is not to pass say the same.
#[test]
fn expected_failures_are_those_of_the_last_full_run() {
    let mut expected = BTreeSet::new();
    let text = super::read("tests/s3-tests/expected-failures.txt");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (test, reason) = line.split_once('\t').unwrap_or_else(|| panic!("no tab in {line:?}"));
        assert!(!reason.trim().is_empty() && expected.insert(test.to_owned()), "{test}: no reason, or there twice");
    }
    let results: Value =
        serde_json::from_str(&super::read("tests/results/s3-tests.json")).expect("the results are JSON");
    let outcomes = results["outcomes"].as_object().expect("outcomes");
    let passed = outcomes.values().filter(|outcome| *outcome == "passed").count();
    let not_passed: BTreeSet<String> =
        outcomes.iter().filter(|(_, outcome)| *outcome != "passed").map(|(test, _)| test.clone()).collect();
    let differ: Vec<&String> = not_passed.symmetric_difference(&expected).collect();
    assert!(differ.is_empty(), "in one of the last run and expected-failures.txt only: {differ:?}");
    assert_eq!(outcomes.len(), 883);
    assert!(passed >= 440, "{passed} passed");
}

/// What a commit may cost from cold: what the phases may take, and the whole. `.ci/run` ends a phase at its bound.
#[test]
fn the_budget_of_a_commit_is_kept() {
    let script = super::read(".ci/run");
    let bound = |name: &str| -> u64 {
        let line = script.lines().find_map(|line| line.strip_prefix(&format!("{name}_SECONDS_MAX=")));
        line.and_then(|rest| rest.parse().ok()).unwrap_or_else(|| panic!(".ci/run names no {name}_SECONDS_MAX"))
    };
    assert!(bound("BUILD") <= 16 * 60 && bound("TEST") <= (8 + 7) * 60 && bound("WHOLE") <= 40 * 60);
    assert!(script.contains("timeout -k"), "a hang is not ended");
    for phase in ["phase build \"$BUILD_SECONDS_MAX\" make test-build", "phase tests \"$TEST_SECONDS_MAX\" make test"] {
        assert!(script.contains(phase), ".ci/run does not bound: {phase}");
    }
}
