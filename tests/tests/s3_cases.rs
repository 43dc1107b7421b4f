//! The project's own cases over a real socket: each names its header, code or corner and the AWS page, and asserts status, code
//! and effect.
//!
//! Always holds: all cases run, the run takes less than a minute, and what must be covered was seen. `TREFOIL_CASE=text` runs the
//! cases whose name contains the text.

#[path = "../cases/mod.rs"]
mod cases;

use std::collections::BTreeSet;
use std::time::Duration;

use trefoil_tests::{Options, runner};

/// Fewer cases than this are too few.
const CASES_MIN: usize = 250;
const RUN_MAX: Duration = Duration::from_secs(60);

#[test]
fn there_are_enough_cases_and_each_has_a_name_and_a_page() {
    let mut suites = cases::suites();
    suites.extend(cases::settings::ALL.iter().flat_map(|(_, suites)| *suites).copied());
    let count: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    println!("{count} cases of {} operations", suites.len());
    assert!(count >= CASES_MIN, "{count} cases");
    let mut names = BTreeSet::new();
    for suite in &suites {
        for case in suite.cases {
            assert!(names.insert(format!("{}/{}", suite.operation, case.name)), "{} twice", case.name);
            assert!(case.page.starts_with("https://docs.aws.amazon.com/"), "{} has no page", case.name);
        }
    }
}

#[test]
fn every_operation_has_cases() {
    let suites = cases::suites();
    let with: BTreeSet<&str> = suites.iter().map(|suite| suite.operation).collect();
    let must: BTreeSet<&str> = cases::coverage::COVERAGE.iter().map(|(operation, _)| *operation).collect();
    assert_eq!(with, must);
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme).expect("README.md is at the top");
    let table =
        readme.split("<!-- operations:begin -->").nth(1).and_then(|rest| rest.split("<!-- operations:end -->").next());
    let served: BTreeSet<&str> = table
        .expect("the README has the table of operations")
        .lines()
        .map(|row| row.split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|cells| cells.get(3) == Some(&"yes"))
        .map(|cells| cells[1])
        .collect();
    assert!(served.len() > 30, "{served:?}");
    let without: Vec<_> = served.difference(&with).collect();
    assert!(without.is_empty(), "served, and without a suite: {without:?}");
}

/// What a setting allows or asks for, on a server of its own.
#[test]
fn s3_cases_with_settings() {
    for (setting, suites) in cases::settings::ALL {
        let (server, target) = runner::target(Options::default().env(setting, "true"));
        if server.is_none() {
            return;
        }
        let report = runner::run(&target, suites);
        println!("{setting}: {}", runner::describe(&report));
        assert!(report.failures.is_empty(), "{setting}: {:?}", report.failures);
    }
}

#[test]
fn s3_cases() {
    let options = Options::default().env("TREFOIL_S3_DOMAINS", "s3.trefoil.test");
    let (server, target) = runner::target(options);
    let report = runner::run(&target, &cases::suites());
    println!("{}", runner::describe(&report));
    let mut problems: Vec<String> = report.failures.iter().map(|(name, _)| name.clone()).collect();
    if std::env::var_os("TREFOIL_CASE").is_none() {
        for (operation, codes) in cases::coverage::COVERAGE {
            let seen = report.codes.get(operation).cloned().unwrap_or_default();
            let missing: Vec<&&str> = codes.iter().filter(|code| !seen.contains(**code)).collect();
            if !missing.is_empty() {
                problems.push(format!("{operation}: no case saw {missing:?}"));
            }
        }
        if report.took > RUN_MAX {
            problems.push(format!("the run took {:?}", report.took));
        }
    }
    if let Some(mut server) = server
        && !server.is_running()
    {
        problems.push("the server died".into());
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
