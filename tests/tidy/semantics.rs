//! What the file doors promise (`core/src/files/SEMANTICS.md`), and the tests that hold it.
//!
//! Always holds: each heading has a test of its words, and each case that it names stands in a suite, word for word.

use std::collections::BTreeSet;

const PAGE: &str = "core/src/files/SEMANTICS.md";
/// Where tests of headings lie.
const TESTS: &str = "core/src/files/tests/";
/// The file that has tests of headings, and no others.
const SUMMARY: &str = "core/src/files/tests/semantics.rs";
/// Where cases of suites lie, beside the tests of the crates.
const SUITES: &str = "tests/files/";
/// What stands before a suite's cases.
const HELD: &str = "Held by `make ";

/// Headings, with the text below each.
fn sections() -> Vec<(String, String)> {
    let text = super::read(PAGE);
    let sections = text.split("\n## ").skip(1);
    sections
        .map(|section| section.split_once('\n').expect("text below the heading"))
        .map(|(heading, text)| (heading.to_owned(), text.replace('\n', " ")))
        .collect()
}

/// A heading as the name of a test.
fn test_name(heading: &str) -> String {
    let words = heading.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

/// The names of a source's test functions.
fn tests_of(name: &str) -> BTreeSet<String> {
    let text = super::read(name);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_test = |line: &str| line.starts_with("#[test") || line.starts_with("#[tokio::test");
    lines
        .windows(2)
        .filter(|pair| is_test(pair[0]))
        .filter_map(|pair| pair[1].split_once("fn ")?.1.split_once('(').map(|(name, _)| name.to_owned()))
        .collect()
}

/// Targets and cases that a section names.
fn cases(text: &str) -> Vec<(String, Vec<String>)> {
    let named = text.match_indices(HELD).map(|(at, _)| &text[at + HELD.len()..]);
    let of_one = |rest: &str| {
        let (target, rest) = rest.split_once("`: ").expect("a colon behind the target");
        let sentence = rest.split_once("`.").map_or(rest, |(sentence, _)| sentence);
        let cases = sentence.split('`').map(str::trim).filter(|part| !part.is_empty() && *part != ",");
        (target.to_owned(), cases.map(str::to_owned).collect())
    };
    named.map(of_one).collect()
}

#[test]
fn each_heading_of_the_semantics_has_a_test_of_its_words() {
    let files = super::files();
    let tests: BTreeSet<String> =
        files.iter().filter(|name| name.starts_with(TESTS)).flat_map(|name| tests_of(name)).collect();
    let headings: Vec<String> = sections().into_iter().map(|(heading, _)| heading).collect();
    assert!(headings.len() >= 14, "{headings:?}");
    for heading in &headings {
        let name = test_name(heading);
        assert!(tests.contains(&name), "{heading}: there is no test {name}");
    }
    let names: BTreeSet<String> = headings.iter().map(|heading| test_name(heading)).collect();
    assert_eq!(names.len(), headings.len(), "a heading stands twice");
    let idle: Vec<String> = tests_of(SUMMARY).difference(&names).cloned().collect();
    assert!(idle.is_empty(), "{SUMMARY} has tests of no heading: {idle:?}");
}

#[test]
fn the_cases_that_the_semantics_name_are_there() {
    let targets = super::promises::targets();
    let is_suite =
        |name: &&String| name.starts_with(SUITES) || name.ends_with(".rs") && *name != "tests/tidy/semantics.rs";
    let sources: Vec<String> = super::files().iter().filter(is_suite).map(|name| super::read(name)).collect();
    let mut seen = 0;
    for (heading, text) in sections() {
        for (target, cases) in cases(&text) {
            assert!(targets.contains(&target), "{heading}: make {target} is no target");
            assert!(!cases.is_empty(), "{heading}: make {target} has no case");
            for case in cases {
                assert!(
                    sources.iter().any(|source| source.contains(&case)),
                    "{heading}: no suite has the case {case:?}"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 0, "{PAGE} names no case");
}
